package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// The headers of a request in place of the operator's key.
const (
	noKey  = "Authorization: "
	inDE   = "Accept-Language: de-AT,de;q=0.9,en;q=0.5"
	rival  = "/api/v1/companies/rival"
	idLike = "019a0000-0000-7000-8000-000000000001"
)

// The names of the cookies on a server that people reach by https.
const (
	sessionCookie = "__Host-waybill_session"
	flowCookie    = "__Host-waybill_flow"
)

// addUser stores a user without a password.
func (w *world) addUser(t *testing.T, company, email string, role account.Role) account.User {
	t.Helper()
	u := account.User{
		ID: uuid.Must(uuid.NewV7()), Company: company, Email: email, Name: "Kim Example", Language: "en", Role: role,
		CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	if err := w.store.AddUser(t.Context(), u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return u
}

// user returns what is stored of a user now.
func (w *world) user(t *testing.T, u account.User) account.User {
	t.Helper()
	u, err := w.store.User(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// addPassword gives a user a password that is made here, and returns it.
func (w *world) addPassword(t *testing.T, u account.User) string {
	t.Helper()
	password := "pw-" + uuid.NewString()
	hash, err := account.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.SetPassword(t.Context(), w.user(t, u), hash, "", account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return password
}

// signIn begins a session for a user and returns the headers of requests in it.
func (w *world) signIn(t *testing.T, u account.User) []string {
	t.Helper()
	signed, err := w.gate.SignInAs(t.Context(), w.user(t, u), "test", "192.0.2.7", "test")
	if err != nil {
		t.Fatal(err)
	}
	return []string{noKey, "Cookie: " + sessionCookie + "=" + signed.Token}
}

// addKey makes a key of a company, or of the operator if company is "", and
// returns the header of requests with it.
func (w *world) addKey(t *testing.T, company string, role account.Role) []string {
	t.Helper()
	path := "/api/v1/keys"
	if company != "" {
		path = "/api/v1/companies/" + company + "/keys"
	}
	k := w.mustDo(t, 201, "POST", path, `{"name":"test","role":"`+string(role)+`"}`)["key"].(string)
	return []string{"Authorization: Bearer " + k}
}

// addRival adds another company, which may change its webhooks.
func (w *world) addRival(t *testing.T) {
	t.Helper()
	w.mustDo(t, 201, "PUT", rival, `{"name":"Rival","modules":["standard-integration"]}`)
}

// things are what acme has, by the placeholder that stands for them in paths.
func (w *world) things(t *testing.T) map[string]string {
	t.Helper()
	trigger := w.addTrigger(t)
	event, delivery := w.postEvent(t, goodEvent)
	u := w.addUser(t, "acme", "owned@acme.example", account.Member)
	session := w.mustDo(t, 200, "GET", "/api/v1/me/sessions", "", w.signIn(t, u)...)["items"].([]any)[0].(map[string]any)
	key := w.mustDo(t, 201, "POST", acme+"/keys", `{"name":"owned","role":"reader"}`)
	staff := w.addUser(t, "", "owned@operator.example", account.Operator)
	staffKey := w.mustDo(t, 201, "POST", "/api/v1/keys", `{"name":"owned"}`)
	job := w.mustDo(t, 202, "POST", acme+"/delivery-jobs", `{"operation":"cancel","filter":{"state":"failed"}}`)
	w.mustDo(t, 201, "PUT", acme+"/orders/NW-1", goodOrder)
	w.mustDo(t, 201, "PUT", acme+"/shipments/SHP-1", goodShipment)
	return map[string]string{
		"HELDORDER": "NW-1", "HELDSHIPMENT": "SHP-1",
		"DOCUMENT": w.addDocument(t, "<INVOICE/>")["id"].(string), "OBJECT": w.addObject(t)["objectId"].(string),
		"JOB": job["id"].(string), "ENTITY": "80417", "TRIGGER": trigger, "EVENT": event, "DELIVERY": delivery, "USER": u.ID.String(), "SESSION": session["id"].(string),
		"CHANNEL": w.addChannel(t), "ALERT": w.raise(t, "the-subject").ID.String(), "KEY": key["id"].(string), "STAFF": staff.ID.String(), "STAFFKEY": staffKey["id"].(string),
	}
}

// fill puts the IDs of things into a path.
func fill(path string, things map[string]string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if id, ok := things[p]; ok {
			parts[i] = id
		}
	}
	return strings.Join(parts, "/")
}
