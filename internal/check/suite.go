package check

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"unicode"

	"github.com/waybillhq/waybill/internal/hook"
)

// suites returns the cipher suites of TLS 1.2 and before that want takes; nil
// takes all.
func suites(want func(id uint16) bool) []uint16 {
	var ids []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if want == nil || want(s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// modern reports whether deliveries offer a cipher suite of TLS 1.2.
func modern(id uint16) bool { return slices.Contains(hook.TLS(nil).CipherSuites, id) }

const (
	maxNames = 100 // of a certificate that are reported
	maxText  = 500 // bytes of what a certificate says that are reported
)

// describe puts a certificate into words.
func describe(c *x509.Certificate) Certificate {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	names = names[:min(len(names), maxNames)]
	for i, name := range names {
		names[i] = plain(name)
	}
	return Certificate{
		Subject: plain(c.Subject.String()), Issuer: plain(c.Issuer.String()), Names: names,
		Key: keyName(c.PublicKey), Signature: c.SignatureAlgorithm.String(),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
	}
}

// plain returns what a stranger's certificate says without what could steer a
// terminal.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), maxText)], "")
}

func keyName(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	default:
		return "unknown"
	}
}

// weakKey reports whether a key can be broken, or soon.
func weakKey(key any) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() < 2048
	case *ecdsa.PublicKey:
		return k.Curve.Params().BitSize < 256
	default:
		return false
	}
}

func selfSigned(c *x509.Certificate) bool {
	return string(c.RawIssuer) == string(c.RawSubject)
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
