package check

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Write writes the report for people to read.
func (r Report) Write(out io.Writer) error {
	var b strings.Builder
	verdict := "Waybill delivers there."
	if !r.Delivers {
		verdict = "Waybill does not deliver there."
	}
	fmt.Fprintf(&b, "%s\nGrade %s: %s\n", r.URL, r.Grade, verdict)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n  %s  %s.\n", f.Grade, capital(f.What))
		if f.Fix != "" {
			fmt.Fprintf(&b, "     %s.\n", capital(f.Fix))
		}
	}
	r.writeWay(&b)
	r.writeChain(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// row writes one line of a table: its title, if it has one, and the rest.
func row(b *strings.Builder, title, format string, args ...any) {
	fmt.Fprintf(b, "%-13s"+format+"\n", append([]any{title}, args...)...)
}

// writeWay tells of addresses, versions and times.
func (r Report) writeWay(b *strings.Builder) {
	width := 0
	for _, a := range r.Addresses {
		width = max(width, len(a.Address))
	}
	title := section(b, "Addresses")
	for _, a := range r.Addresses {
		row(b, title(), "%-*s  %s", width, a.Address, a.state())
	}
	title = section(b, "TLS")
	for _, v := range r.Versions {
		number := strings.TrimPrefix(v.Name, "TLS ")
		if !v.Offered {
			row(b, title(), "%s  not offered", number)
			continue
		}
		row(b, title(), "%s  %s", number, v.Suite)
		if v.Weak != "" {
			row(b, "", "     and %s", v.Weak)
		}
	}
	if len(r.HTTP) > 0 {
		row(b, section(b, "HTTP")(), "%s", strings.NewReplacer("http/1.1", "1.1", "h2", "2").Replace(strings.Join(r.HTTP, ", ")))
	}
	if took := r.Took.String(); took != "" {
		row(b, section(b, "Time")(), "%s", took)
	}
}

// state says what became of an address.
func (a Address) state() string {
	switch {
	case a.Used:
		return "checked"
	case !a.Permitted:
		return "refused"
	case a.Reason != "":
		return "takes no connection"
	default:
		return "permitted"
	}
}

func (r Report) writeChain(b *strings.Builder) {
	for i, c := range r.Chain {
		name := "Certificate"
		if i > 0 {
			name = "Issuer"
		}
		row(b, section(b, name)(), "%s", c.Subject)
		if len(c.Names) > 0 {
			row(b, "", "for     %s", some(c.Names))
		}
		row(b, "", "key     %s", c.Key)
		row(b, "", "valid   %s to %s, %s", day(c.NotBefore), day(c.NotAfter), left(c.NotAfter, r.CheckedAt))
		row(b, "", "issuer  %s", c.Issuer)
		row(b, "", "signed  %s", c.Signature)
	}
	if len(r.Chain) > 0 {
		trusted := "no"
		if r.Verified {
			trusted = "yes"
		}
		row(b, section(b, "Trusted")(), "%s", trusted)
	}
}

// String lists the times that are known.
func (t Took) String() string {
	var parts []string
	for _, step := range []struct {
		name string
		took float64
	}{{"look-up", t.LookUp}, {"connection", t.Connect}, {"handshake", t.Handshake}} {
		if step.took > 0 {
			parts = append(parts, fmt.Sprintf("%s %.1f ms", step.name, step.took))
		}
	}
	return strings.Join(parts, ", ")
}

// section returns the title of a section for its first row, with an empty line
// before it, and nothing for the others.
func section(b *strings.Builder, name string) func() string {
	return func() string {
		defer func() { name = "" }()
		if name != "" {
			b.WriteByte('\n')
		}
		return name
	}
}

// some lists names, five of them at most.
func some(names []string) string {
	if n := len(names) - 5; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), n)
	}
	return strings.Join(names, ", ")
}

func left(end, now time.Time) string {
	if end.Before(now) {
		return "expired " + days(now.Sub(end)) + " ago"
	}
	return days(end.Sub(now)) + " left"
}

// capital returns a sentence with a capital at its beginning, unless that is a
// host or an address.
func capital(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if s == "" || strings.ContainsAny(word, ".:") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
