package sshtest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// Exec is one command that a client asked for. Signals brings the names of the signals that the client sends; it is
// closed when the client has gone.
type Exec struct {
	Command string
	Env     []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Signals <-chan string
}

// RunShell runs the command with the shell of this machine.
func RunShell(e Exec) int {
	shell := exec.Command("/bin/sh", "-c", e.Command)
	shell.Env = append(os.Environ(), e.Env...)
	shell.Stdin, shell.Stdout, shell.Stderr = e.Stdin, e.Stdout, e.Stderr
	err := shell.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return 127
	}
	return 0
}

func (s *Server) session(offered ssh.NewChannel) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	signals := make(chan string, 8)
	defer close(signals)
	var env []string
	for request := range requests {
		ok := true
		switch request.Type {
		case "env":
			var variable struct{ Name, Value string }
			ok = ssh.Unmarshal(request.Payload, &variable) == nil &&
				s.AcceptEnv != "" && strings.HasPrefix(variable.Name, s.AcceptEnv)
			if ok {
				env = append(env, variable.Name+"="+variable.Value)
			}
		case "exec":
			go s.exec(channel, Exec{
				Command: text(request), Env: env, Signals: signals,
				Stdin: channel, Stdout: channel, Stderr: channel.Stderr(),
			})
		case "subsystem":
			ok = text(request) == "sftp"
			go serveFiles(channel)
		case "signal":
			signals <- text(request)
		default:
			ok = false
		}
		if request.WantReply {
			_ = request.Reply(ok, nil)
		}
	}
}

func (s *Server) exec(channel ssh.Channel, e Exec) {
	defer channel.Close()
	status := struct{ Status uint32 }{uint32(s.Handle(e))}
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(&status))
}

func serveFiles(channel ssh.Channel) {
	defer channel.Close()
	if server, err := sftp.NewServer(channel); err == nil {
		_ = server.Serve()
	}
}

// forward joins a channel with the address that the client names, as a bastion host does.
func forward(offered ssh.NewChannel) {
	var to struct {
		Host     string
		Port     uint32
		FromHost string
		FromPort uint32
	}
	if err := ssh.Unmarshal(offered.ExtraData(), &to); err != nil {
		_ = offered.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	stream, err := net.Dial("tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))))
	if err != nil {
		_ = offered.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := offered.Accept()
	if err != nil {
		stream.Close()
		return
	}
	go ssh.DiscardRequests(requests)
	go func() {
		defer channel.Close()
		_, _ = io.Copy(channel, stream)
	}()
	defer stream.Close()
	_, _ = io.Copy(stream, channel)
}

// text is the one string that exec, subsystem and signal requests carry.
func text(request *ssh.Request) string {
	var payload struct{ Text string }
	_ = ssh.Unmarshal(request.Payload, &payload)
	return payload.Text
}

func allowIf(ok bool) error {
	if !ok {
		return errors.New("refused")
	}
	return nil
}
