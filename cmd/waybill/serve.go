package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"syscall"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/mail"
	"github.com/waybillhq/waybill/internal/oidc"
)

type serveCommand struct{ config.Server }

// Help is shown below the usage of the command.
func (*serveCommand) Help() string {
	return "It starts without any settings. A setting is looked for in the flags, then in the environment, " +
		"then in the file that --config names."
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, out io.Writer) error {
	s, err := c.Settings()
	if err != nil {
		return err
	}
	boundMemory(s.Memory)
	log := newLog(s)
	o := app.Options{
		Listen: s.Listen, Database: s.Database, Secrets: secretsOf(c.Store), OperatorKey: s.OperatorKey,
		Timeout: s.Timeout, Drain: s.Drain, DisableAfter: s.DisableAfter,
		Concurrency: s.Concurrency, Memory: s.Memory, MaxEvent: s.MaxEvent, MaxBatch: s.MaxBatch, MaxDocument: s.MaxDocument, DocumentsURL: s.DocumentsURL,
		PublicURL: s.PublicURL, TrustedProxies: s.TrustedProxies, Modules: modulesOf(s.Modules), OIDC: providerOf(s.OIDC), Mail: mailOf(s.Mail),
		MetricsListen: s.MetricsListen, MetricsCompanies: s.MetricsCompanies, TracesEndpoint: s.TracesEndpoint,
		Log: log, Version: version(),
	}
	setWay(&o, s.Way)
	a, err := app.New(ctx, o)
	if err != nil {
		return explain(err, s.Database, s.Listen)
	}
	if err := tellKeys(os.Stderr, a.Keys()); err != nil {
		return errors.Join(err, a.Run(ended(ctx))) // closes what is open
	}
	if err := greet(out, "http://"+reachable(a.Addr()), a.NewOperatorKey(), s.Database); err != nil {
		return errors.Join(err, a.Run(ended(ctx))) // closes what is open
	}
	log.InfoContext(ctx, "serving", "addr", a.Addr(), "version", version())
	if addr := a.MetricsAddr(); addr != "" {
		log.InfoContext(ctx, "serving metrics without a key", "addr", addr)
	}
	err = a.Run(ctx)
	if err == nil {
		log.InfoContext(ctx, "stopped")
	}
	return err
}

// providerOf turns the settings of a provider into what it is made from.
func providerOf(o config.OIDC) oidc.Options {
	roles := make(map[string]account.Role, len(o.Roles))
	for value, role := range o.Roles {
		roles[value] = account.Role(role)
	}
	return oidc.Options{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: hook.Secret(o.ClientSecret),
		CompanyClaim: o.CompanyClaim, RoleClaim: o.RoleClaim, Roles: roles, AnyEmail: o.AnyEmail,
	}
}

// mailOf turns the settings of e-mail into what it is sent with.
func mailOf(m config.Mail) mail.Options {
	return mail.Options{
		Host: m.Host, Port: m.Port, Security: mail.Security(m.Security), User: m.User, Password: hook.Secret(m.Password), From: m.From,
	}
}

// greet tells whoever has started the server what to do next.
func greet(out io.Writer, url, key, database string) error {
	_, err := fmt.Fprintf(out, "Waybill %s listens on %s and keeps everything in %s.\n",
		version(), url, config.ShownDatabase(database))
	if err != nil || key == "" {
		return err
	}
	_, err = fmt.Fprintf(out, `
This is the operator's key. It is shown this once and stored nowhere: keep it.

    %[1]s

Whoever has it may do everything. For example, list the companies:

    curl -H "Authorization: Bearer %[1]s" %[2]s/api/v1/companies

`, key, url)
	return err
}

// reachable returns an address at which this machine reaches addr.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

// ended returns ctx when it has ended.
func ended(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func newLog(s config.Settings) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogJSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// explain names the setting that err comes from, when the server could not be
// put together with this database and this address to listen on. If a key set was
// made before, it tells of that.
func explain(err error, database, listen string) error {
	if e, ok := errors.AsType[*app.NewKeys](err); ok {
		return errors.Join(tellKeys(os.Stderr, e.Keys), explain(e.Err, database, listen))
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "listen" {
		if bad, ok := errors.AsType[*app.BadMetricsListen](err); ok {
			return &config.Wrong{Name: "metrics-listen", Value: bad.Addr, Reason: listenReason(e)}
		}
		return &config.Wrong{Name: "listen", Value: listen, Reason: listenReason(e)}
	}
	if e, ok := errors.AsType[*app.BadTraces](err); ok {
		return e
	}
	if e, ok := errors.AsType[*app.BadDocuments](err); ok {
		return fmt.Errorf("--documents-url (%s): %w", config.Env("documents-url"), e)
	}
	if e, ok := errors.AsType[*app.BadKeys](err); ok {
		return explainKeys(e)
	}
	shown := config.ShownDatabase(database)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &config.Wrong{Name: "database", Value: shown, Reason: fmt.Sprintf(
			"%s cannot be written: %s; choose a file in a folder where this user may write", e.Path, e.Err)}
	}
	return fmt.Errorf("--database (%s) is %q: %w", config.Env("database"), shown, err)
}

func listenReason(e *net.OpError) string {
	switch {
	case errors.Is(e, syscall.EADDRINUSE):
		return "the address is in use; stop what listens there, choose another port, or port 0 for a free one"
	case errors.Is(e, syscall.EACCES):
		return "this user may not listen there; choose a port from 1024 up"
	case errors.Is(e, syscall.EADDRNOTAVAIL):
		return "this machine does not have that address; use one of its own, or 127.0.0.1"
	}
	if dns, ok := errors.AsType[*net.DNSError](e); ok {
		return "the host is not known: " + dns.Err + "; write an address of this machine"
	}
	return e.Err.Error()
}
