package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/receiver"
	"github.com/waybillhq/waybill/internal/sign"
)

// Secrets that are easily found wherever they turn up.
const (
	hookPassword  = "Findable-hook-password-7731"
	otherPassword = "Findable-other-password-7732"
	userPassword  = "Findable-user-password-7733"
	bearerToken   = "Findable-bearer-token-7734"
	apiKey        = "Findable-api-key-7735"
	clientSecret  = "Findable-client-secret-7736"
	accessToken   = "Findable-access-token-7737"
	hmacSecret    = "Findable-hmac-secret-7738"
	defaultToken  = "Findable-default-token-7739"
	channelToken  = "Findable-channel-token-7740"
	smtpPassword  = "Findable-smtp-password-7741"
)

// No secret is found in clear in the database, the log or an answer, after
// deliveries that succeeded and that failed.
func TestSecretsAreNowhereInClear(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			database := filepath.Join(folder, "waybill.db")
			if engine == "postgres" {
				database = pgtemp.Database(t)
			}
			s := newSecretive(t, database, folder, "--smtp-host=127.0.0.1", "--smtp-port=1", "--smtp-user=waybill",
				"--smtp-password="+smtpPassword, "--smtp-from=waybill@nordwind.example")
			secrets := s.fill(t)
			s.look(t, secrets)
			s.node.stop(t)
			if log := s.log.String(); log == "" {
				t.Error("the log is empty, which proves nothing")
			} else {
				findNone(t, "the log", log, secrets)
			}
			if engine == "postgres" {
				findNone(t, "the database", dumpPostgres(t, database), secrets)
				return
			}
			found := 0
			for _, name := range []string{"waybill.db", "waybill.db-wal"} {
				raw, err := os.ReadFile(filepath.Join(folder, name))
				if errors.Is(err, os.ErrNotExist) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				found += bytes.Count(raw, []byte("Nordwind-Marker"))
				findNone(t, name, string(raw), secrets)
			}
			if found == 0 {
				t.Error("the database's files don't hold what was stored, so that looking into them proves nothing")
			}
		})
	}
}

// secretive is a server that logs everything, with a receiver that repeats the
// credentials it gets.
type secretive struct {
	node *node
	log  *safeBuffer
	url  string // of the receiver
}

func newSecretive(t *testing.T, database, folder string, more ...string) *secretive {
	t.Helper()
	authority, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":60}`, accessToken)
			return
		}
		user, password, _ := r.BasicAuth()
		w.Header().Set("X-Seen", user+":"+password)
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = fmt.Fprintf(w, "you sent %s and %s and %s", password, r.Header.Get("Authorization"), r.Header.Get("X-Key"))
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	srv.StartTLS()
	t.Cleanup(srv.Close)

	s := &secretive{log: &safeBuffer{}, url: srv.URL}
	s.node = &node{
		args: append([]string{
			"serve", "--listen=127.0.0.1:0", "--database=" + database, "--secrets-file=" + filepath.Join(folder, "secrets"),
			"--trust=" + writeFile(t, "authority.pem", authority.PEM()), "--allow-network=127.0.0.0/8", "--log-level=debug",
		}, more...),
		http: http.Client{Timeout: 20 * time.Second}, stderr: s.log,
	}
	s.node.start(t)
	return s
}

