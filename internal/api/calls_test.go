package api_test

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
)

// pngOf returns a picture of a width, one pixel high.
func pngOf(t *testing.T, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 1))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// peopleCalls are those of everyCall for people, of a company and themselves.
func peopleCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	const users, me = acme + "/users", "/api/v1/me"
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	gone := w.addUser(t, "acme", "gone@acme.example", account.Member)
	w.mustDo(t, 200, "PATCH", users+"/"+gone.ID.String(), `{"disabled":true}`)
	password := w.addPassword(t, u)
	in, leaving := w.signIn(t, u), w.signIn(t, u)
	other := w.signIn(t, u)
	session := w.mustDo(t, 200, "GET", me+"/sessions", "", other...)["items"].([]any)[0].(map[string]any)["id"].(string)
	changing := w.addUser(t, "acme", "lee@acme.example", account.Member)
	token := w.mustDo(t, 201, "POST", users+"/"+changing.ID.String()+"/password-link", "")["token"].(string)
	fresh := w.addUser(t, "acme", "fresh@acme.example", account.Member)
	present := w.addPassword(t, fresh)
	one, gonePath := users+"/"+u.ID.String(), users+"/"+gone.ID.String()
	key := w.mustDo(t, 201, "POST", acme+"/keys", `{"name":"k","role":"reader"}`)["id"].(string)
	wrong := `{"email":"nobody@acme.example","password":"wrong"}`
	signInCalls := []call{{body: `{"email":"kim@acme.example","password":"` + password + `"}`, want: 200}, {body: `{}`, want: 422}}
	for range 5 {
		signInCalls = append(signInCalls, call{body: wrong, want: 401})
	}
	return map[string][]call{
		"listUsers": {{path: users, want: 200}, {want: 404}},
		"addUser": {
			{path: users, body: `{"email":"new@acme.example","name":"New","role":"admin"}`, want: 201},
			{path: users, body: `{"email":"new@acme.example","name":"New","role":"admin"}`, want: 409},
			{path: users, body: `{"email":"new","name":"","role":"king"}`, want: 422},
		},
		"getUser":          {{path: one, want: 200}, {path: users + "/" + idLike, want: 404}},
		"changeUser":       {{path: one, body: `{"name":"Kim Other"}`, want: 200}, {path: one, body: `{"email":"gone@acme.example"}`, want: 409}},
		"getUserPicture":   {{path: one + "/picture", want: 200}, {path: users + "/" + idLike + "/picture", want: 404}},
		"makePasswordLink": {{path: one + "/password-link", want: 201}, {path: gonePath + "/password-link", want: 409}},
		"makePortalLink":   {{path: one + "/portal-link", want: 201}, {path: gonePath + "/portal-link", want: 409}},

		"signIn":         append(signInCalls, call{body: wrong, want: 429}),
		"signOut":        {{headers: leaving, want: 204}, {headers: leaving, want: 401}},
		"choosePassword": {{body: `{"token":"` + token + `","password":"a horse of brass 7"}`, want: 204}, {body: `{"token":"` + token + `","password":"a horse of brass 7"}`, want: 404}},
		"getMe":          {{headers: in, want: 200}, {want: 403}},
		"changeMe":       {{headers: in, body: `{"language":"de"}`, want: 200}, {headers: in, body: `{"name":" "}`, want: 422}},
		"changePassword": {
			{headers: in, body: `{"old":"wrong","new":"a ship of copper 8"}`, want: 422},
			{headers: in, body: `{"old":"` + password + `","new":"short"}`, want: 422},
			{headers: w.signIn(t, fresh), body: `{"old":"` + present + `","new":"a ship of copper 8"}`, want: 204},
		},
		"getPicture": {{headers: in, want: 200}, {want: 403}},
		"putPicture": {
			{headers: in, body: pngOf(t, 4), want: 204},
			{headers: in, body: "no picture", want: 422},
			{headers: in, body: string(make([]byte, 256<<10+1)), want: 413},
		},
		"deletePicture": {{headers: in, want: 204}, {want: 403}},
		"listSessions":  {{headers: in, want: 200}, {want: 403}},
		"endSession":    {{path: me + "/sessions/" + session, headers: in, want: 204}, {path: me + "/sessions/" + session, headers: in, want: 404}},

		"listKeys":  {{path: acme + "/keys", want: 200}, {want: 404}},
		"addKey":    {{path: acme + "/keys", body: `{"name":"k","role":"producer"}`, want: 201}, {path: acme + "/keys", body: `{"name":"k","role":"member"}`, want: 422}},
		"revokeKey": {{path: acme + "/keys/" + key, want: 204}, {path: acme + "/keys/" + key, want: 404}},
		"listAudit": {{path: acme + "/audit?limit=2", want: 200}, {path: acme + "/audit?cursor=x", want: 422}},
	}
}

// operatorCalls are those of everyCall for what is the operator's own.
func operatorCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	const staff = "/api/v1/users"
	u := w.addUser(t, "", "op@operator.example", account.Operator)
	one := staff + "/" + u.ID.String()
	foreign := staff + "/" + w.addUser(t, "acme", "foreign@acme.example", account.Member).ID.String()
	key := w.mustDo(t, 201, "POST", "/api/v1/keys", `{"name":"k"}`)["id"].(string)
	return map[string][]call{
		"listStaff":             {{want: 200}, {path: staff + "?limit=1", want: 422}},
		"addStaff":              {{body: `{"email":"new@operator.example","name":"New"}`, want: 201}, {body: `{"email":"x@operator.example","name":"New","role":"admin"}`, want: 422}},
		"getStaff":              {{path: one, want: 200}, {path: foreign, want: 404}},
		"changeStaff":           {{path: one, body: `{"name":"Op"}`, want: 200}, {path: foreign, body: `{"name":"Op"}`, want: 404}},
		"getStaffPicture":       {{path: one + "/picture", want: 200}, {path: foreign + "/picture", want: 404}},
		"makeStaffPasswordLink": {{path: one + "/password-link", want: 201}, {path: foreign + "/password-link", want: 404}},
		"listOperatorKeys":      {{want: 200}, {headers: []string{noKey}, want: 401}},
		"addOperatorKey":        {{body: `{"name":"k"}`, want: 201}, {body: `{"name":"k","role":"reader"}`, want: 422}},
		"revokeOperatorKey":     {{path: "/api/v1/keys/" + key, want: 204}, {path: "/api/v1/keys/" + key, want: 404}},
		"getMetrics":            {{want: 200}, {headers: []string{noKey}, want: 401}},
		"listAuditAll":          {{path: "/api/v1/audit?action=user.", want: 200}, {path: "/api/v1/audit?from=today", want: 422}},
	}
}
