package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// npmPackage is what of a package.json tells of a provider plugin.
type npmPackage struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Pulumi  struct {
		Resource bool   `json:"resource"`
		Name     string `json:"name"`
		Version  string `json:"version"`
		Server   string `json:"server"`
	} `json:"pulumi"`
}

// requiredPackages are the providers whose SDKs lie in the program's node_modules, with the plugin that each needs. npm puts
// there all that is there in one version.
func requiredPackages(program string) ([]*pulumirpc.PackageDependency, error) {
	modules := filepath.Join(program, "node_modules")
	var packages []*pulumirpc.PackageDependency
	for _, pattern := range []string{"*", "@*/*"} {
		// The pattern is well formed, which is all that can fail.
		folders, _ := filepath.Glob(filepath.Join(modules, pattern, "package.json"))
		for _, file := range folders {
			required, err := requiredBy(file)
			if err != nil {
				return nil, err
			}
			if required != nil {
				packages = append(packages, required)
			}
		}
	}
	return packages, nil
}

// requiredBy is the plugin that an npm package needs; nil where it is no SDK of a provider.
func requiredBy(file string) (*pulumirpc.PackageDependency, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var info npmPackage
	if err := json.Unmarshal(text, &info); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if !info.Pulumi.Resource {
		return nil, nil
	}
	name, version := info.Pulumi.Name, info.Pulumi.Version
	if name == "" {
		name = strings.TrimPrefix(info.Name, "@pulumi/")
	}
	if version == "" {
		version = info.Version
	}
	return &pulumirpc.PackageDependency{
		Name:    name,
		Kind:    "resource",
		Version: "v" + strings.TrimPrefix(version, "v"),
		Server:  info.Pulumi.Server,
	}, nil
}
