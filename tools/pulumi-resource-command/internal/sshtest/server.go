// Package sshtest is an SSH server inside a test: it runs commands with a real shell, serves files over SFTP, forwards
// streams as a bastion does, and counts who came.
package sshtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Server is a running server. The fields may be set until the first client comes.
type Server struct {
	// Handle runs a command and gives back its exit status; RunShell unless set.
	Handle func(Exec) int
	// AcceptEnv is the prefix of the variables that a client may set; none when empty, as with sshd.
	AcceptEnv string
	// Password lets in the clients that know it, as the user "tester"; the key ClientKey does as well.
	Password string
	// ClientKey is a private key, in PEM, that the server lets in.
	ClientKey string
	// HostKey is the server's public key in the form of authorized_keys.
	HostKey string

	listener    net.Listener
	config      *ssh.ServerConfig
	connections atomic.Int64
	open        sync.Map
	done        sync.WaitGroup
}

// Start starts a server on a free port of the loopback address; it ends with the test.
func Start(t *testing.T) *Server {
	t.Helper()
	hostKey, _ := key(t)
	clientKey, clientPEM := key(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Handle:    RunShell,
		ClientKey: clientPEM,
		HostKey:   authorizedKey(hostKey.PublicKey()),
		listener:  listener,
	}
	s.config = &ssh.ServerConfig{
		PasswordCallback: func(conn ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return nil, allowIf(s.Password != "" && string(password) == s.Password && conn.User() == "tester")
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
			return nil, allowIf(authorizedKey(offered) == authorizedKey(clientKey.PublicKey()))
		},
	}
	s.config.AddHostKey(hostKey)
	s.done.Add(1)
	go s.accept()
	t.Cleanup(s.stop)
	return s
}

// Port is where the server listens.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Connections is how many streams were opened to the server so far.
func (s *Server) Connections() int { return int(s.connections.Load()) }

func (s *Server) accept() {
	defer s.done.Done()
	for {
		stream, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.connections.Add(1)
		s.open.Store(stream, true)
		s.done.Add(1)
		go s.serve(stream)
	}
}

func (s *Server) serve(stream net.Conn) {
	defer s.done.Done()
	defer s.open.Delete(stream)
	defer stream.Close()
	conn, channels, requests, err := ssh.NewServerConn(stream, s.config)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		switch channel.ChannelType() {
		case "session":
			go s.session(channel)
		case "direct-tcpip":
			go forward(channel)
		default:
			_ = channel.Reject(ssh.UnknownChannelType, "not served")
		}
	}
}

func (s *Server) stop() {
	s.listener.Close()
	s.open.Range(func(stream, _ any) bool {
		stream.(net.Conn).Close()
		return true
	})
	s.done.Wait()
}

// NewHostKey is a public key, in the form of authorized_keys, that belongs to no server.
func NewHostKey(t *testing.T) string {
	t.Helper()
	signer, _ := key(t)
	return authorizedKey(signer.PublicKey())
}

func authorizedKey(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func key(t *testing.T) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}
