// Package local serves the resource that runs commands on the machine on which Pulumi runs.
package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/lifecycle"
)

// Command is the resource command:local:Command.
type Command struct{}

// CommandInputs are its inputs.
type CommandInputs struct {
	lifecycle.Commands
	lifecycle.Process
	Interpreter  *[]string `pulumi:"interpreter,optional"`
	Dir          *string   `pulumi:"dir,optional"`
	AssetPaths   *[]string `pulumi:"assetPaths,optional"`
	ArchivePaths *[]string `pulumi:"archivePaths,optional"`
}

// CommandState is what is kept of it. The inputs are part of it, since a deletion has nothing else to go by.
type CommandState struct {
	CommandInputs
	lifecycle.Output
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

var (
	_ infer.CustomCheck[CommandInputs]                = (*Command)(nil)
	_ infer.CustomUpdate[CommandInputs, CommandState] = (*Command)(nil)
	_ infer.CustomDelete[CommandState]                = (*Command)(nil)
)

// Check names every input that cannot work.
func (*Command) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[CommandInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CommandInputs](ctx, req.NewInputs)
	if err == nil {
		failures = append(failures, inputs.Process.Check()...)
	}
	return infer.CheckResponse[CommandInputs]{Inputs: inputs, Failures: failures}, err
}

// Create runs the create command, if there is one, and nothing in a preview.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandState], error) {
	state := CommandState{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = state.run(ctx, state.Create)
	}
	return infer.CreateResponse[CommandState]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command where there is none, whichever input has changed.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandState],
) (infer.UpdateResponse[CommandState], error) {
	state := req.State
	state.CommandInputs = req.Inputs
	var err error
	if !req.DryRun {
		err = state.run(ctx, state.OnUpdate())
	}
	return infer.UpdateResponse[CommandState]{Output: state}, err
}

// Delete runs the delete command, if there is one.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandState]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}
