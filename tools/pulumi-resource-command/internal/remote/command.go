package remote

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"golang.org/x/crypto/ssh"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/lifecycle"
)

// Command is the resource command:remote:Command: a command that runs on another machine over SSH.
type Command struct{}

// CommandInputs are its inputs. The whole connection is a secret, not only the keys in it.
type CommandInputs struct {
	lifecycle.Commands
	lifecycle.Process
	Connection *Connection `pulumi:"connection" provider:"secret"`
}

// CommandState is what is kept of it. The inputs are part of it, since a deletion has nothing else to go by.
type CommandState struct {
	CommandInputs
	lifecycle.Output
}

var (
	_ infer.CustomCheck[CommandInputs]                = (*Command)(nil)
	_ infer.CustomUpdate[CommandInputs, CommandState] = (*Command)(nil)
	_ infer.CustomDelete[CommandState]                = (*Command)(nil)
)

// Check names every input that is missing or cannot work.
func (*Command) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[CommandInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CommandInputs](ctx, req.NewInputs)
	if err == nil && len(failures) == 0 {
		failures = append(inputs.Process.Check(), inputs.Connection.check()...)
	}
	return infer.CheckResponse[CommandInputs]{Inputs: inputs, Failures: failures}, err
}

// Create runs the create command, if there is one, and nothing in a preview.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandState], error) {
	state := CommandState{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun {
		err = state.run(ctx, state.Create)
	}
	return infer.CreateResponse[CommandState]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command where there is none, whichever input has changed.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandState],
) (infer.UpdateResponse[CommandState], error) {
	state := CommandState{CommandInputs: req.Inputs, Output: req.State.Output}
	var err error
	if !req.DryRun {
		err = state.run(ctx, state.OnUpdate())
	}
	return infer.UpdateResponse[CommandState]{Output: state}, err
}

// Delete runs the delete command, if there is one, over the connection in the state: the program's may be gone.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandState]) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, req.State.run(ctx, req.State.Delete)
}

// run runs a text on the host and keeps its output in the state. Without a text it makes no connection.
func (s *CommandState) run(ctx context.Context, text *string) error {
	if text == nil {
		return nil
	}
	host, err := s.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer host.Close()
	session, err := host.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	done := make(chan struct{})
	defer close(done)
	keep := context.AfterFunc(ctx, func() { host.abort(session, done) })
	defer keep()
	if err := s.setEnvironment(ctx, session); err != nil {
		return err
	}
	if in := s.Input(); in != nil {
		session.Stdin = in
	}
	capture := lifecycle.NewCapture(ctx, s.Process)
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()
	failed := session.Run(*text)
	if !keep() {
		failed = ctx.Err() // whatever status an aborted command gave, it is not done
	}
	output, err := capture.Finish(*text, failed)
	if err == nil {
		s.Output = output
	}
	return err
}

// signalPatience is how long an aborted command has to end by itself before the connection is closed.
const signalPatience = 2 * time.Second

// abort ends a remote command: with a signal, as a server may leave the process running when the connection goes, and
// then by closing the connection, as a server may not know signals. Closing it at once could lose the signal.
func (c *client) abort(session *ssh.Session, done <-chan struct{}) {
	go session.Signal(ssh.SIGTERM)
	select {
	case <-done:
	case <-time.After(signalPatience):
	}
	c.Close()
}

const acceptEnv = "the SSH server accepts only variables that its AcceptEnv names; " +
	"a shell on the host takes them in the command text too, as VAR=value command"

// setEnvironment sends the variables. One that the program asked for and the server refuses is an error; the output of
// the last run, which the program did not ask for, is only a warning.
func (s *CommandState) setEnvironment(ctx context.Context, session *ssh.Session) error {
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		if err := session.Setenv(name, s.Environment[name]); err != nil {
			return fmt.Errorf("could not set environment variable %q: %w (%s)", name, err, acceptEnv)
		}
	}
	for _, variable := range s.Previous(s.Output) {
		if err := session.Setenv(variable.Name, variable.Value); err != nil {
			p.GetLogger(ctx).Warningf("Unable to set %q: %v (%s)", variable.Name, err, acceptEnv)
		}
	}
	return nil
}
