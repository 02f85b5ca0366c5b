// Package lifecycle holds what commands have in common, wherever they run: which text runs at which step, what reaches
// the process besides, and what is kept of its output.
package lifecycle

import (
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
)

// The variables that carry the output of the last run into the next one.
const (
	stdoutVariable = "PULUMI_COMMAND_STDOUT"
	stderrVariable = "PULUMI_COMMAND_STDERR"
)

// Commands are the inputs that say which text runs at which step.
type Commands struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// OnUpdate is the text that a changed input runs: update, or create where there is none. It is nil when neither is set.
func (c Commands) OnUpdate() *string {
	if c.Update != nil {
		return c.Update
	}
	return c.Create
}

// Process are the inputs that reach the process besides its command text.
type Process struct {
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *string           `pulumi:"logging,optional"`
	Environment            map[string]string `pulumi:"environment,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
}

// Output is what is kept of a run. It is plain text in the state unless a program asks for additionalSecretOutputs.
type Output struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Variable is one environment variable.
type Variable struct{ Name, Value string }

// Previous is the output of the last run as variables for the next. Empty output gives none, so that a first run has no
// variables that a server could refuse.
func (in Process) Previous(last Output) []Variable {
	if in.AddPreviousOutputInEnv != nil && !*in.AddPreviousOutputInEnv {
		return nil
	}
	var variables []Variable
	if last.Stdout != "" {
		variables = append(variables, Variable{stdoutVariable, last.Stdout})
	}
	if last.Stderr != "" {
		variables = append(variables, Variable{stderrVariable, last.Stderr})
	}
	return variables
}

// Input is what the process reads, or nil: an empty stdin is no stdin.
func (in Process) Input() *strings.Reader {
	if in.Stdin == nil || *in.Stdin == "" {
		return nil
	}
	return strings.NewReader(*in.Stdin)
}

// Check refuses a value of logging that would silently log nothing. A value that is not known yet arrives empty.
func (in Process) Check() []p.CheckFailure {
	if in.Logging == nil || *in.Logging == "" {
		return nil
	}
	if _, known := loggedStreams[*in.Logging]; known {
		return nil
	}
	return []p.CheckFailure{{
		Property: "logging",
		Reason:   fmt.Sprintf("%q is none of stdout, stderr, stdoutAndStderr, none", *in.Logging),
	}}
}
