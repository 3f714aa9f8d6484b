// Package app puts Waybill together. It is the only package that knows all the
// others, so that a test can run the whole of it in process.
package app

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/alert"
	"github.com/waybillhq/waybill/internal/api"
	"github.com/waybillhq/waybill/internal/deliver"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/job"
	"github.com/waybillhq/waybill/internal/mail"
	"github.com/waybillhq/waybill/internal/manual"
	"github.com/waybillhq/waybill/internal/metrics"
	"github.com/waybillhq/waybill/internal/oidc"
	"github.com/waybillhq/waybill/internal/partner"
	"github.com/waybillhq/waybill/internal/send"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/tracing"
)

// Options are the settings of an App. Package config reads them; tests write
// them out.
type Options struct {
	Listen        string         // such as "127.0.0.1:8080"; port 0 picks one
	Database      string         // "sqlite:PATH", a path, or "postgres://…"
	Secrets       Secrets        // the keys that secrets are sealed with
	OperatorKey   string         // empty: the one made at the first start
	Roots         []string       // files with PEM certificates that are trusted besides the system's
	AllowNetworks []netip.Prefix // that hooks may reach though they are not public
	Limits        send.Limits    // of what hooks may reach
	Proxy         *send.Proxy    // that hooks are reached through; nil: none
	SourceAddress netip.Addr     // that hooks are reached from; the zero value: the system chooses

	Timeout        time.Duration // of an attempt
	ConnectTimeout time.Duration // of making a connection, within Timeout
	Drain          time.Duration // given to what is under way at the end
	Concurrency    int           // requests under way for each hook
	DisableAfter   time.Duration // a hook that fails for so long is disabled; 0: never
	Memory         int           // bytes of deliveries held in memory, about; 0: 64 MiB
	MaxEvent       int64         // bytes
	MaxBatch       int64         // bytes
	MaxDocument    int64         // bytes; 0: 64 MiB
	DocumentsURL   string        // where documents are kept: "file:///…" or "s3://…"; empty: the database

	PublicURL      string          // where people reach it, without a slash at the end; empty: "http://" and the address it listens on
	TrustedProxies []netip.Prefix  // whose X-Forwarded-For and X-Forwarded-Proto count
	Modules        account.Modules // that contracts can include; nil: the default ones
	Mail           mail.Options    // the server that sends e-mail, but for Roots; without a Host there is no e-mail
	OIDC           oidc.Options    // the provider that people can sign in with; RedirectURL is made from PublicURL; without an Issuer there is none

	MetricsListen    string // where metrics are served without a key; empty: nowhere
	MetricsCompanies int    // so many are named in metrics; 0: 200
	TracesEndpoint   string // the URL of a collector of traces; empty: as the environment says

	Log     *slog.Logger
	Version string
}

const (
	lease          = 15 * time.Second
	defaultMemory  = 64 << 20
	defaultLargest = 64 << 20              // document
	operatorKey    = "operator_key_digest" // names the setting
)

// App is Waybill, put together and listening.
type App struct {
	log     *slog.Logger
	drain   time.Duration
	store   *store.Store
	api     site
	watched *site // of metrics; nil: there is none
	metrics *metrics.Metrics
	tracer  *tracing.Tracer
	engine  *deliver.Engine
	gate    *signin.Gate
	archive *document.Archive
	teller  *alert.Notifier
	keys    Keys
	newKey  string
	closers []func() error // run last to first
}

