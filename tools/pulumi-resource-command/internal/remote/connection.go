// Package remote serves the resources that work on another machine over SSH.
package remote

import (
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"golang.org/x/crypto/ssh"
)

// The defaults that the npm package documents. They are applied at the check too, for programs that do not go through
// that package, and once more here, as a state may lack them.
const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15
)

// Endpoint says how to reach one SSH server and how to log in there.
type Endpoint struct {
	User               *string `pulumi:"user,optional"`
	Password           *string `pulumi:"password,optional" provider:"secret"`
	Host               string  `pulumi:"host"`
	Port               *int    `pulumi:"port,optional"`
	PrivateKey         *string `pulumi:"privateKey,optional" provider:"secret"`
	PrivateKeyPassword *string `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int    `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int    `pulumi:"perDialTimeout,optional"`
	HostKey            *string `pulumi:"hostKey,optional"`
}

// ProxyConnection is the way to a bastion host.
type ProxyConnection struct{ Endpoint }

// Connection is the way to the host on which a resource works, through a bastion host where there is one.
type Connection struct {
	Endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// Annotate tells the framework the defaults.
func (c *Connection) Annotate(a infer.Annotator) { c.annotate(a) }

// Annotate tells the framework the defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) { c.annotate(a) }

func (e *Endpoint) annotate(a infer.Annotator) {
	a.SetDefault(&e.User, defaultUser)
	a.SetDefault(&e.Port, defaultPort)
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
}

func (e *Endpoint) user() string { return or(e.User, defaultUser) }

func (e *Endpoint) address() string {
	return net.JoinHostPort(e.Host, strconv.Itoa(or(e.Port, defaultPort)))
}

// dialErrorLimit is how many failed attempts are followed by another; below zero there is no limit.
func (e *Endpoint) dialErrorLimit() int { return or(e.DialErrorLimit, defaultDialErrorLimit) }

// attemptTimeout is how long one attempt may take; zero is no limit.
func (e *Endpoint) attemptTimeout() time.Duration {
	return time.Duration(or(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second
}

// check refuses host keys that could never match. Without it they would be refused after the preview, in the run.
func (c *Connection) check() []p.CheckFailure {
	if c == nil {
		return nil
	}
	failures := c.Endpoint.check("connection")
	if c.Proxy != nil {
		failures = append(failures, c.Proxy.check("connection.proxy")...)
	}
	return failures
}

func (e *Endpoint) check(path string) []p.CheckFailure {
	if e.HostKey == nil || *e.HostKey == "" {
		return nil // an empty one is a value that is not known yet, or is refused when it is used
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey)); err != nil {
		return []p.CheckFailure{{
			Property: path + ".hostKey",
			Reason:   "not a public key in the form of authorized_keys (\"type base64\"): " + err.Error(),
		}}
	}
	return nil
}

func or[T any](value *T, fallback T) T {
	if value != nil {
		return *value
	}
	return fallback
}
