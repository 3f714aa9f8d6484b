package api_test

import (
	"fmt"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
)

func TestCompanyKeepsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","language":"de","timeZone":"Europe/Berlin",
		"modules":["standard-integration","business-api"],
		"shops":[{"id":"2","name":"B","language":"en","timeZone":"UTC"},{"id":"1","name":"A"}]}`)
	const modules, shops = "[business-api standard-integration]",
		"[map[id:1 language:de name:A timeZone:Europe/Berlin] map[id:2 language:en name:B timeZone:UTC]]"
	same := func(when string, c map[string]any) {
		t.Helper()
		if got := fmt.Sprint(c["modules"]); got != modules {
			t.Errorf("%s the modules are %s, want %s", when, got, modules)
		}
		if got := fmt.Sprint(c["shops"]); got != shops {
			t.Errorf("%s the shops are %s, want %s", when, got, shops)
		}
	}
	same("at first", full)
	same("after PUT without them", w.mustDo(t, 200, "PUT", acme, `{"name":"Acme 2"}`))
	admin := w.signIn(t, w.addUser(t, "acme", "kim@acme.example", account.Admin))
	changed := w.mustDo(t, 200, "PATCH", acme, `{"name":"Acme 3"}`, admin...)
	same("after PATCH", changed)
	if changed["name"] != "Acme 3" || changed["language"] != "en" || changed["createdAt"] != full["createdAt"] {
		t.Errorf("after PATCH = %v, want the name changed, the rest as put", changed)
	}
	w.mustDo(t, 422, "PATCH", acme, `{"modules":["business-api"]}`, admin...)
	empty := w.mustDo(t, 200, "PUT", acme, `{"name":"Acme","modules":[],"shops":[]}`)
	if fmt.Sprint(empty["modules"], empty["shops"]) != "[] []" {
		t.Errorf("after PUT of none = %v, want no modules and shops", empty)
	}
}

func TestModulesAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	items := w.mustDo(t, 200, "GET", "/api/v1/modules", "", noKey)["items"].([]any)
	first := items[0].(map[string]any)
	if len(items) != 3 || first["id"] != "business-api" || first["unlocks"] != true ||
		fmt.Sprint(first["label"]) != "map[de:Business-API en:Business API]" {
		t.Errorf("modules = %v, want the three with labels", items)
	}
}
