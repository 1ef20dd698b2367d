// Tributary is a GraphQL gateway over the systems that hold a company's
// subscriptions.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	_ "time/tzdata" // zones of sources' times, on machines that have none

	"github.com/alecthomas/kong"

	"tributary/assembly"
)

//go:embed schema.graphqls
var sdl string

// version is set by the build: -ldflags "-X main.version=...".
var version = "development"

// commands is the command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run the gateway."`
	Sandbox sandboxCommand `cmd:"" help:"Run only the simulated upstreams, each under /focus, /frontier, /intercode, /productive."`
	Check   checkCommand   `cmd:"" help:"Validate a configuration, then ask each source one harmless question. Exits 1 on any fault of a source."`
	Key     keyCommand     `cmd:"" help:"Make an API key, and print it with the hash that the configuration keeps of it."`
	Purge   purgeCommand   `cmd:"" help:"Have all gateways forget what they keep of a source, an organization's credentials, an account, or everything. Exits 1 where one has not acknowledged it."`
	Schema  schemaCommand  `cmd:"" help:"Print the schema (SDL)."`
	Version versionCommand `cmd:"" help:"Print the version, the commit and the Go version."`
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// The exit codes.
const (
	exitFault = 1 // something failed while running
	exitUsage = 2 // the command line or a file cannot be used
)

// usageError is a fault of the command line or of a file it names.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// streams are where a command writes.
type streams struct{ out, err io.Writer }

// run is the program, without the process around it.
func run(args []string, out, errOut io.Writer) int {
	exited := -1
	parser, err := kong.New(&commands{},
		kong.Name("tributary"),
		kong.Description("One GraphQL endpoint over the systems that hold a company's subscriptions."),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(),
		kong.Bind(streams{out, errOut}),
	)
	if err != nil {
		fmt.Fprintln(errOut, "tributary:", err)
		return exitFault
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "tributary: %v; tributary --help lists what there is\n", err)
		return exitUsage
	}
	return exitCode(command.Run(), errOut)
}

func exitCode(err error, errOut io.Writer) int {
	var usage usageError
	var invalid assembly.Invalid
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage), errors.As(err, &invalid):
		fmt.Fprintln(errOut, strings.TrimRight(err.Error(), "\n"))
		return exitUsage
	default:
		fmt.Fprintln(errOut, "tributary:", err)
		return exitFault
	}
}

type schemaCommand struct{}

// Run prints the SDL.
func (schemaCommand) Run(to streams) error {
	_, err := io.WriteString(to.out, sdl)
	return err
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(to streams) error {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	if commitOfBuild != "" {
		commit = commitOfBuild
	}
	_, err := fmt.Fprintf(to.out, "tributary %s, commit %s, %s\n", version, commit, runtime.Version())
	return err
}

// commitOfBuild is set by the build as version is.
var commitOfBuild string
