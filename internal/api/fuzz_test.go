package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

func FuzzSplitLines(f *testing.F) {
	f.Add([]byte("{}\n{}"))
	f.Add([]byte("\r\n \n\n{\"a\":1}\r\n"))
	f.Fuzz(func(t *testing.T, batch []byte) {
		lines, err := splitLines(batch)
		if err != nil {
			if n := bytes.Count(batch, []byte("\n")); n < maxLines {
				t.Errorf("%d lines are refused: %v", n, err)
			}
			return
		}
		all := bytes.Split(batch, []byte("\n"))
		next := 0
		for i, text := range all {
			text = bytes.Trim(text, " \t\r")
			if len(text) == 0 {
				continue
			}
			if next == len(lines) || lines[next].number != i+1 || !bytes.Equal(lines[next].text, text) {
				t.Fatalf("line %d of %q is not in %v", i+1, batch, lines)
			}
			next++
		}
		if next != len(lines) {
			t.Errorf("%d lines of %q, want %d", len(lines), batch, next)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(cursor(uuid.MustParse("019a0000-0000-7000-8000-000000000001")))
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := parseCursor(text); ok && cursor(id) != text {
			t.Errorf("parseCursor(%q) = %v, whose cursor is %q", text, id, cursor(id))
		}
	})
}

// Whatever is saved, what is sent goes to an https URL, all hooks have the same
// credentials, and no refusal repeats the password.
func FuzzReadDocuments(f *testing.F) {
	f.Add(`{"basicAuthentication":{"username":"erp","password":"pass-word"},"webhooks":{"ORDER":{"enabled":true,"url":"https://h.example/"}}}`, true)
	f.Add(`{"basicAuthentication":{"username":"a:b","password":"pass\nword","removePassword":true},"webhooks":{"INVOICE":{"enabled":true}}}`, false)
	f.Add(`{"webhooks":{"DELIVERY":{"url":"http://u:p@h.example/#x"}}}`, true)
	f.Fuzz(func(t *testing.T, body string, stored bool) {
		var in documentWebhooks
		if json.Unmarshal([]byte(body), &in) != nil {
			return
		}
		old := make(map[string]*hook.Hook)
		if stored {
			for _, kind := range hook.DocumentTypes() {
				h := newDocumentHook("acme", kind, now())
				h.ID, h.Version, h.Auth = uuid.New(), 3, hook.Auth{Kind: hook.BasicAuth, User: "old", Secret: "the old one"}
				old[kind] = &h
			}
		}
		next, err := (&Server{CheckURL: hook.CheckURL}).readDocuments("acme", old, &in)
		if err != nil {
			if p := in.Basic.Password; hook.FaultOf(err) != hook.Invalid || p != nil && len(*p) > 8 && strings.Contains(err.Error(), string(*p)) {
				t.Errorf("%q is refused: %v", body, err)
			}
			return
		}
		for kind, h := range next {
			first := next["ORDER"].Auth
			if h.Enabled && hook.CheckURL(h.URL) != nil || h.Enabled && h.Pending || h.Auth.User != first.User || h.Auth.Secret != first.Secret ||
				(h.Auth.Kind == hook.BasicAuth) != (h.Auth.User != "") || strings.Contains(h.Auth.User, ":") {
				t.Errorf("%s of %q = %+v", kind, body, h)
			}
			if before := old[kind]; before != nil && (h.ID != before.ID || h.Version != 4) || before == nil && h.Version != 1 {
				t.Errorf("%s of %q is version %d of %s, want the next of the same hook", kind, body, h.Version, h.ID)
			}
		}
	})
}

func FuzzParseDigest(f *testing.F) {
	f.Add("sha-256=:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + ":")
	f.Add("sha-512=:abc:, sha-256=:")
	f.Fuzz(func(t *testing.T, header string) {
		sum, err := parseDigest(header)
		if err != nil && (sum != nil || hook.FaultOf(err) != hook.Invalid) {
			t.Errorf("parseDigest(%q) = %x, %v", header, sum, err)
		}
		if sum != nil && len(sum) != 32 || sum != nil && !strings.Contains(header, "sha-256=") {
			t.Errorf("parseDigest(%q) = %x, which isn't a SHA-256 in it", header, sum)
		}
	})
}
