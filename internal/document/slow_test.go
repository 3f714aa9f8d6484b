package document_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

// dripping is a body that comes byte by byte, with a pause before each.
type dripping struct {
	left  int
	pause time.Duration
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	time.Sleep(d.pause)
	d.left--
	p[0] = 'x'
	return 1, nil
}

// bringSlowly brings a body while what is stale is removed.
func bringSlowly(t *testing.T, body io.Reader) error {
	t.Helper()
	w := newWorld(t, storetest.Open(t), nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	r := request(trade.InvoiceDocument, trade.PDF)
	r.Details.OrderID, r.Details.Opaque = "4711", true
	_, err := w.bring(t, body, r)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := w.leftovers(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
	return err
}

func TestASlowSenderIsWaitedForAsLongAsSomethingComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if err := bringSlowly(t, &dripping{60, 50 * time.Second}); err != nil { // 50 minutes
			t.Errorf("a byte every 50 s for 50 minutes = %v, want it accepted", err)
		}
	})
}

func TestASenderThatFallsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := io.MultiReader(strings.NewReader("some"), &dripping{1, 6 * time.Minute})
		if err := bringSlowly(t, body); hook.FaultOf(err) != hook.Conflict {
			t.Errorf("silence for 6 minutes = %v, want an error of fault conflict", err)
		}
	})
}

func TestADocumentMustComeWithinTwoHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		err := bringSlowly(t, &dripping{1000, time.Minute})
		if hook.FaultOf(err) != hook.Invalid {
			t.Errorf("a byte a minute for 1000 minutes = %v, want an error of fault invalid", err)
		}
		if took := time.Since(begun); took < 2*time.Hour || took > 2*time.Hour+2*time.Minute {
			t.Errorf("it was waited for %s, want two hours", took)
		}
	})
}

// What documents say of each kind is what their types are for.
func TestDetailsOfEachKindAreChecked(t *testing.T) {
	t.Parallel()
	for _, k := range trade.DocumentKinds() {
		d := document.Details{Kind: k, Buyer: "acme", Format: trade.XML}
		if err := d.Check("acme"); err != nil {
			t.Errorf("%s: %v", k, err)
		}
		if err := d.Check("rival"); hook.FaultOf(err) != hook.Invalid {
			t.Errorf("%s for a company that is neither buyer nor seller = %v, want an error of fault invalid", k, err)
		}
	}
}
