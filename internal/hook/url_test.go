package hook_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	long := "https://hooks.example/" + strings.Repeat("a", 2048-len("https://hooks.example/"))
	for raw, want := range map[string]string{ // part of the reason; empty if the URL is fine
		"https://hooks.example/orders":                     "",
		"https://hooks.example":                            "",
		"HTTPS://Hooks.Example:8443/a?b=c&d=%20":           "",
		"https://hooks.example./":                          "",
		"https://erp_1.hooks.example/":                     "",
		"https://xn--mnchen-3ya.example/":                  "",
		"https://3com.example/":                            "",
		"https://192.0.2.1/":                               "",
		"https://[2001:db8::1]:443/":                       "",
		"https://localhost:65535/":                         "",
		"https://hooks.example/user@mail":                  "",
		long:                                               "",
		long + "a":                                         "longer than 2048",
		"":                                                 "is missing",
		"http://hooks.example/":                            "use https",
		"ftp://hooks.example/":                             "does not begin with https://",
		"hooks.example/orders":                             "does not begin with https://",
		"//hooks.example/orders":                           "does not begin with https://",
		"/orders":                                          "does not begin with https://",
		"https:hooks.example":                              "does not begin with https://",
		"https://":                                         "has no host",
		"https:///orders":                                  "has no host",
		"https://:443/":                                    "has no host",
		"https://user@hooks.example/":                      "authentication",
		"https://user:pa55word@hooks.example/":             "authentication",
		"https://@hooks.example/":                          "authentication",
		"https://hooks.example/#top":                       "fragment",
		"https://hooks.example/#":                          "fragment",
		"https://hooks.example:/":                          "no port after it",
		"https://hooks.example:0/":                         "port",
		"https://hooks.example:65536/":                     "port",
		"https://hooks.example:x/":                         "cannot be read",
		"https://hooks.example/%zz":                        "cannot be read",
		" https://hooks.example/":                          "a space",
		"https://hooks.example/a b":                        "a space",
		"https://hooks.example/\r\nX: y":                   "a space",
		"https://hooks.example\\@other.example":            "a space",
		"https://münchen.example/":                         "xn--",
		"https://\uff11\uff12\uff17.0.0.1/":                "xn--",
		"https://%E2%82%AC.example/":                       "not a name",
		"https://2130706433/":                              "dotted form",
		"https://0x7f000001/":                              "dotted form",
		"https://0x7f.1/":                                  "dotted form",
		"https://0x/":                                      "dotted form",
		"https://0177.0.0.1/":                              "dotted form",
		"https://127.1/":                                   "dotted form",
		"https://127.0.0.1./":                              "dotted form",
		"https://256.0.0.1/":                               "dotted form",
		"https://hooks..example/":                          "not a name",
		"https://-hooks.example/":                          "not a name",
		"https://hooks.exa$mple/":                          "not a name",
		"https://./":                                       "not a name",
		"https://" + strings.Repeat("a", 64) + ".example/": "not a name",
		"https://[::1/":                                    "cannot be read",
		"https://[127.0.0.1]/":                             "cannot be read",
		"https://[fe80::1%25lo]/":                          "brackets",
		"https://[v1.something]/":                          "cannot be read",
	} {
		err := hook.CheckURL(raw)
		if want == "" {
			if err != nil {
				t.Errorf("CheckURL(%q) = %v, want nil", raw, err)
			}
			continue
		}
		e, ok := errors.AsType[*hook.Error](err)
		if !ok || e.Fault != hook.Invalid || len(e.Problems) != 1 || e.Problems[0].Field != "url" {
			t.Errorf("CheckURL(%q) = %#v, want an invalid field url", raw, err)
			continue
		}
		if got := e.Problems[0].Reason; !strings.Contains(got, want) {
			t.Errorf("CheckURL(%q) = %q, want it to contain %q", raw, got, want)
		}
		if strings.Contains(err.Error(), "pa55word") {
			t.Errorf("CheckURL(%q) = %q, which shows the password", raw, err)
		}
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, s := range []string{
		"https://hooks.example:8443/a?b=%20", "https://u:p@h/", "https://0x7f.1", "https://[::1]/", "https://a\\b", "#",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if hook.CheckURL(raw) != nil {
			return
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("CheckURL(%q) = nil, but it does not parse: %v", raw, err)
		}
		if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
			t.Errorf("CheckURL(%q) = nil for %#v", raw, u)
		}
		if again, err := url.Parse(u.String()); err != nil || again.Host != u.Host {
			t.Errorf("CheckURL(%q) = nil, but written out it becomes %q", raw, u)
		}
	})
}
