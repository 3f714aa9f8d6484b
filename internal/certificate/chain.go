package certificate

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// chain puts the certificates in order, the key's own first, each signed by the
// next. The self-signed root at the end is left out: a receiver that does not
// have it would not believe it. It notes what doesn't belong.
func (p parts) chain(certField, keyField string, wrong *problems) []*x509.Certificate {
	rest := slices.Clone(p.certificates)
	own := slices.IndexFunc(rest, func(c *x509.Certificate) bool { return belongs(c, p.keys[0]) })
	if own < 0 {
		wrong.add(keyField, fmt.Sprintf("the private key is not the one of the certificate (%s); give the two that belong together", name(rest[0])),
			fmt.Sprintf("Der private Schlüssel gehört nicht zum Zertifikat (%s); geben Sie die beiden, die zusammengehören.", name(rest[0])))
		return nil
	}
	chain := []*x509.Certificate{rest[own]}
	for next := own; next >= 0; {
		last := chain[len(chain)-1]
		rest = slices.DeleteFunc(rest, last.Equal) // and if it is there twice
		next = slices.IndexFunc(rest, func(c *x509.Certificate) bool { return signed(last, c) })
		if next >= 0 {
			chain = append(chain, rest[next])
		}
	}
	wrong.strangers(certField, rest)
	if end := len(chain) - 1; end > 0 && bytes.Equal(chain[end].RawSubject, chain[end].RawIssuer) {
		chain = chain[:end]
	}
	return chain
}

// signed reports whether c was signed by the holder of parent. A signature of a
// kind that is too old to be checked is believed: whether to accept it is for
// receivers to say.
func signed(c, parent *x509.Certificate) bool {
	if !bytes.Equal(c.RawIssuer, parent.RawSubject) {
		return false
	}
	err := c.CheckSignatureFrom(parent)
	_, old := errors.AsType[x509.InsecureAlgorithmError](err)
	return err == nil || old
}

// strangers notes certificates that are not part of the chain.
func (p *problems) strangers(field string, rest []*x509.Certificate) {
	if len(rest) == 0 {
		return
	}
	names := make([]string, len(rest))
	for i, c := range rest {
		names[i] = name(c)
	}
	list := strings.Join(names, "; ")
	p.add(field, "it holds certificates that have not signed the ones before them ("+list+"); remove them",
		"Es sind Zertifikate darin, mit denen keines der anderen unterschrieben ist ("+list+"); entfernen Sie sie.")
}

// dates notes it if a certificate, the key's own or one above it, is not valid
// at now.
func (p *problems) dates(field string, c *x509.Certificate, own bool, now time.Time) {
	who, wer := "the certificate", "Das Zertifikat"
	if !own {
		who, wer = "the certificate of the authority "+name(c), "Das Zertifikat der Stelle "+name(c)
	}
	const day, tag = "2 January 2006", "02.01.2006"
	switch {
	case now.After(c.NotAfter):
		p.add(field, fmt.Sprintf("%s expired on %s; give the one that has replaced it", who, c.NotAfter.UTC().Format(day)),
			fmt.Sprintf("%s ist am %s abgelaufen; geben Sie das an, das es ersetzt hat.", wer, c.NotAfter.UTC().Format(tag)))
	case now.Before(c.NotBefore):
		p.add(field, fmt.Sprintf("%s is not valid before %s; give it from then on, or check this server's clock", who, c.NotBefore.UTC().Format(day)),
			fmt.Sprintf("%s gilt erst ab %s; geben Sie es ab dann an oder prüfen Sie die Uhr dieses Servers.", wer, c.NotBefore.UTC().Format(tag)))
	}
}

// purpose notes it if a certificate says what it is for, and that isn't to show
// who a client is (RFC 5280, sections 4.2.1.3 and 4.2.1.12).
func (p *problems) purpose(field string, c *x509.Certificate) {
	limited := len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) > 0
	client := slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
	if limited && !client {
		p.add(field, "it is not for clients: its extended key usage leaves out client authentication; have one issued with that",
			"Das Zertifikat ist nicht für Clients: Die erweiterte Schlüsselverwendung nennt keine Clientauthentifizierung; lassen Sie eines damit ausstellen.")
	}
	if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		p.add(field, "its key may not sign: its key usage leaves out digital signature; have one issued with that",
			"Der Schlüssel darf nicht unterschreiben: Die Schlüsselverwendung nennt keine digitale Signatur; lassen Sie ein Zertifikat damit ausstellen.")
	}
}
