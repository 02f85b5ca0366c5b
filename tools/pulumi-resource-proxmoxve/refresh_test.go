package main

import (
	"context"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// found is a provider that finds a resource with these properties and inputs.
type found struct {
	pulumirpc.UnimplementedResourceProviderServer
	properties, inputs *structpb.Struct
}

func (f found) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: f.properties, Inputs: f.inputs}, nil
}

func TestRefreshKeepsTheInputsOfWhatDidNotChange(t *testing.T) {
	of := func(fields map[string]any) *structpb.Struct {
		made, err := structpb.NewStruct(fields)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	recorded := of(map[string]any{"cores": 2, "tags": []any{"web"}})
	inputs := of(map[string]any{"__defaults": []any{}, "cores": 2})
	read := of(map[string]any{"cores": 2})
	for name, one := range map[string]struct{ recorded, found, want *structpb.Struct }{
		"as it was recorded": {recorded, of(map[string]any{"cores": 2, "tags": []any{"web"}}), inputs},
		"changed by hand":    {recorded, of(map[string]any{"cores": 4, "tags": []any{"web"}}), read},
		"gone":               {recorded, nil, read},
		"imported":           {nil, nil, read},
	} {
		server := refreshing{found{properties: one.found, inputs: read}}
		answer, err := server.Read(t.Context(), &pulumirpc.ReadRequest{Id: "5001", Properties: one.recorded, Inputs: inputs})
		if err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(answer.GetInputs(), one.want) {
			t.Errorf("%s: the inputs are %v, want %v", name, answer.GetInputs(), one.want)
		}
	}
}
