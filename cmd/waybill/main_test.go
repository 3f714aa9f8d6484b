package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
)

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"waybill": main})
}

// tests runs the tests and stops the PostgreSQL server that they share.
type tests struct{ m *testing.M }

// Run returns the exit status.
func (t tests) Run() int { return pgtemp.Main(t.m) }

func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TMPDIR", e.WorkDir+"/.tmp")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "get": get, "post": post, "occupy": occupy},
	})
}

// await waits until a file matches a regular expression: await FILE REGEXP.
func await(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	want := regexp.MustCompile(args[1])
	text := awaitFile(ts, args[0], want)
	if found := want.FindSubmatch(text); len(found) > 1 {
		ts.Setenv("found", string(found[1]))
	}
}

func awaitFile(ts *testscript.TestScript, name string, want *regexp.Regexp) []byte {
	var text []byte
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		text, _ = os.ReadFile(ts.MkAbs(name))
		if want.Match(text) {
			return text
		}
	}
	ts.Fatalf("%s does not match %s after 20 s; it is %q", name, want, text)
	return nil
}

// get asks for a URL and compares the status: get URL STATUS.
func get(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: get URL STATUS")
	}
	r, err := http.Get(args[0])
	ts.Check(err)
	ts.Check(r.Body.Close())
	if !strings.HasPrefix(r.Status, args[1]) {
		ts.Fatalf("%s answers %s, want %s", args[0], r.Status, args[1])
	}
}

// post posts a small event to a URL, trusting the authority in a file, and
// compares the status: post URL FILE USER PASSWORD STATUS.
func post(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 5 {
		ts.Fatalf("usage: post URL FILE USER PASSWORD STATUS")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ts.ReadFile(args[1])))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest(http.MethodPost, args[0], strings.NewReader(`{"event":"ProductChanged"}`))
	ts.Check(err)
	r.SetBasicAuth(args[2], args[3])
	answer, err := (&http.Client{Transport: transport}).Do(r)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if !strings.HasPrefix(answer.Status, args[4]) {
		ts.Fatalf("%s answers %s, want %s", args[0], answer.Status, args[4])
	}
}

// occupy listens on a free port until the script ends, and puts the address
// into $occupied.
func occupy(ts *testscript.TestScript, _ bool, _ []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ln.Close() })
	ts.Setenv("occupied", ln.Addr().String())
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "[::]:80": "localhost:80", "0.0.0.0:80": "localhost:80", "[::1]:80": "[::1]:80",
	} {
		if got := reachable(in); got != want {
			t.Errorf("reachable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestExplainNeverShowsThePassword(t *testing.T) {
	t.Parallel()
	const database = "postgres://me:recognisable@127.0.0.1:1/x?connect_timeout=1"
	_, _, err := app.OpenStore(t.Context(), database, app.Secrets{File: t.TempDir() + "/test.key"})
	if err == nil {
		t.Fatal("a database was opened where there is none")
	}
	got := explain(err, database, "").Error()
	if strings.Contains(got, "recognisable") || !strings.Contains(got, `--database (WAYBILL_DATABASE) is "postgres://127.0.0.1:1/x"`) {
		t.Errorf("explain = %q, want the setting in it and no password", got)
	}
}

func TestTheSharedKeySetIsToldOf(t *testing.T) {
	t.Parallel()
	k, err := seal.Create(t.TempDir() + "/waybill.key")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := tellKeys(&out, app.Keys{Keys: k, Own: "waybill-shop.key"}); err != nil {
		t.Fatal(err)
	}
	if want := "cp -p " + k.Path() + " waybill-shop.key,"; !strings.Contains(out.String(), want) {
		t.Errorf("tellKeys writes %q, want %q in it", out.String(), want)
	}
	out.Reset()
	if err := tellKeys(&out, app.Keys{Keys: k}); err != nil || out.Len() > 0 {
		t.Errorf("tellKeys of a set in its place writes %q, %v, want nothing", out.String(), err)
	}
}

func TestAllowFlagNamesTheNetwork(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"127.0.0.1": " --allow-network 127.0.0.0/8",
		"":          " --allow-network 127.0.0.0/8 --allow-network ::1/128",
		"10.1.2.3":  " --allow-network 10.1.2.3/32",
		"fd00::1":   " --allow-network fd00::1/128",
		"192.0.2.1": "",
	} {
		if got := allowFlag(host); got != want {
			t.Errorf("allowFlag(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestRunReturnsWhenItsContextHasEnded(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, problems bytes.Buffer
	status := run(ctx, []string{"serve", "--listen=127.0.0.1:0", "--database=" + t.TempDir() + "/x.db"}, &out, &problems)
	if status != 0 || problems.Len() > 0 {
		t.Errorf("run = %d, %q, want 0 and nothing", status, problems.String())
	}
}
