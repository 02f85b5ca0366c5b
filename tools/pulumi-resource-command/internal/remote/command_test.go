package remote

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/sshtest"
)

func TestStdinReachesTheCommandAndNotItsText(t *testing.T) {
	server := start(t)
	var text, read string
	server.Handle = func(e sshtest.Exec) int {
		content, _ := io.ReadAll(e.Stdin)
		text, read = e.Command, string(content)
		return 0
	}
	in := inputs(to(server), "apply")
	in.Stdin = set("the secret")
	_, err := create(t, in)
	works(t, err)
	if text != "apply" || read != "the secret" {
		t.Errorf("the host ran %q and read %q", text, read)
	}
}

func TestOutputsLoseOneLastNewline(t *testing.T) {
	state, err := create(t, inputs(to(start(t)), `printf 'out\n\n'; printf 'err\n' >&2`))
	works(t, err)
	if state.Stdout != "out\n" || state.Stderr != "err" {
		t.Errorf("stdout %q, stderr %q", state.Stdout, state.Stderr)
	}
}

func TestUpdateRunsUpdateOrElseCreate(t *testing.T) {
	server := start(t)
	in := inputs(to(server), "echo created")
	state, err := create(t, in)
	works(t, err)
	in.Stdin = set("changed")
	state, err = update(t, state, in)
	works(t, err)
	if state.Stdout != "created" || server.Connections() != 2 {
		t.Errorf("without update: %q after %d connections", state.Stdout, server.Connections())
	}
	in.Update = set("echo updated")
	state, err = update(t, state, in)
	works(t, err)
	if state.Stdout != "updated" {
		t.Errorf("with update: %q", state.Stdout)
	}
}

func TestWithoutACommandNothingRuns(t *testing.T) {
	server := start(t)
	in := CommandInputs{Connection: to(server)}
	state, err := create(t, in)
	works(t, err)
	state, err = update(t, state, in)
	works(t, err)
	works(t, remove(t, state))
	if got := server.Connections(); got != 0 {
		t.Errorf("%d connections", got)
	}
}

func TestDeleteRunsOverTheConnectionInTheState(t *testing.T) {
	server := start(t)
	var ran string
	server.Handle = func(e sshtest.Exec) int {
		ran = e.Command
		return 0
	}
	works(t, remove(t, CommandState{CommandInputs: inputs(to(server), "install")}))
	if got := server.Connections(); got != 0 {
		t.Errorf("%d connections for a deletion without a command", got)
	}
	in := inputs(to(server), "install")
	in.Delete = set("uninstall")
	works(t, remove(t, CommandState{CommandInputs: in}))
	if ran != "uninstall" {
		t.Errorf("the deletion ran %q", ran)
	}
}

func TestFailureSaysStatusTextAndOutput(t *testing.T) {
	_, err := create(t, inputs(to(start(t)), "echo so far; echo then >&2; exit 3"))
	refused(t, err, "status 3", `running "echo so far; echo then >&2; exit 3"`, "so far\n", "then\n")
}

func TestEnvironmentNeedsTheServersConsent(t *testing.T) {
	server := start(t)
	in := inputs(to(server), "echo $DEEVNET_SITE")
	in.Environment = map[string]string{"DEEVNET_SITE": "dvntm"}
	_, err := create(t, in)
	refused(t, err, `could not set environment variable "DEEVNET_SITE"`, "AcceptEnv")
	server.AcceptEnv = "DEEVNET_"
	state, err := create(t, in)
	works(t, err)
	if state.Stdout != "dvntm" {
		t.Errorf("stdout is %q", state.Stdout)
	}
}

func TestPreviousOutputReachesTheNextRun(t *testing.T) {
	server := start(t)
	server.AcceptEnv = "PULUMI_COMMAND_"
	first, err := create(t, inputs(to(server), "echo one; echo two >&2"))
	works(t, err)
	in := inputs(to(server), "echo $PULUMI_COMMAND_STDOUT,$PULUMI_COMMAND_STDERR")
	state, err := update(t, first, in)
	works(t, err)
	if state.Stdout != "one,two" {
		t.Errorf("by default: %q", state.Stdout)
	}
	in.AddPreviousOutputInEnv = set(false)
	state, err = update(t, first, in)
	works(t, err)
	if state.Stdout != "," {
		t.Errorf("switched off: %q", state.Stdout)
	}
	server.AcceptEnv = ""
	in.AddPreviousOutputInEnv = nil
	state, err = update(t, first, in)
	works(t, err)
	if state.Stdout != "," {
		t.Errorf("where the server refuses: %q", state.Stdout)
	}
}

func TestCancellationEndsTheCommand(t *testing.T) {
	server := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	signal := make(chan string, 1)
	server.Handle = func(e sshtest.Exec) int {
		cancel()
		signal <- <-e.Signals
		return 0
	}
	_, err := (&Command{}).Create(ctx, infer.CreateRequest[CommandInputs]{Inputs: inputs(to(server), "long")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if got := <-signal; got != "TERM" {
		t.Errorf("the command got the signal %q", got)
	}
}

func TestACommandThatIgnoresTheSignalLosesItsConnection(t *testing.T) {
	server := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server.Handle = func(e sshtest.Exec) int {
		cancel()
		for range e.Signals { // until the client has gone
		}
		return 0
	}
	_, err := (&Command{}).Create(ctx, infer.CreateRequest[CommandInputs]{Inputs: inputs(to(server), "stubborn")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
