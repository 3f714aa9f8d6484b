package signin_test

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, k := w.addKey(t, "acme", account.Producer, time.Time{})
	lasting, l := w.addKey(t, "acme", account.Reader, time.Now().Add(time.Hour))
	expired, _ := w.addKey(t, "acme", account.Producer, time.Now().Add(-time.Second))
	staff, st := w.addKey(t, "", account.Operator, time.Time{})
	revoked, rk := w.addKey(t, "acme", account.Producer, time.Time{})
	if err := w.store.RevokeKey(t.Context(), "acme", rk.ID, moment(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	producer := account.Actor{Role: account.Producer, Company: "acme", Key: k.ID, Name: "shop", From: here}
	reader := account.Actor{Role: account.Reader, Company: "acme", Key: l.ID, Name: "shop", From: here}
	operator := account.Actor{Role: account.Operator, Name: "operator key", From: here}
	anybody := account.Actor{}
	session := w.signIn(t).Token
	erika := account.Actor{Role: account.Admin, Company: "acme", User: w.erika.ID, Name: "erika@acme.example", From: here}
	for name, tt := range map[string]struct {
		header, value string
		want          account.Actor // anybody: an error, unless nobody is set
		nobody        bool
	}{
		"nothing":                        {"Accept", "*/*", anybody, true},
		"an empty header":                {"Authorization", "", anybody, true},
		"a key":                          {"Authorization", "Bearer " + key, producer, false},
		"a key with other spaces":        {"Authorization", "bEARER   " + key + " ", producer, false},
		"a key that expires later":       {"Authorization", "Bearer " + lasting, reader, false},
		"the settings' key":              {"Authorization", "Bearer " + w.operator, operator, false},
		"a key of the operator":          {"Authorization", "Bearer " + staff, account.Actor{Role: account.Operator, Key: st.ID, Name: "shop", From: here}, false},
		"an expired key":                 {"Authorization", "Bearer " + expired, anybody, false},
		"a revoked key":                  {"Authorization", "Bearer " + revoked, anybody, false},
		"a key that there is not":        {"Authorization", "Bearer " + account.NewKey(account.Admin), anybody, false},
		"the digest of a key":            {"Authorization", "Bearer " + k.Digest, anybody, false},
		"the digest of the operator's":   {"Authorization", "Bearer " + account.Digest(w.operator), anybody, false},
		"no key":                         {"Authorization", "Bearer", anybody, false},
		"another scheme":                 {"Authorization", "Digest " + key, anybody, false},
		"a key alone":                    {"Authorization", key, anybody, false},
		"company and key":                {"Authorization", basic("acme", key), producer, false},
		"company and another's key":      {"Authorization", basic("rival", key), anybody, false},
		"a company that there is not":    {"Authorization", basic("nowhere", key), anybody, false},
		"any company and key":            {"Authorization", basic("*", key), anybody, false},
		"a star and the settings' key":   {"Authorization", basic("*", w.operator), anybody, false},
		"no company and key":             {"Authorization", basic("", staff), anybody, false},
		"company and expired key":        {"Authorization", basic("acme", expired), anybody, false},
		"company and the operator's key": {"Authorization", basic("acme", w.operator), anybody, false},
		"company and no key":             {"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("acme")), anybody, false},
		"Basic that is not Base64":       {"Authorization", "Basic acme:" + key, anybody, false},
		"a session":                      {"Cookie", signin.Cookie + "=" + session, erika, false},
		"another cookie":                 {"Cookie", "session=" + session, anybody, true},
		"an empty cookie":                {"Cookie", signin.Cookie + "=", anybody, true},
		"a session that there is not":    {"Cookie", signin.Cookie + "=" + account.NewToken(), anybody, false},
		"the digest of a session":        {"Cookie", signin.Cookie + "=" + account.Digest(session), anybody, false},
		"a key in the cookie":            {"Cookie", signin.Cookie + "=" + key, anybody, false},
	} {
		got, err := w.with(t, tt.header, tt.value)
		if got != tt.want {
			t.Errorf("%s: Identify = %+v, want %+v", name, got, tt.want)
		}
		if tt.want == anybody && !tt.nobody {
			check(t, name, err, hook.Unknown)
		} else if err != nil {
			t.Errorf("%s: Identify = %v, want nil", name, err)
		}
	}
}

func TestHeaderCountsMoreThanCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: signin.Cookie, Value: w.signIn(t).Token})
	r.Header.Set("Authorization", "Bearer wrong")
	_, err := w.Identify(r)
	check(t, "a wrong key with a session", err, hook.Unknown)
}