// New opens the store and the listener. Run does the rest. The error is as
// OpenStore's.
func New(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{log: o.Log, drain: o.Drain}
	defer func() {
		if err != nil {
			err = withKeys(errors.Join(err, a.close()), a.keys)
		}
	}()

	if a.store, a.keys, err = OpenStore(ctx, o.Database, o.Secrets); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.store.Close)
	a.observe(o)
	if err := a.openTracer(ctx, o); err != nil {
		return nil, err
	}

	operator, err := a.operator(ctx, o.OperatorKey)
	if err != nil {
		return nil, err
	}
	a.gate = signin.New(signin.Options{
		Store: a.store, Operator: operator, TrustedProxies: o.TrustedProxies, Log: o.Log,
		HTTPS: strings.HasPrefix(o.PublicURL, "https://"),
	})
	roots, err := loadRoots(o.Roots)
	if err != nil {
		return nil, err
	}
	guard := o.guard()
	client := send.New(send.Options{ //nolint:contextcheck // handshakes have the contexts of their requests
		Roots: roots, Guard: guard, Proxy: o.Proxy, Source: o.SourceAddress,
		Timeout: o.Timeout, ConnectTimeout: o.ConnectTimeout,
		UserAgent: "Waybill/" + o.Version, MaxIdlePerHost: 32 * o.Concurrency, // of many hooks on one host
	})
	a.closers = append(a.closers, func() error { client.Close(); return nil })

	a.engine = deliver.New(deliver.Options{
		Queue: a.store, Sender: client, Observer: a.metrics, Tracer: a.attemptTracer(), Log: o.Log,
		Concurrency: o.Concurrency, Memory: cmp.Or(o.Memory, defaultMemory), Lease: lease, Drain: o.Drain,
		DisableAfter: o.DisableAfter,
	})
	if a.api.ln, err = (&net.ListenConfig{}).Listen(ctx, "tcp", o.Listen); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.api.close)
	if err := a.listenForMetrics(ctx, o); err != nil {
		return nil, err
	}
	modules := o.Modules
	if modules == nil {
		modules = account.DefaultModules()
	}
	public := cmp.Or(o.PublicURL, "http://"+a.Addr())
	var provider api.Provider
	if o.OIDC.Issuer != "" {
		o.OIDC.RedirectURL = public + api.OIDCReturn
		provider = oidc.New(o.OIDC)
	}
	a.teller = &alert.Notifier{Store: a.store, Sender: client, PublicURL: public, Log: o.Log}
	if o.Mail.Host != "" {
		o.Mail.Roots = roots
		a.teller.Mailer = mail.New(o.Mail)
	}
	in := intake.New(a.store, a.engine)
	in.Observe(a.metrics)
	if err := a.openArchive(ctx, o, in, public); err != nil {
		return nil, err
	}
	policy := account.Policy{Modules: modules}
	mux := http.NewServeMux()
	mux.Handle("/", (&api.Server{
		Intake: in, Store: a.store, Archive: a.archive, Deliverer: a.engine, Gate: a.gate, Policy: policy,
		CheckURL: guard.CheckURL, Checker: o.checker(roots), Ready: a.store.Ping, PublicURL: public, Provider: provider,
		Teller: a.teller, Tester: &deliver.Tester{Directory: a.store.Directory, Sender: client, Log: o.Log}, Mails: o.Mail.Host != "",
		Tracer: a.tracer, Metrics: a.metrics.Handler(), MaxEvent: o.MaxEvent, MaxBatch: o.MaxBatch, MaxDocument: a.archive.MaxSize,
		Version: o.Version, Log: o.Log,
	}).Handler())
	(&partner.Server{
		Archive: a.archive, Gate: a.gate, Store: a.store, Keys: a.keys, Policy: policy, PublicURL: public, Log: o.Log,
	}).Mount(mux)
	manual.Mount(mux)
	a.api.srv = newServer(mux, o.Log)
	return a, nil
}

// operator returns the digest of the given key or, if there is none, of the one
// that was made at the first start on this database.
func (a *App) operator(ctx context.Context, given string) (string, error) {
	if given != "" {
		return account.Digest(given), nil
	}
	key := account.NewKey(account.Operator)
	digest, err := a.store.SetOnce(ctx, operatorKey, account.Digest(key))
	if err == nil && digest == account.Digest(key) {
		a.newKey = key
	}
	return digest, err
}

// Addr returns the address the API listens on.
func (a *App) Addr() string { return a.api.ln.Addr().String() }

// NewOperatorKey returns the operator's key if New has just made it, else an
// empty text: it is stored nowhere.
func (a *App) NewOperatorKey() string { return a.newKey }

// Keys returns the keys that secrets are sealed with.
func (a *App) Keys() Keys { return a.keys }

// Run serves and delivers until ctx ends or a part fails. Then it stops
// accepting, finishes what is under way, hands back the rest, and closes what
// New opened.
func (a *App) Run(ctx context.Context) error {
	parts, ctx := errgroup.WithContext(ctx)
	// Deliver until nothing more can be accepted.
	delivering, stop := context.WithCancel(context.WithoutCancel(ctx))
	parts.Go(func() error { defer stop(); return a.api.serve(ctx, a.drain) })
	if a.watched != nil {
		parts.Go(func() error { return a.watched.serve(ctx, a.drain) })
	}
	parts.Go(func() error { return a.engine.Run(delivering) })
	parts.Go(func() error { return a.gate.Run(delivering) })
	parts.Go(func() error {
		return a.store.Watch(ctx, a.log, func(hooks []uuid.UUID) { a.engine.Look(ctx, hooks) })
	})
	parts.Go(func() error { return a.archive.Run(ctx) })
	parts.Go(func() error { return a.teller.Run(ctx) })
	parts.Go(func() error { return (&alert.Watcher{Store: a.store, Log: a.log}).Run(ctx) })
	parts.Go(func() error { return (&job.Runner{Store: a.store, Deliverer: a.engine, Log: a.log}).Run(ctx) })
	return errors.Join(parts.Wait(), a.close())
}

func (a *App) close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
