package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimtypes "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// used are the resources that this project declares.
var used = []string{"vm", "pool", "firewall_options", "firewall_rules", "firewall_ipset"}

// nameFields says the name of each property of the resources that are used, the one that the bridge derives. Without it the
// bridge derives the names of all properties anew for each property that it converts (PulumiToTerraformName in tfbridge's
// names.go), with regular expressions for each list's plural: a third of the time that a refresh takes.
func nameFields(info tfbridge.ProviderInfo) {
	for _, name := range used {
		full := "proxmox_virtual_environment_" + name
		info.Resources[full].Fields = fieldsOf(info.P.ResourcesMap().Get(full).Schema())
	}
}

func fieldsOf(schema shimtypes.SchemaMap) map[string]*tfbridge.SchemaInfo {
	fields := map[string]*tfbridge.SchemaInfo{}
	schema.Range(func(key string, value shimtypes.Schema) bool {
		field := &tfbridge.SchemaInfo{Name: tfbridge.TerraformToPulumiNameV2(key, schema, nil)}
		if block, isBlock := value.Elem().(shimtypes.Resource); isBlock {
			field.Elem = &tfbridge.SchemaInfo{Fields: fieldsOf(block.Schema())}
		}
		fields[key] = field
		return true
	})
	return fields
}