func TestAGateWithoutAnOperatorsKeyHasNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := signin.New(signin.Options{Store: w.store})
	for _, key := range []string{"", w.operator} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+key)
		_, err := g.Identify(r)
		check(t, "the key "+key, err, hook.Unknown)
	}
}

func TestSessionEndsWithoutRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.signIn(t)
		time.Sleep(12*time.Hour - time.Second)
		if _, err := w.visit(t, s.Token); err != nil {
			t.Errorf("after less than 12 hours: %v, want nil", err)
		}
		time.Sleep(12*time.Hour - time.Second)
		if _, err := w.visit(t, s.Token); err != nil {
			t.Errorf("12 hours after the latest request: %v, want nil", err)
		}
		time.Sleep(12 * time.Hour)
		_, err := w.visit(t, s.Token)
		check(t, "12 hours later", err, hook.Unknown)
	})
}

func TestSessionEndsAfterAWeek(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.signIn(t)
		if want := moment().Add(7 * 24 * time.Hour); !s.ExpiresAt.Equal(want) {
			t.Errorf("the session expires at %s, want %s", s.ExpiresAt, want)
		}
		for range 7*3 - 1 {
			time.Sleep(8 * time.Hour)
			if _, err := w.visit(t, s.Token); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(8 * time.Hour)
		_, err := w.visit(t, s.Token)
		check(t, "a week later", err, hook.Unknown)
	})
}

func TestSessionIsSeenAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := w.signIn(t)
		begun := moment()
		for _, tt := range []struct{ wait, want time.Duration }{
			{59 * time.Second, 0}, {time.Second, time.Minute}, {59 * time.Second, time.Minute}, {10 * time.Second, 129 * time.Second},
		} {
			time.Sleep(tt.wait)
			if _, err := w.visit(t, s.Token); err != nil {
				t.Fatal(err)
			}
			sessions, err := w.store.Sessions(t.Context(), w.erika.ID, moment())
			if err != nil || len(sessions) != 1 {
				t.Fatalf("sessions = %v, %v, want one", sessions, err)
			}
			if got := sessions[0].SeenAt.Sub(begun); got != tt.want {
				t.Errorf("seen after %s, want %s", got, tt.want)
			}
		}
	})
}

func TestDisabledUserHasNoSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signIn(t)
	w.change(t, w.erika, func(u *account.User) { u.Disabled = true })
	_, err := w.visit(t, s.Token)
	check(t, "disabled", err, hook.Unknown)
}

func TestRoleIsThatOfNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.signIn(t)
	w.change(t, w.erika, func(u *account.User) { u.Role = account.Member })
	if got, err := w.visit(t, s.Token); got.Role != account.Member || err != nil {
		t.Errorf("role %s, %v, want member", got.Role, err)
	}
}

func TestExpiredKeySaysSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, _ := w.addKey(t, "acme", account.Producer, time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC))
	_, err := w.with(t, "Authorization", "Bearer "+key)
	e, _ := errors.AsType[*hook.Error](err)
	if e == nil || e.Msg != "the key expired on 9 March 2026; make a new one" ||
		e.German != "Der Schlüssel ist am 09.03.2026 abgelaufen; erzeugen Sie einen neuen." {
		t.Errorf("error = %#v, want it to tell the day", e)
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"directly":                         {"192.0.2.7:80", nil, "192.0.2.7"},
		"directly by IPv6":                 {"[2001:db8::7]:80", nil, "2001:db8::7"},
		"IPv4 in IPv6":                     {"[::ffff:192.0.2.7]:80", nil, "192.0.2.7"},
		"a header nobody vouches for":      {"192.0.2.7:80", []string{"198.51.100.1"}, "192.0.2.7"},
		"a proxy":                          {"10.1.2.3:80", []string{"198.51.100.1"}, "198.51.100.1"},
		"a proxy by IPv6":                  {"[2001:db8:f::1]:80", []string{"2001:db8::7"}, "2001:db8::7"},
		"a proxy, IPv4 in IPv6":            {"[::ffff:10.1.2.3]:80", []string{"198.51.100.1"}, "198.51.100.1"},
		"a proxy without the header":       {"10.1.2.3:80", nil, "10.1.2.3"},
		"several proxies":                  {"10.1.2.3:80", []string{"198.51.100.1, 10.9.9.9 ,10.8.8.8"}, "198.51.100.1"},
		"several headers":                  {"10.1.2.3:80", []string{"198.51.100.1", "10.9.9.9"}, "198.51.100.1"},
		"something made up before it":      {"10.1.2.3:80", []string{"203.0.113.5, 198.51.100.1"}, "198.51.100.1"},
		"a proxy of ours made up":          {"10.1.2.3:80", []string{"10.4.4.4, 198.51.100.1"}, "198.51.100.1"},
		"only proxies":                     {"10.1.2.3:80", []string{"10.4.4.4, 10.5.5.5"}, "10.4.4.4"},
		"nonsense":                         {"10.1.2.3:80", []string{"198.51.100.1, unknown"}, "10.1.2.3"},
		"nonsense behind a proxy":          {"10.1.2.3:80", []string{"198.51.100.1, _x, 10.9.9.9"}, "10.9.9.9"},
		"with a port":                      {"10.1.2.3:80", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		"IPv6 with a port":                 {"10.1.2.3:80", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		"IPv6 in brackets":                 {"10.1.2.3:80", []string{"[2001:db8::7]"}, "2001:db8::7"},
		"an end that has no IP address":    {"@", []string{"198.51.100.1"}, ""},
		"an end that is not known at all":  {"", nil, ""},
		"an empty header is no forwarding": {"10.1.2.3:80", []string{""}, "10.1.2.3"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := w.From(r); got != tt.want {
			t.Errorf("%s: From = %q, want %q", name, got, tt.want)
		}
	}
}

func TestTokenIsTakenFromTheCookieThatFitsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	https := signin.New(signin.Options{Store: w.store, HTTPS: true})
	for name, tt := range map[string]struct {
		gate   *signin.Gate
		remote string
		proto  string
		tls    *tls.ConnectionState
		want   string
	}{
		"plainly":                         {w.Gate, "192.0.2.7:80", "", nil, "plain"},
		"plainly, by who says otherwise":  {w.Gate, "192.0.2.7:80", "https", nil, "plain"},
		"plainly by a trusted proxy":      {w.Gate, "10.1.2.3:80", "http", nil, "plain"},
		"by a proxy that doesn't say":     {w.Gate, "10.1.2.3:80", "", nil, "plain"},
		"by TLS at a trusted proxy":       {w.Gate, "10.1.2.3:80", "HTTPS", nil, "host"},
		"by TLS at a proxy with IPv6":     {w.Gate, "[::ffff:10.1.2.3]:80", "https", nil, "host"},
		"by TLS to us":                    {w.Gate, "192.0.2.7:80", "", &tls.ConnectionState{}, "host"},
		"as the settings say, by TLS":     {https, "192.0.2.7:80", "", nil, "host"},
		"from an end without any address": {w.Gate, "@", "https", nil, "plain"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.TLS = tt.remote, tt.tls
		r.Header.Set("X-Forwarded-Proto", tt.proto)
		r.Header.Set("Cookie", "waybill_session=plain; __Host-waybill_session=host")
		if got := tt.gate.Token(r); got != tt.want {
			t.Errorf("%s: Token = %q, want %q", name, got, tt.want)
		}
		if got := tt.gate.Secure(r); got != (tt.want == "host") {
			t.Errorf("%s: Secure = %t", name, got)
		}
	}
}

func BenchmarkIdentifyKey(b *testing.B) {
	key := account.NewKey(account.Producer)
	k := &account.Key{Company: "acme", Role: account.Producer, Name: "shop", Digest: account.Digest(key)}
	g := signin.New(signin.Options{Store: keyring{keys: account.Keys{k.Digest: k}}})
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", nil)
	r.Header.Set("Authorization", "Bearer "+key)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if a, err := g.Identify(r); a.Role != account.Producer || err != nil {
				b.Errorf("Identify = %+v, %v, want a producer", a, err)
			}
		}
	})
}

// keyring is as much of a store as a key needs.
type keyring struct {
	signin.Store
	keys account.Keys
}

func (k keyring) Keys() account.Keys { return k.keys }
