package app_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

const globex = "/api/v1/companies/globex"

// person is somebody of a company who is signed in.
type person struct{ cookie string }

// signUp adds a user to a company, chooses a password by the link that is made for
// that, and signs in.
func (r *rig) signUp(t *testing.T, company, email, role string) person {
	t.Helper()
	users := "/api/v1/companies/" + company + "/users"
	user := object(t, r.do(t, http.StatusCreated, "POST", users, `{"email":"`+email+`","name":"Kim Example","role":"`+role+`"}`, nil))
	link := object(t, r.do(t, http.StatusCreated, "POST", users+"/"+user["id"].(string)+"/password-link", "", nil))
	const password = "a horse of brass 7"
	nobody := http.Header{"Authorization": nil}
	r.do(t, http.StatusNoContent, "POST", "/api/v1/password", `{"token":"`+link["token"].(string)+`","password":"`+password+`"}`, nobody)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/api/v1/session",
		strings.NewReader(`{"email":"`+email+`","password":"`+password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	in, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Body.Close()
	if in.StatusCode != http.StatusOK || len(in.Cookies()) != 1 {
		t.Fatalf("%s signs in = %d with %d cookies, want 200 with one", email, in.StatusCode, len(in.Cookies()))
	}
	c := in.Cookies()[0]
	return person{c.Name + "=" + c.Value}
}

// as is the header of a person's request.
func (p person) as(more ...string) http.Header {
	h := http.Header{"Authorization": nil, "Cookie": {p.cookie}}
	for i := 0; i < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return h
}

// An admin sets up where notices go, a producer brings a document, the receiver is
// told of it and downloads it: the same bytes. Nobody else can do any of it.
func TestTheStoryOfADocument(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.FromSlash("../opentrans/testdata/dispatchnotification.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			box := newNoticeBox("recognisable")
			r := startRig(t, database(t), box, func(*app.Options) {})
			r.do(t, http.StatusOK, "PUT", acme, `{"name":"Acme","modules":["standard-integration"]}`, nil)
			r.do(t, http.StatusCreated, "PUT", globex, `{"name":"Globex"}`, nil)
			admin, member := r.signUp(t, "acme", "admin@acme.example", "admin"), r.signUp(t, "acme", "member@acme.example", "member")
			stranger := r.signUp(t, "globex", "admin@globex.example", "admin")

			r.testSettingsAreTheAdmins(t, admin, member, stranger)
			link := r.testTheNotice(t, box, content)
			r.testTheDownload(t, link, content)
		})
	}
}

func (r *rig) testSettingsAreTheAdmins(t *testing.T, admin, member, stranger person) {
	t.Helper()
	settings := `{"basicAuthentication":{"username":"erp","password":"recognisable"},"webhooks":{"ORDER":{"enabled":false},"ORDERRESPONSE":{"enabled":false},"INVOICE":{"enabled":false},
		"DELIVERY":{"enabled":true,"url":"` + r.target + `/DELIVERY"}}}`
	entered := `{"url":"` + r.target + `/DELIVERY"}`
	for _, no := range []struct {
		person person
		of     string
		status int
	}{
		{member, acme, http.StatusForbidden},
		{stranger, acme, http.StatusNotFound},    // an admin, but of another company
		{stranger, globex, http.StatusForbidden}, // whose contract has no module
	} {
		r.do(t, no.status, "PUT", no.of+"/document-webhooks", settings, no.person.as("If-Match", "*"))
		r.do(t, no.status, "POST", no.of+"/document-webhooks/DELIVERY/test", entered, no.person.as())
	}
	r.do(t, http.StatusNotFound, "GET", acme+"/document-webhooks", "", stranger.as())

	r.do(t, http.StatusOK, "PUT", acme+"/document-webhooks", settings, admin.as("If-Match", "*"))
	for who, p := range map[string]person{"a member": member, "the admin": admin} {
		read := r.do(t, http.StatusOK, "GET", acme+"/document-webhooks", "", p.as())
		v := object(t, read)
		delivery, basic := v["webhooks"].(map[string]any)["DELIVERY"].(map[string]any), v["basicAuthentication"].(map[string]any)
		if delivery["sends"] != true || basic["passwordLength"] != 12.0 || bytes.Contains(read, []byte("recognisable")) {
			t.Errorf("%s reads %s, want that it sends, and of the password its length alone", who, read)
		}
	}
}

// testTheNotice brings a document, and returns where the receiver was told that it is.
func (r *rig) testTheNotice(t *testing.T, box *noticeBox, content []byte) string {
	t.Helper()
	producer := r.key(t, "acme", "producer")
	const details = "buyer=acme&seller=globex" // the rest is in the document
	r.upload(t, http.StatusNotFound, r.key(t, "globex", "producer"), details, content)
	filed := r.upload(t, http.StatusCreated, producer, details, content)

	told := box.first(t, "/DELIVERY")
	notice := object(t, told.Body)
	link, _ := notice["documentUrl"].(string)
	if notice["eventType"] != "DELIVERY" || notice["documentId"] != filed["id"] || notice["orderId"] != filed["orderId"] || len(notice) != 9 {
		t.Errorf("the receiver was told %s of the document %v, want its nine fields", told.Body, filed)
	}
	if want := r.url + "/2.1/business/documents/7c9e6679-7425-40de-944b-e07fc1f90ae7/DISPATCHNOTIFICATION.xml"; link != want {
		t.Errorf("documentUrl = %s, want %s", link, want)
	}
	return link
}

func (r *rig) testTheDownload(t *testing.T, link string, content []byte) {
	t.Helper()
	reader, stranger := r.key(t, "acme", "reader"), r.key(t, "globex", "reader")
	for _, tt := range []struct {
		who, account, key string
		status            int
	}{
		{"the receiver", "acme", reader, http.StatusOK},
		{"another company", "globex", stranger, http.StatusNotFound},
		{"another company under this one's name", "acme", stranger, http.StatusUnauthorized},
		{"somebody without a key", "", "", http.StatusUnauthorized},
	} {
		answer, body := r.download(t, link, tt.account, tt.key, nil)
		if answer.status != tt.status || bytes.Equal(body, content) != (tt.status == http.StatusOK) {
			t.Errorf("%s gets %d with %d bytes from %s, want %d", tt.who, answer.status, len(body), link, tt.status)
		}
	}
	if u, err := url.Parse(link); err != nil || u.User != nil || u.RawQuery != "" {
		t.Errorf("the link %s has more in it than where the document is: %v", link, err)
	}
}
