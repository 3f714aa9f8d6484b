package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// File stores a filing with its events and their deliveries, all or nothing, and
// answers each event with a receipt, in the same order. The content of its documents,
// which must have been begun and not been given up, belongs to them from then on.
// Concurrent calls share commits with those of Accept, to which the rest is as
// there; if the first event is a repeat, nothing is stored.
func (s *Store) File(_ context.Context, node uuid.UUID, f hook.Filing) ([]hook.Receipt, error) {
	w := &work{node: node, accept: f.Acceptances, receipts: make([]hook.Receipt, len(f.Acceptances)), file: &f}
	if err := s.committer.do(w); err != nil {
		return nil, fmt.Errorf("file %d documents: %w", len(f.Documents), err)
	}
	return w.receipts, nil
}

// filingStatements are the statements for documents on the way of an event.
type filingStatements struct {
	keepContent    *hotStatement
	insertDocument *hotStatement
	putDeal        *hotStatement
}

// keepContent says that content belongs to documents. If it was given up, these
// can't be added: they refer to it.
func keepContent() bulk {
	return bulk{columns: "id uuid", verb: "UPDATE content", before: "SET stored = TRUE", after: "WHERE content.id = r.id"}
}

func insertDocument() bulk {
	return bulk{
		columns: "company text, id uuid, kind text, order_id text, platform_order_id text, transaction_id text, status text, " +
			"buyer text, seller text, test boolean, format text, size bigint, sha256 bytea, created_at bigint, event_id uuid, " +
			"in_bucket boolean, parsed boolean, summary text, key text, fingerprint bytea",
		verb: "INSERT INTO document",
	}
}

// putDeal adds a deal, or what is new of it.
func putDeal() bulk {
	return bulk{
		columns: "company text, transaction_id text, id uuid, order_id text, platform_order_id text, buyer text, seller text, " +
			"status text, test boolean, kinds int, created_at bigint, changed_at bigint",
		verb: "INSERT INTO deal",
		after: `ON CONFLICT (company, transaction_id) DO UPDATE SET
    order_id = coalesce(nullif(excluded.order_id, ''), deal.order_id),
    platform_order_id = coalesce(nullif(excluded.platform_order_id, ''), deal.platform_order_id),
    buyer = coalesce(nullif(excluded.buyer, ''), deal.buyer),
    seller = coalesce(nullif(excluded.seller, ''), deal.seller),
    status = coalesce(nullif(excluded.status, ''), deal.status),
    kinds = deal.kinds | excluded.kinds, changed_at = excluded.changed_at`,
	}
}

func (s *Store) writeFilings(ctx context.Context, tx hotTx, group []*work) error {
	type row struct {
		*trade.Document
		f *hook.Filing
	}
	var contents []uuid.UUID
	var rows []row
	var deals []trade.Deal
	for _, w := range group {
		if w.file == nil || len(w.receipts) > 0 && w.receipts[0].Repeated {
			continue
		}
		if ds := w.file.Documents; len(ds) > 0 {
			contents = append(contents, ds[0].ID)
		}
		for i := range w.file.Documents {
			rows = append(rows, row{&w.file.Documents[i], w.file})
		}
		deals = append(deals, w.file.Deals...)
	}
	err := tx.exec(ctx, s.hot.filing.keepContent, len(contents), func(i int, args []any) { args[0] = contents[i][:] }, nil)
	if err != nil {
		return fmt.Errorf("keep content: %w", err)
	}
	summaries := make([]string, len(rows))
	for i := range rows {
		text, err := json.Marshal(rows[i].Summary)
		if err != nil {
			return fmt.Errorf("write a summary: %w", err)
		}
		summaries[i] = string(text)
	}
	err = tx.exec(ctx, s.hot.filing.insertDocument, len(rows), func(i int, args []any) {
		fillDocument(rows[i].Document, summaries[i], args)
		args[18], args[19] = "", []byte{}
		if f := rows[i].f; f.Company == rows[i].Company {
			args[18], args[19] = f.IdempotencyKey, orEmpty(f.Fingerprint)
		}
	}, nil)
	if err != nil {
		return fmt.Errorf("insert documents: %w", err)
	}
	deals = joinDeals(deals)
	err = tx.exec(ctx, s.hot.filing.putDeal, len(deals), func(i int, args []any) { fillDeal(&deals[i], args) }, nil)
	if err != nil {
		return fmt.Errorf("put deals: %w", err)
	}
	return nil
}

