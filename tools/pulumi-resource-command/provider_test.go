package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/sshtest"
)

// The npm package asks for a plugin of its own version, so a bump of one without the other stops every run.
func TestVersionIsThatOfTheNpmPackage(t *testing.T) {
	manifest, err := os.ReadFile("../../package.json")
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`"@pulumi/command": "([^"]+)"`).FindSubmatch(manifest)
	if pinned == nil || string(pinned[1]) != version {
		t.Errorf("package.json pins %q, the plugin says %s", pinned, version)
	}
}

// The names are those that remote/command.d.ts and remote/copyToRemote.d.ts of the npm package list.
func TestTokensAndInputsAreThoseOfTheNpmPackage(t *testing.T) {
	resp, err := newEngine(t, remoteCommand).GetSchema(p.GetSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Resources map[string]struct {
			InputProperties map[string]any
			Properties      map[string]any
		}
	}
	if err := json.Unmarshal([]byte(resp.Schema), &schema); err != nil {
		t.Fatal(err)
	}
	command := "addPreviousOutputInEnv create delete environment logging stdin triggers update "
	want := map[string][2]string{
		remoteCommand: {command + "connection", "stderr stdout"},
		copyToRemote:  {"connection remotePath source triggers", ""},
	}
	for token, names := range want {
		inputs, outputs := strings.Fields(names[0]), strings.Fields(names[0]+" "+names[1])
		slices.Sort(inputs)
		slices.Sort(outputs)
		if got := slices.Sorted(maps.Keys(schema.Resources[token].InputProperties)); !slices.Equal(got, inputs) {
			t.Errorf("%s takes %v, want %v", token, got, inputs)
		}
		if got := slices.Sorted(maps.Keys(schema.Resources[token].Properties)); !slices.Equal(got, outputs) {
			t.Errorf("%s has %v, want %v", token, got, outputs)
		}
	}
	if len(schema.Resources) != len(want) {
		t.Errorf("%d resources are served, want %d", len(schema.Resources), len(want))
	}
}

