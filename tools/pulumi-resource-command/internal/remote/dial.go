package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

// The pauses between dial attempts: each is half as long again as the one before, up to the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// client is a logged-in connection together with the proxy under it.
type client struct {
	*ssh.Client
	proxy *ssh.Client
}

// Close ends the connection and then the proxy that carries it.
func (c *client) Close() error {
	err := c.Client.Close()
	if c.proxy != nil {
		err = errors.Join(err, c.proxy.Close())
	}
	return err
}

// dialFunc opens a byte stream: from this machine, or from a proxy.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dial logs in at the host, through the proxy where there is one, and tries again as often as dialErrorLimit allows.
func (c *Connection) dial(ctx context.Context) (*client, error) {
	if c.Proxy == nil {
		direct, err := c.Endpoint.dialFrom(ctx, "Dial", (&net.Dialer{}).DialContext)
		if err != nil {
			return nil, err
		}
		return &client{Client: direct}, nil
	}
	proxy, err := c.Proxy.dialFrom(ctx, "Dial proxy", (&net.Dialer{}).DialContext)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	target, err := c.Endpoint.dialFrom(ctx, "Dial from proxy", proxy.DialContext)
	if err != nil {
		proxy.Close()
		return nil, fmt.Errorf("proxy: %w", err)
	}
	return &client{Client: target, proxy: proxy}, nil
}

// dialFrom repeats attempts at one endpoint. A refused login and a wrong host key are tried again like a refused
// connection, as the published plugin does: a host that is being installed may give all three for a while.
func (e *Endpoint) dialFrom(ctx context.Context, what string, dial dialFunc) (*ssh.Client, error) {
	config, closeAgent, err := e.clientConfig()
	if err != nil {
		return nil, err
	}
	defer closeAgent()
	limit, limitText := e.dialErrorLimit(), "inf"
	if limit >= 0 {
		limitText = strconv.Itoa(limit)
	}
	pause := firstPause
	for failed := 1; ; failed++ {
		connected, err := e.attempt(ctx, dial, config)
		if err == nil {
			return connected, nil
		}
		if limit >= 0 && failed > limit && ctx.Err() == nil {
			return nil, fmt.Errorf("%s: after %d failed attempts: %w", e.address(), failed, err)
		}
		p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failed, limitText)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w after %d failed attempts, the last one: %w",
				e.address(), ctx.Err(), failed, err)
		case <-time.After(pause):
		}
		pause = min(pause*3/2, longestPause)
	}
}

// attempt connects and logs in once, all of it within perDialTimeout. The published plugin bounds the TCP connect only,
// so that a peer which accepts and then says nothing holds it up for good. Closing the stream is what ends a handshake
// early, as the streams of a proxy know no deadlines.
func (e *Endpoint) attempt(ctx context.Context, dial dialFunc, config *ssh.ClientConfig) (*ssh.Client, error) {
	if timeout := e.attemptTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	stream, err := dial(ctx, "tcp", e.address())
	if err != nil {
		return nil, err
	}
	keep := context.AfterFunc(ctx, func() { stream.Close() })
	conn, channels, requests, err := ssh.NewClientConn(stream, e.address(), config)
	if !keep() {
		stream.Close()
		return nil, fmt.Errorf("no SSH handshake within perDialTimeout: %w", ctx.Err())
	}
	if err != nil {
		stream.Close()
		return nil, err
	}
	return ssh.NewClient(conn, channels, requests), nil
}
