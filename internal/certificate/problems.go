package certificate

import (
	"crypto/x509"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
)

const maxName = 200 // bytes of a certificate's name that are kept

// problems collects what is wrong with an input.
type problems []hook.Problem

func (p *problems) add(field, reason, german string) {
	*p = append(*p, hook.Problem{Field: field, Reason: reason, German: german})
}

func (p *problems) tooLong(field string) {
	p.add(field, "it is longer than 64 KiB; leave only the certificate, its key and the authorities above it",
		"Die Eingabe ist länger als 64 KiB; lassen Sie nur das Zertifikat, seinen Schlüssel und die Stellen darüber stehen.")
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

// name returns what a certificate is called: its subject or, as newer ones leave
// that empty, the first of its other names.
func name(c *x509.Certificate) string {
	if s := c.Subject.String(); s != "" {
		return cut(s)
	}
	for _, names := range [][]string{c.DNSNames, c.EmailAddresses} {
		if len(names) > 0 {
			return cut(names[0])
		}
	}
	if len(c.URIs) > 0 {
		return cut(c.URIs[0].String())
	}
	return "serial number " + cut(c.SerialNumber.Text(16))
}

// cut makes s fit to be shown in one line.
func cut(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if len(s) <= maxName {
		return s
	}
	end := maxName - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
