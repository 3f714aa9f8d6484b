package intake

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

func TestOneAtATimeHasATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var all turns
		one, other := named{"acme", trade.Entity{Kind: trade.KindOrder, ID: "1"}}, named{"globex", trade.Entity{Kind: trade.KindOrder, ID: "1"}}
		start := time.Now()
		var wg sync.WaitGroup
		for range 5 {
			for _, n := range []named{one, other} {
				wg.Go(func() {
					done, err := all.take(t.Context(), n)
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(time.Second)
					done()
				})
			}
		}
		wg.Wait()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("five turns of a second at each of two took %v, want 5s", took)
		}
		done, err := all.take(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := all.take(ctx, one); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one who gives up is told %v, want that the time is over", err)
		}
		done()
		if len(all.lots) != 0 {
			t.Errorf("%d are still kept in mind, want none", len(all.lots))
		}
	})
}
