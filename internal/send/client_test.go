package send_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/send"
)

func TestSendRecordsTheRequestAndItsResponse(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != `{"event":"OrderCreated"}` {
			t.Errorf("body = %q, %v", body, err)
		}
		if _, ok := r.Header["Idempotency-Key"]; ok {
			t.Error("Idempotency-Key arrived")
		}
		w.Header().Set("X-Two", "ä\xff")
		w.Header().Add("X-One", "1")
		w.Header().Add("X-One", "2")
		w.Header()["Date"] = nil
		_, _ = io.WriteString(w, "thanks")
	}))
	r := post(srv.URL + "/in?a=b")
	r.Header["webhook-timestamp"] = []string{"1"}
	r.Header.Set("Content-Length", "7")
	a := newClient(t, ca, func(o *send.Options) { o.UserAgent = "Waybill/test" }).Send(t.Context(), r, &hook.Hook{}, hook.Defaults{})

	if a.Took.Connect <= 0 || a.Took.TLS <= 0 || a.Took.FirstByte < a.Took.TLS || a.Took.Total < a.Took.FirstByte || a.Took.DNS != 0 {
		t.Errorf("Took = %+v, want all but DNS, in order", a.Took)
	}
	want := hook.Attempt{
		StartedAt: a.StartedAt, Took: a.Took, Method: "POST", URL: r.URL,
		RequestHead: "Content-Length: 24\nContent-Type: application/json\nHost: " + srv.Listener.Addr().String() +
			"\nUser-Agent: Waybill/test\nWebhook-Id: d1\nWebhook-Timestamp: 1\n",
		BodySize: 24, BodySHA256: sha256.Sum256(r.Body),
		Status: 200, ResponseBody: []byte("thanks"), TLS: "TLS 1.3",
		ResponseHead: "Content-Length: 6\nContent-Type: text/plain; charset=utf-8\nX-One: 1\nX-One: 2\nX-Two: ä\uFFFD\n",
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("Send (-want +got):\n%s", diff)
	}
	if _, ok := r.Header["User-Agent"]; ok || len(r.Header) != 4 {
		t.Errorf("Send changed the caller's header to %v", r.Header)
	}
}

func TestSendTakesAnyStatusForAnAnswer(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	good := certificates(ca.issue(t, nil))
	for name, tt := range map[string]struct {
		text   string
		status int
		body   string
	}{
		"no content":            {"HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
		"a redirect":            {"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302, ""},
		"early hints, then 200": {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"},
		"an error":              {"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nsad\n", 500, "sad\n"},
		"no length":             {"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"},
		"compressed":            {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw", 200, "raw"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newClient(t, ca, nil).Send(t.Context(), post(listen(t, good, answer(tt.text))), &hook.Hook{}, hook.Defaults{})
			if a.Status != tt.status || string(a.ResponseBody) != tt.body || a.Error != hook.NoError || a.Reason != "" {
				t.Errorf("Send = %d %q %s %q, want %d %q", a.Status, a.ResponseBody, a.Error, a.Reason, tt.status, tt.body)
			}
		})
	}
}

func TestSendKeepsConnections(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		size  int // of the response's body
		want  int // connections for three requests
		two   bool
		proto string
	}{
		"without a body":             {0, 1, false, "HTTP/1.1"},
		"with a body":                {100, 1, false, "HTTP/1.1"},
		"with a body that is cut":    {200 << 10, 1, false, "HTTP/1.1"},
		"unless the body is too big": {300 << 10, 3, false, "HTTP/1.1"},
		"over HTTP/2 if asked to":    {100, 1, true, "HTTP/2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ca := newAuthority(t)
			var mu sync.Mutex
			from := make(map[string]bool)
			srv := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				from[r.RemoteAddr] = true
				mu.Unlock()
				w.Header().Set("X-Proto", r.Proto)
				_, _ = w.Write(bytes.Repeat([]byte("x"), tt.size))
			}))
			c := newClient(t, ca, nil)
			for i := range 3 {
				a := c.Send(t.Context(), post(srv.URL), &hook.Hook{HTTP2: tt.two}, hook.Defaults{})
				if a.Status != 200 || a.Error != hook.NoError || len(a.ResponseBody) != min(tt.size, hook.MaxResponse) {
					t.Errorf("Send = %d %s %q with %d bytes", a.Status, a.Error, a.Reason, len(a.ResponseBody))
				}
				if !strings.Contains(a.ResponseHead, "X-Proto: "+tt.proto+"\n") {
					t.Errorf("response head %q, want %s", a.ResponseHead, tt.proto)
				}
				if kept := i > 0 && tt.want == 1; kept != (a.Took.Connect == 0 && a.Took.TLS == 0) {
					t.Errorf("attempt %d took %+v, want a kept connection: %t", i, a.Took, kept)
				}
			}
			if len(from) != tt.want {
				t.Errorf("%d connections, want %d", len(from), tt.want)
			}
		})
	}
}

