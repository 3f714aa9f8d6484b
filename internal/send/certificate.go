package send

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// explainTLS says what went wrong in the handshake, apart from the certificate
// and from a connection that broke; "" if err is not about TLS.
func (f failure) explainTLS(err error) string {
	if e, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if bytes.HasPrefix(e.RecordHeader[:], []byte("HTTP")) {
			return fmt.Sprintf("%s port %s speaks plain HTTP, not https; use the receiver's https port", f.host, f.port)
		}
		return fmt.Sprintf("%s port %s does not speak TLS; use the receiver's https port", f.host, f.port)
	}
	text := err.Error()
	e, remote := errors.AsType[*net.OpError](err)
	remote = remote && e.Op == "remote error"
	switch {
	case tooOld(err) && f.newest != "":
		return "the receiver offers " + f.newest + " at most; it must offer TLS 1.2 or 1.3"
	case tooOld(err):
		return "the receiver's TLS version is too old; it must offer TLS 1.2 or 1.3"
	case remote && aboutClient(text):
		return explainClient(f.client, f.now, strings.TrimPrefix(e.Err.Error(), "tls: "))
	case remote && strings.Contains(text, "unrecognized name"):
		return fmt.Sprintf("the receiver has no certificate for the name %s; check the host in the URL", f.host)
	case remote && strings.Contains(text, "handshake failure"):
		return f.explainHandshake()
	case remote:
		return "the receiver refused the TLS connection: " + text
	default:
		return ""
	}
}

// explainCertificate says why a receiver's certificate was not accepted.
func (f failure) explainCertificate(err *tls.CertificateVerificationError) string {
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Sprintf("the receiver's certificate is valid for %s, not %s; "+
			"correct the host in the URL, or have the certificate issued for it", names(e.Certificate), f.host)
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return f.explainInvalid(e)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return explainAuthority(err.UnverifiedCertificates)
	}
	if _, ok := errors.AsType[x509.SystemRootsError](err); ok {
		return "this server has no list of trusted authorities; install its ca-certificates package"
	}
	return "the receiver's certificate was not accepted: " + err.Err.Error()
}

func (f failure) explainInvalid(e x509.CertificateInvalidError) string {
	const day = "2 January 2006"
	switch {
	case e.Reason == x509.Expired && e.Cert != nil && f.now.Before(e.Cert.NotBefore):
		return fmt.Sprintf("the receiver's certificate is not valid before %s, %s from now; check the clocks of both servers",
			e.Cert.NotBefore.UTC().Format(day), span(e.Cert.NotBefore.Sub(f.now)))
	case e.Reason == x509.Expired && e.Cert != nil:
		return fmt.Sprintf("the receiver's certificate expired %s ago, on %s; it has to be renewed",
			span(f.now.Sub(e.Cert.NotAfter)), e.Cert.NotAfter.UTC().Format(day))
	case e.Reason == x509.IncompatibleUsage:
		return "the receiver's certificate is not one for a server; have one issued for that use"
	default:
		return "the receiver's certificate is not valid: " + e.Error()
	}
}

// explainAuthority is for a chain of certificates, the receiver's own first, that
// ends nowhere.
func explainAuthority(chain []*x509.Certificate) string {
	const remedy = "use one of a public authority, or have the operator of this server name it in --trust"
	if len(chain) == 0 {
		return "the receiver showed no certificate"
	}
	own := chain[0]
	switch {
	case bytes.Equal(own.RawIssuer, own.RawSubject) && own.CheckSignature(own.SignatureAlgorithm, own.RawTBSCertificate, own.Signature) == nil:
		return "the receiver's certificate is self-signed; " + remedy
	case len(chain) == 1:
		return fmt.Sprintf("the receiver's certificate is from an authority that is not known here (%s), "+
			"or the receiver leaves out the intermediate certificate; send the whole chain, %s", issuer(own), remedy)
	default:
		return fmt.Sprintf("the receiver's certificate is from an authority that is not known here (%s); %s",
			issuer(chain[len(chain)-1]), remedy)
	}
}

func issuer(c *x509.Certificate) string {
	if s := c.Issuer.String(); s != "" {
		return s
	}
	return "without a name"
}

// names lists what a certificate is valid for: three of them at most.
func names(c *x509.Certificate) string {
	all := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	switch n := len(all); {
	case n == 0:
		return "no host name at all"
	case n > 3:
		return fmt.Sprintf("%s and %d more", strings.Join(all[:3], ", "), n-3)
	default:
		return strings.Join(all, ", ")
	}
}

// span words a length of time in its largest unit.
func span(d time.Duration) string {
	n, unit := int(d/(24*time.Hour)), "day"
	if n == 0 {
		n, unit = int(d/time.Hour), "hour"
	}
	if n == 0 {
		n, unit = int(d/time.Minute), "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
