package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/webhook"
)

// check is one kind of signature that must be right.
type check struct {
	name string
	// verify returns nil if one of the keys is right, and says which in words if
	// there are several.
	verify func(header http.Header, body []byte) (which string, err error)
	// look says what else to look at in a header that could not be verified; it
	// may be "".
	look func(header http.Header, body []byte) string
}

// standardCheck returns the check of a scheme of Standard Webhooks. It does not
// look at the time.
func standardCheck(scheme string, keys []string) (check, error) {
	verifiers := make([]*webhook.Verifier, len(keys))
	for i, key := range keys {
		public := strings.HasPrefix(strings.TrimSpace(key), "whpk_")
		if public != (scheme == "v1a") {
			return check{}, fmt.Errorf("key %d of %d is for another scheme than %s", i+1, len(keys), scheme)
		}
		v, err := webhook.NewVerifier(key)
		if err != nil {
			return check{}, errors.New(strings.Replace(err.Error(), "webhook: key 1 of 1", fmt.Sprintf("key %d of %d", i+1, len(keys)), 1))
		}
		v.Tolerance = math.MaxInt64
		verifiers[i] = v
	}
	verify := func(header http.Header, body []byte) (which string, err error) {
		for i, v := range verifiers {
			if _, err = v.Verify(header, body); err == nil {
				if len(keys) > 1 {
					which = fmt.Sprintf(", by key %d of %d", i+1, len(keys))
				}
				return which, nil
			}
		}
		return "", err
	}
	look := func(header http.Header, _ []byte) string { return lookAtSchemes(scheme, header) }
	return check{name: scheme, verify: verify, look: look}, nil
}

// lookAtSchemes says that the signature has other schemes only, if so.
func lookAtSchemes(scheme string, header http.Header) string {
	var there []string
	for signature := range strings.FieldsSeq(strings.Join(header.Values("Webhook-Signature"), " ")) {
		if name, _, _ := strings.Cut(signature, ","); !slices.Contains(there, name) {
			there = append(there, name)
		}
	}
	if len(there) == 0 || slices.Contains(there, scheme) {
		return ""
	}
	return fmt.Sprintf("The request is signed by %q only; give a key for that, or have the hook sign by %s too.", there, scheme)
}

// plainCheck returns the check of a plain HMAC.
func plainCheck(header, prefix, algorithm, encoding, secret string) check {
	h := webhook.HMAC{Header: header, Prefix: prefix, Algorithm: algorithm, Encoding: encoding, Secret: secret}
	verify := func(header http.Header, body []byte) (string, error) { return "", h.Verify(header, body) }
	look := func(header http.Header, body []byte) string {
		for _, prefix := range []string{h.Prefix, "", "sha256=", "sha512=", "sha1="} {
			for _, algorithm := range []string{"sha256", "sha512", "sha1"} {
				for _, encoding := range []string{"hex", "base64"} {
					other := webhook.HMAC{Header: h.Header, Prefix: prefix, Algorithm: algorithm, Encoding: encoding, Secret: secret}
					if other.Verify(header, body) == nil {
						return fmt.Sprintf("It is right with --hmac-prefix=%q --hmac-algorithm=%s --hmac-encoding=%s.", prefix, algorithm, encoding)
					}
				}
			}
		}
		return ""
	}
	return check{name: http.CanonicalHeaderKey(header), verify: verify, look: look}
}