func TestSendShowsNoPassword(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	ca := newAuthority(t)
	h := &hook.Hook{Auth: hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: secret}}
	echo := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok || user != "erp" || password != secret {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		_, _ = fmt.Fprintf(w, "you are %s with %s, %s", user, password, r.Header.Get("Authorization"))
	})).URL
	parrot := listen(t, certificates(ca.issue(t, nil)), answer("HTTP/9 Basic "+secret+"\r\n\r\n"))
	for name, url := range map[string]string{
		"sent and repeated in the response":  echo,
		"repeated in what is not a response": parrot,
		"not sent at all":                    closedPort,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newClient(t, ca, nil).Send(t.Context(), post(url), h, hook.Defaults{})
			shown := fmt.Sprintf("%+v %s", a, a.ResponseBody)
			for _, s := range []string{secret, "ZXJwOmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="} {
				if strings.Contains(shown, s) {
					t.Errorf("the attempt shows %q: %s", s, shown)
				}
			}
			if !strings.Contains(a.RequestHead, "Authorization: [secret]\n") {
				t.Errorf("request head %q, want a hidden Authorization", a.RequestHead)
			}
			if url == echo && a.Status != 200 {
				t.Errorf("Send = %d, want 200", a.Status)
			}
		})
	}
}

func TestSendBoundsTheResponseHead(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 30 {
			w.Header().Set(fmt.Sprintf("X-%02d", i), strings.Repeat("ü", 800))
		}
	}))
	a := newClient(t, ca, nil).Send(t.Context(), post(srv.URL), &hook.Hook{}, hook.Defaults{})
	if n := len(a.ResponseHead); n > 8<<10 || n < 7<<10 || !strings.HasSuffix(a.ResponseHead, "ü…\n") {
		t.Errorf("response head of %d bytes ending in %q, want nearly 8 KiB of whole lines", n, a.ResponseHead[max(0, n-9):])
	}
}

func TestSendFromManyGoroutines(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	srv := serve(t, ca, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	c := newClient(t, ca, nil)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 20 {
				r := post(srv.URL)
				r.Body = fmt.Appendf(nil, "%d/%d", i, j)
				a := c.Send(t.Context(), r, &hook.Hook{HTTP2: i%4 == 0}, hook.Defaults{})
				if a.Status != 200 || !bytes.Equal(a.ResponseBody, r.Body) {
					t.Errorf("Send %s = %d %q %s", r.Body, a.Status, a.ResponseBody, a.Reason)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkSend(b *testing.B) {
	ca := newAuthority(b)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusOK)
	})
	url := serve(b, ca, handler).URL
	r := post(url)
	r.Body = bytes.Repeat([]byte("x"), 1024)

	b.Run("plain http.Client", func(b *testing.B) {
		c := &http.Client{Transport: &http.Transport{
			DialContext:     (&net.Dialer{}).DialContext,
			TLSClientConfig: &tls.Config{RootCAs: ca.pool(), MinVersion: tls.VersionTLS12},
		}}
		b.ReportAllocs()
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), r.Method, r.URL, bytes.NewReader(r.Body))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Webhook-Id", "d1")
			resp, err := c.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.Run("Send", func(b *testing.B) {
		c := newClient(b, ca, nil)
		h := &hook.Hook{Auth: hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: "not-a-real-one"}}
		b.ReportAllocs()
		for b.Loop() {
			if a := c.Send(b.Context(), r, h, hook.Defaults{}); a.Status != 200 {
				b.Fatal(a.Reason)
			}
		}
	})
}

func TestSendTellsTheVersionOfTLS(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for name, tt := range map[string]struct {
		server *tls.Config
		want   string
	}{
		"the newest":                    {&tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil)}}, "TLS 1.3"},
		"one before":                    {&tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil)}, MaxVersion: tls.VersionTLS12}, "TLS 1.2"},
		"none if the receiver is wrong": {&tls.Config{Certificates: []tls.Certificate{newAuthority(t).issue(t, nil)}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serveTLS(t, tt.server, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			c := newClient(t, ca, nil)
			for i := range 2 { // the second over a kept connection
				if a := c.Send(t.Context(), post(srv.URL), &hook.Hook{}, hook.Defaults{}); a.TLS != tt.want {
					t.Errorf("request %d: TLS = %q (%s), want %q", i, a.TLS, a.Reason, tt.want)
				}
			}
		})
	}
	t.Run("also if no answer comes", func(t *testing.T) {
		t.Parallel()
		config := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, nil)}}
		url := listen(t, config, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) })
		a := newClient(t, ca, nil).Send(t.Context(), post(url), &hook.Hook{}, hook.Defaults{})
		if a.Error != hook.BadResponse || a.TLS != "TLS 1.3" {
			t.Errorf("TLS = %q of an attempt with the error %q, want it told", a.TLS, a.Error)
		}
	})
}
