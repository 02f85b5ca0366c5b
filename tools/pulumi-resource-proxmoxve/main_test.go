package main

import (
	"os"
	"regexp"
	"testing"
)

func TestTokensAreThoseOfTheNpmPackage(t *testing.T) {
	for name, want := range map[string]string{
		"proxmox_virtual_environment_vm":                              "proxmoxve:index/vmLegacy:VmLegacy",
		"proxmox_virtual_environment_pool":                            "proxmoxve:index/poolLegacy:PoolLegacy",
		"proxmox_virtual_environment_firewall_options":                "proxmoxve:firewall/optionsLegacy:OptionsLegacy",
		"proxmox_virtual_environment_cluster_firewall_security_group": "proxmoxve:cluster/firewall/security/groupLegacy:GroupLegacy",
	} {
		if got := string(resourceToken(name)); got != want {
			t.Errorf("resourceToken(%s) = %s, want %s", name, got, want)
		}
	}
	want := "proxmoxve:index/getVmsLegacy:getVmsLegacy"
	if got := string(functionToken("proxmox_virtual_environment_vms")); got != want {
		t.Errorf("functionToken(vms) = %s, want %s", got, want)
	}
}

// The npm package asks for a plugin of its own version, so a bump of one without the other stops every run.
func TestVersionIsThatOfTheNpmPackage(t *testing.T) {
	manifest, err := os.ReadFile("../../package.json")
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`"@muhlba91/pulumi-proxmoxve": "([^"]+)"`).FindSubmatch(manifest)
	if pinned == nil || string(pinned[1]) != version {
		t.Errorf("package.json pins %q, the plugin says %s", pinned, version)
	}
}

func TestEveryTokenIsUnique(t *testing.T) {
	info := providerInfo()
	seen := map[string]string{}
	for name, resource := range info.Resources {
		if other, taken := seen[string(resource.Tok)]; taken {
			t.Errorf("%s and %s share %s", name, other, resource.Tok)
		}
		seen[string(resource.Tok)] = name
	}
	if len(seen) == 0 {
		t.Error("the provider has no resources")
	}
}
