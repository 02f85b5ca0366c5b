package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// tells writes what it was started with, as the SDK's cmd/run gets it.
const tells = `
const { writeFileSync } = require("node:fs");
const { PULUMI_CONFIG, PULUMI_CONFIG_SECRET_KEYS, PULUMI_NODEJS_TYPESCRIPT, PULUMI_NODEJS_TSCONFIG_PATH } = process.env;
writeFileSync("told.json", JSON.stringify({
    arguments: process.argv.slice(2), node: process.execArgv,
    config: PULUMI_CONFIG, secret: PULUMI_CONFIG_SECRET_KEYS, typescript: PULUMI_NODEJS_TYPESCRIPT, tsconfig: PULUMI_NODEJS_TSCONFIG_PATH,
}));
`

type told struct {
	Arguments, Node                      []string
	Config, Secret, Typescript, Tsconfig string
}

// program makes a project whose SDK runs a program by this code.
func program(t *testing.T, run string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "project")
	write(t, filepath.Join(folder, "node_modules/@pulumi/pulumi/cmd/run/index.js"), "process.chdir(__dirname + '/../../../../..');"+run)
	return folder
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func requestOf(t *testing.T, folder string, options map[string]any) *pulumirpc.RunRequest {
	t.Helper()
	given, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.RunRequest{
		Project: "one", Stack: "dvntm", Organization: "organization", Parallel: 4, DryRun: true, Args: []string{"--own"},
		MonitorAddress:   "127.0.0.1:2",
		Config:           map[string]string{"one:site": "20"},
		ConfigSecretKeys: []string{"one:key"},
		Info: &pulumirpc.ProgramInfo{
			RootDirectory: folder, ProgramDirectory: folder, EntryPoint: "main.js", Options: given,
		},
	}
}

func run(t *testing.T, request *pulumirpc.RunRequest) *pulumirpc.RunResponse {
	t.Helper()
	response, err := newHost("127.0.0.1:1").Run(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func toldBy(t *testing.T, folder string) told {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "told.json"))
	if err != nil {
		t.Fatal(err)
	}
	var read told
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestTheProgramGetsTheEnginesOwnMonitor(t *testing.T) {
	folder := program(t, tells)
	if response := run(t, requestOf(t, folder, nil)); response.GetError() != "" || response.GetBail() {
		t.Fatal(response)
	}
	expected := told{
		Arguments: []string{
			"--monitor", "127.0.0.1:2", "--engine", "127.0.0.1:1", "--organization", "organization", "--project", "one",
			"--root-directory", folder, "--stack", "dvntm", "--pwd", folder, "--parallel", "4", "--dry-run", "main.js", "--own",
		},
		Node: []string{}, Config: `{"one:site":"20"}`, Secret: `["one:key"]`, Typescript: "true",
	}
	if found := toldBy(t, folder); !reflect.DeepEqual(found, expected) {
		t.Errorf("%+v, not %+v", found, expected)
	}
}

func TestOptionsOfTheProject(t *testing.T) {
	folder := program(t, tells)
	run(t, requestOf(t, folder, map[string]any{
		"typescript": false, "tsconfig": "other.json", "nodeargs": `--no-warnings --title="one two"`,
	}))
	found := toldBy(t, folder)
	if found.Typescript != "" || found.Tsconfig != "other.json" {
		t.Errorf("%+v", found)
	}
	if expected := []string{"--no-warnings", "--title=one two"}; !reflect.DeepEqual(found.Node, expected) {
		t.Errorf("%v, not %v", found.Node, expected)
	}
	response := run(t, requestOf(t, folder, map[string]any{"typescript": "no"}))
	if expected := "typescript option of Pulumi.yaml must be a bool, and is no"; response.GetError() != expected {
		t.Errorf("%v", response)
	}
}

func TestHowAProgramEnds(t *testing.T) {
	for code, expected := range map[string]*pulumirpc.RunResponse{
		"process.exit(0)":  {},
		"process.exit(32)": {Bail: true},
		"process.exit(3)":  {Error: "Program exited with non-zero exit code: 3"},
	} {
		response := run(t, requestOf(t, program(t, code), nil))
		if response.GetBail() != expected.GetBail() || response.GetError() != expected.GetError() {
			t.Errorf("%s: %v, not %v", code, response, expected)
		}
	}
}

func TestWithoutTheSDKOrNodeItSaysSo(t *testing.T) {
	folder := t.TempDir()
	if found := run(t, requestOf(t, folder, nil)).GetError(); found != "the Pulumi SDK is not installed in "+folder+": run npm ci" {
		t.Error(found)
	}
	absent := newHost("127.0.0.1:1")
	absent.node = "node-that-is-not-there"
	response, err := absent.Run(t.Context(), requestOf(t, program(t, ""), nil))
	if err != nil || !strings.HasPrefix(response.GetError(), "the program cannot be run: ") {
		t.Error(response, err)
	}
}

func TestACancelledRunIsInterrupted(t *testing.T) {
	folder := program(t, `
		process.on("SIGINT", () => process.exit(7));
		setTimeout(() => process.exit(8), 30_000);
		require("node:fs").writeFileSync("runs", "");
	`)
	cancelled := newHost("127.0.0.1:1")
	go func() {
		for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(20 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(folder, "runs")); err == nil {
				break
			}
		}
		_, _ = cancelled.Cancel(context.Background(), nil)
	}()
	response, err := cancelled.Run(t.Context(), requestOf(t, folder, nil))
	if err != nil || response.GetError() != "Program exited with non-zero exit code: 7" {
		t.Error(response, err)
	}
}

func TestProvidersOfTheProgramsPackages(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"left-pad":         `{"name": "left-pad", "version": "1.0.0"}`,
		"@pulumi/pulumi":   `{"name": "@pulumi/pulumi", "version": "3.259.0"}`,
		"@pulumi/command":  `{"name": "@pulumi/command", "version": "1.2.1", "pulumi": {"resource": true}}`,
		"@muhlba91/pulumi": `{"name": "@muhlba91/pulumi", "version": "1", "pulumi": {"resource": true, "name": "proxmoxve", "version": "v8.6.0", "server": "github://x"}}`,
	} {
		write(t, filepath.Join(folder, "node_modules", name, "package.json"), text)
	}
	response, err := newHost("").GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{
		Info: &pulumirpc.ProgramInfo{ProgramDirectory: folder},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, one := range response.GetPackages() {
		found[one.GetKind()+" "+one.GetName()] = one.GetVersion() + one.GetServer()
	}
	expected := map[string]string{"resource command": "v1.2.1", "resource proxmoxve": "v8.6.0github://x"}
	if !reflect.DeepEqual(found, expected) {
		t.Errorf("%v, not %v", found, expected)
	}
}
