package remote

import (
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"deevnet.net/tenant-hypervisors/tools/pulumi-resource-command/internal/sshtest"
)

// login dials and closes again.
func login(ctx context.Context, host *Connection) error {
	connected, err := host.dial(ctx)
	if err != nil {
		return err
	}
	return connected.Close()
}

func TestWrongHostKeyIsRefused(t *testing.T) {
	server := start(t)
	host := to(server)
	works(t, login(t.Context(), host))
	host.HostKey = set(sshtest.NewHostKey(t))
	refused(t, login(t.Context(), host), "host key mismatch", "after 1 failed attempts")
	host.HostKey = nil
	works(t, login(t.Context(), host))
	host.HostKey = set("nonsense")
	refused(t, login(t.Context(), host), "failed to parse host key")
}

func TestLoginByPassword(t *testing.T) {
	server := start(t)
	server.Password = "right"
	host := to(server)
	host.PrivateKey, host.Password = nil, set("right")
	works(t, login(t.Context(), host))
	host.Password = set("wrong")
	refused(t, login(t.Context(), host), "unable to authenticate")
}

func TestLoginByEncryptedKey(t *testing.T) {
	server := start(t)
	key, err := ssh.ParseRawPrivateKey([]byte(server.ClientKey))
	works(t, err)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(*key.(*ed25519.PrivateKey), "", []byte("phrase"))
	works(t, err)
	host := to(server)
	host.PrivateKey = set(string(pem.EncodeToMemory(block)))
	refused(t, login(t.Context(), host), "failed to parse private key")
	host.PrivateKeyPassword = set("phrase")
	works(t, login(t.Context(), host))
}

func TestLoginByAgent(t *testing.T) {
	server := start(t)
	key, err := ssh.ParseRawPrivateKey([]byte(server.ClientKey))
	works(t, err)
	keys := agent.NewKeyring()
	works(t, keys.Add(agent.AddedKey{PrivateKey: key}))
	path := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", path)
	works(t, err)
	go func() {
		for {
			stream, err := listener.Accept()
			if err != nil {
				return
			}
			_ = agent.ServeAgent(keys, stream)
		}
	}()
	host := to(server)
	host.PrivateKey, host.AgentSocketPath = nil, &path
	works(t, login(t.Context(), host))
	listener.Close()
	refused(t, login(t.Context(), host), "failed to reach the SSH agent")
}

func TestFailedAttemptsAreRepeatedUpToTheLimit(t *testing.T) {
	var attempts atomic.Int64
	host := peer(t, func(stream net.Conn) {
		attempts.Add(1)
		stream.Close()
	})
	host.DialErrorLimit = set(2)
	refused(t, login(t.Context(), host), host.address(), "after 3 failed attempts")
	if got := attempts.Load(); got != 3 {
		t.Errorf("%d attempts for a limit of 2, want 3", got)
	}
}

func TestAHostThatComesUpLaterIsReached(t *testing.T) {
	server := start(t)
	host := to(server)
	refusals := 0
	early := func(ctx context.Context, network, address string) (net.Conn, error) {
		if refusals++; refusals < 3 {
			return nil, errors.New("connection refused")
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	host.DialErrorLimit = set(2)
	connected, err := host.dialFrom(t.Context(), "Dial", early)
	works(t, err)
	works(t, connected.Close())
}

// The published plugin hangs here: it bounds the TCP connect only.
func TestAMutePeerIsGivenUpWithinTheTimeout(t *testing.T) {
	host := peer(t, func(net.Conn) {})
	host.PerDialTimeout = set(1)
	refused(t, login(t.Context(), host), "no SSH handshake within perDialTimeout", "after 1 failed attempts")
}

func TestCancellationEndsAHandshakeWithoutATimeout(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	host := peer(t, func(net.Conn) { cancel() })
	host.PerDialTimeout, host.DialErrorLimit = set(0), set(-1)
	if err := login(ctx, host); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestProxyCarriesTheConnection(t *testing.T) {
	bastion, server := start(t), start(t)
	host := to(server)
	host.Proxy = &ProxyConnection{endpoint(bastion)}
	state, err := create(t, inputs(host, "echo there"))
	works(t, err)
	if state.Stdout != "there" || bastion.Connections() != 1 || server.Connections() != 1 {
		t.Errorf("%q, %d connections to the bastion, %d to the host",
			state.Stdout, bastion.Connections(), server.Connections())
	}
	host.Proxy.HostKey = set(sshtest.NewHostKey(t))
	refused(t, login(t.Context(), host), "proxy: ", "host key mismatch")
}

func TestAMutePeerBehindAProxyIsGivenUpToo(t *testing.T) {
	bastion := start(t)
	host := peer(t, func(net.Conn) {})
	host.PerDialTimeout = set(1)
	host.Proxy = &ProxyConnection{endpoint(bastion)}
	refused(t, login(t.Context(), host), "proxy: ", "no SSH handshake within perDialTimeout")
}
