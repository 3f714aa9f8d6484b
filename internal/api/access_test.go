package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/api"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestWhatHasNoRouteIsAProblemToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/nowhere", 404, ""},
		{"POST", "/api/v1/companies/acme/nothing", 404, ""},
		{"DELETE", acme, 405, "GET, HEAD, PATCH, PUT"},
		{"GET", acme + "/events", 405, "POST"},
	} {
		a := w.do(t, tt.method, tt.path, "")
		if got := a.header.Get("Allow"); a.status != tt.status || got != tt.allow {
			t.Errorf("%s %s = %d, Allow %q, want %d, %q", tt.method, tt.path, a.status, got, tt.status, tt.allow)
		}
		if reasons(t, a)["detail"] == "" {
			t.Errorf("%s %s = %s, want it to say what is wrong", tt.method, tt.path, a.body)
		}
	}
}

func TestReadinessIsTheDatabases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sick.Store(true)
	a := w.do(t, "GET", "/readyz", "")
	if a.status != 503 || strings.Contains(string(a.body), "fire") {
		t.Errorf("GET /readyz = %d %s, want 503 without the cause", a.status, a.body)
	}
	w.document(t).check(t, "/readyz", "get", a)
	if !strings.Contains(w.log.String(), "disk on fire") {
		t.Errorf("the log %s doesn't have the cause", w.log)
	}
	w.mustDo(t, 200, "GET", "/healthz", "")
}

// records returns the lines of the log that are about requests.
func (w *world) records(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for l := range strings.Lines(w.log.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		all = append(all, r)
	}
	return all
}

func TestEachRequestIsOneLineInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(t, "GET", acme, "")
	w.do(t, "GET", "/api/v1/companies/nobody", "")
	w.do(t, "GET", "/nowhere", "", "Authorization: Bearer unheard-of")
	w.server.Close() // so that all lines are there
	want := []struct {
		level, method, pattern, company string
		status                          float64
	}{
		{"DEBUG", "PUT", "PUT /api/v1/companies/{company}", "acme", 201},
		{"DEBUG", "GET", "GET /api/v1/companies/{company}", "acme", 200},
		{"INFO", "GET", "GET /api/v1/companies/{company}", "nobody", 404},
		{"INFO", "GET", "", "", 404},
	}
	got := w.records(t)
	if len(got) != len(want) {
		t.Fatalf("the log has %d lines, want %d:\n%s", len(got), len(want), w.log)
	}
	for i, tt := range want {
		r := got[i]
		company, _ := r["company"].(string)
		if r["level"] != tt.level || r["method"] != tt.method || r["pattern"] != tt.pattern || company != tt.company || r["status"] != tt.status {
			t.Errorf("line %d = %v, want %v", i, r, tt)
		}
		if took, ok := r["took"].(float64); !ok || took <= 0 {
			t.Errorf("line %d took %v, want a duration", i, r["took"])
		}
	}
	if log := w.log.String(); strings.Contains(log, w.key) || strings.Contains(log, "unheard-of") {
		t.Errorf("a key is in the log:\n%s", log)
	}
}

type brokenIntake func() ([]intake.Result, error)

func (b brokenIntake) Accept(context.Context, string, []intake.Posted) ([]intake.Result, error) {
	return b()
}

func (b brokenIntake) Change(context.Context, intake.Change) (hook.Revised, error) {
	_, err := b()
	return hook.Revised{}, err
}

func TestOurOwnFaultsAreLoggedAndNotShown(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]brokenIntake{
		"error":          func() ([]intake.Result, error) { return nil, errors.New("table event is gone") },
		"hidden error":   func() ([]intake.Result, error) { return nil, hook.Errorf(hook.Internal, "table event is gone") },
		"panic":          func() ([]intake.Result, error) { panic("table event is gone") },
		"missing answer": func() ([]intake.Result, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			log := &lockedBuffer{}
			s := &api.Server{
				Intake: broken, Store: w.store, Gate: w.gate, MaxEvent: 100, MaxBatch: 100,
				Log: slog.New(slog.NewTextHandler(log, nil)),
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, acme+"/events", strings.NewReader(goodEvent))
			r.Header.Set("Authorization", "Bearer "+w.key)
			got := httptest.NewRecorder()
			s.Handler().ServeHTTP(got, r)
			want := `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"something went wrong on the server; its log says what"}` + "\n"
			if got.Code != 500 || got.Body.String() != want {
				t.Errorf("answer = %d %s, want 500 %s", got.Code, got.Body, want)
			}
			if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "event") {
				t.Errorf("log:\n%swant one line with the cause", log)
			}
		})
	}
}

func TestEventTypesAreTheWholeCatalogue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got struct {
		Items []struct {
			Name, Family, Group, EntityKind string
			Label                           struct{ EN, DE string }
			Fields                          []string
			Sample                          map[string]any
		}
	}
	if err := json.Unmarshal(w.do(t, "GET", "/api/v1/event-types", "").body, &got); err != nil {
		t.Fatal(err)
	}
	want := trade.Catalogue()
	if len(got.Items) != len(want) {
		t.Fatalf("%d event types, want %d", len(got.Items), len(want))
	}
	for i, g := range got.Items {
		if g.Name != want[i].Name || g.Label.EN != want[i].Label.EN || g.Label.DE != want[i].Label.DE || g.Group == "" ||
			g.EntityKind != string(want[i].Entity) || len(g.Sample) == 0 {
			t.Errorf("event type %d = %+v, want %+v", i, g, want[i])
		}
	}
}