// fill sets secrets wherever one can, and has deliveries made. It returns the
// secrets.
func (s *secretive) fill(t *testing.T) []string {
	t.Helper()
	const base = "/api/v1/companies/nordwind"
	s.do(t, http.MethodPut, base, `{"name":"Nordwind-Marker","timeZone":"UTC"}`)
	for path, password := range map[string]string{"/good": hookPassword, "/bad": otherPassword} {
		s.do(t, http.MethodPost, base+"/hooks/triggers", fmt.Sprintf(
			`{"title":"to %s","eventTypes":["OrderChanged"],"url":%q,"auth":{"type":"basic","user":"partner","secret":%q}}`,
			path, s.url+path, password))
	}
	secrets := append(s.fillAccess(t, base), s.fillChannels(t, base)...)
	var key struct{ Key string }
	s.read(t, s.do(t, http.MethodPost, base+"/keys", `{"name":"shop","role":"producer"}`), &key)
	var user struct{ ID string }
	s.read(t, s.do(t, http.MethodPost, base+"/users", `{"email":"anna@nordwind.example","name":"Anna","role":"admin","language":"en"}`), &user)
	var link, portal struct{ Token, URL string }
	s.read(t, s.do(t, http.MethodPost, base+"/users/"+user.ID+"/password-link", ""), &link)
	s.do(t, http.MethodPost, "/api/v1/password", fmt.Sprintf(`{"token":%q,"password":%q}`, link.Token, userPassword))
	s.read(t, s.do(t, http.MethodPost, base+"/users/"+user.ID+"/portal-link", ""), &portal)
	cookie := s.signIn(t)
	for i := range 5 {
		s.do(t, http.MethodPost, base+"/events", eventJSON(fmt.Sprintf("e%d", i)))
	}
	s.awaitAttempts(t, base)
	secrets = append(secrets, hookPassword, otherPassword, userPassword, operatorKey, key.Key, link.Token,
		portal.URL[strings.LastIndexByte(portal.URL, '/')+1:], cookie)
	for _, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("a secret is %q, which proves nothing", secret)
		}
	}
	return secrets
}

// fillAccess sets a secret of every kind that a hook or company can have, at hooks
// whose receiver repeats what it gets, and returns them.
func (s *secretive) fillAccess(t *testing.T, base string) []string {
	t.Helper()
	s.do(t, http.MethodPut, base+"/default-credentials", fmt.Sprintf(
		`{"auth":{"type":"bearer","secret":%q},"hosts":[%q]}`, defaultToken, strings.TrimPrefix(s.url, "https://")))
	for path, auth := range map[string]string{
		"/bearer":  fmt.Sprintf(`{"type":"bearer","secret":%q}`, bearerToken),
		"/key":     fmt.Sprintf(`{"type":"apiKey","header":"X-Key","secret":%q}`, apiKey),
		"/oauth":   fmt.Sprintf(`{"type":"oauth2","tokenUrl":"%s/token","clientId":"erp","secret":%q}`, s.url, clientSecret),
		"/company": `{"type":"company"}`,
	} {
		s.do(t, http.MethodPost, base+"/hooks/triggers", fmt.Sprintf(
			`{"title":"to %s","eventTypes":["OrderChanged"],"url":%q,"auth":%s}`, path, s.url+path, auth))
	}
	var hook struct{ ID string }
	s.read(t, s.do(t, http.MethodPost, base+"/hooks/triggers", fmt.Sprintf(
		`{"title":"signed","eventTypes":["OrderChanged"],"url":%q,"hmac":{"header":"X-Signature","secret":%q}}`, s.url+"/signed", hmacSecret)), &hook)
	made, given := sign.NewKey("v1"), sign.NewKey("v1a")
	for _, k := range []string{string(made.Secret), string(given.Secret)} {
		kind := "v1"
		if strings.HasPrefix(k, "whsk_") {
			kind = "v1a"
		}
		s.do(t, http.MethodPost, base+"/hooks/triggers/"+hook.ID+"/signing-keys", fmt.Sprintf(`{"kind":%q,"secret":%q}`, kind, k))
	}
	cert, key := clientPair(t)
	body, err := json.Marshal(map[string]string{"certificate": cert, "key": key})
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, http.MethodPut, base+"/hooks/triggers/"+hook.ID+"/client-certificate", string(body))
	line := strings.Split(key, "\n")[1] // of the key's base64
	return []string{
		bearerToken, apiKey, clientSecret, accessToken, hmacSecret, defaultToken, line,
		strings.TrimPrefix(string(made.Secret), "whsec_"), strings.TrimPrefix(string(given.Secret), "whsk_"),
	}
}

