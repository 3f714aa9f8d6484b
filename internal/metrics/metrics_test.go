package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/metrics"
)

// queue is a store of which only the depth is asked.
type queue struct {
	asked int
	err   error
	depth hook.Depth
}

func (q *queue) Depth(context.Context, time.Time) (hook.Depth, error) {
	q.asked++
	return q.depth, q.err
}

// lively returns metrics of which each has been counted at least once.
func lively(o metrics.Options) *metrics.Metrics {
	if o.Queue == nil {
		o.Queue = &queue{}
	}
	o.Load = func() hook.Load { return hook.Load{Lanes: 1, Open: 6, Held: 2, Flying: 3, Unsettled: 4, Memory: 5} }
	o.Version = "1.2.3"
	m := metrics.New(o)
	m.Accepted("acme", hook.Tally{Accepted: 3, Repeated: 2, Refused: 1})
	for _, s := range []hook.State{hook.Delivered, hook.Failed, hook.Waiting} {
		settle(m, "acme", 200, hook.NoError, s, true)
	}
	m.Cancelled("acme", hook.Trigger, 7)
	m.Claimed(10, time.Millisecond)
	m.TakenOver(4)
	m.Committed(2, 5, time.Millisecond, nil)
	m.Committed(2, 5, time.Millisecond, errors.New("disk on fire"))
	m.Failed(errors.New("disk on fire"))
	return m
}

func settle(m *metrics.Metrics, company string, status int, e hook.ErrorKind, state hook.State, moved bool) {
	now := time.Now()
	m.Settled(hook.Trigger, &hook.Delivery{Company: company, CreatedAt: now.Add(-time.Second)}, &hook.Settlement{
		Company: company,
		Attempt: hook.Attempt{Number: 1, StartedAt: now, Status: status, Error: e, Took: hook.Timing{Total: time.Millisecond}},
		Verdict: hook.Verdict{State: state},
	}, moved)
}

// scrape returns what a scrape shows, without Go's and the process's own.
func scrape(t *testing.T, m *metrics.Metrics) []string {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != 200 {
		t.Fatalf("the scrape is answered %d: %s", answer.Code, answer.Body)
	}
	var ours []string
	for line := range strings.Lines(answer.Body.String()) {
		if strings.HasPrefix(line, "waybill_") {
			ours = append(ours, strings.TrimSpace(line))
		}
	}
	return ours
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("the scrape lacks %s; it is\n%s", line, strings.Join(got, "\n"))
		}
	}
}

func TestWhatIsCountedIsShown(t *testing.T) {
	t.Parallel()
	m := lively(metrics.Options{})
	settle(m, "acme", 0, hook.TimedOut, hook.Waiting, true)
	settle(m, "acme", 503, hook.BadResponse, hook.Waiting, true)
	settle(m, "acme", 799, hook.NoError, hook.Waiting, true)
	settle(m, "acme", 404, hook.NoError, hook.Failed, false)
	wantLines(t, scrape(t, m),
		`waybill_events_total{company="acme",outcome="accepted"} 3`,
		`waybill_events_total{company="acme",outcome="repeated"} 2`,
		`waybill_events_total{company="acme",outcome="refused"} 1`,
		`waybill_events_total{company="acme",outcome="failed"} 0`,
		`waybill_deliveries_total{company="acme",kind="trigger",outcome="delivered"} 1`,
		`waybill_deliveries_total{company="acme",kind="trigger",outcome="failed"} 1`,
		`waybill_deliveries_total{company="acme",kind="trigger",outcome="retried"} 4`,
		`waybill_deliveries_total{company="acme",kind="trigger",outcome="cancelled"} 7`,
		`waybill_attempts_total{error="none",status="2xx"} 3`,
		`waybill_attempts_total{error="none",status="4xx"} 1`,
		`waybill_attempts_total{error="none",status="none"} 1`,
		`waybill_attempts_total{error="timeout",status="none"} 1`,
		`waybill_attempts_total{error="response",status="5xx"} 1`,
		`waybill_attempts_late_total 1`,
		`waybill_attempt_duration_seconds_count 7`,
		`waybill_attempt_duration_seconds_bucket{le="0.005"} 7`,
		`waybill_first_attempt_seconds_count 7`,
		`waybill_first_attempt_seconds_bucket{le="1"} 0`, // a second and a millisecond
		`waybill_first_attempt_seconds_bucket{le="2.5"} 7`,
		`waybill_claimed_deliveries_total 10`,
		`waybill_taken_over_deliveries_total 4`,
		`waybill_commit_rows_sum 5`,
		`waybill_commit_callers_sum 2`,
		`waybill_database_errors_total{operation="commit"} 1`,
		`waybill_database_errors_total{operation="transaction"} 1`,
		`waybill_node_lanes 1`, `waybill_node_open_circuits 6`, `waybill_node_deliveries 2`, `waybill_node_requests 3`,
		`waybill_node_unsettled_attempts 4`, `waybill_node_memory_bytes 5`,
	)
}

