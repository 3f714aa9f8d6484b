package send

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
)

const maxHeadValue = 1 << 10 // bytes of one header value that are kept

// request makes r ready to be sent, with the credentials. It shares r's body
// and header values but not its header, which must not come to hold a secret.
// An error of hook's is about the URL, another one about the rest.
func (c *Client) request(ctx context.Context, r hook.Request, creds credentials) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil || req.URL.Scheme != "https" || req.URL.Hostname() == "" || req.URL.User != nil {
		if bad := hook.CheckURL(r.URL); bad != nil {
			return nil, bad
		}
		return nil, err
	}
	header := make(http.Header, len(r.Header)+3)
	for name, values := range r.Header {
		switch name = http.CanonicalHeaderKey(name); name {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			// These follow from the URL and the body.
		default:
			header[name] = values
		}
	}
	if _, ok := header["User-Agent"]; !ok {
		header["User-Agent"] = c.agent
	}
	if creds.name != "" {
		if _, taken := header[creds.name]; taken {
			return nil, hook.Errorf(hook.Invalid, "the credentials and something else of the request want the header %s; "+
				"give one of them another", creds.name)
		}
		header[creds.name] = []string{creds.value}
	}
	if _, ok := header["Idempotency-Key"]; !ok {
		// Not sent, being empty, but it tells the transport that it may send the
		// request again if a kept connection turns out to be closed. A delivery
		// is sent at least once, so a receiver must expect that anyway.
		header["Idempotency-Key"] = nil
	}
	req.Header = header
	return req, nil
}

// withoutUser returns raw without the user name and password that it may hold,
// whether or not it can be parsed.
func withoutUser(raw string) string {
	begin := strings.Index(raw, "//") + len("//")
	at := strings.LastIndexByte(raw, '@')
	if begin < len("//") || at < begin {
		return strings.ToValidUTF8(raw, "\uFFFD")
	}
	return strings.ToValidUTF8(raw[:begin]+hidden+raw[at:], "\uFFFD")
}

// explainRequest says why a request could not be made.
func explainRequest(err error) (hook.ErrorKind, string) {
	if e, ok := errors.AsType[*hook.Error](err); ok {
		if len(e.Problems) > 0 {
			return hook.BadAddress, "the URL " + e.Problems[0].Reason
		}
		return hook.BadRender, e.Msg
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return hook.BadAddress, clean("the URL cannot be read: " + e.Err.Error())
	}
	return hook.BadRender, clean("the request could not be made: " + err.Error())
}

// line is one line of a head.
type line struct{ name, value string }

// requestHead returns the header lines of req as they are sent, with those that
// the transport adds, and without credentials.
func requestHead(req *http.Request, creds credentials) string {
	var space [24]line // enough for nearly every request, and on the stack
	lines := append(space[:0], line{"Host", req.URL.Host})
	if req.ContentLength > 0 || req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch {
		lines = append(lines, line{"Content-Length", strconv.FormatInt(req.ContentLength, 10)})
	}
	for name, values := range req.Header {
		for _, v := range values {
			if name == "Authorization" || name == "Proxy-Authorization" || name == creds.name {
				v = hidden
			}
			lines = append(lines, line{name, v})
		}
	}
	return format(lines, maxReadHead)
}

// head returns the lines of a response's header, as many as fit into maxHead
// bytes, without the credentials.
func head(h http.Header, creds credentials) string {
	var space [24]line
	lines := space[:0]
	for name, values := range h {
		for _, v := range values {
			lines = append(lines, line{name, creds.hide(v)})
		}
	}
	return format(lines, maxHead)
}

// format sorts lines by name and writes them out, each as "Name: value\n", as
// many as fit into limit bytes. Long values are cut, and what is not text is
// replaced.
func format(lines []line, limit int) string {
	slices.SortStableFunc(lines, func(a, b line) int { return strings.Compare(a.name, b.name) })
	size := 0
	for i, l := range lines {
		lines[i].name, lines[i].value = clean(l.name), clean(l.value)
		size += len(lines[i].name) + len(lines[i].value) + len(": \n")
	}
	var b strings.Builder
	b.Grow(min(size, limit))
	for _, l := range lines {
		if b.Len()+len(l.name)+len(l.value)+len(": \n") > limit {
			break
		}
		b.WriteString(l.name)
		b.WriteString(": ")
		b.WriteString(l.value)
		b.WriteByte('\n')
	}
	return b.String()
}

// clean makes s fit to be stored and shown in one line: valid UTF-8 of at most
// maxHeadValue bytes without control characters.
func clean(s string) string {
	plain := len(s) <= maxHeadValue
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r // an invalid byte arrives as U+FFFD
	}, s)
	if len(s) <= maxHeadValue {
		return s
	}
	end := maxHeadValue - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
