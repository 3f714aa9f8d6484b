package api

import (
	"bytes"
	"encoding/base64"
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
