package sign

import (
	"net/textproto"
	"slices"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	maxName   = 100 // bytes of an HMAC's header name
	maxPrefix = 100 // bytes of what stands before an HMAC
)

// CheckHMAC returns nil if requests can be signed as m says, or a *hook.Error of
// fault Invalid that names every field of m that is wrong, with prefix before its
// name, such as "signing.hmac.". The header may not be one that requests have
// anyway, nor one that is taken by something else of the same hook.
func CheckHMAC(prefix string, m hook.HMAC, taken ...string) error {
	var wrong problems
	checkHeader(&wrong, prefix+"header", m.Header, taken)
	switch {
	case len(m.Prefix) > maxPrefix:
		wrong.add(prefix+"prefix", "it is longer than 100 characters; shorten it", "Der Text ist länger als 100 Zeichen; kürzen Sie ihn.")
	case strings.ContainsFunc(m.Prefix, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		wrong.add(prefix+"prefix", "it has a space or a character outside ASCII; write something like sha256=",
			"Der Text enthält ein Leerzeichen oder ein Zeichen außerhalb von ASCII; schreiben Sie etwas wie sha256=.")
	}
	if hashOf(m.Algorithm) == nil {
		wrong.add(prefix+"algorithm", "there is no such algorithm here; choose sha256, sha512 or, for an old receiver, sha1",
			"Dieses Verfahren gibt es hier nicht; wählen Sie sha256, sha512 oder, für einen alten Empfänger, sha1.")
	}
	if m.Encoding != "hex" && m.Encoding != "base64" {
		wrong.add(prefix+"encoding", "there is no such encoding here; choose hex or base64",
			"Diese Schreibweise gibt es hier nicht; wählen Sie hex oder base64.")
	}
	if m.Secret == "" {
		wrong.add(prefix+"secret", "it is missing; write what the receiver computes its HMAC with",
			"Das Geheimnis fehlt; schreiben Sie das, womit der Empfänger seinen HMAC berechnet.")
	}
	return wrong.err()
}

// CheckHeader returns nil if requests can be given a header with the name, or a
// *hook.Error about the field. It may not be one that requests have anyway, nor
// one that is taken by something else of the same hook.
func CheckHeader(field, name string, taken ...string) error {
	var wrong problems
	checkHeader(&wrong, field, name, taken)
	return wrong.err()
}

func checkHeader(wrong *problems, field, name string, taken []string) {
	same := func(other string) bool { return strings.EqualFold(name, other) }
	switch {
	case !token(name) || len(name) > maxName:
		wrong.add(field, "it cannot be the name of a header; use up to 100 letters, digits and hyphens, such as X-Signature or X-Api-Key",
			"Das kann nicht der Name einer Kopfzeile sein; verwenden Sie bis zu 100 Buchstaben, Ziffern und Bindestriche, etwa X-Signature oder X-Api-Key.")
	case reserved(textproto.CanonicalMIMEHeaderKey(name)):
		wrong.add(field, "requests use this header for something else; choose another, such as X-Signature or X-Api-Key",
			"Diese Kopfzeile hat in den Anfragen schon eine andere Bedeutung; wählen Sie eine andere, etwa X-Signature oder X-Api-Key.")
	case slices.ContainsFunc(taken, same):
		wrong.add(field, "this hook uses the header for something else already; choose another, such as X-Signature or X-Api-Key",
			"Diese Kopfzeile wird hier schon für etwas anderes verwendet; wählen Sie eine andere, etwa X-Signature oder X-Api-Key.")
	}
}

// token reports whether s is a token by RFC 9110, section 5.6.2, as the name of a
// header must be.
func token(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// reserved reports whether a request has the header anyway, or would mean
// something else with it.
func reserved(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Encoding", "Content-Length", "Content-Type",
		"Cookie", "Date", "Expect", "Host", "Http2-Settings", "Idempotency-Key", "Keep-Alive", "Proxy-Authorization",
		"Proxy-Connection", "Te", "Traceparent", "Tracestate", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent":
		return true
	}
	return strings.HasPrefix(name, "Webhook-")
}

// problems collects what is wrong with an input.
type problems []hook.Problem

func (p *problems) add(field, reason, german string) {
	*p = append(*p, hook.Problem{Field: field, Reason: reason, German: german})
}

// err returns what was noted as one error, nil if nothing was.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return &hook.Error{
		Fault: hook.Invalid, Msg: "the input is not valid", German: "Die Eingabe ist nicht gültig.", Problems: *p,
	}
}
