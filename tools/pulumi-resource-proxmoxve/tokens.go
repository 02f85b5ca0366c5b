package main

import (
	"strings"

	shimtypes "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

type shim = shimtypes.Resource

const (
	packageName = "proxmoxve"
	// autonameLength is the longest name the published plugin makes up for a resource without one.
	autonameLength = 255
)

// resourceToken names a Terraform resource as @muhlba91/pulumi-proxmoxve does: the prefix is dropped, the last word is
// the name, the words before it are the module ("index" when there are none), and the suffix Legacy tells the SDKv2
// half of the provider from the plugin-framework half.
//
//	proxmox_virtual_environment_firewall_options -> proxmoxve:firewall/optionsLegacy:OptionsLegacy
func resourceToken(terraformName string) tokens.Type {
	module, name := split(terraformName)
	return tokens.Type(token(module, name, upperFirst(name)))
}

// functionToken is resourceToken for data sources, whose names begin with get.
//
//	proxmox_virtual_environment_vms -> proxmoxve:index/getVmsLegacy:getVmsLegacy
func functionToken(terraformName string) tokens.ModuleMember {
	module, name := split(terraformName)
	name = "get" + upperFirst(name)
	return tokens.ModuleMember(token(module, name, name))
}

func token(module, file, member string) string {
	return packageName + ":" + module + "/" + file + "Legacy:" + member + "Legacy"
}

func split(terraformName string) (module, name string) {
	words := strings.Split(strings.TrimPrefix(terraformName, "proxmox_virtual_environment_"), "_")
	last := len(words) - 1
	if last == 0 {
		return "index", words[0]
	}
	return strings.Join(words[:last], "/"), words[last]
}

func upperFirst(word string) string {
	return strings.ToUpper(word[:1]) + word[1:]
}
