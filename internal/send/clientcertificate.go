package send

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// aboutClient reports whether the text of an alert is one about the certificate
// that we show, or do not show (RFC 8446, section 6.2).
func aboutClient(text string) bool {
	for _, alert := range []string{
		"certificate required", "bad certificate", "unsupported certificate", "revoked certificate",
		"expired certificate", "unknown certificate", "unknown certificate authority", "access denied",
	} {
		if strings.HasSuffix(text, "tls: "+alert) {
			return true
		}
	}
	return false
}

// explainClient says why a receiver is not content with the client certificate,
// if any. The detail is the receiver's own word for it, and may be empty.
func explainClient(c hook.Certificate, now time.Time, detail string) string {
	if !c.Set() {
		return "the receiver asks for a client certificate, and the hook has none; give it one that the receiver accepts"
	}
	reason := "the receiver does not accept the hook's client certificate (" + c.Subject + ")"
	switch {
	case !c.NotAfter.IsZero() && now.After(c.NotAfter):
		return reason + ", which expired " + span(now.Sub(c.NotAfter)) + " ago; have it renewed"
	case strings.Contains(detail, "authority"):
		reason += ", because it does not trust its issuer"
	case detail != "":
		reason += ": " + detail
	}
	return reason + "; it is from " + c.Issuer + "; ask the receiver's operator which certificate to use"
}

// explainHandshake is for the alert that says no more than that the handshake
// failed.
func (f failure) explainHandshake() string {
	if f.asked {
		return explainClient(f.client, f.now, "")
	}
	return "the receiver and this server have no TLS cipher in common; " +
		"the receiver must offer one with forward secrecy and AES-GCM or ChaCha20-Poly1305"
}

// explainAnswer returns the reason for an answer that means a client certificate:
// nginx finishes the handshake without one, or with a wrong one, and answers with
// a page that says so. It returns "" for any other.
func explainAnswer(a *hook.Attempt, c hook.Certificate) string {
	if a.Status != http.StatusBadRequest || !bytes.Contains(a.ResponseBody, []byte("SSL certificate")) {
		return ""
	}
	switch {
	case bytes.Contains(a.ResponseBody, []byte("No required SSL certificate was sent")):
		return explainClient(hook.Certificate{}, a.StartedAt, "")
	case bytes.Contains(a.ResponseBody, []byte("The SSL certificate error")):
		return explainClient(c, a.StartedAt, "")
	default:
		return ""
	}
}
