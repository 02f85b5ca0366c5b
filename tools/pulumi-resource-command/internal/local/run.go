package local

import (
	"context"
	"os"
	"os/exec"
	"runtime"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/lifecycle"
)

// run runs a text with the interpreter and keeps its output, and the files that it leaves, in the state.
func (s *CommandState) run(ctx context.Context, text *string) error {
	if text == nil {
		return nil
	}
	process, err := s.process(ctx, *text)
	if err != nil {
		return err
	}
	capture := lifecycle.NewCapture(ctx, s.Process)
	process.Stdout, process.Stderr = capture.Stdout(), capture.Stderr()
	output, err := capture.Finish(*text, process.Run())
	if err != nil {
		return err
	}
	s.Output = output
	return s.collect(process.Dir)
}

func (s *CommandState) process(ctx context.Context, text string) (*exec.Cmd, error) {
	words := append(s.interpreter(), text)
	process := exec.CommandContext(ctx, words[0], words[1:]...)
	if s.Dir != nil {
		process.Dir = *s.Dir
	} else {
		here, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		process.Dir = here
	}
	process.Env = os.Environ()
	for name, value := range s.Environment {
		process.Env = append(process.Env, name+"="+value)
	}
	for _, variable := range s.Previous(s.Output) {
		process.Env = append(process.Env, variable.Name+"="+variable.Value)
	}
	if in := s.Input(); in != nil {
		process.Stdin = in
	}
	return process, nil
}

func (s *CommandState) interpreter() []string {
	switch {
	case s.Interpreter != nil && len(*s.Interpreter) > 0:
		return append([]string(nil), *s.Interpreter...)
	case runtime.GOOS == "windows":
		return []string{"cmd", "/C"}
	default:
		return []string{"/bin/sh", "-c"}
	}
}

// collect reads the files that assetPaths and archivePaths ask for, after the command, which may have made them.
func (s *CommandState) collect(dir string) error {
	if s.AssetPaths != nil {
		assets, err := matchingFiles(dir, *s.AssetPaths)
		if err != nil {
			return err
		}
		s.Assets = &assets
	}
	if s.ArchivePaths == nil {
		return nil
	}
	files, err := matchingFiles(dir, *s.ArchivePaths)
	if err != nil {
		return err
	}
	entries := map[string]any{}
	for name, file := range files {
		entries[name] = file.Asset
	}
	s.Archive, err = resource.NewAssetArchive(entries)
	return err
}
