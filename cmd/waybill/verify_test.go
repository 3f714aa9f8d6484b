package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// sum returns the HMAC of a body by SHA-256 with the key "secret".
func sum(body string) string {
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestParseCapture(t *testing.T) {
	t.Parallel()
	want := http.Header{"Webhook-Id": {"1"}, "X-Sum": {"a:b"}}
	for _, tt := range []struct {
		name, raw string
		body      string
		notes     string // a part of them
	}{
		{"reads line breaks of two bytes", "POST / HTTP/1.1\r\nWebhook-Id: 1\r\nX-Sum: a:b\r\n\r\n{}\r\n", "{}\r\n", ""},
		{"reads line breaks of one byte", "POST / HTTP/1.1\nwebhook-id:1\nX-SUM:  a:b \n\n{}", "{}", ""},
		{"needs no request line", "Webhook-Id: 1\nX-Sum: a:b\n\n{}", "{}", ""},
		{"needs no request line of HTTP/1", ":method: POST\nWebhook-Id: 1\nX-Sum: a:b\n\n{}", "{}", `":method: POST" is not a header`},
		{"takes indented headers", "POST / HTTP/2\n  Webhook-Id: 1\n  X-Sum: a:b\n\n{}", "{}", ""},
		{"leaves blank lines in the body", "Webhook-Id: 1\nX-Sum: a:b\n\n\n{\n\n}\n", "\n{\n\n}\n", ""},
		{"leaves out an editor's byte order mark", "\ufeffPOST / HTTP/1.1\nWebhook-Id: 1\nX-Sum: a:b\n\n{}", "{}", ""},
		{"says that there is no body", "Webhook-Id: 1\nX-Sum: a:b\n", "", "no blank line"},
		{"passes over what is no header", "Webhook-Id: 1\nbanana\nX-Sum: a:b\n\n{}", "{}", `"banana" is not a header`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseCapture([]byte(tt.raw))
			notes := strings.Join(got.notes, " ")
			if !reflect.DeepEqual(got.header, want) || string(got.body) != tt.body || !strings.Contains(notes, tt.notes) || (tt.notes == "") != (notes == "") {
				t.Errorf("parseCapture = %v, %q, %q, want %v, %q, %q", got.header, got.body, notes, want, tt.body, tt.notes)
			}
		})
	}
}

func TestParseCaptureMeasuresTheBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, header, body, want, notes string }{
		{"leaves out what comes after it", "Content-Length: 2", "{}\r\n", "{}", "left out after it: 2 bytes"},
		{"says that a part is missing", "Content-Length: 5", "{}\r\n", "{}\r\n", "1 byte shorter"},
		{"is content with the right length", "Content-Length: 2", "{}", "{}", ""},
		{"passes over a length that is none", "Content-Length: -1", "{}", "{}", ""},
		{"puts chunks together", "Transfer-Encoding: chunked", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "{}", "from its chunks"},
		{"leaves what has no chunks", "Transfer-Encoding: chunked", "{}", "{}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseCapture([]byte("POST / HTTP/1.1\r\n" + tt.header + "\r\n\r\n" + tt.body))
			notes := strings.Join(got.notes, " ")
			if string(got.body) != tt.want || !strings.Contains(notes, tt.notes) || (tt.notes == "") != (notes == "") {
				t.Errorf("parseCapture = %q, %q, want %q, %q", got.body, notes, tt.want, tt.notes)
			}
		})
	}
}

func FuzzParseCapture(f *testing.F) {
	f.Add([]byte("POST / HTTP/1.1\r\nContent-Length: 1\r\nWebhook-Signature: v1,\r\n\r\n{}\n"))
	f.Add([]byte("a: b\nTransfer-Encoding: chunked\n\n1\n{\n0\n\n"))
	v1, err := standardCheck("v1", []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
	if err != nil {
		f.Fatal(err)
	}
	checks := []check{v1, plainCheck("X-Sum", "", "sha256", "hex", "secret")}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := parseCapture(raw)
		if len(r.body) > len(raw) {
			t.Errorf("the body %q is longer than the capture %q", r.body, raw)
		}
		text, right := report(r, checks, time.Unix(0, 0), time.Minute)
		if right {
			t.Errorf("%q is right:\n%s", raw, text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("the report of %q can steer a terminal: %q", raw, text)
		}
	})
}

func TestReportSaysWhatHappenedToTheBody(t *testing.T) {
	t.Parallel()
	const one, lf, crlf = "{\"a\":1,\"b\":\"ü\"}", "{\n\"a\":1}", "{\r\n\"a\":1}"
	for _, tt := range []struct{ name, signed, captured, want string }{
		{"nothing", one, one, "X-Sum: right\n"},
		{"a line break was added", one, one + "\r\n", "without the line break at its end"},
		{"a line break was cut off", one + "\n", one, "with a line break at its end"},
		{"a byte order mark was added", one, "\ufeff" + one, "without the byte order mark"},
		{"line breaks became longer", lf, crlf, "with line breaks of one byte"},
		{"line breaks became shorter", crlf, lf, "with line breaks of two bytes"},
		{"it was indented", one, "{\n  \"a\": 1,\n  \"b\": \"ü\"\n}\n", "without the white space between its members"},
		{"something else", one, `{"a":1,"b":"u"}`, "Compare the key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := capture{body: []byte(tt.captured)}
			r.set("X-Sum", sum(tt.signed))
			text, right := report(r, []check{plainCheck("x-sum", "", "sha256", "hex", "secret")}, time.Now(), 0)
			if !strings.Contains(text, tt.want) || right != (tt.signed == tt.captured) {
				t.Errorf("report = %t,\n%s\nwant %q in it", right, text, tt.want)
			}
		})
	}
}

func TestReportJudgesTheTime(t *testing.T) {
	t.Parallel()
	sent := time.Unix(1614265330, 0)
	for _, tt := range []struct {
		name, timestamp string
		now             time.Time
		tolerance       time.Duration
		want            string
		right           bool
	}{
		{"near enough", "1614265330", sent.Add(3 * time.Minute), 5 * time.Minute, "15:02:10 UTC, 3m0s ago: right", true},
		{"too old", "1614265330", sent.Add(50 * time.Hour), 5 * time.Minute, "2 days ago: wrong: more than 5m0s are too old", false},
		{"too new", "1614265330", sent.Add(-6 * time.Minute), 5 * time.Minute, "6m0s ahead: wrong: more than 5m0s are too new", false},
		{"not judged", "1614265330", sent.Add(time.Hour), 0, "1h0m0s ago (not judged)", true},
		{"missing", "", sent, 5 * time.Minute, "wrong: it is missing", false},
		{"missing, which is not judged", "", sent, 0, "X-Sum: right", true},
		{"no number", "yesterday", sent, 5 * time.Minute, `wrong: it is "yesterday"`, false},
		{"out of all bounds", "9223372036854775807", sent, 5 * time.Minute, "wrong", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := capture{body: []byte("{}")}
			r.set("X-Sum", sum("{}"))
			if tt.timestamp != "" {
				r.set("Webhook-Timestamp", tt.timestamp)
			}
			text, right := report(r, []check{plainCheck("X-Sum", "", "sha256", "hex", "secret")}, tt.now, tt.tolerance)
			if !strings.Contains(text, tt.want) || right != tt.right {
				t.Errorf("report = %t,\n%s\nwant %t and %q in it", right, text, tt.right, tt.want)
			}
		})
	}
}