// fillDocument writes d as arguments of insertDocument, but for the key.
func fillDocument(d *trade.Document, summary string, args []any) {
	args[0], args[1], args[2], args[3], args[4] = d.Company, d.ID[:], string(d.Kind), d.OrderID, d.PlatformOrderID
	args[5], args[6], args[7], args[8], args[9] = d.TransactionID, d.Status, d.Buyer, d.Seller, d.Test
	args[10], args[11], args[12], args[13], args[14] = string(d.Format), d.Size, d.SHA256[:], micros(d.CreatedAt), nil
	if d.EventID != uuid.Nil {
		args[14] = d.EventID[:]
	}
	args[15], args[16], args[17] = d.InBucket, d.Parsed, summary
}

// fillDeal writes d as arguments of putDeal.
func fillDeal(d *trade.Deal, args []any) {
	args[0], args[1], args[2], args[3], args[4] = d.Company, d.TransactionID, d.ID[:], d.OrderID, d.PlatformOrderID
	args[5], args[6], args[7], args[8], args[9] = d.Buyer, d.Seller, d.Status, d.Test, kindBits(d.Kinds)
	args[10], args[11] = micros(d.CreatedAt), micros(d.ChangedAt)
}

// kindBits is how kinds are stored: a bit for each, by its place in
// trade.DocumentKinds.
func kindBits(kinds []trade.DocumentKind) int64 {
	var bits int64
	for i, k := range bitOrder() {
		if slices.Contains(kinds, k) {
			bits |= 1 << i
		}
	}
	return bits
}

func fromKindBits(bits int64) []trade.DocumentKind {
	var kinds []trade.DocumentKind
	for i, k := range bitOrder() {
		if bits&(1<<i) != 0 {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// bitOrder says which bit is whose. It only grows: bits are stored.
func bitOrder() []trade.DocumentKind {
	return []trade.DocumentKind{
		trade.QuotationDocument, trade.OrderDocument, trade.OrderResponseDocument, trade.DeliveryDocument, trade.InvoiceDocument,
	}
}

// joinDeals makes one of what is new of the same deal, as the engines do one after
// the other. They come in one order on all nodes, so that none waits for another that
// waits for it.
func joinDeals(deals []trade.Deal) []trade.Deal {
	if len(deals) < 2 {
		return deals
	}
	type name struct{ company, transaction string }
	place := make(map[name]int)
	var joined []trade.Deal
	for _, d := range deals {
		n := name{d.Company, d.TransactionID}
		i, ok := place[n]
		if !ok {
			place[n] = len(joined)
			joined = append(joined, d)
			continue
		}
		j := &joined[i]
		j.OrderID, j.PlatformOrderID = cmp.Or(d.OrderID, j.OrderID), cmp.Or(d.PlatformOrderID, j.PlatformOrderID)
		j.Buyer, j.Seller, j.Status = cmp.Or(d.Buyer, j.Buyer), cmp.Or(d.Seller, j.Seller), cmp.Or(d.Status, j.Status)
		j.Kinds, j.ChangedAt = slices.Concat(j.Kinds, d.Kinds), d.ChangedAt
	}
	slices.SortFunc(joined, func(a, b trade.Deal) int {
		return cmp.Or(cmp.Compare(a.Company, b.Company), cmp.Compare(a.TransactionID, b.TransactionID))
	})
	return joined
}
