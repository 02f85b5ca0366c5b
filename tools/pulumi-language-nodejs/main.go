// Command pulumi-language-nodejs is a language host of the Pulumi CLI for programs in Node.js. It stands in for the official
// one where no official CLI is, since no registry serves that of the CLI's own version.
//
// It runs a program as the official one does (sdk/nodejs/cmd/pulumi-language-nodejs/main.go of pulumi 3.259.0), with one
// difference: the program gets the address of the engine's resource monitor itself, with every call that the SDK knows,
// resource hooks among them. The official host puts a proxy of its own between them, for calls of `invoke` that wait, which
// SDKs of today do not make.
//
// Not served is what no run needs: `pulumi new`, `install`, `about`, `convert`, packages to be made, debuggers, and policy packs
// and plugins that are a folder of sources rather than a program.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// version is that of the CLI and SDK that it was written for.
const version = "3.259.0"

// healthCheck is how often the engine is asked whether it is still there; without it the host ends.
const healthCheck = 5 * time.Minute

func main() {
	printVersion := flag.Bool("version", false, "print the version and exit")
	// The CLI may hand it on; nothing is traced here.
	flag.String("tracing", "", "accepted and not used")
	flag.Parse()
	if *printVersion {
		fmt.Println("v" + version)
		return
	}
	if err := serve(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve prints the port that it listens on, as the CLI expects of a plugin, and ends with the engine.
func serve(engine string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, healthCheck, cancel); err != nil {
			return fmt.Errorf("the engine at %s cannot be asked whether it is there: %w", engine, err)
		}
	}
	ended := make(chan bool)
	context.AfterFunc(ctx, func() { close(ended) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: ended,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, newHost(engine))
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("the language host cannot be reached: %w", err)
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
