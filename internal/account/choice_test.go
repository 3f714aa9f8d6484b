package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// reason returns what err says about a field, in English.
func reason(t *testing.T, err error, field string) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != hook.Invalid || e.German == "" || len(e.Problems) != 1 || e.Problems[0].Field != field {
		t.Fatalf("%#v, want an invalid field %s", err, field)
	}
	p := e.Problems[0]
	if !strings.Contains(p.Reason, "; ") || !strings.Contains(p.German, "; ") || !strings.HasSuffix(p.German, ".") {
		t.Errorf("%q and %q do not say what to do, in English and German", p.Reason, p.German)
	}
	return p.Reason
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{ // part of the reason; empty if the password is fine
		"früh staubt die Leiter":       "",
		"correct horse battery":        "",
		"üüüöööäääßßß€€€":              "",
		"8T!v0qLx2#Rn":                 "",
		"839201748392":                 "",
		"webhooks klappern leise":      "",
		"erika":                        "shorter than 12",
		"ü staubt die":                 "",
		"üüüüüüüüüüü":                  "shorter than 12",
		"":                             "missing",
		strings.Repeat("abcdefg ", 25): "",
		strings.Repeat("Leiter ", 29):  "longer than 200",
		"aaaaaaaaaaaaaaaa":             "tried first",
		"abababababab":                 "tried first",
		"123456789012":                 "tried first",
		"0123456789012345":             "tried first",
		"987654321098":                 "tried first",
		"abcdefghijkl":                 "tried first",
		"ABCDEFGHIJKLMN":               "tried first",
		"zyxwvutsrqponm":               "tried first",
		"qwertzuiopasdf":               "tried first",
		"qwertyuiopasdf":               "tried first",
		"1q2w3e4r5t6z":                 "tried first",
		"password1234":                 "tried first",
		"Passwort2026!":                "tried first",
		"P@ssw0rd!2345":                "tried first",
		"passwordpassword":             "tried first",
		"1234-Geheim-5678":             "tried first",
		"AdminAdmin2026":               "tried first",
		"Willkommen2026!":              "tried first",
		"ichliebedich<3":               "tried first",
		"Mustermann-und-Sohn":          "your name",
		"die Leiter von ERIKA":         "your name",
		"e.must klappert leise":        "your name",
	} {
		got := reason(t, account.CheckPassword(password, "e.must@shop.example", "Erika Mustermann"), "password")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("CheckPassword(%q) = %q, want %q", password, got, want)
		}
		if len(password) > 4 && strings.Contains(got, password) {
			t.Errorf("CheckPassword(%q) = %q, which shows it", password, got)
		}
	}
}

func TestShortNamesMayBeInAPassword(t *testing.T) {
	t.Parallel()
	if err := account.CheckPassword("anfangs staubt die Leiter", "an@shop.example", "Jo An"); err != nil {
		t.Errorf("CheckPassword = %v, want nil", err)
	}
	if err := account.CheckPassword("früh staubt die Leiter", "", ""); err != nil {
		t.Errorf("CheckPassword without a user = %v, want nil", err)
	}
}

func TestNormalEmail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64) + "@" + strings.Repeat("b", 186) + ".de"
	for raw, want := range map[string]string{ // empty if it is refused
		" Erika.Mustermann@Shop.Example\n": "erika.mustermann@shop.example",
		"erika+shop@shop.example":          "erika+shop@shop.example",
		"ERIKA@MÜNCHEN.EXAMPLE":            "erika@münchen.example",
		"a@localhost":                      "a@localhost",
		long:                               long,
		long + "x":                         "",
		"":                                 "",
		"   ":                              "",
		"erika":                            "",
		"@shop.example":                    "",
		"erika@":                           "",
		"erika@@shop.example":              "",
		"erika@shop.example, b@c.example":  "",
		"Erika <erika@shop.example>":       "",
		"<erika@shop.example>":             "",
		"erika@shop.example (home)":        "",
		"erika @shop.example":              "",
		"erika@shop.example\r\nBcc: x@y.z": "",
		"erika\x00@shop.example":           "",
		"erika\xff@shop.example":           "",
	} {
		got, err := account.NormalEmail(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("NormalEmail(%q) = %q, %v, want %q", raw, got, err, want)
		}
		_ = reason(t, err, "email")
	}
}

func FuzzNormalEmail(f *testing.F) {
	for _, s := range []string{"Erika@Shop.Example", "İ@x.example", `"a b"@x.example`, "a@[192.0.2.1]", "ẞ@K.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		email, err := account.NormalEmail(raw)
		if err != nil {
			return
		}
		if again, err := account.NormalEmail(email); err != nil || again != email || len(email) > 254 {
			t.Errorf("NormalEmail(%q) = %q, and of that %q, %v", raw, email, again, err)
		}
	})
}
