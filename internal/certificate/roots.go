package certificate

import (
	"crypto/x509"
	"fmt"
	"time"
)

const (
	maxRootsInput = 256 << 10 // bytes; a system's whole list has about 220 KiB
	maxRoots      = 200
)

// Roots reads the certificates of authorities that are to be trusted, as PEM,
// for the given field, and leaves out those that are there twice. It fails with a
// *hook.Error that names what is wrong and the line where it stands. Text around
// the blocks doesn't matter.
func Roots(field, text string, now time.Time) ([]*x509.Certificate, error) {
	var wrong problems
	if len(text) > maxRootsInput {
		wrong.add(field, "it is longer than 256 KiB; leave only the authorities that you need",
			"Die Eingabe ist länger als 256 KiB; lassen Sie nur die Stellen stehen, die Sie brauchen.")
		return nil, wrong.err()
	}
	var roots []*x509.Certificate
	seen := make(map[string]bool)
	all := pieces(text)
	if len(all) == 0 {
		wrong.notPEM(field, text)
	}
	if len(all) > maxRoots {
		wrong.add(field, "there are more than 200 certificates in it; leave only the authorities that you need",
			"Es sind mehr als 200 Zertifikate darin; lassen Sie nur die Stellen stehen, die Sie brauchen.")
		return nil, wrong.err()
	}
	for _, piece := range all {
		c := wrong.root(field, piece, now)
		if c != nil && !seen[string(c.Raw)] {
			seen[string(c.Raw)] = true
			roots = append(roots, c)
		}
	}
	if len(wrong) > 0 {
		return nil, wrong.err()
	}
	return roots, nil
}

// root returns the authority that a piece holds, or notes why it isn't one.
func (p *problems) root(field string, piece piece, now time.Time) *x509.Certificate {
	found := readPiece(piece, field, p)
	if len(found.keys) > 0 {
		p.add(field, fmt.Sprintf("line %d begins a private key, which must not be here; remove it, and have it replaced if others have seen it", piece.line),
			fmt.Sprintf("In Zeile %d beginnt ein privater Schlüssel, der nicht hierher gehört; entfernen Sie ihn und lassen Sie ihn ersetzen, wenn andere ihn gesehen haben.", piece.line))
	}
	if len(found.certificates) == 0 {
		return nil
	}
	c := found.certificates[0]
	before := len(*p)
	if !c.BasicConstraintsValid || !c.IsCA || c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0 {
		p.add(field, fmt.Sprintf("the certificate in line %d (%s) is not one of an authority; give the one that issued it", piece.line, name(c)),
			fmt.Sprintf("Das Zertifikat in Zeile %d (%s) ist nicht das einer Stelle, die Zertifikate ausgibt; geben Sie das an, mit dem es ausgestellt wurde.", piece.line, name(c)))
	}
	p.key(field, c.PublicKey)
	p.dates(field, c, false, now)
	if len(*p) > before {
		return nil
	}
	return c
}
