package api_test

import (
	"strings"
	"testing"
)

// Whoever may change a trigger must not learn the password it has by sending it
// elsewhere.
func TestAStoredPasswordGoesToNoOtherHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	with := func(url string) string {
		return strings.Replace(goodTrigger, `"url":"https://hooks.example/orders"`, `"basicAuth":{"user":"u"},"url":"`+url+`"`, 1)
	}
	made := w.mustDo(t, 201, "POST", triggers, strings.Replace(with("https://hooks.example/orders"), `"user":"u"`, `"user":"u","password":"fake-password"`, 1))
	path := triggers + "/" + made["id"].(string)
	w.mustDo(t, 200, "PUT", path, with("https://hooks.example/elsewhere"))
	for _, url := range []string{"https://evil.example/orders", "https://hooks.example:8443/orders"} {
		a := w.do(t, "PUT", path, with(url))
		if got := reasons(t, a)["basicAuth.password"]; a.status != 422 || !strings.Contains(got, "host") {
			t.Errorf("PUT with %s = %d %s, want 422 about the password", url, a.status, a.body)
		}
	}
}
