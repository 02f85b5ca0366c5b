package local

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/lifecycle"
)

func set[T any](value T) *T { return &value }

func inputs(create string) CommandInputs {
	return CommandInputs{Commands: lifecycle.Commands{Create: &create}}
}

func create(t *testing.T, in CommandInputs) (CommandState, error) {
	t.Helper()
	resp, err := (&Command{}).Create(t.Context(), infer.CreateRequest[CommandInputs]{Name: "it", Inputs: in})
	return resp.Output, err
}

// says wants a command to work and to print a text.
func says(t *testing.T, in CommandInputs, want string) CommandState {
	t.Helper()
	state, err := create(t, in)
	if err != nil || state.Stdout != want {
		t.Fatalf("%q: stdout %q, error %v, want %q", *in.Create, state.Stdout, err, want)
	}
	return state
}

func TestTheInputsReachTheProcess(t *testing.T) {
	in := inputs("cat; echo $SITE; pwd")
	in.Stdin, in.Dir = set("told "), set("/")
	in.Environment = map[string]string{"SITE": "dvntm"}
	says(t, in, "told dvntm\n/")
	in = inputs("words")
	in.Interpreter = &[]string{"/bin/echo", "these"}
	says(t, in, "these words")
}

func TestUpdateAndDelete(t *testing.T) {
	state := says(t, inputs("echo one"), "one")
	for update, want := range map[*string]string{
		nil: "created", set("echo updated after $PULUMI_COMMAND_STDOUT"): "updated after one",
	} {
		in := inputs("echo created")
		in.Update = update
		resp, err := (&Command{}).Update(t.Context(), infer.UpdateRequest[CommandInputs, CommandState]{State: state, Inputs: in})
		if err != nil || resp.Output.Stdout != want {
			t.Errorf("stdout %q, error %v, want %q", resp.Output.Stdout, err, want)
		}
	}
	trace := filepath.Join(t.TempDir(), "trace")
	state.Delete = set("echo $PULUMI_COMMAND_STDOUT > " + trace)
	if _, err := (&Command{}).Delete(t.Context(), infer.DeleteRequest[CommandState]{State: state}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(trace); string(got) != "one\n" {
		t.Errorf("the deletion left %q", got)
	}
}

func TestNothingRunsInAPreview(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	for _, preview := range []bool{true, false} {
		_, err := (&Command{}).Create(t.Context(), infer.CreateRequest[CommandInputs]{
			Inputs: inputs("touch " + trace), DryRun: preview,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(trace); (err == nil) == preview {
			t.Errorf("preview %v: the trace is there: %v", preview, err == nil)
		}
	}
}

func TestFailureSaysStatusTextAndOutput(t *testing.T) {
	_, err := create(t, inputs("echo so far; echo then >&2; exit 3"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"exit status 3", `running "echo so far`, "so far\n", "then\n"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not say %q", err, part)
		}
	}
}

// The patterns and the files are the example in the npm package's documentation.
func TestFilesLeftBehindAreCollected(t *testing.T) {
	in := inputs("mkdir -p assets/logos src; touch assets/logos/logo.svg src/index.js src/secret.js")
	in.Dir = set(t.TempDir())
	in.AssetPaths = &[]string{"assets/**", "src/**.js", "!**secret.*"}
	in.ArchivePaths = &[]string{"src/*"}
	state := says(t, in, "")
	if got := slices.Sorted(maps.Keys(*state.Assets)); !slices.Equal(got, []string{"assets/logos/logo.svg", "src/index.js"}) {
		t.Errorf("assets: %v", got)
	}
	if got := slices.Sorted(maps.Keys(state.Archive.Assets)); !slices.Equal(got, []string{"src/index.js", "src/secret.js"}) {
		t.Errorf("archive: %v", got)
	}
}
