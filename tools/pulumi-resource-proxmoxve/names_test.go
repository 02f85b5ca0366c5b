package main

import (
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimtypes "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

func TestNamesAreThoseThatTheBridgeDerives(t *testing.T) {
	info := providerInfo()
	seen := 0
	var compare func(schema shimtypes.SchemaMap, fields map[string]*tfbridge.SchemaInfo)
	compare = func(schema shimtypes.SchemaMap, fields map[string]*tfbridge.SchemaInfo) {
		schema.Range(func(key string, value shimtypes.Schema) bool {
			seen++
			want := tfbridge.TerraformToPulumiNameV2(key, schema, nil)
			if fields[key] == nil || fields[key].Name != want {
				t.Fatalf("%s is named %v, the bridge derives %s", key, fields[key], want)
			}
			if back := tfbridge.PulumiToTerraformName(want, schema, fields); back != key {
				t.Errorf("%s leads back to %s, not to %s", want, back, key)
			}
			if block, isBlock := value.Elem().(shimtypes.Resource); isBlock {
				compare(block.Schema(), fields[key].Elem.Fields)
			}
			return true
		})
	}
	for _, name := range used {
		full := "proxmox_virtual_environment_" + name
		compare(info.P.ResourcesMap().Get(full).Schema(), info.Resources[full].Fields)
	}
	if seen < 100 {
		t.Errorf("only %d properties were compared", seen)
	}
}