func TestOnlySoManyCompaniesAreNamed(t *testing.T) {
	t.Parallel()
	const most, all = 3, 10
	m := lively(metrics.Options{Companies: most})
	for i := range all {
		company := fmt.Sprintf("company-%d", i)
		m.Accepted(company, hook.Tally{Accepted: 1})
		settle(m, company, 200, hook.NoError, hook.Delivered, true)
		m.Cancelled(company, hook.Trigger, 1)
	}
	got := scrape(t, m)
	wantLines(t, got,
		`waybill_events_total{company="company-1",outcome="accepted"} 1`,
		`waybill_events_total{company="_other",outcome="accepted"} 8`,
		`waybill_deliveries_total{company="_other",kind="trigger",outcome="delivered"} 8`,
		`waybill_deliveries_total{company="_other",kind="trigger",outcome="cancelled"} 8`,
	)
	named := make(map[string]bool)
	for _, line := range got {
		if found := regexp.MustCompile(`company="([^"]*)"`).FindStringSubmatch(line); found != nil {
			named[found[1]] = true
		}
	}
	if len(named) != most+1 {
		t.Errorf("%d values of company are shown, %v, want the %d first and _other", len(named), named, most)
	}
}

func TestWhatWaitsIsCountedEvery15Seconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{depth: hook.Depth{Whole: true}}
		q.depth.Levels[hook.High] = hook.Level{Due: 12, Later: 3, Oldest: time.Now().Add(-time.Minute)}
		m := metrics.New(metrics.Options{Queue: q, Load: func() hook.Load { return hook.Load{} }})
		for range 3 {
			wantLines(t, scrape(t, m),
				`waybill_queue_deliveries{due="yes",priority="high"} 12`,
				`waybill_queue_deliveries{due="no",priority="high"} 3`,
				`waybill_queue_deliveries{due="yes",priority="lowest"} 0`,
				`waybill_queue_oldest_due_seconds{priority="lowest"} 0`,
				`waybill_queue_exact 1`)
		}
		if q.asked != 1 {
			t.Errorf("three scrapes counted %d times, want once", q.asked)
		}
		time.Sleep(14 * time.Second)
		wantLines(t, scrape(t, m), `waybill_queue_oldest_due_seconds{priority="high"} 74`)
		time.Sleep(time.Second)
		q.depth.Whole, q.err = false, nil
		wantLines(t, scrape(t, m), `waybill_queue_exact 0`)
		time.Sleep(15 * time.Second)
		q.err = errors.New("disk on fire")
		got := scrape(t, m)
		if slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "waybill_queue_") }) {
			t.Errorf("the queue is shown though it was not counted: %q", got)
		}
		wantLines(t, scrape(t, m), `waybill_database_errors_total{operation="count"} 1`)
		if q.asked != 3 {
			t.Errorf("the store was asked %d times, want 3", q.asked)
		}
	})
}

func TestNamesAreAsPrometheusWantsThem(t *testing.T) {
	t.Parallel()
	problems, err := testutil.GatherAndLint(lively(metrics.Options{}).Registry())
	if err != nil {
		t.Fatal(err)
	}
	problems = slices.DeleteFunc(problems, func(p promlint.Problem) bool { return strings.HasPrefix(p.Metric, "go_") })
	if len(problems) > 0 {
		t.Errorf("promlint finds %v", problems)
	}
}

// docs/metrics.md has a row for each metric, with its labels, and none for others.
func TestEveryMetricIsInTheDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	families, err := lively(metrics.Options{}).Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "waybill_") {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		row := fmt.Sprintf("| `%s` | %s | %s |", f.GetName(), strings.ToLower(f.GetType().String()), strings.Join(labels, ", "))
		want = append(want, row)
	}
	got := regexp.MustCompile("(?m)^\\| `waybill_[a-z_]+` \\| [a-z]+ \\| [^|]*\\|").FindAllString(string(page), -1)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the page has the rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// BenchmarkSettled measures what a delivery costs: it is on the way of each.
func BenchmarkSettled(b *testing.B) {
	m := lively(metrics.Options{})
	d := &hook.Delivery{CreatedAt: time.Now()}
	s := &hook.Settlement{
		Company: "acme", Verdict: hook.Verdict{State: hook.Delivered},
		Attempt: hook.Attempt{Number: 1, Status: 204, StartedAt: time.Now(), Took: hook.Timing{Total: 3 * time.Millisecond}},
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Settled(hook.Trigger, d, s, true)
		}
	})
}

// BenchmarkAccepted measures what events that come together cost.
func BenchmarkAccepted(b *testing.B) {
	m := lively(metrics.Options{})
	b.ReportAllocs()
	for b.Loop() {
		m.Accepted("acme", hook.Tally{Accepted: 1})
	}
}

func TestCountingADeliveryAllocatesNothing(t *testing.T) {
	m := lively(metrics.Options{})
	d := &hook.Delivery{CreatedAt: time.Now()}
	s := &hook.Settlement{Company: "acme", Verdict: hook.Verdict{State: hook.Delivered}, Attempt: hook.Attempt{Number: 1, Status: 204}}
	if n := testing.AllocsPerRun(1000, func() {
		m.Settled(hook.Trigger, d, s, true)
		m.Accepted("acme", hook.Tally{Accepted: 1})
	}); n > 0 {
		t.Errorf("counting an event and its delivery makes %v allocations, want none", n)
	}
}
