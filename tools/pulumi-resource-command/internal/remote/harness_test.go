package remote

import (
	"net"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-go-provider/infer"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/lifecycle"
	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/sshtest"
)

func set[T any](value T) *T { return &value }

// start starts a server and keeps an agent of the person who runs the tests out of them.
func start(t *testing.T) *sshtest.Server {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	return sshtest.Start(t)
}

// endpoint is the way to a test server, with its key and without a second attempt.
func endpoint(server *sshtest.Server) Endpoint {
	return Endpoint{
		User:           set("tester"),
		Host:           "127.0.0.1",
		Port:           set(server.Port()),
		HostKey:        set(server.HostKey),
		PrivateKey:     set(server.ClientKey),
		DialErrorLimit: set(0),
	}
}

func to(server *sshtest.Server) *Connection { return &Connection{Endpoint: endpoint(server)} }

// peer listens and hands every stream to a function; what it leaves open is closed with the test.
func peer(t *testing.T, accepted func(net.Conn)) *Connection {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	go func() {
		defer close(done)
		for {
			stream, err := listener.Accept()
			if err != nil {
				return
			}
			defer stream.Close()
			accepted(stream)
		}
	}()
	return &Connection{Endpoint: Endpoint{
		Host: "127.0.0.1", Port: set(listener.Addr().(*net.TCPAddr).Port), DialErrorLimit: set(0),
	}}
}

// inputs are those of a command that runs a text on create.
func inputs(host *Connection, create string) CommandInputs {
	return CommandInputs{Connection: host, Commands: lifecycle.Commands{Create: &create}}
}

func create(t *testing.T, in CommandInputs) (CommandState, error) {
	t.Helper()
	resp, err := (&Command{}).Create(t.Context(), infer.CreateRequest[CommandInputs]{Name: "it", Inputs: in})
	return resp.Output, err
}

func update(t *testing.T, state CommandState, in CommandInputs) (CommandState, error) {
	t.Helper()
	resp, err := (&Command{}).Update(t.Context(), infer.UpdateRequest[CommandInputs, CommandState]{State: state, Inputs: in})
	return resp.Output, err
}

func remove(t *testing.T, state CommandState) error {
	t.Helper()
	_, err := (&Command{}).Delete(t.Context(), infer.DeleteRequest[CommandState]{State: state})
	return err
}

func works(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused wants an error that says all of the parts.
func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error %q does not say %q", err, part)
		}
	}
}
