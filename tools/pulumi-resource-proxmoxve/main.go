// Command pulumi-resource-proxmoxve serves the resources of the bpg Proxmox provider that this project uses, under the
// package name and tokens of @muhlba91/pulumi-proxmoxve. It stands in for the published plugin on machines that reach
// package registries only: the published plugin is the same provider behind the same bridge, but no registry serves it.
package main

import (
	"context"

	"github.com/bpg/terraform-provider-proxmox/proxmoxtf/provider"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	pulumiprovider "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is that of the npm package @muhlba91/pulumi-proxmoxve: its SDK asks the engine for a plugin of its own version.
const version = "8.6.0"

func main() {
	info, schema := providerInfo(), []byte(`{"name":"proxmoxve","version":"`+version+`"}`)
	ctx := context.Background()
	info.P.InitLogging(ctx)
	err := pulumiprovider.Main(packageName, func(host *pulumiprovider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return refreshing{tfbridge.NewProvider(ctx, host, packageName, version, info.P, info, schema)}, nil
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
}

// providerInfo describes the SDKv2 half of the bpg provider to the bridge: every resource and data source of it, each
// with the token that the npm package registers.
func providerInfo() tfbridge.ProviderInfo {
	upstream := shimv2.NewProvider(provider.ProxmoxVirtualEnvironment())
	info := tfbridge.ProviderInfo{
		P:           upstream,
		Name:        "proxmox",
		Version:     version,
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
	}
	upstream.ResourcesMap().Range(func(name string, _ shim) bool {
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: resourceToken(name)}
		return true
	})
	upstream.DataSourcesMap().Range(func(name string, _ shim) bool {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: functionToken(name)}
		return true
	})
	nameFields(info)
	info.SetAutonaming(autonameLength, "-")
	return info
}
