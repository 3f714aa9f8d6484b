// Package config reads the settings of the server: from a file, from the
// environment and from flags, the later before the earlier. A setting that
// cannot be used is reported with its name, its value and a remedy.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// Store says where to keep data, as it is written. Its fields are flags for
// github.com/alecthomas/kong.
type Store struct {
	Config   File   `env:"WAYBILL_CONFIG" placeholder:"FILE" help:"JSON file with settings, named like the flags: {\"listen\": \"127.0.0.1:8080\"}."`
	Database string `default:"waybill.db" env:"WAYBILL_DATABASE" placeholder:"DATABASE" help:"Where everything is kept: a file for the embedded SQLite, with or without \"sqlite:\" before it, or the URL of a PostgreSQL database, postgres://…"`

	SecretsFile string `env:"WAYBILL_SECRETS_FILE" placeholder:"FILE" help:"File with the keys that passwords and other secrets in the database are sealed with. Without it, the database's file with .key at its end, or waybill-NAME.key for PostgreSQL's database NAME; it is made at the first start."`
	SecretsKey  string `env:"WAYBILL_SECRETS_KEY" placeholder:"KEYS" help:"These keys themselves, in place of a file. Flags can be seen by others on the machine: prefer environment or file."`
}

// Server is the settings of the server as they are written. Its fields are
// flags for github.com/alecthomas/kong; Settings reads them.
type Server struct {
	Store
	Access
	Outbound
	Telemetry
	SMTP

	Listen       string `default:"127.0.0.1:8080" env:"WAYBILL_LISTEN" placeholder:"HOST:PORT" help:"Address for the API. Without a host it is every address of the machine; port 0 picks a free one."`
	OperatorKey  string `env:"WAYBILL_OPERATOR_KEY" placeholder:"KEY" help:"Key of the operator, who may do everything; at least 20 characters. Without it, one is made at the first start and shown once. Flags can be seen by others on the machine: prefer environment or file."`
	Timeout      string `default:"60s" env:"WAYBILL_TIMEOUT" placeholder:"DURATION" help:"Time for one attempt, from looking up the name to the end of the response."`
	Concurrency  string `default:"16" env:"WAYBILL_CONCURRENCY" placeholder:"NUMBER" help:"Requests under way at once for each hook."`
	Memory       string `default:"64MiB" env:"WAYBILL_MEMORY" placeholder:"SIZE" help:"Deliveries that are kept in memory; the others wait in the database."`
	MaxEvent     string `default:"1MiB" env:"WAYBILL_MAX_EVENT" placeholder:"SIZE" help:"Largest event that is accepted."`
	MaxBatch     string `default:"32MiB" env:"WAYBILL_MAX_BATCH" placeholder:"SIZE" help:"Largest batch of events that is accepted."`
	MaxDocument  string `default:"64MiB" env:"WAYBILL_MAX_DOCUMENT" placeholder:"SIZE" help:"Largest document that is accepted."`
	DocumentsURL string `name:"documents-url" env:"WAYBILL_DOCUMENTS_URL" placeholder:"URL" help:"Where documents are kept: file:///FOLDER, or s3://BUCKET?region=REGION for S3 and what speaks its protocol. Without it, in the database."`
	Drain        string `default:"25s" env:"WAYBILL_DRAIN" placeholder:"DURATION" help:"Time given to requests under way when the server is stopped."`
	DisableAfter string `default:"120h" env:"WAYBILL_DISABLE_AFTER" placeholder:"DURATION" help:"A hook whose receiver fails for so long without any success is disabled; 0s: never. Hooks may say otherwise."`
	LogFormat    string `default:"text" env:"WAYBILL_LOG_FORMAT" placeholder:"FORMAT" help:"Form of the log on standard error: text or json."`
	LogLevel     string `default:"info" env:"WAYBILL_LOG_LEVEL" placeholder:"LEVEL" help:"What is logged: debug, info, warn or error and all above."`
}

