package document

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// StatusChange is a new status of a deal that no document brings.
type StatusChange struct {
	Company         string // that it is brought for; it must be there
	Both            bool   // the other side gets it too, if it is a company here
	OrderID         string
	PlatformOrderID string
	TransactionID   string // empty: of the newest deal with the order ID
	Status          string
	Kind            trade.DocumentKind // whose URL is told; empty: as the status says
	IdempotencyKey  string
	Trace           trade.Trace
}

// Check finds everything that is wrong with the change by itself. The error is a
// *hook.Error.
func (c *StatusChange) Check() error {
	var wrong problems
	wrong.text("id", c.OrderID)
	wrong.text("itscopeOrderId", c.PlatformOrderID)
	wrong.transaction(c.TransactionID)
	if c.Status == "" {
		wrong.missing("status")
	}
	wrong.status(c.Status)
	kinds := slices.DeleteFunc(trade.DocumentKinds(), func(k trade.DocumentKind) bool { return k.Told() == trade.NoSide })
	_, usual := trade.KindOfStatus(c.Status)
	switch {
	case c.Kind == "" && c.Status != "" && !usual:
		wrong.add("kind", "the status doesn't say who is to be told; add one of "+join(kinds),
			"Der Status sagt nicht, wer benachrichtigt werden soll; ergänzen Sie eine von "+join(kinds)+".")
	case c.Kind != "" && !slices.Contains(kinds, c.Kind):
		wrong.add("kind", "nobody is told of such a kind; choose one of "+join(kinds),
			"Über diese Art wird niemand benachrichtigt; wählen Sie eine von "+join(kinds)+".")
	}
	return wrong.err()
}

// ChangeStatus stores the status of a deal with the event that it raises, which names
// no document. Of a deal that isn't known yet, the company itself is told.
func (a *Archive) ChangeStatus(ctx context.Context, c StatusChange) (Receipt, error) {
	if err := c.Check(); err != nil {
		return Receipt{}, err
	}
	same := c
	same.Trace = trade.Trace{} // each attempt may have its own
	mark, err := json.Marshal(same)
	if err != nil {
		return Receipt{}, fmt.Errorf("write the change: %w", err)
	}
	known, err := a.dealOfOrder(ctx, c)
	if err != nil {
		return Receipt{}, err
	}
	kind := c.Kind
	if kind == "" {
		kind, _ = trade.KindOfStatus(c.Status)
	}
	d := trade.Document{
		Company: c.Company, Kind: kind, OrderID: c.OrderID, PlatformOrderID: cmp.Or(c.PlatformOrderID, known.PlatformOrderID),
		TransactionID: known.TransactionID, Status: c.Status, Buyer: known.Buyer, Seller: known.Seller, Test: known.Test, CreatedAt: now(),
	}
	f := hook.Filing{Company: c.Company}
	deal, err := dealOf(d)
	if err != nil {
		return Receipt{}, err
	}
	for _, company := range a.concerned(Request{Company: c.Company, Both: c.Both}, d.Buyer, d.Seller) {
		deal.Company = company
		f.Deals = append(f.Deals, deal)
	}
	told := toldOf(kind, f.Deals)
	if known.Buyer == "" && known.Seller == "" {
		told = c.Company
	}
	if told != "" {
		e, err := a.event(told, d, trade.Entity{Kind: trade.KindOrder, ID: c.OrderID})
		if err != nil {
			return Receipt{}, err
		}
		e.Trace = c.Trace
		sum := sha256.Sum256(mark)
		f.Acceptances = []hook.Acceptance{{Event: e, IdempotencyKey: c.IdempotencyKey, Fingerprint: sum[:]}}
	}
	receipts, err := a.Filer.File(ctx, f)
	if err != nil {
		return Receipt{}, fmt.Errorf("change the status of %s: %w", d.TransactionID, err)
	}
	receipt := Receipt{Document: d}
	if len(receipts) > 0 {
		r := receipts[0]
		if r.Mismatched {
			return Receipt{}, invalid("Idempotency-Key", "the key was used for another request; use a new key for each change",
				"Der Schlüssel wurde für eine andere Anfrage verwendet; verwenden Sie für jede Änderung einen neuen.")
		}
		receipt.EventID, receipt.Owed, receipt.Repeated = r.EventID, r.Owed, r.Repeated
	}
	return receipt, nil
}

// dealOfOrder returns the deal that a change is about; if it isn't known yet, one that
// has a transaction only.
func (a *Archive) dealOfOrder(ctx context.Context, c StatusChange) (trade.Deal, error) {
	if c.TransactionID == "" {
		deals, err := a.Store.Deals(ctx, trade.DealQuery{Company: c.Company, OrderID: c.OrderID, Limit: 1})
		if err != nil {
			return trade.Deal{}, err
		}
		if len(deals) == 0 {
			return trade.Deal{}, invalid("transactionId", "it is missing, and no deal with this order ID is known yet; add it",
				"Die Angabe fehlt, und es ist noch kein Vorgang mit dieser Bestellnummer bekannt; ergänzen Sie sie.")
		}
		return deals[0], nil
	}
	deal, err := a.Store.Deal(ctx, c.Company, c.TransactionID)
	switch {
	case hook.FaultOf(err) == hook.Missing:
		return trade.Deal{TransactionID: c.TransactionID}, nil
	case err != nil:
		return trade.Deal{}, err
	case deal.OrderID != "" && deal.OrderID != c.OrderID:
		return trade.Deal{}, invalid("transactionId", "it is that of another order; leave it out, or correct the order ID",
			"Die Angabe gehört zu einer anderen Bestellung; lassen Sie sie weg oder korrigieren Sie die Bestellnummer.")
	}
	return deal, nil
}