// report says what is right and what isn't, and whether everything is.
func report(r capture, checks []check, now time.Time, tolerance time.Duration) (text string, right bool) {
	var b strings.Builder
	right = true
	for _, name := range []string{"Webhook-Id", "Webhook-Attempt"} {
		if value := r.header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, shown(value))
		}
	}
	if line, near := aboutTime(r.header.Get("Webhook-Timestamp"), now, tolerance); line != "" {
		fmt.Fprintf(&b, "Webhook-Timestamp: %s\n", line)
		right = near
	}
	fmt.Fprintf(&b, "Body: %s\n", count(len(r.body), "byte"))
	for _, note := range r.notes {
		fmt.Fprintf(&b, "Note: %s\n", note)
	}
	b.WriteByte('\n')
	for _, c := range checks {
		which, err := c.verify(r.header, r.body)
		if err == nil {
			fmt.Fprintf(&b, "%s: right%s\n", c.name, which)
			continue
		}
		right = false
		fmt.Fprintf(&b, "%s: wrong: %v\n", c.name, err)
		for _, hint := range hints(c, err, r) {
			fmt.Fprintf(&b, "  %s\n", hint)
		}
	}
	return b.String(), right
}

// shown writes what could steer a terminal as escapes.
func shown(value string) string {
	quoted := strconv.Quote(value)
	if quoted == `"`+value+`"` {
		return value
	}
	return quoted
}

// aboutTime says how old a request is, and whether that is tolerated; nothing is
// judged if the tolerance is 0.
func aboutTime(timestamp string, now time.Time, tolerance time.Duration) (line string, near bool) {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case timestamp == "" && tolerance == 0:
		return "", true
	case timestamp == "":
		return "wrong: it is missing, so that nobody can tell how old the request is", false
	case err != nil:
		return fmt.Sprintf("wrong: it is %.40q, not a number of seconds", timestamp), tolerance == 0
	}
	at := time.Unix(seconds, 0)
	age := now.Sub(at)
	line = fmt.Sprintf("%s, which is %s, %s", timestamp, at.UTC().Format("2006-01-02 15:04:05 UTC"), ago(age))
	switch {
	case tolerance == 0:
		return line + " (not judged)", true
	case age.Abs() <= tolerance:
		return line + ": right", true
	case age > 0:
		return fmt.Sprintf("%s: wrong: more than %s are too old", line, tolerance), false
	default:
		return fmt.Sprintf("%s: wrong: more than %s are too new; check the clocks", line, tolerance), false
	}
}

func ago(age time.Duration) string {
	const day = 24 * time.Hour
	far := age.Abs().Round(time.Second).String()
	if age.Abs() >= 2*day {
		far = count(int(age.Abs()/day), "day")
	}
	if age < 0 {
		return far + " ahead"
	}
	return far + " ago"
}

// hints says what to look at when a check has failed with err.
func hints(c check, err error, r capture) []string {
	if hint := c.look(r.header, r.body); hint != "" {
		return []string{hint}
	}
	if !errors.Is(err, webhook.ErrSignature) {
		return nil // the error says it
	}
	for _, v := range variants(r.body) {
		if _, err := c.verify(r.header, v.body); err == nil {
			return []string{"It is right for the body " + v.how}
		}
	}
	return []string{
		"Compare the key with the one that the hook has: another hook's, or one that was replaced, does not fit.",
		"The body must be as it came, to the byte: neither decoded and encoded again, nor trimmed, nor in another character set.",
	}
}

// variant is a body as it may have been before something happened to it.
type variant struct {
	how  string
	body []byte
}

// variants returns what a body may have been before it was captured.
func variants(body []byte) []variant {
	trimmed := bytes.TrimRight(body, "\r\n")
	short := bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
	all := []variant{
		{"without the line break at its end, which an editor or a program has added; cut it off.", trimmed},
		{"with a line break at its end, which an editor or a program has cut off.", append(slices.Clone(trimmed), '\n')},
		{"without the byte order mark at its beginning, which an editor has added; remove it.", bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))},
		{"with line breaks of one byte (LF); an editor or a program has turned them into CR LF.", short},
		{"with line breaks of two bytes (CR LF); an editor or a program has turned them into LF.", bytes.ReplaceAll(short, []byte("\n"), []byte("\r\n"))},
	}
	var compact bytes.Buffer
	if json.Compact(&compact, body) == nil {
		all = append(all, variant{"without the white space between its members: it was decoded or indented after it came; verify it before.", compact.Bytes()})
	}
	return all
}