// Settings is the settings of the server, read and checked.
type Settings struct {
	Database    string // a path, or "postgres://…"
	Listen      string // host and port
	OperatorKey string // empty: the one made at the first start
	Way
	Timeout      time.Duration
	Concurrency  int
	Memory       int    // bytes
	MaxEvent     int64  // bytes
	MaxBatch     int64  // bytes
	MaxDocument  int64  // bytes
	DocumentsURL string // file:///… or s3://…; empty: the database
	Drain        time.Duration
	DisableAfter time.Duration // 0: never
	LogJSON      bool
	LogLevel     slog.Level

	PublicURL      string         // without a slash at its end; empty: the address it listens on
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto count
	Modules        []Module       // none: the default ones
	OIDC           OIDC
	Mail           Mail

	MetricsListen    string // host and port; empty: with the operator's key alone
	MetricsCompanies int    // so many are named
	TracesEndpoint   string // the URL of a collector; empty: as the environment says
}

// Wrong is a setting that cannot be used.
type Wrong struct {
	Name   string // of the flag, without hyphens before it
	Flag   bool   // it can be given as a flag only
	Value  string // fit to show: without secrets
	Reason string // what is wrong, and what to do about it
}

// Error returns one line that names the setting, the value and the remedy.
func (w *Wrong) Error() string {
	if w.Flag {
		return fmt.Sprintf("--%s is %q: %s", w.Name, w.Value, w.Reason)
	}
	return fmt.Sprintf("--%s (%s) is %q: %s", w.Name, Env(w.Name), w.Value, w.Reason)
}

// Env returns the name of the environment variable for a setting.
func Env(name string) string {
	return "WAYBILL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Settings reads what was written. The error joins a *Wrong for each setting
// that cannot be used; files that are named are read to make sure.
func (s *Server) Settings() (Settings, error) {
	var r reader
	v := Settings{
		Listen:       r.address("listen", s.Listen),
		Database:     r.database("database", s.Database),
		OperatorKey:  r.key("operator-key", s.OperatorKey),
		Way:          r.way(&s.Outbound),
		Timeout:      r.duration("timeout", s.Timeout, time.Second, time.Hour),
		Concurrency:  int(r.number("concurrency", s.Concurrency, 1, 10_000)),
		Memory:       int(r.size("memory", s.Memory, 1<<20, 1<<40)),
		MaxEvent:     r.size("max-event", s.MaxEvent, 1<<10, 64<<20),
		MaxBatch:     r.size("max-batch", s.MaxBatch, 1<<10, 1<<30),
		MaxDocument:  r.size("max-document", s.MaxDocument, 1<<10, 1<<40),
		DocumentsURL: r.bucket("documents-url", s.DocumentsURL),
		Drain:        r.duration("drain", s.Drain, 0, time.Hour),
		DisableAfter: r.duration("disable-after", s.DisableAfter, 0, 8760*time.Hour),
		LogJSON:      r.choice("log-format", s.LogFormat, "text", "json") == "json",
	}
	r.readAccess(&s.Access, &v)
	r.readTelemetry(&s.Telemetry, &v)
	v.Mail = r.mail(&s.SMTP)
	_ = v.LogLevel.UnmarshalText([]byte(r.choice("log-level", s.LogLevel, "info", "debug", "warn", "error")))
	if len(r.wrong) == 0 && v.ConnectTimeout > v.Timeout {
		r.refuse("connect-timeout", s.ConnectTimeout, "it is longer than --timeout, %s, of which it is a part", s.Timeout)
	}
	if len(r.wrong) == 0 && v.MaxBatch < v.MaxEvent {
		r.refuse("max-batch", s.MaxBatch, "it is smaller than --max-event, %s, so that a batch could not hold one event", s.MaxEvent)
	}
	return v, errors.Join(r.wrong...)
}

// Path reads the database that was written, as Settings does.
func (s *Store) Path() (string, error) {
	var r reader
	path := r.database("database", s.Database)
	return path, errors.Join(r.wrong...)
}
