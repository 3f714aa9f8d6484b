// Package send makes one HTTP request: it guards the address, authenticates,
// shows a client certificate, reads a bounded response, and says in words what
// went wrong. It never follows a redirect, and repeats an answered request only
// with another OAuth 2.0 token.
package send

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	maxHead     = 8 << 10   // bytes of a response's head that are kept
	maxReadHead = 64 << 10  // bytes of a response's head that are accepted
	maxBody     = 256 << 10 // bytes of a response's body that are read before the connection is given up
	idleTimeout = 90 * time.Second
	pingAfter   = 30 * time.Second // of silence on an HTTP/2 connection
)

// Options are the settings of a Client. The zero value is usable.
type Options struct {
	Roots          *x509.CertPool // who may vouch for receivers; nil means the system's
	Guard          *Guard         // nil means the public internet alone
	Source         netip.Addr     // to connect from; the zero value leaves it to the system
	Proxy          *Proxy         // to connect through; nil means none, whatever the environment says
	Resolver       *net.Resolver  // nil means the system's
	Timeout        time.Duration  // from the start to the end of the response; 0 means 60 s
	ConnectTimeout time.Duration  // of look-up and connection together, and of the TLS handshake; 0 means 10 s
	UserAgent      string         // empty means "Waybill"
	MaxIdlePerHost int            // kept connections to one host; 0 means 64
}

// Client sends requests. It keeps connections open between them. It is safe for
// concurrent use.
type Client struct {
	transports *transports
	dialer     *Dialer
	timeout    time.Duration
	connect    time.Duration
	agent      []string
	tokens     tokens
	buffers    sync.Pool // of *[hook.MaxResponse]byte
}

// New returns a Client. Close it when it is no longer needed.
func New(o Options) *Client {
	c := &Client{
		timeout: cmp.Or(o.Timeout, time.Minute),
		connect: cmp.Or(o.ConnectTimeout, 10*time.Second),
		agent:   []string{cmp.Or(o.UserAgent, "Waybill")},
		buffers: sync.Pool{New: func() any { return new([hook.MaxResponse]byte) }},
	}
	c.dialer = NewDialer(Dialing{Guard: o.Guard, Timeout: c.connect, Source: o.Source, Proxy: o.Proxy, Resolver: o.Resolver})
	c.transports = newTransports(o, c.dialer.DialContext, c.connect)
	return c
}

// Close closes the kept connections that are not in use.
func (c *Client) Close() { c.transports.closeIdle() }

