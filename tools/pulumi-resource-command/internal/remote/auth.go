package remote

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// clientConfig is how to log in at the endpoint, in the order of the published plugin: key, password, agent. The
// function that it gives back closes the connection to the agent, which signs during the handshake.
func (e *Endpoint) clientConfig() (*ssh.ClientConfig, func(), error) {
	config := &ssh.ClientConfig{User: e.user()}
	if err := e.trust(config); err != nil {
		return nil, nil, err
	}
	if e.PrivateKey != nil {
		signer, err := e.signer()
		if err != nil {
			return nil, nil, fmt.Errorf("failed to parse private key: %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(e.answer))
	}
	closeAgent := func() {}
	if path := or(e.AgentSocketPath, os.Getenv("SSH_AUTH_SOCK")); path != "" {
		conn, err := net.Dial("unix", path)
		if err != nil {
			// Fatal even beside a key, as in the published plugin: else a run would pass here and fail there.
			return nil, nil, fmt.Errorf("failed to reach the SSH agent (agentSocketPath or SSH_AUTH_SOCK): %w", err)
		}
		closeAgent = func() { conn.Close() }
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(conn).Signers))
	}
	return config, closeAgent, nil
}

// trust pins the host key, and with it the algorithm: a server with several keys would else offer another one first.
// Without a host key every server is trusted, as the npm package documents.
func (e *Endpoint) trust(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey()
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("failed to parse host key: %w", err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	config.HostKeyAlgorithms = []string{key.Type()}
	return nil
}

func (e *Endpoint) signer() (ssh.Signer, error) {
	if e.PrivateKeyPassword != nil {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(*e.PrivateKey))
}

// answer gives the password to every question, for servers that ask for it by keyboard-interactive only.
func (e *Endpoint) answer(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *e.Password
	}
	return answers, nil
}
