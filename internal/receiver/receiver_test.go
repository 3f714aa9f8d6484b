package receiver_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
)

func TestHandlerShowsWhatArrives(t *testing.T) {
	t.Parallel()
	var got receiver.Received
	h := &receiver.Handler{Plan: plan(t, "202"), Seen: func(r receiver.Received) { got = r }}
	body := strings.Repeat("x", 100<<10)
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/in?a=b", strings.NewReader(body))
	r.Header.Set("Webhook-Id", "d1")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 202 || w.Body.String() != "202 Accepted\n" {
		t.Errorf("answer = %d %q, want 202", w.Code, w.Body)
	}
	if got.At.IsZero() || got.Method != "POST" || got.Path != "/in?a=b" || got.Proto != "HTTP/1.1" ||
		got.Header.Get("Webhook-Id") != "d1" || string(got.Body) != body || got.Answer != 202 {
		t.Errorf("Seen got %+v", got)
	}
}

func TestHandlerFollowsItsPlan(t *testing.T) {
	t.Parallel()
	h := &receiver.Handler{Plan: plan(t, "503x2,204")}
	for i, want := range []int{503, 503, 204, 204} {
		if got := call(t, h, nil); got != want {
			t.Errorf("answer %d = %d, want %d", i, got, want)
		}
	}
	chances := []float64{0.19, 0.2, 0}
	h = &receiver.Handler{Plan: plan(t, "flaky=0.2"), Chance: func() float64 {
		c := chances[0]
		chances = chances[1:]
		return c
	}}
	for i, want := range []int{503, 200, 503} {
		if got := call(t, h, nil); got != want {
			t.Errorf("flaky answer %d = %d, want %d", i, got, want)
		}
	}
}

func TestHandlerDelays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &receiver.Handler{Plan: plan(t, "200 delay=4s")}
		start := time.Now()
		if got := call(t, h, nil); got != 200 || time.Since(start) != 4*time.Second {
			t.Errorf("answer = %d after %v, want 200 after 4s", got, time.Since(start))
		}
	})
}

