package receiver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many bytes of a body Show writes.
const maxShown = 64 << 10

// Show writes r for people to read, in one call of w's Write: when it came, what
// it is and what it is answered; its header; and its body, indented if it is
// JSON. The password of basic authentication is hidden, and so are credentials
// of any other kind. What could steer a terminal is written as an escape.
func Show(w io.Writer, r Received) error {
	var b strings.Builder
	answer := "no answer"
	if r.Answer != 0 {
		answer = fmt.Sprintf("%d %s", r.Answer, http.StatusText(r.Answer))
	}
	fmt.Fprintf(&b, "%s  %s %s  →  %s\n", r.At.Format("15:04:05.000"), clean(r.Method), clean(r.Path), answer)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&b, "  %s: %s\n", clean(name), clean(shownValue(r.Header, name, value)))
		}
	}
	if len(r.Body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", shownBody(r.Body))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

func shownValue(header http.Header, name, value string) string {
	switch name {
	case "Authorization":
		user, _, ok := (&http.Request{Header: header}).BasicAuth()
		if ok {
			return fmt.Sprintf("Basic (user %q, password not shown)", user)
		}
		scheme, _, _ := strings.Cut(value, " ")
		return scheme + " (not shown)"
	case "Proxy-Authorization", "Cookie":
		return "(not shown)"
	}
	return value
}

func shownBody(body []byte) string {
	const margin = "  "
	if !utf8.Valid(body) {
		return fmt.Sprintf("%s(%d bytes that are not text)", margin, len(body))
	}
	var indented bytes.Buffer
	if json.Indent(&indented, bytes.TrimSpace(body), "", "  ") == nil {
		body = indented.Bytes()
	}
	text, rest := string(body), ""
	if len(text) > maxShown {
		rest = fmt.Sprintf("\n%s(and %d bytes more)", margin, len(text)-maxShown)
		text = strings.ToValidUTF8(text[:maxShown], "")
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = margin + clean(line)
	}
	return strings.Join(lines, "\n") + rest
}

// clean writes control characters, and those that turn the direction of text, as
// escapes.
func clean(s string) string {
	harmless := func(r rune) bool {
		return r == '\t' || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) && r != utf8.RuneError
	}
	if strings.IndexFunc(s, func(r rune) bool { return !harmless(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if harmless(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