func TestDiff(t *testing.T) {
	at := func(host string) property.Value { return object(map[string]property.Value{"host": text(host)}) }
	old := properties{
		"connection": at("a"), "create": text("one"), "triggers": list(text("1"), text("2")),
	}
	for name, test := range map[string]struct {
		changed properties
		want    map[string]p.DiffKind
	}{
		"same":            {old, map[string]p.DiffKind{}},
		"trigger changed": {old.with("triggers", list(text("1"), text("3"))), map[string]p.DiffKind{"triggers[1]": p.UpdateReplace}},
		"trigger added": {
			old.with("triggers", list(text("1"), text("2"), text("3"))),
			map[string]p.DiffKind{"triggers[2]": p.AddReplace},
		},
		"trigger removed":  {old.with("triggers", list(text("1"))), map[string]p.DiffKind{"triggers[1]": p.DeleteReplace}},
		"triggers removed": {old.with("triggers", property.Value{}), map[string]p.DiffKind{"triggers": p.DeleteReplace}},
		"create changed":   {old.with("create", text("two")), map[string]p.DiffKind{"create": p.Update}},
		"delete added":     {old.with("delete", text("rm")), map[string]p.DiffKind{"delete": p.Add}},
		"host changed":     {old.with("connection", at("b")), map[string]p.DiffKind{"connection": p.Update}},
		"several changed": {
			old.with("create", text("two")).with("triggers", list(text("1"), text("3"))),
			map[string]p.DiffKind{"create": p.Update, "triggers[1]": p.UpdateReplace},
		},
	} {
		if got := newEngine(t, remoteCommand).diff(old, test.changed); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestChangedContentOfAFileIsAnUpdate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	source := func(content string) properties {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		asset, err := resource.NewPathAsset(file)
		if err != nil {
			t.Fatal(err)
		}
		host := object(map[string]property.Value{"host": text("a")})
		return properties{"connection": host, "remotePath": text("/x"), "source": property.New(asset)}
	}
	e := newEngine(t, copyToRemote)
	if got := e.diff(source("one"), source("one")); len(got) > 0 {
		t.Errorf("same content: %v", got)
	}
	want := map[string]p.DiffKind{"source": p.Update}
	if got := e.diff(source("one"), source("two")); !reflect.DeepEqual(got, want) {
		t.Errorf("other content: %v, want %v", got, want)
	}
}

func TestCheckNamesTheProperty(t *testing.T) {
	host := map[string]property.Value{"host": text("a")}
	badKey := object(map[string]property.Value{"host": text("a"), "hostKey": text("nonsense")})
	parts, err := resource.NewAssetArchive(map[string]any{})
	if err != nil {
		t.Fatal(err)
	}
	fetched, err := resource.NewURIAsset("file:///dev/null")
	if err != nil {
		t.Fatal(err)
	}
	copying := properties{"connection": object(host), "remotePath": text("/x")}
	for name, test := range map[string]struct {
		token    string
		in       properties
		property string
		reason   string
	}{
		"no connection":  {remoteCommand, properties{}, "connection", "Missing required"},
		"no host":        {remoteCommand, properties{"connection": object(nil)}, "connection", "Missing required field 'host'"},
		"host key":       {remoteCommand, properties{"connection": badKey}, "connection.hostKey", "authorized_keys"},
		"logging":        {remoteCommand, properties{"connection": object(host), "logging": text("all")}, "logging", "stdoutAndStderr"},
		"no remote path": {copyToRemote, properties{"connection": object(host)}, "remotePath", "Missing required"},
		"no source":      {copyToRemote, copying, "source", "Missing required"},
		"source text":    {copyToRemote, copying.with("source", text("file")), "source", ""},
		"inline archive": {copyToRemote, copying.with("source", property.New(parts)), "source", "archive must be a path"},
		"fetched asset":  {copyToRemote, copying.with("source", property.New(fetched)), "source", "asset must be"},
	} {
		failures := newEngine(t, test.token).failures(test.in)
		if reason, found := failures[test.property]; !found || !strings.Contains(reason, test.reason) {
			t.Errorf("%s: %v, want one of %q with %q", name, failures, test.property, test.reason)
		}
	}
}

func TestCheckTakesWhatIsNotKnownYet(t *testing.T) {
	unknown := property.New(property.Computed)
	host := object(map[string]property.Value{"host": unknown, "hostKey": unknown})
	if failures := newEngine(t, remoteCommand).failures(properties{"connection": host, "logging": unknown}); len(failures) > 0 {
		t.Errorf("command: %v", failures)
	}
	copying := properties{"connection": unknown, "remotePath": unknown, "source": unknown}
	if failures := newEngine(t, copyToRemote).failures(copying); len(failures) > 0 {
		t.Errorf("copy: %v", failures)
	}
}

func TestCheckAppliesTheDocumentedDefaults(t *testing.T) {
	bastion := object(map[string]property.Value{"host": text("b")})
	in := properties{"connection": object(map[string]property.Value{"host": text("a"), "proxy": bastion})}
	got := newEngine(t, remoteCommand).checked(in).Get("connection").AsMap()
	for name, endpoint := range map[string]property.Map{"host": got, "proxy": got.Get("proxy").AsMap()} {
		for key, want := range map[string]float64{"port": 22, "dialErrorLimit": 10, "perDialTimeout": 15} {
			if value := endpoint.Get(key).AsNumber(); value != want {
				t.Errorf("%s: %s is %v, want %v", name, key, value, want)
			}
		}
		if user := endpoint.Get("user").AsString(); user != "root" {
			t.Errorf("%s: user is %q", name, user)
		}
	}
}

func TestConnectionIsSecretInTheState(t *testing.T) {
	server := sshtest.Start(t)
	in := properties{"connection": connection(server), "create": text("cat"), "stdin": text("told")}
	state := newEngine(t, remoteCommand).create(in, false)
	if !state.Get("connection").Secret() {
		t.Error("the connection is plain text in the state")
	}
	if state.Get("stdin").Secret() || state.Get("stdout").Secret() {
		t.Error("stdin or stdout is a secret though the input is none")
	}
	state = newEngine(t, remoteCommand).create(in.with("stdin", text("told").WithSecret(true)), false)
	if !state.Get("stdin").Secret() {
		t.Error("the secret stdin is plain text in the state")
	}
	if got := state.Get("stdout").AsString(); got != "told" {
		t.Errorf("stdout is %q", got)
	}
}

func TestPreviewConnectsToNothingAndKnowsNoOutputs(t *testing.T) {
	server := sshtest.Start(t)
	in := properties{"connection": connection(server), "create": text("echo one")}
	e := newEngine(t, remoteCommand)
	if stdout := e.create(in, true).Get("stdout"); !stdout.IsComputed() {
		t.Errorf("stdout of a create in preview is %v", stdout)
	}
	if got := server.Connections(); got != 0 {
		t.Errorf("%d connections in a preview", got)
	}
	state := e.create(in, false)
	if got := server.Connections(); got != 1 || state.Get("stdout").AsString() != "one" {
		t.Fatalf("%d connections, stdout %v", got, state.Get("stdout"))
	}
	if stdout := e.update(state, in.with("create", text("echo two")), true).Get("stdout"); !stdout.IsComputed() {
		t.Errorf("stdout of an update in preview is %v", stdout)
	}
	if got := server.Connections(); got != 1 {
		t.Errorf("%d connections after the preview of an update, want the one of the create", got)
	}
	if got := e.update(state, in.with("create", text("echo two")), false).Get("stdout").AsString(); got != "two" {
		t.Errorf("stdout after the update is %q", got)
	}
}
