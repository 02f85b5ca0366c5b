package remote

import (
	"context"

	"github.com/pkg/sftp"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyToRemote is the resource command:remote:CopyToRemote: a file, a text or a directory that is copied to another
// machine over SFTP. Nothing is ever removed there: neither by a deletion nor when a file has left the directory.
type CopyToRemote struct{}

// CopyInputs are its inputs.
type CopyInputs struct {
	Connection *Connection          `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// CopyState is what is kept of it: its inputs, with the hash of the content in the source.
type CopyState struct{ CopyInputs }

var (
	_ infer.CustomCheck[CopyInputs]             = (*CopyToRemote)(nil)
	_ infer.CustomUpdate[CopyInputs, CopyState] = (*CopyToRemote)(nil)
)

// Check names every input that is missing or cannot work.
func (*CopyToRemote) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[CopyInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyInputs](ctx, req.NewInputs)
	if err == nil && len(failures) == 0 {
		failures = inputs.Connection.check()
		if !req.NewInputs.Get("source").HasComputed() {
			failures = append(failures, checkSource(inputs.Source)...)
		}
	}
	return infer.CheckResponse[CopyInputs]{Inputs: inputs, Failures: failures}, err
}

// checkSource refuses what cannot be copied as it is: content that would have to be fetched from elsewhere, and
// archives that are put together from parts in the program.
func checkSource(source types.AssetOrArchive) []p.CheckFailure {
	reason := ""
	switch {
	case source.Asset == nil && source.Archive == nil:
		reason = "either asset or archive must be set"
	case source.Asset != nil && !source.Asset.IsPath() && !source.Asset.IsText():
		reason = "asset must be a path-based file asset or a text asset"
	case source.Archive != nil && !source.Archive.IsPath():
		reason = "archive must be a path to a file or directory"
	default:
		return nil
	}
	return []p.CheckFailure{{Property: "source", Reason: reason}}
}

// Create copies the source, and does nothing in a preview.
func (*CopyToRemote) Create(
	ctx context.Context, req infer.CreateRequest[CopyInputs],
) (infer.CreateResponse[CopyState], error) {
	resp := infer.CreateResponse[CopyState]{Output: CopyState{req.Inputs}}
	if req.DryRun {
		return resp, nil
	}
	if err := req.Inputs.copy(ctx); err != nil {
		return resp, err
	}
	var err error
	resp.ID, err = resource.NewUniqueHex("", 8, 0)
	return resp, err
}

// Update copies the source again if its content or its destination has changed. Another connection alone sends nothing:
// it is taken to be another way to the same host.
func (*CopyToRemote) Update(
	ctx context.Context, req infer.UpdateRequest[CopyInputs, CopyState],
) (infer.UpdateResponse[CopyState], error) {
	resp := infer.UpdateResponse[CopyState]{Output: CopyState{req.Inputs}}
	same := req.Inputs.hash() == req.State.hash() && req.Inputs.RemotePath == req.State.RemotePath
	if req.DryRun || same {
		return resp, nil
	}
	return resp, req.Inputs.copy(ctx)
}

// hash is that of the content, which the engine computes anew for each run.
func (in *CopyInputs) hash() string {
	if in.Source.Archive != nil {
		return in.Source.Archive.Hash
	}
	if in.Source.Asset != nil {
		return in.Source.Asset.Hash
	}
	return ""
}

func (in *CopyInputs) copy(ctx context.Context) error {
	host, err := in.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer host.Close()
	keep := context.AfterFunc(ctx, func() { host.Close() })
	defer keep()
	// Concurrent writes may leave a file too long after an error. Each file is written once, and an error fails the
	// copy, so no one takes such a file for whole.
	files, err := sftp.NewClient(host.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return err
	}
	defer files.Close()
	to := transfer{files}
	switch {
	case in.Source.Archive != nil:
		err = to.copyPath(in.Source.Archive.Path, in.RemotePath)
	case in.Source.Asset.IsText():
		err = to.copyText(in.Source.Asset.Text, in.RemotePath)
	default:
		err = to.copyPath(in.Source.Asset.Path, in.RemotePath)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
