package lifecycle

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

// logged is what reaches the log; without an engine, the framework's logger is the standard one.
func logged(t *testing.T, run func()) []string {
	t.Helper()
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	run()
	var lines []string
	for _, match := range regexp.MustCompile(`msg="?([^"\n]*?)"? kind`).FindAllStringSubmatch(log.String(), -1) {
		lines = append(lines, match[1])
	}
	return lines
}

func TestLoggingPicksTheStreams(t *testing.T) {
	for logging, want := range map[string]string{
		"":                "err,out,rest",
		"stdoutAndStderr": "err,out,rest",
		"stdout":          "out,rest",
		"stderr":          "err",
		"none":            "",
	} {
		in := Process{}
		if logging != "" {
			in.Logging = &logging
		}
		got := logged(t, func() {
			capture := NewCapture(t.Context(), in)
			fmt.Fprint(capture.Stdout(), "o")
			fmt.Fprint(capture.Stderr(), "err\n")
			fmt.Fprint(capture.Stdout(), "ut\nrest")
			output, err := capture.Finish("text", nil)
			if err != nil || output != (Output{Stdout: "out\nrest", Stderr: "err"}) {
				t.Errorf("%q: captured %+v, %v", logging, output, err)
			}
		})
		if got := strings.Join(got, ","); got != want {
			t.Errorf("logging %q: logged %q, want %q", logging, got, want)
		}
	}
}

func TestAFailureKeepsTheOutputInOrder(t *testing.T) {
	none := "none"
	capture := NewCapture(t.Context(), Process{Logging: &none})
	fmt.Fprint(capture.Stdout(), "1\n")
	fmt.Fprint(capture.Stderr(), "2\n")
	fmt.Fprint(capture.Stdout(), "3\n")
	cause := errors.New("status 1")
	_, err := capture.Finish("text", cause)
	if !errors.Is(err, cause) || err.Error() != "status 1: running \"text\":\n1\n2\n3\n" {
		t.Errorf("the error is %q", err)
	}
}
