package send

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// phase is how far a request had come.
type phase int

const (
	resolving phase = iota
	connecting
	handshake
	waiting // for the response's first byte
	reading // the response
)

// failure is what is known of a failed request besides its error.
type failure struct {
	phase      phase
	host, port string
	status     int // of the response; 0 if its head did not come whole
	read       int // bytes of the response's body that were kept
	now        time.Time
	elapsed    time.Duration
	cancelled  bool   // by the caller
	newest     string // version of TLS that is offered, if it is too old and known
	client     hook.Certificate
	asked      bool // the receiver asked for a client certificate
}

// explain sorts err and says in words what went wrong and what can be done. What
// the receiver has sent may be part of it: clean it before it is shown.
func (f failure) explain(err error) (hook.ErrorKind, string) {
	if f.cancelled {
		return hook.Abandoned, "Waybill broke the request off, since it stopped or had lost its database; whether the receiver got it is not known"
	}
	if e, ok := errors.AsType[*refusedError](err); ok {
		return hook.BadAddress, fmt.Sprintf("the connection to %s was refused by this server: %s", f.host, e.tell(f.host))
	}
	if e, ok := errors.AsType[*hook.Error](err); ok {
		return explainRequest(e)
	}
	if e, ok := errors.AsType[*proxyError](err); ok {
		return hook.BadConnect, fmt.Sprintf("no connection to %s port %s was made: %v", f.host, f.port, e)
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return hook.BadName, f.explainName(e)
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return hook.BadTLS, f.explainCertificate(e)
	}
	if e, ok := errors.AsType[*clientCertificateError](err); ok {
		return hook.BadTLS, e.Error()
	}
	if strings.HasPrefix(err.Error(), "net/http: invalid header") {
		return hook.BadRender, "a header of the request may not be sent: " + err.Error()
	}
	if reason := f.explainTLS(err); reason != "" {
		return hook.BadTLS, reason
	}
	if timedOut(err) {
		return f.explainTimeout()
	}
	switch f.phase {
	case resolving, connecting:
		return hook.BadConnect, f.explainConnect(err)
	case handshake:
		if closed(err) {
			return hook.BadTLS, fmt.Sprintf("the receiver closed the connection during the TLS handshake; "+
				"check that %s port %s is meant for https", f.host, f.port)
		}
		return hook.BadTLS, "the TLS handshake failed: " + err.Error()
	default:
		return hook.BadResponse, f.explainResponse(err)
	}
}

func (f failure) explainName(e *net.DNSError) string {
	switch {
	case e.IsNotFound:
		return fmt.Sprintf("the name %s was not found; check the host in the URL, or the receiver's DNS entry", f.host)
	case e.IsTimeout:
		return fmt.Sprintf("the look-up of the name %s got no answer in time; check this server's DNS resolver", f.host)
	default:
		return fmt.Sprintf("the look-up of the name %s failed: %s", f.host, e.Err)
	}
}

func (f failure) explainConnect(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refused the connection on port %s; check that the receiver runs and the port is right", f.host, f.port)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fmt.Sprintf("there is no route to %s; check this server's network and the receiver's firewall", f.host)
	case misbound(err):
		return "this server does not have the address that --source-address names; correct it"
	case closed(err):
		return f.host + " broke the connection off at once; check the receiver's firewall"
	default:
		return fmt.Sprintf("no connection to %s port %s was made: %v", f.host, f.port, bare(err))
	}
}

func (f failure) explainTimeout() (hook.ErrorKind, string) {
	took := round(f.elapsed)
	switch f.phase {
	case resolving:
		return hook.BadName, fmt.Sprintf("the look-up of the name %s had no answer after %s; check this server's DNS resolver", f.host, took)
	case connecting:
		return hook.BadConnect, fmt.Sprintf("%s port %s had not taken the connection after %s; "+
			"check that the receiver runs and its firewall lets this server in", f.host, f.port, took)
	case handshake:
		return hook.BadTLS, fmt.Sprintf("%s port %s had not finished the TLS handshake after %s; "+
			"check that the port is meant for https", f.host, f.port, took)
	case waiting:
		return hook.TimedOut, fmt.Sprintf("the receiver had not answered after %s; "+
			"it should answer first and do its work afterwards", took)
	default:
		return hook.TimedOut, fmt.Sprintf("the receiver began its response but had not ended it after %s; "+
			"a short or empty body is enough", took)
	}
}

func (f failure) explainResponse(err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "response header list larger"):
		return fmt.Sprintf("the head of the response is longer than %d KiB", maxReadHead>>10)
	case strings.Contains(text, "malformed"), strings.Contains(text, "invalid header"), strings.Contains(text, "bad Content-Length"):
		return "what the receiver answered is not HTTP: " + text
	case f.phase == reading && closed(err) && f.status == 0:
		return "the response broke off in its head"
	case f.phase == reading && closed(err):
		return fmt.Sprintf("the response broke off after %d bytes of its body", f.read)
	case closed(err):
		return "the receiver closed the connection without an answer"
	default:
		return "the response could not be read: " + text
	}
}

// closed reports whether err means that the other side ended the connection.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		strings.Contains(err.Error(), "server closed idle connection")
}

// misbound reports whether err means that the source address is none of ours.
func misbound(err error) bool {
	e, ok := errors.AsType[*os.SyscallError](err)
	return ok && e.Syscall == "bind" && errors.Is(err, syscall.EADDRNOTAVAIL)
}

func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}

// round makes d short to read.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
