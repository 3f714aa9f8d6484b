package check

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"
)

// grade returns the report with its findings and the grade they make.
func grade(f facts) Report {
	r := f.report
	r.Findings = []Finding{}
	if f.refusal != "" {
		r.Findings = append(r.Findings, refusal(f.refusal))
	}
	for _, found := range [][]Finding{f.onAddresses(), f.onVersions(), f.onCertificates(), f.onHTTP()} {
		r.Findings = append(r.Findings, found...)
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return strings.Compare(string(b.Grade), string(a.Grade)) })
	r.Grade = A
	if len(r.Findings) > 0 {
		r.Grade = r.Findings[0].Grade
	}
	r.Delivers = r.Grade != F
	return r
}

// refusal is the finding that Waybill would not deliver, for a reason that may
// have a remedy after a semicolon.
func refusal(reason string) Finding {
	what, fix, _ := strings.Cut(reason, "; ")
	return Finding{F, what, fix}
}

func (f *facts) onAddresses() []Finding {
	var found []Finding
	for _, a := range f.report.Addresses {
		switch what, fix, _ := strings.Cut(a.Reason, "; "); {
		case f.refusal != "" || a.Reason == "":
		case !a.Permitted:
			found = append(found, Finding{B, "one of its addresses is passed over: " + what, fix})
		default:
			found = append(found, Finding{C, "one of its addresses, " + a.Address + ", takes no connection: " + what, fix})
		}
	}
	return found
}

func (f *facts) onVersions() []Finding {
	old, weak, alone := "", "", ""
	for _, v := range f.report.Versions {
		switch {
		case v.Offered && v.Name < tls.VersionName(tls.VersionTLS12):
			old = cmp.Or(old, v.Name)
		case v.Name == tls.VersionName(tls.VersionTLS12) && v.Offered && !isModern(v.Suite):
			alone = v.Suite
		default:
			weak = cmp.Or(weak, v.Weak)
		}
	}
	if f.refusal != "" {
		return nil // there is something more urgent to do
	}
	var found []Finding
	if old != "" {
		found = append(found, Finding{B, "it still offers " + old + ", which is broken", "switch off TLS 1.0 and 1.1 in the web server's settings"})
	}
	if alone != "" {
		found = append(found, Finding{
			B, "with TLS 1.2 it accepts outdated cipher suites alone, such as " + alone,
			"switch TLS 1.2 off, or give it suites with ECDHE and GCM or ChaCha20-Poly1305 in the web server's settings",
		})
	}
	if weak != "" {
		found = append(found, Finding{
			B, "with TLS 1.2 it also accepts outdated cipher suites such as " + weak,
			"leave only suites with ECDHE and GCM or ChaCha20-Poly1305 in the web server's settings",
		})
	}
	return found
}

func (f *facts) onCertificates() []Finding {
	var found []Finding
	for i, c := range f.chain {
		if !weakKey(c.PublicKey) || i > 0 && selfSigned(c) {
			continue
		}
		found = append(found, Finding{
			D, fmt.Sprintf("the key of the certificate of %s is weak: %s", plain(c.Subject.String()), keyName(c.PublicKey)),
			"make a new one of RSA with 2048 bits or ECDSA P-256 at least, and have a certificate issued for it",
		})
	}
	if !f.report.Verified {
		return found
	}
	if left := f.chain[0].NotAfter.Sub(f.now); left <= 30*24*time.Hour {
		g := B
		if left <= 7*24*time.Hour {
			g = C
		}
		found = append(found, Finding{
			g, fmt.Sprintf("the certificate expires on %s, in %s", day(f.chain[0].NotAfter), days(left)),
			"renew it, and see to it that this happens by itself",
		})
	}
	if f.anchor != nil && !selfSigned(f.anchor) {
		found = append(found, Finding{
			B, "the chain is not complete: " + plain(f.anchor.Subject.String()) + " is trusted here, but is not a root, and others won't know it",
			"have the receiver send the whole chain, up to the root",
		})
	}
	return found
}

func (f *facts) onHTTP() []Finding {
	var found []Finding
	if f.onlyTwo {
		found = append(found, Finding{C, "it speaks HTTP/2 alone", "set http2 for the hook, or let the receiver offer HTTP/1.1 as well"})
	}
	if f.report.AsksFor {
		found = append(found, Finding{A, "it asks for a client certificate", "give the hook one that it accepts, if it insists"})
	}
	return found
}

// isModern is modern, by name.
func isModern(suite string) bool {
	return slices.ContainsFunc(suites(modern), func(id uint16) bool { return tls.CipherSuiteName(id) == suite })
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

func days(d time.Duration) string {
	switch n := int(d / (24 * time.Hour)); n {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}
