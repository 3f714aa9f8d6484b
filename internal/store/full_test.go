package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// When the disk is full, what was accepted stays, what cannot be is refused, and
// it goes on when there is room again.
func TestAFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t)
	c := trade.Company{ID: "acme", Name: "Acme", TimeZone: "UTC", CreatedAt: time.UnixMicro(1)}
	if _, err := s.PutCompany(t.Context(), c, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		if _, err := s.write.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	node := uuid.Must(uuid.NewV7())
	owe := func() (hook.Delivery, error) {
		e := trade.Event{
			ID: uuid.Must(uuid.NewV7()), Company: "acme", Type: "OrderChanged", Entity: trade.Entity{Kind: trade.KindOrder, ID: "1"},
			OccurredAt: time.UnixMicro(1), ReceivedAt: time.UnixMicro(1), Data: json.RawMessage(`{"text":"` + strings.Repeat("x", 2000) + `"}`),
		}
		d := hook.Delivery{
			ID: uuid.Must(uuid.NewV7()), Company: "acme", HookID: node, EventID: e.ID, EventType: e.Type, Entity: e.Entity,
			State: hook.Sending, Attempt: 1, DueAt: e.ReceivedAt, CreatedAt: e.ReceivedAt, Size: len(e.Data),
		}
		_, err := s.Accept(t.Context(), node, []hook.Acceptance{{Event: e, Deliveries: []hook.Delivery{d}}})
		return d, err
	}

	limit("1") // as many as there are
	var held []hook.Delivery
	var err error
	for err == nil && len(held) < 10000 {
		var d hook.Delivery
		if d, err = owe(); err == nil {
			held = append(held, d)
		}
	}
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("after %d events: %v, want that the disk is full", len(held), err)
	}
	settlement := func(d hook.Delivery) hook.Settlement {
		return hook.Settlement{
			Company: "acme", Verdict: hook.Verdict{State: hook.Delivered},
			Attempt: hook.Attempt{
				DeliveryID: d.ID, Number: 1, StartedAt: time.UnixMicro(2), Status: 200,
				ResponseBody: []byte(strings.Repeat("x", hook.MaxResponse)),
			},
		}
	}
	if _, err := s.Settle(t.Context(), node, []hook.Settlement{settlement(held[0])}); err == nil {
		t.Error("an attempt was settled on a full disk")
	}
	limit("1000000")
	for _, d := range held {
		ok, err := s.Settle(t.Context(), node, []hook.Settlement{settlement(d)})
		if err != nil || !ok[0] {
			t.Fatalf("Settle = %v, %v when there is room again, want it held", ok, err)
		}
	}
	if _, err := owe(); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}
