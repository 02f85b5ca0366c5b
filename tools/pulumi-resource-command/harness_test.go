package main

import (
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/sshtest"
)

const (
	remoteCommand = "command:remote:Command"
	copyToRemote  = "command:remote:CopyToRemote"
)

// properties are the inputs of a resource as a program would write them.
type properties map[string]property.Value

// with is a copy of the inputs with one of them set.
func (in properties) with(name string, value property.Value) properties {
	out := properties{name: value}
	for key, old := range in {
		if key != name {
			out[key] = old
		}
	}
	return out
}

// engine asks the provider what the Pulumi engine asks, for one resource.
type engine struct {
	*testing.T
	integration.Server
	urn resource.URN
}

func newEngine(t *testing.T, token string) engine {
	t.Helper()
	provider, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	server, err := integration.NewServer(
		t.Context(), packageName, semver.MustParse(version), integration.WithProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	return engine{t, server, resource.NewURN("dev", "project", "", tokens.Type(token), "it")}
}

// failures are the properties that the check refuses, each with the reason.
func (e engine) failures(in properties) map[string]string {
	e.Helper()
	resp, err := e.Check(p.CheckRequest{Urn: e.urn, Inputs: property.NewMap(in)})
	if err != nil {
		e.Fatal(err)
	}
	failures := map[string]string{}
	for _, failure := range resp.Failures {
		failures[failure.Property] = failure.Reason
	}
	return failures
}

// checked are the inputs as the engine keeps them, defaults and secrets included.
func (e engine) checked(in properties) property.Map {
	e.Helper()
	resp, err := e.Check(p.CheckRequest{Urn: e.urn, Inputs: property.NewMap(in)})
	if err != nil || len(resp.Failures) > 0 {
		e.Fatalf("check: %v %v", err, resp.Failures)
	}
	return resp.Inputs
}

func (e engine) create(in properties, preview bool) property.Map {
	e.Helper()
	resp, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: e.checked(in), DryRun: preview})
	if err != nil {
		e.Fatal(err)
	}
	return resp.Properties
}

func (e engine) update(state property.Map, in properties, preview bool) property.Map {
	e.Helper()
	resp, err := e.Update(p.UpdateRequest{Urn: e.urn, ID: "id", State: state, Inputs: e.checked(in), DryRun: preview})
	if err != nil {
		e.Fatal(err)
	}
	return resp.Properties
}

// diff is the kind of change of each property that changes, by its path.
func (e engine) diff(old, changed properties) map[string]p.DiffKind {
	e.Helper()
	state := e.checked(old)
	resp, err := e.Diff(p.DiffRequest{
		Urn: e.urn, ID: "id", State: state, OldInputs: state, Inputs: e.checked(changed),
	})
	if err != nil {
		e.Fatal(err)
	}
	kinds := map[string]p.DiffKind{}
	for path, change := range resp.DetailedDiff {
		kinds[path] = change.Kind
	}
	if resp.HasChanges != (len(kinds) > 0) {
		e.Errorf("HasChanges is %v, with the detailed diff %v", resp.HasChanges, kinds)
	}
	return kinds
}

func text(value string) property.Value { return property.New(value) }

func list(values ...property.Value) property.Value { return property.New(property.NewArray(values)) }

func object(values map[string]property.Value) property.Value {
	return property.New(property.NewMap(values))
}

// connection is the way to a test server, with the fewest attempts.
func connection(server *sshtest.Server) property.Value {
	return object(map[string]property.Value{
		"host":           text("127.0.0.1"),
		"port":           property.New(float64(server.Port())),
		"hostKey":        text(server.HostKey),
		"privateKey":     text(server.ClientKey),
		"dialErrorLimit": property.New(0.0),
	})
}
