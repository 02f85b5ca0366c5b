// Command pulumi-resource-command serves the resources of @pulumi/command 1.2.1 that this project uses, under the
// package name and tokens of that npm package. It stands in for the published plugin on machines that reach package
// registries only, since no registry serves the published one.
//
// It is meant to do what the published plugin does, so that a program which works here works there too. It differs in
// these points only:
//
//   - perDialTimeout bounds a whole dial attempt, the SSH handshake included. The published plugin bounds the TCP
//     connect only and hangs on a peer that accepts and then says nothing.
//   - Through a proxy, an attempt to reach the target is one new channel and one handshake; the published plugin
//     retries the two apart, the handshake on the channel that had already failed.
//   - A cancelled or timed out operation (customTimeouts) ends a remote command and a copy; there they run on.
//   - An unknown value of logging and a host key that does not parse are refused at the check, before anything runs.
//   - Not served: command:remote:CopyFile (deprecated), and command:local, which the policy pack refuses. The SSH agent is
//     reached through a Unix socket only, not through a Windows pipe.
package main

import (
	"context"
	"fmt"
	"os"

	p "github.com/pulumi/pulumi-go-provider"
)

const (
	packageName = "command"
	// version is that of the npm package @pulumi/command: its SDK asks the engine for a plugin of its own version.
	version = "1.2.1"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(version)
		return
	}
	provider, err := newProvider()
	if err == nil {
		err = p.RunProvider(context.Background(), packageName, version, provider)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
