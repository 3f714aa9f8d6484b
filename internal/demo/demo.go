// Package demo shows Waybill at work: a server, a receiver with a certificate of
// its own, and the life of an order, played over the API. It needs nothing else
// on the machine and leaves nothing behind.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/receiver"
)

// Options say how to run the demo. All but Once are required.
type Options struct {
	Once    bool // end when all is delivered
	Out     io.Writer
	Log     *slog.Logger // of the server
	Version string

	limit time.Duration // until all is delivered; 0: 30 seconds
	plan  receiver.Plan // of the receiver's answers
}

const defaultLimit = 30 * time.Second

// Run plays the demo and writes each delivery as it arrives. If it is to run
// once, it returns nil only if every delivery has arrived intact, exactly as
// expected, and is delivered according to the API; the error says what is
// missing, after 30 seconds at the latest. Otherwise it stays until ctx ends and
// then returns nil.
func Run(ctx context.Context, o Options) (err error) {
	folder, err := os.MkdirTemp("", "waybill-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	if o.limit == 0 {
		o.limit = defaultLimit
	}
	d := &demo{Options: o, channels: channels(), ledger: newLedger(o.Out)}
	target, roots, err := d.target(ctx, folder)
	if err != nil {
		return err
	}
	parts, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	parts.Go(func() error { return target.Run(running) })

	server, err := app.New(ctx, app.Options{
		Listen: "127.0.0.1:0", Database: filepath.Join(folder, "waybill.db"),
		Roots: []string{roots}, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Timeout: 10 * time.Second, ConnectTimeout: 5 * time.Second, Drain: 5 * time.Second,
		Concurrency: 4, MaxEvent: 1 << 20, MaxBatch: 32 << 20, Log: o.Log, Version: o.Version,
	})
	if err != nil {
		stop()
		return errors.Join(err, parts.Wait())
	}
	parts.Go(func() error { return server.Run(running) })
	parts.Go(func() error {
		defer stop()
		d.client = &client{url: "http://" + server.Addr(), key: server.NewOperatorKey(), http: &http.Client{}}
		defer d.client.http.CloseIdleConnections()
		return d.show(running, target.URL())
	})
	return parts.Wait()
}

// demo is a demo that runs.
type demo struct {
	Options

	channels []channel
	ledger   *ledger
	client   *client
}

// target returns the receiver, which listens, and the file with the certificate
// of its authority.
func (d *demo) target(ctx context.Context, folder string) (srv *receiver.Server, roots string, err error) {
	authority, err := receiver.NewAuthority()
	if err != nil {
		return nil, "", err
	}
	roots = filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(roots, authority.PEM(), 0o600); err != nil {
		return nil, "", err
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		return nil, "", err
	}
	mux := http.NewServeMux()
	for _, c := range d.channels {
		mux.Handle(c.path, &receiver.Handler{User: c.user, Password: c.password, Plan: d.plan, Seen: d.ledger.add})
	}
	srv, err = receiver.Listen(ctx, "127.0.0.1:0", cert, mux)
	return srv, roots, err
}

// show plays the story against a receiver at the given URL, judges it, and stays
// unless it is to end.
func (d *demo) show(ctx context.Context, target string) error {
	problems, err := d.play(ctx, target)
	if ctx.Err() != nil {
		if d.Once {
			return errors.New("the demo was stopped before all was delivered")
		}
		return nil
	}
	if err != nil {
		return err
	}
	verdict := fmt.Sprintf("All %d deliveries arrived intact and are delivered.\n", len(scenes()))
	if len(problems) > 0 {
		verdict = "not everything was delivered as it should be:\n  " + strings.Join(problems, "\n  ") + "\n"
		if d.Once {
			return errors.New(strings.TrimSpace(verdict))
		}
	}
	if !d.Once {
		verdict += d.invitation()
	}
	if err := d.ledger.say(verdict); err != nil || d.Once {
		return err
	}
	<-ctx.Done()
	return nil
}

func (d *demo) invitation() string {
	return fmt.Sprintf(`
The server is at      %[1]s
The operator's key is %[2]s

Look at the deliveries:

    curl -H "Authorization: Bearer %[2]s" %[1]s/api/v1/companies/%[3]s/deliveries

Tell it of an event, and see it arrive here:

    curl -H "Authorization: Bearer %[2]s" -H "Content-Type: application/json" -d '{"type":"ProductLocked","entityId":"20514","shop":"12","data":{"ProductId":20514,"ProductCode":"DRILL-18V-2AH"}}' %[1]s/api/v1/companies/%[3]s/events

Press Ctrl-C to end; nothing is kept.

`, d.client.url, d.client.key, companyID)
}
