package api_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
)

type audited struct {
	ID, Company, Actor, Role, Address, Action, Target string
	Before, After                                     map[string]any
}

// audit reads all pages of a log, with a query.
func (w *world) audit(t *testing.T, path, query string) []audited {
	t.Helper()
	var all []audited
	cursor := ""
	for {
		a := w.do(t, "GET", path+"?limit=2&"+query+"&cursor="+cursor, "")
		var page struct {
			Items []audited
			Next  string
		}
		if err := json.Unmarshal(a.body, &page); err != nil || a.status != 200 {
			t.Fatalf("%s?%s = %d %s", path, query, a.status, a.body)
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all
		}
		cursor = page.Next
	}
}

func TestChangesAreNoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "not-a-real-password"
	u := w.addUser(t, "acme", "kim@acme.example", account.Admin)
	in := w.signIn(t, u)
	start := time.Now()
	auth := func(user string) string {
		return strings.Replace(goodTrigger, "{", `{"auth":{"type":"basic","user":"`+user+`","secret":"`+secret+`"},`, 1)
	}
	id := w.mustDo(t, 201, "POST", triggers, auth("erp"), in...)["id"].(string)
	w.mustDo(t, 200, "PUT", triggers+"/"+id, auth("other"), in...)
	w.mustDo(t, 204, "DELETE", triggers+"/"+id, "", in...)
	w.mustDo(t, 200, "PATCH", acme, `{"name":"Acme 2"}`, in...)
	w.mustDo(t, 200, "PATCH", "/api/v1/me", `{"name":"Kim Other"}`, in...)
	w.mustDo(t, 201, "POST", "/api/v1/users", `{"email":"op@operator.example","name":"Op"}`)

	got := w.audit(t, acme+"/audit", "from="+url.QueryEscape(start.Format(time.RFC3339Nano)))
	want := []string{"profile.change", "company.change", "hook.delete", "hook.change", "hook.add"}
	var actions []string
	for _, e := range got {
		actions = append(actions, e.Action)
		if e.Actor != "kim@acme.example" || e.Role != "admin" || e.Address != "127.0.0.1" || e.Company != "acme" {
			t.Errorf("entry %+v, want it Kim's from 127.0.0.1", e)
		}
	}
	if !slices.Equal(actions, want) {
		t.Fatalf("noted %v, want %v", actions, want)
	}
	if c := got[1]; c.Before["name"] != "Acme" || c.After["name"] != "Acme 2" || c.Target != "acme" {
		t.Errorf("the company's change = %+v, want its names", c)
	}
	change := got[3]
	was, is := change.Before["auth"].(map[string]any), change.After["auth"].(map[string]any)
	if was["user"] != "erp" || is["user"] != "other" || is["secretSet"] != true || is["secretSetAt"] == nil || change.Target != id {
		t.Errorf("the hook's change = %+v, want both users and that a password is set", change)
	}
	if got[4].Before != nil || got[2].After != nil {
		t.Error("what was not there before or isn't any more is noted as if it were")
	}
	for query, n := range map[string]int{
		"action=hook.": 3, "action=hook.add": 1, "action=hook": 0, "target=" + id: 3, "actor=nobody": 0,
		"actor=kim%40acme.example&action=company.change":                    1,
		"to=" + url.QueryEscape(start.Add(-time.Hour).Format(time.RFC3339)): 0,
	} {
		if es := w.audit(t, acme+"/audit", query); len(es) != n {
			t.Errorf("%s = %d entries, want %d", query, len(es), n)
		}
	}
	if es := w.audit(t, acme+"/audit", "action=user.add&target="+id); len(es) != 0 {
		t.Errorf("the company sees the operator's entries: %v", es)
	}
	everyone := w.audit(t, "/api/v1/audit", "action=user.add")
	if len(everyone) != 1 || everyone[0].Company != "" || everyone[0].Role != "operator" {
		t.Errorf("the operator sees %+v, want its own entry", everyone)
	}
	if all := string(w.do(t, "GET", "/api/v1/audit?limit=200", "").body); strings.Contains(all, secret) {
		t.Error("a password is in the audit log")
	}
}
