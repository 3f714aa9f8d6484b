package config_test

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/waybillhq/waybill/internal/config"
)

// line is a command line like Waybill's.
type line struct {
	Serve struct{ config.Server } `cmd:""`
	Other struct{ config.Store }  `cmd:""`
}

// read reads the settings that args of serve give.
func read(t *testing.T, args ...string) (config.Settings, error) {
	t.Helper()
	var l line
	parser, err := kong.New(&l, kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"serve"}, args...)); err != nil {
		return config.Settings{}, err
	}
	return l.Serve.Settings()
}

// file writes a file and returns its name.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func defaults() config.Settings {
	return config.Settings{
		Database: "waybill.db", Listen: "127.0.0.1:8080",
		Way:     config.Way{ConnectTimeout: 10 * time.Second},
		Timeout: time.Minute, Drain: 25 * time.Second, DisableAfter: 120 * time.Hour,
		Concurrency: 16, Memory: 64 << 20, MaxEvent: 1 << 20, MaxBatch: 32 << 20, MaxDocument: 64 << 20,
		MetricsCompanies: 200,
	}
}

func check(t *testing.T, got config.Settings, err error, want config.Settings) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("settings differ from what is wanted (-) in what was got (+):\n%s", diff)
	}
}

func TestWithoutAnythingTheDefaultsHold(t *testing.T) {
	t.Parallel()
	got, err := read(t)
	check(t, got, err, defaults())
}

func TestFlags(t *testing.T) {
	t.Parallel()
	got, err := read(t, "--listen=[::1]:0", "--database=sqlite:x.db", "--operator-key=obviously-fake-0123456789",
		"--allow-network=10.1.0.0/16,fd00::/8", "--allow-network=192.0.2.1/32", "--deny-network=10.1.2.0/24",
		"--allow-port=443,8443", "--proxy=socks5://me:p%40ss@proxy.internal:1080", "--source-address=192.0.2.9",
		"--timeout=1m30s", "--connect-timeout=500ms", "--drain=0s", "--disable-after=24h", "--concurrency=1",
		"--memory=1GiB", "--max-event=2048", "--max-batch=4KiB", "--max-document=8KiB", "--documents-url=file:///var/lib/documents", "--log-format=json", "--log-level=error",
		"--metrics-listen=:9464", "--metrics-companies=3", "--traces-endpoint=https://traces.internal/")
	check(t, got, err, config.Settings{
		Listen: "[::1]:0", Database: "x.db", OperatorKey: "obviously-fake-0123456789",
		Way: config.Way{
			AllowNetworks: []netip.Prefix{
				netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("192.0.2.1/32"),
			},
			DenyNetworks: []netip.Prefix{netip.MustParsePrefix("10.1.2.0/24")}, AllowPorts: []uint16{443, 8443},
			Proxy:         config.Proxy{Scheme: "socks5", Address: "proxy.internal:1080", User: "me", Password: "p@ss"},
			SourceAddress: netip.MustParseAddr("192.0.2.9"), ConnectTimeout: 500 * time.Millisecond,
		},
		Timeout: 90 * time.Second, DisableAfter: 24 * time.Hour, Concurrency: 1,
		Memory: 1 << 30, MaxEvent: 2048, MaxBatch: 4096, MaxDocument: 8192, DocumentsURL: "file:///var/lib/documents", LogJSON: true, LogLevel: slog.LevelError,
		MetricsListen: ":9464", MetricsCompanies: 3, TracesEndpoint: "https://traces.internal/v1/traces",
	})
}

func TestThePasswordOfAProxyIsNotShown(t *testing.T) {
	t.Parallel()
	s, err := read(t, "--proxy=http://me:recognisable@proxy.internal:3128")
	if err != nil || string(s.Proxy.Password) != "recognisable" {
		t.Fatalf("the password is %q, %v", string(s.Proxy.Password), err)
	}
	asJSON, err := json.Marshal(s.Proxy)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("read", "settings", s, "password", s.Proxy.Password)
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), string(asJSON), log.String()} {
		if strings.Contains(shown, "recognisable") || !strings.Contains(shown, "[secret]") {
			t.Errorf("the password is not hidden in %s", shown)
		}
	}
}