func TestHandlerDemandsCredentials(t *testing.T) {
	t.Parallel()
	var seen []int
	h := &receiver.Handler{
		User: "erp", Password: "not-a-real-one", Plan: plan(t, "201,200"),
		Seen: func(r receiver.Received) { seen = append(seen, r.Answer) },
	}
	for i, tt := range []struct {
		user, password string
		want           int
	}{{"", "", 401}, {"erp", "wrong", 401}, {"other", "not-a-real-one", 401}, {"erp", "not-a-real-one", 201}, {"erp", "not-a-real-one", 200}} {
		got := call(t, h, func(r *http.Request) {
			if tt.user != "" {
				r.SetBasicAuth(tt.user, tt.password)
			}
		})
		if got != tt.want || seen[i] != tt.want {
			t.Errorf("answer to %s with %s = %d, Seen got %d, want %d", tt.user, tt.password, got, seen[i], tt.want)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/", nil))
	if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
		t.Errorf("WWW-Authenticate = %q, want Basic", got)
	}
}

func TestHandlerBoundsTheBody(t *testing.T) {
	t.Parallel()
	var got receiver.Received
	h := &receiver.Handler{Seen: func(r receiver.Received) { got = r }}
	for size, want := range map[int]int{receiver.MaxBody: 200, receiver.MaxBody + 1: 413} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", bytes.NewReader(make([]byte, size)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || len(got.Body) != receiver.MaxBody {
			t.Errorf("answer to %d bytes = %d, with %d kept, want %d", size, w.Code, len(got.Body), want)
		}
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	var answers atomic.Int64
	h := &receiver.Handler{Plan: plan(t, "200x2,cut,hang"), Seen: func(receiver.Received) { answers.Add(1) }}
	var failures bytes.Buffer
	url, stop := start(t, ca, h, slog.New(slog.NewTextHandler(&failures, nil)))
	if !strings.HasPrefix(url, "https://127.0.0.1:") {
		t.Errorf("URL = %q, want one with 127.0.0.1", url)
	}

	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	for range 2 {
		resp, err := client.Post(url, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || resp.Proto != "HTTP/2.0" {
			t.Errorf("answer = %s %s %q, %v, want 200 over HTTP/2", resp.Proto, resp.Status, body, err)
		}
		resp.Body.Close()
	}
	if resp, err := client.Post(url, "application/json", strings.NewReader("{}")); err == nil {
		resp.Body.Close()
		t.Errorf("answer = %s, want the connection cut", resp.Status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.Do(req); !errors.Is(err, context.DeadlineExceeded) {
		if err == nil {
			resp.Body.Close()
		}
		t.Errorf("answer = %v, want none in time", err)
	}
	stranger := &http.Client{Transport: &http.Transport{}}
	if resp, err := stranger.Get(url); err == nil {
		resp.Body.Close()
		t.Error("a client that does not know the authority was answered")
	}

	begin := time.Now()
	if err := stop(); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("Run took %v to end", took)
	}
	if got := answers.Load(); got < 4 {
		t.Errorf("Seen was called %d times, want at least 4", got)
	}
	if !strings.Contains(failures.String(), "TLS handshake error") {
		t.Errorf("log = %q, want the failed handshake", failures.String())
	}
}

func TestServerEndsWhileARequestHangs(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	arrived := make(chan struct{}, 1)
	h := &receiver.Handler{Plan: plan(t, "hang"), Seen: func(receiver.Received) { arrived <- struct{}{} }}
	url, stop := start(t, ca, h, nil)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}}}
	failed := make(chan error, 1)
	go func() {
		resp, err := client.Get(url)
		if err == nil {
			resp.Body.Close()
		}
		failed <- err
	}()
	<-arrived
	if err := stop(); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if err := <-failed; err == nil {
		t.Error("the hanging request was answered")
	}
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	if _, err := receiver.Listen(t.Context(), "127.0.0.1:http-no", tls.Certificate{}, nil); err == nil {
		t.Error("Listen on a bad port = nil, want an error")
	}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	ca := authority(t)
	cert, err := ca.Issue("hooks.example", "127.0.0.1", "::1")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hooks.example", "127.0.0.1", "::1"} {
		if err := cert.Leaf.VerifyHostname(name); err != nil {
			t.Errorf("VerifyHostname(%s) = %v", name, err)
		}
	}
	if err := cert.Leaf.VerifyHostname("other.example"); err == nil {
		t.Error("the certificate is good for a name it was not issued for")
	}
	if _, err := ca.Issue(); err == nil {
		t.Error("Issue without a name = nil, want an error")
	}
	if !bytes.HasPrefix(ca.PEM(), []byte("-----BEGIN CERTIFICATE-----")) || bytes.Contains(ca.PEM(), []byte("KEY")) {
		t.Errorf("PEM = %s", ca.PEM())
	}
}

func plan(t *testing.T, text string) receiver.Plan {
	t.Helper()
	p, err := receiver.ParsePlan(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func authority(t *testing.T) *receiver.Authority {
	t.Helper()
	a, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// call gives h a request, altered by change, and returns the status of the answer.
func call(t *testing.T, h http.Handler, change func(*http.Request)) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader("{}"))
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// start runs a server on a free port. It returns its URL, and a function that
// ends it and returns what Run returned.
func start(t *testing.T, ca *receiver.Authority, h http.Handler, log *slog.Logger) (string, func() error) {
	t.Helper()
	cert, err := ca.Issue("127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := receiver.Listen(t.Context(), "127.0.0.1:0", cert, h)
	if err != nil {
		t.Fatal(err)
	}
	srv.Log = log
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	return srv.URL(), func() error {
		cancel()
		return <-done
	}
}
