package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/mail/mailtest"
)

// A delivery that is given up is told by e-mail, from the server's settings to the
// mail that comes.
func TestPeopleAreToldOfADeliveryThatIsGivenUp(t *testing.T) {
	t.Parallel()
	smtp := &mailtest.Server{}
	folder := t.TempDir()
	s := newSecretive(t, filepath.Join(folder, "waybill.db"), folder, "--smtp-host=127.0.0.1", fmt.Sprintf("--smtp-port=%d", smtp.Start(t)),
		"--smtp-security=none", "--smtp-from=Waybill <waybill@nordwind.example>", "--public-url=https://waybill.example")
	const base = "/api/v1/companies/nordwind"
	s.do(t, http.MethodPut, base, `{"name":"Nordwind","timeZone":"UTC"}`)
	s.do(t, http.MethodPost, base+"/hooks/triggers", fmt.Sprintf(
		`{"title":"ERP","eventTypes":["OrderChanged"],"url":%q,"retry":{"preset":"status-rules"}}`, s.url+"/bad"))
	var user struct{ ID string }
	s.read(t, s.do(t, http.MethodPost, base+"/users", `{"email":"anna@nordwind.example","name":"Anna","role":"member","language":"de"}`), &user)
	var link struct{ Token string }
	s.read(t, s.do(t, http.MethodPost, base+"/users/"+user.ID+"/password-link", ""), &link)
	s.do(t, http.MethodPost, "/api/v1/password", fmt.Sprintf(`{"token":%q,"password":%q}`, link.Token, userPassword))
	s.subscribe(t, `{"often":"at-once"}`)
	s.do(t, http.MethodPost, base+"/events", eventJSON("e1"))
	for range 1200 {
		if len(smtp.Mails()) > 0 {
			break
		}
		pause(t, 50*time.Millisecond)
	}
	mails := smtp.Mails()
	if len(mails) != 1 || mails[0].To != "anna@nordwind.example" || !strings.Contains(mails[0].Data, "https://waybill.example") {
		t.Errorf("there came %+v, want one mail to Anna with a link", mails)
	}
	s.node.stop(t)
}

// subscribe says for Anna what she wants to be told of.
func (s *secretive) subscribe(t *testing.T, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.node.url+"/api/v1/me/notifications", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.AddCookie(&http.Cookie{Name: "__Host-waybill_session", Value: s.signIn(t)})
	resp, err := s.node.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("PUT /api/v1/me/notifications = %d, want 200", resp.StatusCode)
	}
}
