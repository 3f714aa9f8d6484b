package intake

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

// A change that has waited for room has the time of when it had some, not of when it
// came: those who poll would miss it otherwise.
func TestAChangeHasTheTimeOfItsCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		c := trade.Company{ID: "acme", Name: "Acme", TimeZone: "Europe/Berlin", CreatedAt: time.Now()}
		if _, err := st.PutCompany(t.Context(), c, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		in := New(st, storetest.Idle{})
		if err := in.room.Acquire(t.Context(), compared); err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(time.Minute)
			in.room.Release(compared)
		}()
		begun := time.Now()
		r, err := in.Change(t.Context(), Change{
			Company: "acme", Entity: trade.Entity{Kind: trade.KindOrder, ID: "4711"}, Raw: []byte(`{"orderId":"4711","lines":[{"id":"1"}],"theirs":"` + strings.Repeat("x", small) + `"}`),
		})
		if err != nil || len(r.Events) != 1 || r.Events[0].Event.ID == uuid.Nil {
			t.Fatalf("Change = %+v, %v, want an event", r, err)
		}
		if waited := r.State.At.Sub(begun); waited < time.Minute || time.Since(r.State.At) > time.Second {
			t.Errorf("the state's time is %s after the change came, want that of its commit, a minute after", waited)
		}
	})
}
