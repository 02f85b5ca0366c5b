package main

import (
	"context"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
)

// refreshing is the bridge's provider, whose refresh gives back the inputs as they were recorded where the resource is as
// it was recorded. The bridge takes empty `__defaults` out of them, which the next check puts in again (deleteDefaultsKey in
// tfbridge's provider.go): the engine would find other inputs in every resource, and write the whole state for each of them.
type refreshing struct {
	pulumirpc.ResourceProviderServer
}

func (r refreshing) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	answer, err := r.ResourceProviderServer.Read(ctx, req)
	recorded := req.GetProperties()
	if err == nil && len(recorded.GetFields()) > 0 && proto.Equal(recorded, answer.GetProperties()) {
		answer.Inputs = req.GetInputs()
	}
	return answer, err
}
