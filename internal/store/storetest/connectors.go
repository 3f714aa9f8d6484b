package storetest

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

// connectorOf returns a new connector of Company.
func connectorOf(kind hook.Kind) hook.Hook {
	return hook.Hook{
		ID: NewID(), Company: Company, Kind: kind, Version: 1, Title: "Connector: " + string(kind), Enabled: true,
		EventTypes: kind.DefaultEventNames(), URL: "https://receiver.example/{orderId}?x={orderId}",
		Auth:      hook.Auth{Kind: hook.BearerAuth, Secret: "hidden", SetAt: start()},
		Connector: hook.Connector{Method: http.MethodPost, Format: hook.TXML, Single: true, Simple: true},
		Retry:     hook.Retry{Preset: hook.StatusRules}, Priority: hook.High, CreatedAt: start(), UpdatedAt: start(),
	}
}

func putConnector(t *testing.T, st *store.Store, h hook.Hook) error {
	t.Helper()
	return st.PutConnector(t.Context(), h, account.Entry{ID: NewID(), At: start(), Company: h.Company, Action: "put"})
}

func testConnectors(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://trigger.example/") // which is no connector
	for _, kind := range hook.Connectors() {
		h := connectorOf(kind)
		if err := putConnector(t, st, h); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&h, st.Directory().Connector(Company, kind)); diff != "" {
			t.Errorf("the stored connector differs (-want +got):\n%s", diff)
		}
		if err := putConnector(t, st, connectorOf(kind)); !errors.Is(err, store.ErrHookChanged) {
			t.Errorf("putting another one of %s = %v, want %v", kind, err, store.ErrHookChanged)
		}
		if h := st.Directory().Connector("globex", kind); h != nil {
			t.Errorf("another company has the connector %+v, want none", h)
		}
	}
	h := *st.Directory().Connector(Company, hook.Orders)
	h.Version, h.Enabled, h.URL, h.EventTypes, h.UpdatedAt = 2, false, "", []string{}, start().Add(time.Hour)
	h.Connector = hook.Connector{Method: http.MethodGet, Format: hook.JSON}
	if err := putConnector(t, st, h); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&h, st.Directory().Connector(Company, hook.Orders)); diff != "" {
		t.Errorf("the second version differs (-want +got):\n%s", diff)
	}
	if err := putConnector(t, st, h); !errors.Is(err, store.ErrHookChanged) {
		t.Errorf("putting the second version twice = %v, want %v", err, store.ErrHookChanged)
	}
	if err := st.DeleteHook(t.Context(), Company, h.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if err := putConnector(t, st, connectorOf(hook.Orders)); err != nil {
		t.Errorf("putting another one after the first was deleted = %v", err)
	}
	es, err := st.Audit(t.Context(), account.AuditQuery{Company: Company, Action: "put", Limit: 9})
	if want := len(hook.Connectors()) + 2; err != nil || len(es) != want {
		t.Errorf("%d entries are in the log, %v, want %d, one for each change that was made", len(es), err, want)
	}
	stray := connectorOf(hook.Orders)
	stray.Company = "nobody"
	if err := putConnector(t, st, stray); !errors.Is(err, store.ErrNoCompany) {
		t.Errorf("putting one of no company = %v, want %v", err, store.ErrNoCompany)
	}
}

func testConnectorsTogether(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://trigger.example/")
	const savers = 4
	errs := make(chan error, savers)
	for range savers {
		h := connectorOf(hook.Shipments)
		go func() { errs <- st.PutConnector(t.Context(), h, account.Entry{}) }()
	}
	saved := 0
	for range savers {
		switch err := <-errs; {
		case err == nil:
			saved++
		case !errors.Is(err, store.ErrHookChanged):
			t.Errorf("PutConnector = %v, want nil or %v", err, store.ErrHookChanged)
		}
	}
	if saved != 1 {
		t.Errorf("%d of %d that saved together did, want one", saved, savers)
	}
}
