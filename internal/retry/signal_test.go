package retry_test

import (
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/retry"
)

func TestSignal(t *testing.T) {
	t.Parallel()
	status := func(n int) hook.Attempt { return hook.Attempt{Status: n} }
	fails := func(k hook.ErrorKind) hook.Attempt { return hook.Attempt{Error: k} }
	custom := retry.Policy{Answers: map[string]hook.Meaning{"503": hook.MeansDelivered, "502": hook.MeansAlert, "501": hook.MeansFailed}}
	for name, tt := range map[string]struct {
		policy  retry.Policy
		attempt hook.Attempt
		want    retry.Signal
	}{
		"200":                             {retry.Default(), status(200), retry.Well},
		"302":                             {retry.Default(), status(302), retry.Well},
		"404 that is retried":             {retry.Default(), status(404), retry.Well},
		"410":                             {retry.Default(), status(410), retry.Well},
		"408":                             {retry.Default(), status(408), retry.Troubled},
		"425":                             {retry.Default(), status(425), retry.Troubled},
		"429":                             {retry.Default(), status(429), retry.Troubled},
		"500 that is retried":             {retry.Default(), status(500), retry.Troubled},
		"500 that is final":               {retry.Of(hook.Retry{Preset: hook.StatusRules}), status(500), retry.Well},
		"400 that is final":               {retry.Of(hook.Retry{Preset: hook.StatusRules}), status(400), retry.Well},
		"502 above 500":                   {retry.Of(hook.Retry{Preset: hook.StatusRules}), status(502), retry.Troubled},
		"5xx that is told of":             {custom, status(502), retry.Troubled},
		"5xx that is final by own rules":  {custom, status(501), retry.Well},
		"5xx that means delivered":        {custom, status(503), retry.Well},
		"no name":                         {retry.Default(), fails(hook.BadName), retry.Troubled},
		"no connection":                   {retry.Default(), fails(hook.BadConnect), retry.Troubled},
		"no token":                        {retry.Default(), fails(hook.BadToken), retry.Troubled},
		"a bad certificate":               {retry.Default(), fails(hook.BadTLS), retry.Troubled},
		"no answer in time":               {retry.Default(), fails(hook.TimedOut), retry.Troubled},
		"an address that isn't permitted": {retry.Default(), fails(hook.BadAddress), retry.Troubled},
		"a body that was not made":        {retry.Default(), fails(hook.BadRender), retry.NoSignal},
		"a node that stopped":             {retry.Default(), fails(hook.Abandoned), retry.NoSignal},
	} {
		if got := tt.policy.Signal(&tt.attempt); got != tt.want {
			t.Errorf("%s: signal %d, want %d", name, got, tt.want)
		}
	}
}

func TestRest(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tt := range map[string]struct {
		status int
		value  string
		want   time.Duration
	}{
		"429 with seconds":         {429, "120", 2 * time.Minute},
		"503 with a date":          {503, "Fri, 02 Jan 2026 04:04:05 GMT", time.Hour},
		"more than a day":          {503, "9999999", 24 * time.Hour},
		"nothing that can be read": {503, "soon", 0},
		"another answer":           {301, "120", 0},
		"none":                     {429, "", 0},
	} {
		a := hook.Attempt{Status: tt.status, ResponseHead: "Retry-After: " + tt.value + "\n"}
		if got := retry.Rest(&a, now); got != tt.want {
			t.Errorf("%s: rest %v, want %v", name, got, tt.want)
		}
	}
}
