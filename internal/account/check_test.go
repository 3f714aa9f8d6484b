package account_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// fields returns the fields that err is about, sorted.
func fields(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != hook.Invalid || e.German == "" {
		t.Fatalf("%#v, want it to be invalid, in German too", err)
	}
	var names []string
	for _, p := range e.Problems {
		if !strings.Contains(p.Reason, "; ") || !strings.HasSuffix(p.German, ".") || !strings.Contains(p.German, "; ") {
			t.Errorf("%s: %q and %q do not say what to do, in English and German", p.Field, p.Reason, p.German)
		}
		names = append(names, p.Field)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestCheckCompany(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*trade.Company)
		want   string
	}{
		"a good one":         {func(*trade.Company) {}, ""},
		"without modules":    {func(c *trade.Company) { c.Modules, c.Shops = nil, nil }, ""},
		"an ID in capitals":  {func(c *trade.Company) { c.ID = "Acme" }, "company"},
		"a blank name":       {func(c *trade.Company) { c.Name = " " }, "name"},
		"a long name":        {func(c *trade.Company) { c.Name = strings.Repeat("a", 201) }, "name"},
		"a name of two rows": {func(c *trade.Company) { c.Name = "Acme\nInc" }, "name"},
		"another language":   {func(c *trade.Company) { c.Language = "fr" }, "language"},
		"no time zone":       {func(c *trade.Company) { c.TimeZone = "" }, "timeZone"},
		"our own time zone":  {func(c *trade.Company) { c.TimeZone = "Local" }, "timeZone"},
		"unknown modules":    {func(c *trade.Company) { c.Modules = []string{"gold", "business-api", "tin"} }, "modules[0] modules[2]"},
		"shops with one ID": {func(c *trade.Company) {
			c.Shops = append(c.Shops, c.Shops[0])
		}, "shops[1].id"},
		"a shop without anything": {func(c *trade.Company) {
			c.Shops = []trade.Shop{{}}
		}, "shops[0].id shops[0].language shops[0].name shops[0].timeZone"},
		"everything at once": {func(c *trade.Company) {
			*c = trade.Company{Modules: []string{"tin"}}
		}, "company language modules[0] name timeZone"},
	} {
		c := trade.Company{
			ID: "acme", Name: "Acme", Language: "de", TimeZone: "Europe/Berlin", Modules: []string{"business-api"},
			Shops: []trade.Shop{{ID: "12", Name: "Hamburg", Language: "de", TimeZone: "Europe/Berlin"}},
		}
		tt.change(&c)
		if got := fields(t, account.CheckCompany(c, account.DefaultModules())); got != tt.want {
			t.Errorf("%s: problems with %q, want %q", name, got, tt.want)
		}
	}
}

func TestCheckUser(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		user account.User
		want string
	}{
		"an admin":               {account.User{Company: "acme", Name: "Erika", Language: "de", Role: account.Admin}, ""},
		"a member":               {account.User{Company: "acme", Name: "Erika", Language: "en", Role: account.Member}, ""},
		"an operator":            {account.User{Name: "Erika", Language: "de", Role: account.Operator}, ""},
		"a company's operator":   {account.User{Company: "acme", Name: "Erika", Language: "de", Role: account.Operator}, "role"},
		"an admin of no company": {account.User{Name: "Erika", Language: "de", Role: account.Admin}, "role"},
		"a role of keys":         {account.User{Company: "acme", Name: "Erika", Language: "de", Role: account.Producer}, "role"},
		"nothing":                {account.User{}, "language name role"},
	} {
		if got := fields(t, account.CheckUser(tt.user)); got != tt.want {
			t.Errorf("%s: problems with %q, want %q", name, got, tt.want)
		}
	}
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		key  account.Key
		want string
	}{
		"a producer":             {account.Key{Company: "acme", Name: "shop", Role: account.Producer}, ""},
		"a reader for a while":   {account.Key{Company: "acme", Name: "shop", Role: account.Reader, ExpiresAt: now.Add(1)}, ""},
		"an admin":               {account.Key{Company: "acme", Name: "shop", Role: account.Admin}, ""},
		"an operator":            {account.Key{Name: "shop", Role: account.Operator}, ""},
		"a company's operator":   {account.Key{Company: "acme", Name: "shop", Role: account.Operator}, "role"},
		"a producer of nobody":   {account.Key{Name: "shop", Role: account.Producer}, "role"},
		"a role of users":        {account.Key{Company: "acme", Name: "shop", Role: account.Member}, "role"},
		"one that expires now":   {account.Key{Company: "acme", Name: "shop", Role: account.Admin, ExpiresAt: now}, "expiresAt"},
		"one that has no name":   {account.Key{Company: "acme", Role: account.Admin}, "name"},
		"one with nothing right": {account.Key{ExpiresAt: now.Add(-1)}, "expiresAt name role"},
	} {
		if got := fields(t, account.CheckKey(tt.key, now)); got != tt.want {
			t.Errorf("%s: problems with %q, want %q", name, got, tt.want)
		}
	}
}

func TestWhatIsNotedHoldsNoCredentials(t *testing.T) {
	t.Parallel()
	for want, shown := range map[string]any{
		`{"email":"e@x.example","name":"Erika","language":"de","role":"admin","disabled":true}`: account.ShownUser(account.User{
			Email: "e@x.example", Name: "Erika", Language: "de", Role: account.Admin, Disabled: true, Password: "recognisable",
		}),
		`{"name":"shop","role":"reader","prefix":"wb_reader_ABCD"}`: account.ShownKey(account.Key{
			Name: "shop", Role: account.Reader, Prefix: "wb_reader_ABCD", Digest: "recognisable",
		}),
		`{"name":"Acme","language":"de","timeZone":"Europe/Berlin","modules":["m"],"shops":[{"id":"12","name":"Hamburg","language":"de","timeZone":"Europe/Berlin"}]}`: account.ShownCompany(trade.Company{
			ID: "acme", Name: "Acme", Language: "de", TimeZone: "Europe/Berlin", Modules: []string{"m"},
			Shops: []trade.Shop{{ID: "12", Name: "Hamburg", Language: "de", TimeZone: "Europe/Berlin"}},
		}),
	} {
		if got, err := json.Marshal(shown); err != nil || string(got) != want {
			t.Errorf("noted is %s, %v, want %s", got, err, want)
		}
	}
}
