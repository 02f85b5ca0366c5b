package main

import (
	"fmt"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// options are what a project's runtime.options ask for.
type options struct {
	// arguments of Node.js.
	arguments []string
	// environment as the SDK's cmd/run reads it.
	environment []string
}

// optionsOf reads them as the official host does (parseOptions); those of installing are for `pulumi install` alone.
func optionsOf(info *pulumirpc.ProgramInfo) (options, error) {
	given := info.GetOptions().AsMap()
	typescript, err := optionOf(given, "typescript", true)
	if err != nil {
		return options{}, err
	}
	tsconfig, err := optionOf(given, "tsconfig", "")
	if err != nil {
		return options{}, err
	}
	nodeargs, err := optionOf(given, "nodeargs", "")
	if err != nil {
		return options{}, err
	}
	var read options
	if typescript {
		read.environment = append(read.environment, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if tsconfig != "" {
		read.environment = append(read.environment, "PULUMI_NODEJS_TSCONFIG_PATH="+tsconfig)
	}
	if read.arguments, err = shlex.Split(nodeargs); err != nil {
		return options{}, fmt.Errorf("nodeargs %q of Pulumi.yaml: %w", nodeargs, err)
	}
	return read, nil
}

func optionOf[T any](given map[string]any, name string, otherwise T) (T, error) {
	value, isGiven := given[name]
	if !isGiven {
		return otherwise, nil
	}
	typed, ok := value.(T)
	if !ok {
		return otherwise, fmt.Errorf("%s option of Pulumi.yaml must be a %T, and is %v", name, otherwise, value)
	}
	return typed, nil
}