//nolint:paralleltest // it changes the environment.
func TestFlagsGoBeforeTheEnvironmentAndThatBeforeTheFile(t *testing.T) {
	name := file(t, `{"listen":":1","timeout":"11s","concurrency":3,"allow-network":["10.0.0.0/8","fd00::/8"]}`)
	t.Setenv("WAYBILL_CONFIG", name)
	t.Setenv("WAYBILL_LISTEN", ":2")
	t.Setenv("WAYBILL_TIMEOUT", "12s")
	got, err := read(t, "--listen=:3")
	want := defaults()
	want.Listen, want.Timeout, want.Concurrency = ":3", 12*time.Second, 3
	want.AllowNetworks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	check(t, got, err, want)
}

func TestAFileServesOtherCommandsToo(t *testing.T) {
	t.Parallel()
	var l line
	parser, err := kong.New(&l)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"other", "--config", file(t, `{"database":"a.db","listen":":1"}`)}); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Other.Path(); got != "a.db" || err != nil {
		t.Errorf("Path = %q, %v, want a.db from the file", got, err)
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	plain := file(t, "hello")
	damaged := file(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("hello")})))
	for _, tt := range []struct {
		name string
		args []string
		want []string // parts of the message: setting, value, remedy
	}{
		{"a port that is too high", []string{"--listen=127.0.0.1:99999"}, []string{"--listen", "127.0.0.1:99999", "0 to 65535"}},
		{"a port by name", []string{"--listen=127.0.0.1:http"}, []string{"--listen", "0 to 65535"}},
		{"an address without a port", []string{"--listen=127.0.0.1"}, []string{"--listen", "127.0.0.1:8080"}},
		{"an address for metrics without a port", []string{"--metrics-listen=127.0.0.1"}, []string{"--metrics-listen", "127.0.0.1:8080"}},
		{"a number of companies that is none", []string{"--metrics-companies=0"}, []string{"--metrics-companies", "1 to 10000"}},
		{"a collector without a scheme", []string{"--traces-endpoint=127.0.0.1:4318"}, []string{"--traces-endpoint", "http://127.0.0.1:4318"}},
		{"a collector with a password", []string{"--traces-endpoint=https://me:recognisable@traces.internal"}, []string{"--traces-endpoint", `"https://traces.internal"`, "OTEL_EXPORTER_OTLP_HEADERS"}},
		{"a network that is an address", []string{"--allow-network=10.1.2.3"}, []string{"--allow-network", "10.1.2.3", "10.1.0.0/16"}},
		{"a network with bits beyond the prefix", []string{"--allow-network=10.1.2.3/16"}, []string{"10.1.0.0/16", "10.1.2.3/32"}},
		{"a denied network that is an address", []string{"--deny-network=10.1.2.3"}, []string{"--deny-network", "10.1.2.3/32"}},
		{"a port that is a word", []string{"--allow-port=https"}, []string{"--allow-port", "https", "1 to 65535"}},
		{"a port of nothing", []string{"--allow-port=0"}, []string{"--allow-port", "1 to 65535"}},
		{"a source address that is a name", []string{"--source-address=eth0"}, []string{"--source-address", "eth0", "192.0.2.9"}},
		{"a source address that is none", []string{"--source-address=0.0.0.0"}, []string{"--source-address", "0.0.0.0"}},
		{"a proxy without a scheme", []string{"--proxy=proxy.internal:3128"}, []string{"--proxy", "http://"}},
		{"a proxy of another kind", []string{"--proxy=https://me:recognisable@proxy.internal:3128"}, []string{"--proxy", `"https://proxy.internal:3128"`, "socks5://"}},
		{"a proxy without a port", []string{"--proxy=http://me:recognisable@proxy.internal"}, []string{"--proxy", "port"}},
		{"a proxy with a path", []string{"--proxy=http://me:recognisable@proxy.internal:3128/recognisable"}, []string{"--proxy", "port"}},
		{"a proxy that cannot be read", []string{"--proxy=http://me:recogn%zzisable@proxy.internal:3128"}, []string{"--proxy", "percent-encoded"}},
		{"a proxy with a password that is not encoded", []string{"--proxy=http://me:recogn/isable@proxy.internal:3128"}, []string{"--proxy", "percent-encoded"}},
		{"a certificate file that is not there", []string{"--trust=" + folder + "/none.pem"}, []string{"--trust", "none.pem", "no such file"}},
		{"a certificate file that is a folder", []string{"--trust=" + folder}, []string{"--trust", "cannot be read"}},
		{"a file without a certificate", []string{"--trust=" + plain}, []string{"--trust", plain, "BEGIN CERTIFICATE"}},
		{"a file with a damaged certificate", []string{"--trust=" + damaged}, []string{"--trust", "damaged"}},
		{"an unknown kind of database", []string{"--database=mysql://me:recognisable@db/x"}, []string{"--database", `"mysql://db/x"`, "postgres://"}},
		{"a PostgreSQL database without a name", []string{"--database=postgres://me:recognisable@db"}, []string{"--database", "postgres://USER"}},
		{"a PostgreSQL URL that cannot be read", []string{"--database=postgres://me:recogn%zzisable@db/x"}, []string{"--database", "percent-encoded"}},
		{"a database in a folder that is not there", []string{"--database=" + folder + "/no/x.db"}, []string{"--database", "mkdir -p"}},
		{"a database that is a folder", []string{"--database=" + folder}, []string{"--database", "waybill.db"}},
		{"a database below a file", []string{"--database=" + plain + "/x.db"}, []string{"--database", "not a folder"}},
		{"no database", []string{"--database="}, []string{"--database", "empty"}},
		{"a kind of database without a name", []string{"--database=sqlite:"}, []string{"--database", "sqlite:waybill.db"}},
		{"a negative duration", []string{"--timeout=-5s"}, []string{"--timeout", "-5s", "negative"}},
		{"a duration without a unit", []string{"--drain=30"}, []string{"--drain", `"30"`, "30s"}},
		{"a duration of nothing", []string{"--timeout=0s"}, []string{"--timeout", "1s"}},
		{"a connect timeout that is longer than the whole", []string{"--timeout=5s"}, []string{"--connect-timeout", "5s"}},
		{"a number that is a word", []string{"--concurrency=many"}, []string{"--concurrency", "many", "1 to 10000"}},
		{"a number that is too low", []string{"--concurrency=0"}, []string{"--concurrency", "1 to 10000"}},
		{"a size with an unknown unit", []string{"--memory=64MB"}, []string{"--memory", "64MB", "1MiB"}},
		{"a size that is too large to count", []string{"--max-event=99999999999GiB"}, []string{"--max-event", "64MiB"}},
		{"a size that is too small", []string{"--max-event=1"}, []string{"--max-event", "1KiB"}},
		{"documents in a folder without a root", []string{"--documents-url=file://documents"}, []string{"--documents-url", "file:///"}},
		{"documents in no bucket", []string{"--documents-url=s3://"}, []string{"--documents-url", "s3://BUCKET"}},
		{"documents elsewhere", []string{"--documents-url=ftp://documents"}, []string{"--documents-url", "there is no such kind"}},
		{"documents with a secret", []string{"--documents-url=s3://me:secret@documents"}, []string{"--documents-url", "AWS_SECRET_ACCESS_KEY"}},
		{"a batch smaller than an event", []string{"--max-batch=512KiB"}, []string{"--max-batch", "--max-event"}},
		{"an unknown form of log", []string{"--log-format=xml"}, []string{"--log-format", "xml", "text, json"}},
		{"an unknown level of log", []string{"--log-level=loud"}, []string{"--log-level", "loud", "debug"}},
		{"a short key", []string{"--operator-key=recognisable"}, []string{"--operator-key", "20 or more"}},
		{"a key that no header can carry", []string{"--operator-key=recognisable and with spaces"}, []string{"--operator-key", "letters"}},
		{"a mail server with its port", []string{"--smtp-host=mail.example:25", "--smtp-from=w@shop.example"}, []string{"--smtp-host", "--smtp-port"}},
		{"a port of mail that is none", []string{"--smtp-host=mail.example", "--smtp-from=w@shop.example", "--smtp-port=smtp"}, []string{"--smtp-port", "587"}},
		{"mails from nobody", []string{"--smtp-host=mail.example"}, []string{"--smtp-from", "waybill@shop.example"}},
		{"an unknown security of mail", []string{"--smtp-host=mail.example", "--smtp-from=w@shop.example", "--smtp-security=ssl"}, []string{"--smtp-security", "starttls, tls, none"}},
		{"a password of mail in clear", []string{"--smtp-host=mail.example", "--smtp-from=w@shop.example", "--smtp-security=none", "--smtp-user=w", "--smtp-password=recognisable"}, []string{"--smtp-security", "choose starttls or tls"}},
		{"a password of mail without a user", []string{"--smtp-host=mail.example", "--smtp-from=w@shop.example", "--smtp-password=recognisable"}, []string{"--smtp-user", "belongs to"}},
		{"a settings file that is not there", []string{"--config=" + folder + "/none.json"}, []string{"--config", "none.json", "no such file"}},
		{"a settings file that is not JSON", []string{"--config=" + file(t, "{\n\n listen: 1}")}, []string{"--config", "line 3"}},
		{"a settings file with more than an object", []string{"--config=" + file(t, "{} {}")}, []string{"--config", "more after"}},
		{"a settings file with a list", []string{"--config=" + file(t, "[]")}, []string{"--config", "not a JSON object"}},
		{"a settings file with null", []string{"--config=" + file(t, "null")}, []string{"--config", "null"}},
		{"an empty settings file", []string{"--config=" + file(t, "")}, []string{"--config", "not a JSON object"}},
		{"an unknown key in the file", []string{"--config=" + file(t, `{"lisen":":1"}`)}, []string{"--config", `"lisen"`, "listen, "}},
		{"the file's own name in the file", []string{"--config=" + file(t, `{"config":"x"}`)}, []string{"--config", `"config"`}},
		{"a list where one value belongs", []string{"--config=" + file(t, `{"listen":[":1"]}`)}, []string{`"listen" is a list`}},
		{"a list of numbers", []string{"--config=" + file(t, `{"trust":[5]}`)}, []string{"quotation marks"}},
		{"a truth value", []string{"--config=" + file(t, `{"listen":true}`)}, []string{"quotation marks"}},
		{"a wrong value in the file", []string{"--config=" + file(t, `{"concurrency":0.5}`)}, []string{"--concurrency", "0.5"}},
	} {
		t.Run(tt.name+" is reported", func(t *testing.T) {
			t.Parallel()
			_, err := read(t, tt.args...)
			if err == nil {
				t.Fatal("the settings were accepted")
			}
			wrong, ok := errors.AsType[*config.Wrong](err)
			if !ok {
				t.Fatalf("the error is %T, want *config.Wrong: %v", err, err)
			}
			for _, part := range append(tt.want, config.Env(wrong.Name)) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error is %q, want %q in it", err, part)
				}
			}
			if strings.Contains(err.Error(), "recogn") {
				t.Errorf("the error shows a secret: %q", err)
			}
		})
	}
}

func TestAllWrongSettingsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := read(t, "--listen=x", "--timeout=x", "--memory=x")
	for _, name := range []string{"--listen", "--timeout", "--memory"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want %s in it", err, name)
		}
	}
}

// flags returns the flags of serve.
func flags(t *testing.T) []*kong.Flag {
	t.Helper()
	parser, err := kong.New(&line{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if command.Name == "serve" {
			return command.Flags
		}
	}
	t.Fatal("there is no command serve")
	return nil
}

func TestEverySettingHasHelpAndAnEnvironmentVariable(t *testing.T) {
	t.Parallel()
	for _, f := range flags(t) {
		if len(f.Envs) != 1 || f.Envs[0] != config.Env(f.Name) {
			t.Errorf("--%s has the environment variables %v, want %s", f.Name, f.Envs, config.Env(f.Name))
		}
		if !strings.HasSuffix(f.Help, ".") && !strings.HasSuffix(f.Help, "…") || f.PlaceHolder == "" {
			t.Errorf("--%s has the help %q and the place holder %q, want a sentence and a word", f.Name, f.Help, f.PlaceHolder)
		}
	}
}

func TestShownDatabaseHidesUserAndPassword(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"waybill.db":        "waybill.db",
		"sqlite:waybill.db": "sqlite:waybill.db",
		"postgres://me:recognisable@db:5432/x?sslmode=disable&password=recognisable": "postgres://db:5432/x",
		"postgres://me:recog%zz@db/x": "postgres://…",
	} {
		if got := config.ShownDatabase(in); got != want {
			t.Errorf("ShownDatabase(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEverySettingIsInTheDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flags(t) {
		row := "| `--" + f.Name + "` | `" + f.Envs[0] + "` | "
		if f.HasDefault {
			row += "`" + f.Default + "` | "
		}
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/configuration.md has no row that begins with %s", row)
		}
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	want := defaults()
	want.PublicURL = "https://waybill.example/here"
	want.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32")}
	want.Modules = []config.Module{{ID: "basic", English: "Basic", German: "Basis"}, {ID: "pro", English: "Pro", German: "Profi", Unlocks: true}}
	want.OIDC = config.OIDC{
		Issuer: "https://login.example/", ClientID: "waybill", ClientSecret: "obviously-fake",
		CompanyClaim: "tenant", RoleClaim: "role", Roles: map[string]string{"wb-staff": "operator"},
	}
	got, err := read(t, "--public-url=https://waybill.example/here/", "--trusted-proxy=10.0.0.1/32",
		"--module=basic=Basic/Basis", "--module=pro=Pro/Profi", "--unlocking-module=pro",
		"--oidc-issuer=https://login.example/", "--oidc-client-id=waybill", "--oidc-client-secret=obviously-fake",
		"--oidc-company-claim=tenant", "--oidc-role=wb-staff=operator")
	check(t, got, err, want)

	for _, args := range [][]string{
		{"--public-url=waybill.example"},
		{"--public-url=https://user:secret@waybill.example"},
		{"--module=Basic"},
		{"--module=Basic=Basic/Basis"},
		{"--unlocking-module=pro"},
		{"--oidc-issuer=https://login.example"},
		{"--oidc-issuer=https://login.example", "--oidc-client-id=waybill", "--oidc-role=boss=emperor"},
	} {
		_, err := read(t, args...)
		name, _, _ := strings.Cut(strings.TrimPrefix(args[len(args)-1], "--"), "=")
		if len(args) == 1 && name == "oidc-issuer" {
			name = "oidc-client-id" // which is missing
		}
		wrong, ok := errors.AsType[*config.Wrong](err)
		if !ok || wrong.Name != name || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%v: %v, want it to be about --%s", args, err, name)
		}
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	got, err := read(t, "--smtp-host=mail.example", "--smtp-port=2525", "--smtp-security=tls", "--smtp-user=w", "--smtp-password=recognisable",
		"--smtp-from=Waybill <w@shop.example>")
	want := defaults()
	want.Mail = config.Mail{Host: "mail.example", Port: 2525, Security: "tls", User: "w", Password: "recognisable", From: "Waybill <w@shop.example>"}
	check(t, got, err, want)
	if shown := fmt.Sprintf("%+v", got); strings.Contains(shown, "recognisable") {
		t.Errorf("the password is not hidden in %s", shown)
	}
}