// fillChannels adds channels that are told something, well and badly, and returns
// their secrets.
func (s *secretive) fillChannels(t *testing.T, base string) []string {
	t.Helper()
	key := sign.NewKey("v1")
	for path, sent := range map[string]string{"/good/": `"sent":true`, "/bad?sig=": `"sent":false`} {
		var channel struct{ ID string }
		s.read(t, s.do(t, http.MethodPost, base+"/notification-channels", fmt.Sprintf(
			`{"kind":"webhook","title":"chat","url":%q,"secret":%q}`, s.url+path+channelToken, string(key.Secret))), &channel)
		if answer := s.do(t, http.MethodPost, base+"/notification-channels/"+channel.ID+"/test", ""); !strings.Contains(answer, sent) || strings.Contains(answer, channelToken) {
			t.Errorf("the test of %s says %s, want %s and no secret", path, answer, sent)
		}
	}
	return []string{channelToken, smtpPassword, strings.TrimPrefix(string(key.Secret), "whsec_")}
}

// clientPair returns a client certificate and its key, as PEM.
func clientPair(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "nordwind"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

// signIn signs Anna in and returns the session's token.
func (s *secretive) signIn(t *testing.T) string {
	t.Helper()
	body := fmt.Sprintf(`{"email":"anna@nordwind.example","password":%q}`, userPassword)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.node.url+"/api/v1/session", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.node.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 || len(resp.Cookies()) != 1 {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("sign-in = %d %s, %v, want a cookie", resp.StatusCode, text, resp.Cookies())
	}
	return resp.Cookies()[0].Value
}

// awaitAttempts waits until each delivery has been attempted, some well and some
// not.
func (s *secretive) awaitAttempts(t *testing.T, base string) {
	t.Helper()
	for range 400 {
		good := strings.Count(s.do(t, http.MethodGet, base+"/deliveries?state=delivered&limit=200", ""), `"id"`)
		bad := strings.Count(s.do(t, http.MethodGet, base+"/deliveries?state=waiting", ""), `401`)
		if good >= 6*5 && bad >= 5 { // of six hooks
			return
		}
		pause(t, 25*time.Millisecond)
	}
	t.Fatal("the deliveries were not attempted in time")
}

// look reads whatever the API shows.
func (s *secretive) look(t *testing.T, secrets []string) {
	t.Helper()
	const base = "/api/v1/companies/nordwind"
	var list struct{ Items []struct{ ID string } }
	answer := s.do(t, http.MethodGet, base+"/deliveries?limit=200", "")
	s.read(t, answer, &list)
	var answers strings.Builder
	answers.WriteString(answer)
	for _, d := range list.Items {
		answers.WriteString(s.do(t, http.MethodGet, base+"/deliveries/"+d.ID, ""))
	}
	if !strings.Contains(answers.String(), "you sent") {
		t.Error("the answers don't show what the receiver answered, so that looking into them proves nothing")
	}
	for _, path := range []string{
		base, base + "/hooks/triggers", base + "/default-credentials", base + "/trusted-authorities", base + "/alerts", base + "/notification-channels", base + "/users", base + "/keys", base + "/audit",
		"/api/v1/companies", "/api/v1/users", "/api/v1/keys", "/api/v1/audit", "/api/v1/openapi.json",
	} {
		answers.WriteString(s.do(t, http.MethodGet, path, ""))
	}
	findNone(t, "an answer", answers.String(), secrets)
}

func (s *secretive) do(t *testing.T, method, path, body string) string {
	t.Helper()
	status, answer, err := s.node.call(t.Context(), method, path, "application/json", body)
	if err != nil || status/100 != 2 {
		t.Fatalf("%s %s = %d %s, %v", method, path, status, answer, err)
	}
	return answer
}

func (s *secretive) read(t *testing.T, answer string, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(answer), to); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
}

func findNone(t *testing.T, where, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s has the secret %s in clear: …%q…", where, secret, text[max(0, i-60):min(len(text), i+len(secret)+60)])
		}
	}
}

// dumpPostgres returns all rows of all tables, as the database has them.
func dumpPostgres(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	rows, err := conn.Query(t.Context(), `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	for _, table := range tables {
		if _, err := conn.PgConn().CopyTo(t.Context(), &dump, "COPY "+table+" TO STDOUT (FORMAT binary)"); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(dump.String(), "Nordwind-Marker") {
		t.Error("the dump doesn't hold what was stored, so that looking into it proves nothing")
	}
	return dump.String()
}

// safeBuffer is written to by one goroutine and read by another.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
