package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// A column of the table of who may do what: four letters, for the own company
// with a module that unlocks, the own company without one, another company with
// one, and no company. The operator has none, so that the first two are of any.
const (
	allowed = 'y'
	denied  = 'd'
	missing = 'm'
	unknown = 'u'
)

// whoMayDoWhat is the whole policy, written out.
var whoMayDoWhat = []struct {
	action                                                     account.Action
	operator, operatorKey, admin, adminKey, member             string
	producer, reader, strange /* a role there isn't */, nobody string
}{
	{account.ListCompanies, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},
	{account.PutCompany, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},
	{account.ManageKeysAll, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},
	{account.ManageStaff, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},
	{account.ReadAuditAll, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},
	{account.MakePortal, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},
	{account.ReadMetrics, "yyyy", "yyyy", "dddd", "dddd", "dddd", "dddd", "dddd", "dddd", "uuuu"},

	{account.ReadCompany, "yyym", "yyym", "yymm", "yymm", "yymm", "yymm", "yymm", "ddmm", "uuuu"},
	{account.ChangeCompany, "yyym", "yyym", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.PostEvents, "yyym", "yyym", "yymm", "yymm", "ddmm", "yymm", "ddmm", "ddmm", "uuuu"},
	{account.ReadEvents, "yyym", "yyym", "yymm", "yymm", "yymm", "yymm", "yymm", "ddmm", "uuuu"},
	{account.PostDocuments, "yyym", "yyym", "yymm", "yymm", "ddmm", "yymm", "ddmm", "ddmm", "uuuu"},
	{account.ReadDocuments, "yyym", "yyym", "yymm", "yymm", "yymm", "yymm", "yymm", "ddmm", "uuuu"},
	{account.ChangeOrders, "yyym", "yyym", "yymm", "yymm", "ddmm", "yymm", "ddmm", "ddmm", "uuuu"},
	{account.ReadOrders, "yyym", "yyym", "yymm", "yymm", "yymm", "yymm", "yymm", "ddmm", "uuuu"},
	{account.ReadHooks, "yyym", "yyym", "yymm", "yymm", "yymm", "ddmm", "yymm", "ddmm", "uuuu"},
	{account.ChangeHooks, "yyym", "yyym", "ydmm", "ydmm", "ddmm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ReadQueue, "yyym", "yyym", "yymm", "yymm", "yymm", "ddmm", "yymm", "ddmm", "uuuu"},
	{account.OperateQueue, "yyym", "yyym", "ydmm", "ydmm", "ddmm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ReadUsers, "yyym", "yyym", "yymm", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ManageUsers, "yyym", "yyym", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ReadKeys, "yyym", "yyym", "yymm", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ManageKeys, "yyym", "yyym", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ReadAudit, "yyym", "yyym", "yymm", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "uuuu"},
	{account.ReadAlerts, "yyym", "yyym", "yymm", "yymm", "yymm", "ddmm", "yymm", "ddmm", "uuuu"},
	{account.ManageAlerts, "yyym", "yyym", "yymm", "yymm", "ddmm", "ddmm", "ddmm", "ddmm", "uuuu"},

	{account.OwnProfile, "yyyy", "dddd", "yyyy", "dddd", "yyyy", "dddd", "dddd", "dddd", "uuuu"},
}

func outcome(t *testing.T, err error) rune {
	t.Helper()
	if err == nil {
		return allowed
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		t.Errorf("%v is no *hook.Error", err)
		return '?'
	}
	if e.Msg == "" || e.German == "" || e.Msg == e.German {
		t.Errorf("%q and %q are not the words in two languages", e.Msg, e.German)
	}
	switch e.Fault {
	case hook.Denied:
		return denied
	case hook.Missing:
		return missing
	case hook.Unknown:
		return unknown
	default:
		t.Errorf("fault %s, want denied, missing or unknown", e.Fault)
		return '?'
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	user, key := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	policy := account.Policy{Modules: append(account.DefaultModules(), account.Module{ID: "archive"})}
	companies := []*trade.Company{
		{ID: "acme", Modules: []string{"archive", "standard-integration"}},
		{ID: "acme", Modules: []string{"archive"}},
		{ID: "rival", Modules: []string{"business-api"}},
		nil,
	}
	var listed []account.Action
	for _, row := range whoMayDoWhat {
		listed = append(listed, row.action)
		for who, tt := range map[string]struct {
			actor account.Actor
			want  string
		}{
			"an operator":             {account.Actor{Role: account.Operator, User: user}, row.operator},
			"an operator's key":       {account.Actor{Role: account.Operator, Key: key}, row.operatorKey},
			"an admin":                {account.Actor{Role: account.Admin, Company: "acme", User: user}, row.admin},
			"an admin's key":          {account.Actor{Role: account.Admin, Company: "acme", Key: key}, row.adminKey},
			"a member":                {account.Actor{Role: account.Member, Company: "acme", User: user}, row.member},
			"a producer":              {account.Actor{Role: account.Producer, Company: "acme", Key: key}, row.producer},
			"a reader":                {account.Actor{Role: account.Reader, Company: "acme", Key: key}, row.reader},
			"one with a strange role": {account.Actor{Role: "owner", Company: "acme", Key: key}, row.strange},
			"nobody":                  {account.Actor{Company: "acme"}, row.nobody},
		} {
			var got strings.Builder
			for _, c := range companies {
				got.WriteRune(outcome(t, policy.Allow(tt.actor, row.action, c)))
			}
			if got.String() != tt.want {
				t.Errorf("%s, %s: got %s, want %s", who, row.action, got.String(), tt.want)
			}
		}
	}
	if !slices.Equal(listed, account.Actions()) {
		t.Errorf("the table has the actions %v, want %v", listed, account.Actions())
	}
}

func TestActionsThatThereAreNotAreDenied(t *testing.T) {
	t.Parallel()
	own := &trade.Company{ID: "acme", Modules: []string{"business-api"}}
	for _, a := range []account.Actor{{Role: account.Operator}, {Role: account.Admin, Company: "acme"}} {
		if err := (account.Policy{Modules: account.DefaultModules()}).Allow(a, "hook.burn", own); hook.FaultOf(err) != hook.Denied {
			t.Errorf("%s: %v, want denied", a.Role, err)
		}
	}
}

func TestALackingModuleIsNamed(t *testing.T) {
	t.Parallel()
	policy := account.Policy{Modules: account.Modules{
		{ID: "gold", Label: trade.Text{EN: "Gold plan", DE: "Gold-Tarif"}, Unlocks: true},
		{ID: "tin", Label: trade.Text{EN: "Tin plan", DE: "Blech-Tarif"}},
	}}
	err := policy.Allow(account.Actor{Role: account.Admin, Company: "acme"}, account.ChangeHooks,
		&trade.Company{ID: "acme", Modules: []string{"tin"}})
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != hook.Denied {
		t.Fatalf("error = %v, want denied", err)
	}
	for text, want := range map[string]string{e.Msg: "Gold plan", e.German: "Gold-Tarif"} {
		if !strings.Contains(text, want) || strings.Contains(text, "Blech") || strings.Contains(text, "Tin") {
			t.Errorf("%q names other modules than %s", text, want)
		}
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	ms := append(account.DefaultModules(), account.Module{ID: "archive", Label: trade.Text{EN: "Archive", DE: "Archiv"}})
	if got, want := strings.Join(ms.IDs(), " "), "business-api individual-api-integration standard-integration archive"; got != want {
		t.Errorf("IDs() = %s, want %s", got, want)
	}
	english, german := ms.Unlocking()
	if got, want := strings.Join(english, ", "), "Business API, Individual API integration, Standard integration"; got != want {
		t.Errorf("Unlocking() = %s, want %s", got, want)
	}
	if got, want := strings.Join(german, ", "), "Business-API, Individuelle API-Anbindung, Standardanbindung"; got != want {
		t.Errorf("Unlocking() in German = %s, want %s", got, want)
	}
	for id, want := range map[string]bool{"archive": true, "business-api": true, "Business-API": false, "": false} {
		if got := ms.Known(id); got != want {
			t.Errorf("Known(%q) = %t, want %t", id, got, want)
		}
	}
	for ids, want := range map[string]bool{"": false, "archive": false, "archive business-api": true, "other": false} {
		if got := ms.Unlock(strings.Fields(ids)); got != want {
			t.Errorf("Unlock(%s) = %t, want %t", ids, got, want)
		}
	}
}
