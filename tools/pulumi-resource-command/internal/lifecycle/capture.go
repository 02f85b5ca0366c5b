package lifecycle

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	p "github.com/pulumi/pulumi-go-provider"
)

// streams says which of the two streams of a process are logged while it runs.
type streams struct{ stdout, stderr bool }

var loggedStreams = map[string]streams{
	"stdout":          {stdout: true},
	"stderr":          {stderr: true},
	"stdoutAndStderr": {stdout: true, stderr: true},
	"none":            {},
}

// Capture keeps the two streams of one process, apart for the outputs and in order of arrival for the failure text, and
// logs the lines of them that the logging input asks for. The streams may be written at the same time.
type Capture struct {
	mu     sync.Mutex
	both   bytes.Buffer
	stdout stream
	stderr stream
}

// stream is one of the two streams; log is nil where its lines are not wanted.
type stream struct {
	capture *Capture
	kept    bytes.Buffer
	line    bytes.Buffer
	log     func(line string)
}

// NewCapture is a capture that logs to the engine's status column. Lines go there, not to the final output, which would
// repeat a long run in full.
func NewCapture(ctx context.Context, in Process) *Capture {
	logged := loggedStreams["stdoutAndStderr"]
	if in.Logging != nil {
		logged = loggedStreams[*in.Logging]
	}
	log := p.GetLogger(ctx).InfoStatus
	c := &Capture{}
	c.stdout.capture, c.stderr.capture = c, c
	if logged.stdout {
		c.stdout.log = log
	}
	if logged.stderr {
		c.stderr.log = log
	}
	return c
}

// Stdout is where the process writes its standard output.
func (c *Capture) Stdout() io.Writer { return &c.stdout }

// Stderr is where the process writes its standard error.
func (c *Capture) Stderr() io.Writer { return &c.stderr }

// Finish logs last lines that have no end and gives back what the process wrote: as the output of the resource, or,
// where the process failed, in the error, since a failed run keeps no outputs in which to look for the cause.
func (c *Capture) Finish(text string, failed error) (Output, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stdout.flush()
	c.stderr.flush()
	if failed != nil {
		return Output{}, fmt.Errorf("%w: running %q:\n%s", failed, text, c.both.String())
	}
	return Output{
		Stdout: strings.TrimSuffix(c.stdout.kept.String(), "\n"),
		Stderr: strings.TrimSuffix(c.stderr.kept.String(), "\n"),
	}, nil
}

func (s *stream) Write(data []byte) (int, error) {
	s.capture.mu.Lock()
	defer s.capture.mu.Unlock()
	s.capture.both.Write(data)
	s.kept.Write(data)
	for rest := data; s.log != nil && len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		s.line.Write(line)
		if whole {
			s.log(s.line.String())
			s.line.Reset()
		}
		rest = after
	}
	return len(data), nil
}

func (s *stream) flush() {
	if s.line.Len() > 0 {
		s.log(s.line.String())
		s.line.Reset()
	}
}
