package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	// runModule is what of the SDK runs a program.
	runModule = "@pulumi/pulumi/cmd/run"
	// alreadyTold is the exit code of a program whose failure the SDK has told by itself
	// (nodeJSProcessExitedAfterLoggingUserActionableMessage in cmd/run/index.ts).
	alreadyTold = 32
	// endsWithin is how long a program that was interrupted may take to end.
	endsWithin = 5 * time.Second
)

// host serves the engine's calls for one run of the CLI.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine string
	// node is the program that runs programs.
	node   string
	ctx    context.Context
	cancel context.CancelFunc
}

func newHost(engine string) *host {
	ctx, cancel := context.WithCancel(context.Background())
	return &host{engine: engine, node: "node", ctx: ctx, cancel: cancel}
}

func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// Cancel interrupts the program that runs.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

func (h *host) GetRequiredPackages(
	_ context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	packages, err := requiredPackages(request.GetInfo().GetProgramDirectory())
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, err
}

// Run runs the program to its end, and says how it failed where it did not tell that by itself.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()
	command, err := h.command(running, request)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return ended(command.Run()), nil
}

// command is the program as a process, which ends where the call or the host's runs are cancelled.
func (h *host) command(ctx context.Context, request *pulumirpc.RunRequest) (*exec.Cmd, error) {
	info := request.GetInfo()
	module, err := resolve(info.GetProgramDirectory(), runModule)
	if err != nil {
		return nil, err
	}
	options, err := optionsOf(info)
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(request)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, h.node, append(append(options.arguments, module), h.arguments(request)...)...)
	command.Env = append(append(os.Environ(), settings...), options.environment...)
	// Node.js may make its standard streams non-blocking, which would be this process's, too: it gets pipes.
	command.Stdout = struct{ io.Writer }{os.Stdout}
	command.Stderr = struct{ io.Writer }{os.Stderr}
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = endsWithin
	return command, nil
}

// arguments are those of cmd/run, those of the program behind them.
func (h *host) arguments(request *pulumirpc.RunRequest) []string {
	info := request.GetInfo()
	var arguments []string
	for _, flag := range []struct{ name, value string }{
		{"monitor", request.GetMonitorAddress()},
		{"engine", h.engine},
		{"organization", request.GetOrganization()},
		{"project", request.GetProject()},
		{"root-directory", info.GetRootDirectory()},
		{"stack", request.GetStack()},
		{"pwd", info.GetProgramDirectory()},
		{"parallel", strconv.Itoa(int(request.GetParallel()))},
	} {
		if flag.value != "" {
			arguments = append(arguments, "--"+flag.name, flag.value)
		}
	}
	if request.GetDryRun() {
		arguments = append(arguments, "--dry-run")
	}
	return append(append(arguments, info.GetEntryPoint()), request.GetArgs()...)
}

// settingsOf are the stack's settings as the SDK reads them from its environment.
func settingsOf(request *pulumirpc.RunRequest) ([]string, error) {
	values, secret := request.GetConfig(), request.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{}
	}
	if secret == nil {
		secret = []string{}
	}
	var settings []string
	for name, value := range map[string]any{"PULUMI_CONFIG": values, "PULUMI_CONFIG_SECRET_KEYS": secret} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("the stack's settings cannot be handed on: %w", err)
		}
		settings = append(settings, name+"="+string(text))
	}
	return settings, nil
}

func ended(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program cannot be run: %v", err)}
	case exit.ExitCode() == alreadyTold:
		return &pulumirpc.RunResponse{Bail: true}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}
	}
}

// resolve finds a module as Node.js does from a folder (https://nodejs.org/api/modules.html#loading-from-node_modules-folders).
func resolve(folder, module string) (string, error) {
	for at := folder; ; at = filepath.Dir(at) {
		found := filepath.Join(at, "node_modules", filepath.FromSlash(module))
		if _, err := os.Stat(found); err == nil {
			return found, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("the Pulumi SDK is not installed in %s: run npm ci", folder)
		}
	}
}