// Send makes the request r with the credentials, client certificate and settings
// of h, whose company has the defaults d, and returns what came of it: all of the
// Attempt but DeliveryID, Number and HookVersion. A response of any status is an
// answer, a redirect too. Attempt.Error is hook.Abandoned if ctx was cancelled. It
// does not keep or change r.
//
// A kept connection that the receiver closes before it answers is replaced and
// the request sent again within the same attempt. So it is, once, with another
// token, if the receiver answers 401 to one that was fetched earlier.
func (c *Client) Send(ctx context.Context, r hook.Request, h *hook.Hook, d hook.Defaults) hook.Attempt {
	start := time.Now()
	a := hook.Attempt{
		StartedAt:  start,
		Method:     r.Method,
		URL:        r.URL,
		BodySize:   len(r.Body),
		BodySHA256: sha256.Sum256(r.Body),
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	auth, err := d.AuthOf(h)
	p := &parcel{r, h, auth, d.Roots}
	switch {
	case err != nil:
		a.Error, a.Reason = hook.BadRender, err.Error()
	case auth.Kind == hook.OAuthAuth:
		c.withToken(ctx, p, &a)
	default:
		c.once(ctx, p, newCredentials(auth, ""), &a)
	}
	a.Took.Total = time.Since(start)
	return a
}

// parcel is what an attempt sends, and how.
type parcel struct {
	hook.Request
	hook  *hook.Hook
	auth  hook.Auth
	roots string // PEM; trusted besides the server's
}

// withToken sends p with an access token, and once more with another if the
// receiver refuses one that may be too old.
func (c *Client) withToken(ctx context.Context, p *parcel, a *hook.Attempt) {
	g := grantOf(p.hook.Company, p.auth, p.roots)
	fetch := func(ctx context.Context) fetched { return c.fetchToken(ctx, p) }
	first := c.tokens.of(ctx, g, fetch)
	if first.reason != "" {
		a.Error, a.Reason = hook.BadToken, first.reason
		if errors.Is(ctx.Err(), context.Canceled) {
			a.Error, a.Reason = hook.Abandoned, "Waybill stopped before it had a token; nothing was sent to the receiver"
		}
		return
	}
	c.once(ctx, p, newCredentials(p.auth, first.token), a)
	refused := func() bool { return a.Status == http.StatusUnauthorized && a.Error == hook.NoError }
	if refused() && c.tokens.refuse(g, first.token) {
		second := c.tokens.of(ctx, g, fetch)
		if second.reason != "" {
			a.Reason = "the receiver answered 401, and there is no other token: " + second.reason
			return
		}
		c.once(ctx, p, newCredentials(p.auth, second.token), a)
	}
	if refused() {
		a.Reason = "the receiver answered 401 to a new token; ask its operator which scope and further parameters, such as audience, it wants"
	}
}

// once sends p, and fills a with what came of it.
func (c *Client) once(ctx context.Context, p *parcel, creds credentials, a *hook.Attempt) {
	a.Status, a.ResponseHead, a.ResponseBody, a.Error, a.Reason, a.TLS = 0, "", nil, hook.NoError, "", ""
	t := &trace{start: time.Now()}
	req, err := c.request(t.in(ctx), p.Request, creds)
	if err != nil {
		a.Error, a.Reason = explainRequest(err)
		a.URL = withoutUser(p.URL)
	} else {
		a.RequestHead = requestHead(req, creds)
		if err := c.exchange(req, p, creds, a); err != nil {
			f := t.failure(ctx, req.URL, p.hook.Client, a)
			if tooOld(err) {
				f.newest = c.dialer.newest(ctx, req.URL)
			}
			a.Error, a.Reason = f.explain(err)
		} else {
			a.Reason = explainAnswer(a, p.hook.Client)
		}
		a.Reason = clean(creds.hide(a.Reason)) // in this order: half a secret isn't recognised
		creds.hideBody(a)
	}
	if a.TLS == "" {
		a.TLS = t.tlsVersion()
	}
	a.Took = t.timing()
}

// exchange sends req and fills a with the response. An error means that there
// was no whole response; a then has the part that came. Secrets are still in the
// body.
func (c *Client) exchange(req *http.Request, p *parcel, creds credentials, a *hook.Attempt) error {
	transport, err := c.transports.get(p.hook.Client, p.roots, p.hook.HTTP2)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	a.Status = resp.StatusCode
	if resp.TLS != nil { // of a kept connection too
		a.TLS = tls.VersionName(resp.TLS.Version)
	}
	a.ResponseHead = head(resp.Header, creds)
	a.ResponseBody, err = c.readBody(resp)
	return err
}

// readBody returns the first hook.MaxResponse bytes of the body. It reads on to
// the body's end, so that the connection can be kept, but not further than maxBody.
func (c *Client) readBody(resp *http.Response) ([]byte, error) {
	if resp.Body == http.NoBody || resp.ContentLength == 0 {
		return nil, nil
	}
	buf, ok := c.buffers.Get().(*[hook.MaxResponse]byte)
	if !ok {
		buf = new([hook.MaxResponse]byte)
	}
	defer c.buffers.Put(buf)

	var n, read int
	var err error
	for err == nil && read < len(buf) {
		n, err = resp.Body.Read(buf[read:])
		read += n
	}
	kept := bytes.Clone(buf[:read])
	for err == nil && read < maxBody {
		n, err = resp.Body.Read(buf[:])
		read += n
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return kept, err
}
