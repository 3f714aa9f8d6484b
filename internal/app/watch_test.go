package app_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/app"
)

// answers answers by the path of a request, such as /500.
func answers(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/500" {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = io.Copy(io.Discard, r.Body)
}

func TestAScrapeAddsUp(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r := startRig(t, database(t), http.HandlerFunc(answers), func(o *app.Options) { o.MetricsListen = "127.0.0.1:0" })
			good := r.addTrigger(t, "OrderCreated", "/200", "")
			bad := r.addTrigger(t, "OrderCreated", "/500", `,"retry":{"preset":"status-rules"}`) // 500 is final
			late := r.addTrigger(t, "OrderChanged", "/500",
				`,"retry":{"preset":"custom","custom":{"first":"24h","factor":1,"longest":"24h","jitter":0,"retries":1}}`)

			const created = `{"type":"OrderCreated","entityId":"recognisable-entity"}`
			post := func(status int, body string) { r.do(t, status, "POST", acme+"/events", body, nil) }
			for range 5 {
				post(202, created)
			}
			post(202, `{"type":"OrderChanged","entityId":"1","id":"twice"}`)
			post(202, `{"type":"OrderChanged","entityId":"1","id":"twice"}`)
			post(422, `{"type":"OrderChanged"}`)

			want := []string{
				`waybill_events_total{company="acme",outcome="accepted"} 6`,
				`waybill_events_total{company="acme",outcome="repeated"} 1`,
				`waybill_events_total{company="acme",outcome="refused"} 1`,
				`waybill_deliveries_total{company="acme",kind="trigger",outcome="delivered"} 5`,
				`waybill_deliveries_total{company="acme",kind="trigger",outcome="failed"} 5`,
				`waybill_deliveries_total{company="acme",kind="trigger",outcome="retried"} 1`,
				`waybill_attempts_total{error="none",status="2xx"} 5`,
				`waybill_attempts_total{error="none",status="5xx"} 6`,
				`waybill_attempt_duration_seconds_count 11`,
				`waybill_first_attempt_seconds_count 11`,
				`waybill_commit_rows_sum 18`, // 6 events, a repeat and 11 attempts
				`waybill_node_requests 0`,
				`waybill_build_info{`,
				`go_goroutines `,
				`process_start_time_seconds `,
			}
			var got string
			await(t, "the counters to add up", func() bool {
				got = r.scrape(t)
				return !slices.ContainsFunc(want, func(line string) bool { return !strings.Contains(got, line) })
			})
			for _, hidden := range []string{good, bad, late, "recognisable-entity", "127.0.0.1", "twice"} {
				if strings.Contains(got, hidden) {
					t.Errorf("the scrape shows %s", hidden)
				}
			}
			checkLabels(t, got)
		})
	}
}

// scrape reads the metrics without a key.
func (r *rig) scrape(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+r.app.MetricsAddr()+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, text := exchange(t, req)
	if status != http.StatusOK {
		t.Fatalf("the scrape = %d %s, want 200", status, text)
	}
	return string(text)
}

// checkLabels makes sure that labels have names of which the values are few.
func checkLabels(t *testing.T, scrape string) {
	t.Helper()
	allowed := []string{"company", "due", "error", "go", "kind", "le", "operation", "outcome", "priority", "status", "version"}
	for _, found := range regexp.MustCompile(`(?m)^waybill_\w+\{(.*)\} `).FindAllStringSubmatch(scrape, -1) {
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(found[1], -1) {
			if !slices.Contains(allowed, label[1]) {
				t.Errorf("%s has the label %s", found[0], label[1])
			}
		}
	}
}

func TestMetricsNeedTheOperatorsKeyAtTheAPIsAddress(t *testing.T) {
	t.Parallel()
	r := startRig(t, filepath.Join(t.TempDir(), "waybill.db"), http.HandlerFunc(answers), func(*app.Options) {})
	if got := r.do(t, 200, "GET", "/metrics", "", nil); !strings.Contains(string(got), "waybill_node_lanes 0") {
		t.Errorf("the metrics are %s", got)
	}
	r.do(t, 401, "GET", "/metrics", "", http.Header{"Authorization": {"Bearer made-up"}})
	r.do(t, 401, "GET", "/metrics", "", http.Header{"Authorization": nil})
	if addr := r.app.MetricsAddr(); addr != "" {
		t.Errorf("metrics are served at %s too, want nowhere else", addr)
	}
}

func TestAnAddressForMetricsThatIsTakenIsNamed(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	folder := t.TempDir()
	_, err = app.New(t.Context(), app.Options{
		Listen: "127.0.0.1:0", MetricsListen: taken.Addr().String(), Database: filepath.Join(folder, "waybill.db"),
		Secrets: app.Secrets{File: filepath.Join(folder, "waybill.key")}, Log: discard(),
	})
	if e, ok := errors.AsType[*app.BadMetricsListen](err); !ok || e.Addr != taken.Addr().String() {
		t.Errorf("New = %v, want it to name the address", err)
	}
}
