package alert_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/alert"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

const day = 24 * time.Hour

// alerts returns all alerts, newest first.
func alerts(t *testing.T, st *store.Store) []hook.Alert {
	t.Helper()
	as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: storetest.Company, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return as
}

// change stores a new version of h.
func change(t *testing.T, st *store.Store, h *hook.Hook, c hook.Certificate) {
	t.Helper()
	h.Version, h.Client = h.Version+1, c
	if err := st.ChangeHook(t.Context(), *h, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

// ending returns a certificate that ends after so long.
func ending(after time.Duration) hook.Certificate {
	return hook.Certificate{Chain: "a chain", Key: "a key", Subject: "CN=acme", NotAfter: time.Now().Add(after)}
}

// watch has two nodes watch until the function that it returns is called.
func watch(t *testing.T, st *store.Store) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var nodes sync.WaitGroup
	for range 2 {
		w := &alert.Watcher{Store: st, Log: slog.New(slog.DiscardHandler)}
		nodes.Go(func() {
			if err := w.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return func() {
		cancel()
		nodes.Wait()
	}
}

func TestTheEndOfACertificateIsToldBeforeAndWhenItComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		storetest.AddHook(t, st, "OrderChanged", "https://without.example/")
		change(t, st, &h, ending(40*day))
		for _, tt := range []struct {
			sleep    time.Duration
			count    int // how often it was raised
			severity hook.Severity
			text     string
		}{
			{5 * day, 0, "", ""},
			{5*day + 2*time.Hour, 1, hook.Warning, "ends in 30 days"},
			{20 * day, 1, hook.Warning, "ends in 30 days"},
			{3 * day, 2, hook.Warning, "ends in 7 days"},
			{6 * day, 3, hook.Warning, "ends within a day"},
			{2 * day, 4, hook.Failure, "ended on"},
			{20 * day, 4, hook.Failure, "ended on"},
		} {
			// Only the last hours are watched, over the moment that it is about: all of it
			// would take the race detector minutes.
			const watched = 3 * time.Hour
			time.Sleep(tt.sleep - watched)
			stop := watch(t, st)
			time.Sleep(watched)
			synctest.Wait()
			stop()
			as := alerts(t, st)
			if tt.count == 0 {
				if len(as) != 0 {
					t.Errorf("there are %d alerts at first, want none", len(as))
				}
				continue
			}
			if len(as) != 1 {
				t.Fatalf("there are %d alerts, want one", len(as))
			}
			a := as[0]
			if a.Count != tt.count || a.Severity != tt.severity || !strings.Contains(a.Text, tt.text) || a.German == "" ||
				a.Kind != hook.CertificateEnds || a.Subject != h.ID.String() || !a.ClosedAt.IsZero() {
				t.Errorf("after %v it is %+v, want it raised %d times, as %s: …%s…", tt.sleep, a, tt.count, tt.severity, tt.text)
			}
		}

		defer watch(t, st)()
		change(t, st, &h, ending(365*day))
		time.Sleep(time.Minute)
		if as := alerts(t, st); len(as) != 1 || as[0].ClosedAt.IsZero() {
			t.Errorf("with a new certificate there are %+v, want the one closed", as)
		}
		change(t, st, &h, ending(20*day))
		time.Sleep(time.Minute)
		if as := alerts(t, st); len(as) != 2 || !as[0].ClosedAt.IsZero() || as[0].Count != 1 {
			t.Errorf("with one that ends soon there are %+v, want another alert", as)
		}
		change(t, st, &h, hook.Certificate{})
		time.Sleep(time.Minute)
		if as := alerts(t, st); len(as) != 2 || as[0].ClosedAt.IsZero() {
			t.Errorf("without a certificate there are %+v, want all closed", as)
		}
	})
}

func TestACertificateThatIsReplacedByABetterOneIsToldOfAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		change(t, st, &h, ending(time.Hour))
		w := &alert.Watcher{Store: st, Log: slog.New(slog.DiscardHandler)}
		go func() { _ = w.Run(t.Context()) }()
		time.Sleep(time.Minute)
		change(t, st, &h, ending(25*day))
		time.Sleep(time.Minute)
		as := alerts(t, st)
		if len(as) != 2 || as[1].ClosedAt.IsZero() || !as[0].ClosedAt.IsZero() || !strings.Contains(as[0].Text, "25 days") {
			t.Errorf("there are %+v, want the first closed and another open", as)
		}
	})
}

// behind is the store of a node that has not heard of the latest changes.
type behind struct {
	*store.Store

	known *hook.Directory
}

func (b *behind) Directory() *hook.Directory { return b.known }

func (b *behind) Reload(ctx context.Context) error {
	if err := b.Store.Reload(ctx); err != nil {
		return err
	}
	b.known = b.Store.Directory()
	return nil
}

func TestANodeThatIsBehindRaisesNothingAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		change(t, st, &h, ending(20*day))
		late := &behind{st, st.Directory()}
		for i, s := range []alert.Store{st, late} {
			if i == 1 { // by now the other node has closed it
				change(t, st, &h, ending(365*day))
				time.Sleep(time.Minute)
			}
			w := &alert.Watcher{Store: s, Log: slog.New(slog.DiscardHandler)}
			go func() { _ = w.Run(t.Context()) }()
			time.Sleep(time.Minute)
		}
		if as := alerts(t, st); len(as) != 1 || as[0].ClosedAt.IsZero() {
			t.Errorf("there are %+v, want the one closed", as)
		}
	})
}

// watchIt starts a watcher of a store, which lives as long as the test.
func watchIt(t *testing.T, st *store.Store) {
	t.Helper()
	w := &alert.Watcher{Store: st, Log: slog.New(slog.DiscardHandler)}
	go func() { _ = w.Run(t.Context()) }()
}

func TestTheAlertOfADisabledHookClosesWhenItIsEnabledOrDeleted(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			st := storetest.Open(t)
			h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
			watchIt(t, st)
			err := st.DisableHook(t.Context(), h, time.Now(), hook.Alert{
				Company: h.Company, Kind: hook.HookDisabled, Subject: h.ID.String(), Severity: hook.Failure, Text: "gone", German: "weg", LastAt: time.Now(),
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if as := alerts(t, st); len(as) != 1 || as[0].State() != hook.AlertOpen {
				t.Fatalf("while it is disabled there are %+v, want one that is open", as)
			}
			h.Version++
			if deleted {
				err = st.DeleteHook(t.Context(), h.Company, h.ID, time.Now(), account.Entry{})
			} else {
				h.Version, h.Enabled = h.Version+1, true
				err = st.ChangeHook(t.Context(), h, account.Entry{})
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Minute)
			if as := alerts(t, st); len(as) != 1 || as[0].State() != hook.AlertClosed || as[0].ClosedBy != "" {
				t.Errorf("deleted: %t: there are %+v, want the one closed by nobody", deleted, as)
			}
		})
	}
}

func TestTheAlertAboutAFailingReceiverClosesWhenTheHookIsDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		watchIt(t, st)
		n := hook.Health{HookID: h.ID, Company: h.Company, At: time.Now(), State: hook.CircuitOpen, FailingSince: time.Now()}
		err := st.NoteHealth(t.Context(), n, &hook.Alert{
			Company: h.Company, Kind: hook.HookFailing, Subject: h.ID.String(), Severity: hook.Failure, Level: 1, Text: "down", German: "gestört", LastAt: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if as := alerts(t, st); len(as) != 1 || as[0].State() != hook.AlertOpen {
			t.Fatalf("while the receiver fails there are %+v, want one that is open", as)
		}
		if err := st.DeleteHook(t.Context(), h.Company, h.ID, time.Now(), account.Entry{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Minute)
		if as := alerts(t, st); len(as) != 1 || as[0].State() != hook.AlertClosed {
			t.Errorf("when the hook is deleted there are %+v, want the one closed", as)
		}
	})
}

func TestTheAlertAboutDeliveriesClosesWhenNoneHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		node := storetest.NewID()
		if err := st.Join(t.Context(), node, time.Now(), time.Now().Add(24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := st.Accept(t.Context(), node, []hook.Acceptance{storetest.Owe(storetest.Event("OrderChanged", "1", time.Now()), h)}); err != nil {
			t.Fatal(err)
		}
		attempt := func(status int, v hook.Verdict, a *hook.Alert) {
			t.Helper()
			jobs, _, err := st.Claim(t.Context(), node, time.Now(), []hook.Want{{HookID: h.ID, Limit: 1, Bytes: 1 << 20}})
			if err != nil || len(jobs) != 1 {
				t.Fatalf("Claim = %v, %v, want one", jobs, err)
			}
			s := storetest.Settlement(jobs[0].Delivery, status, v, time.Now())
			s.Alert = a
			if _, err := st.Settle(t.Context(), node, []hook.Settlement{s}); err != nil {
				t.Fatal(err)
			}
		}
		attempt(500, hook.Verdict{State: hook.Waiting, DueAt: time.Now().Add(3 * time.Hour), Reason: "answered 500"}, &hook.Alert{
			Company: h.Company, Kind: hook.DeliveryFailed, Subject: h.ID.String(), Severity: hook.Warning, Text: "fails", German: "fehlt", LastAt: time.Now(),
		})
		watchIt(t, st)
		time.Sleep(2 * time.Hour)
		if as := alerts(t, st); len(as) != 1 || as[0].State() != hook.AlertOpen {
			t.Fatalf("while the delivery is retried there are %+v, want one that is open", as)
		}
		time.Sleep(2 * time.Hour)
		attempt(200, hook.Verdict{State: hook.Delivered}, nil)
		time.Sleep(4 * time.Minute)
		if as := alerts(t, st); len(as) != 1 || as[0].State() != hook.AlertClosed {
			t.Errorf("when it is delivered there are %+v, want the one closed", as)
		}
	})
}
