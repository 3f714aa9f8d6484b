// Command waybill tells trading partners' systems, by webhook, what happened to
// orders, deliveries, invoices, shipments and products.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // the zones of companies, on machines that lack them

	"github.com/alecthomas/kong"

	"github.com/waybillhq/waybill/internal/bench"
	"github.com/waybillhq/waybill/internal/config"
)

// commands is the command line.
type commands struct {
	Serve         serveCommand          `cmd:"" help:"Run the server."`
	Demo          demoCommand           `cmd:"" help:"Show Waybill at work: a server, a receiver and the life of an order, in a folder that is removed at the end."`
	Listen        listenCommand         `cmd:"" help:"Run a receiver that shows what arrives, to try hooks with."`
	Check         checkCommand          `cmd:"" help:"Check a receiver: its addresses, versions of TLS, certificate, and what to mend."`
	Verify        verifyCommand         `cmd:"" help:"Check the signatures of a captured request, and say what to look at if one is wrong."`
	Company       companyCommand        `cmd:"" help:"Add, change and list companies."`
	User          userCommand           `cmd:"" help:"Add, list, reset and disable users."`
	Key           keyCommand            `cmd:"" help:"Make, list and revoke API keys."`
	Migrate       migrateCommand        `cmd:"" help:"Bring the database's schema up to date, as the server does at its start, and show its version."`
	Rekey         rekeyCommand          `cmd:"" help:"Seal the secrets in the database with a new key, also beside a running server."`
	Events        eventsCommand         `cmd:"" help:"List the event types there are."`
	Bench         bench.Command         `cmd:"" help:"Measure the server: events and deliveries per second, latency, memory, with the rate of a plain HTTP client beside it."`
	BenchReceiver bench.ReceiverCommand `cmd:"" hidden:""`
	Version       versionCommand        `cmd:"" help:"Show the version."`
}

const description = "Waybill tells trading partners' systems, by webhook, what happened to orders, deliveries, " +
	"invoices, shipments and products: at least once, and visibly."

// Statuses of the process.
const (
	failed   = 1
	misusage = 2 // of the command line or a setting
)

func main() {
	// The first signal ends the command gracefully. From then on signals do what
	// they do by default, so that a second one ends it at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run runs the command that args name and returns the status of the process.
// Help ends the process by itself.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	parser, err := kong.New(&commands{},
		kong.Name("waybill"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.ValueFormatter(describe), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)),
	)
	if err == nil {
		var parsed *kong.Context
		if parsed, err = parser.Parse(args); err == nil {
			err = parsed.Run()
		}
	}
	if err == nil || ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return 0
	}
	_, _ = fmt.Fprintf(stderr, "waybill: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nwaybill: "))
	return statusOf(err)
}

func statusOf(err error) int {
	_, wrong := errors.AsType[*config.Wrong](err)
	_, unusable := errors.AsType[*kong.ParseError](err)
	if wrong || unusable {
		return misusage
	}
	return failed
}

// describe returns the help of a flag with its default and its environment
// variable.
func describe(v *kong.Value) string {
	var notes []string
	if v.HasDefault && !v.IsBool() {
		notes = append(notes, "default "+v.Default)
	}
	if v.Flag != nil {
		notes = append(notes, v.Flag.Envs...)
	}
	if len(notes) == 0 {
		return v.Help
	}
	return v.Help + " [" + strings.Join(notes, ", ") + "]"
}
