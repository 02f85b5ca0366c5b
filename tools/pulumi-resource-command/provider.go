package main

import (
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/remote"
)

// newProvider is the provider with its two resources. Their tokens come from the names of their Go packages and
// types: remote.Command is command:remote:Command.
func newProvider() (p.Provider, error) {
	provider, err := infer.NewProviderBuilder().
		WithDisplayName("Command").
		WithDescription("Runs commands and copies files over SSH.").
		WithResources(
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
		).
		Build()
	if err != nil {
		return p.Provider{}, err
	}
	return replaceOnTriggers(provider), nil
}

// replaceOnTriggers makes the change of a single trigger a replacement.
//
// The framework looks a changed path up among the property names, so it knows "triggers" but not "triggers[0]". The
// npm package makes up for that with the resource option replaceOnChanges; a program without that package would get an
// update.
func replaceOnTriggers(provider p.Provider) p.Provider {
	diff := provider.Diff
	provider.Diff = func(ctx context.Context, req p.DiffRequest) (p.DiffResponse, error) {
		resp, err := diff(ctx, req)
		for path, change := range resp.DetailedDiff {
			if strings.HasPrefix(path, "triggers") {
				change.Kind = asReplace(change.Kind)
				resp.DetailedDiff[path] = change
			}
		}
		return resp, err
	}
	return provider
}

func asReplace(kind p.DiffKind) p.DiffKind {
	switch kind {
	case p.Add:
		return p.AddReplace
	case p.Delete:
		return p.DeleteReplace
	case p.Update:
		return p.UpdateReplace
	default:
		return kind
	}
}
