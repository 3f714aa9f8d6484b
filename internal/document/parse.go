package document

import (
	"cmp"
	"context"
	"fmt"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/opentrans"
	"github.com/waybillhq/waybill/internal/trade"
)

// limits bound what is read of a document.
func limits() opentrans.Limits { return opentrans.DefaultLimits() }

// large is from how many bytes on documents are read one at a time.
const large = 1 << 20

// readLarge waits for its turn if a document is large. What it returns must be called
// when the document was read.
func (a *Archive) readLarge(size int64) (done func()) {
	if size < large {
		return func() {}
	}
	a.large.Lock()
	return a.large.Unlock
}

// read completes what the producer says of a document, and d, by what the document says
// itself, unless it is to be opaque.
func (a *Archive) read(ctx context.Context, u *Upload, d *trade.Document, r Request) (Details, error) {
	details := r.Details
	if err := details.Check(r.Company); err != nil || details.Opaque {
		return details, cmp.Or(err, details.checkWhole(r.Company))
	}
	if err := checkHead(d.Format, u.head); err != nil {
		return details, err
	}
	if d.Format == trade.XML || d.Format == trade.JSON {
		read, err := a.parse(ctx, u, d.Format)
		if err != nil {
			return details, err
		}
		d.Parsed, d.Summary = true, summaryOf(&read)
		if details, err = details.completed(&read, r.Company); err != nil {
			return details, err
		}
	}
	return details, details.checkWhole(r.Company)
}

// parse reads what was brought.
func (a *Archive) parse(ctx context.Context, u *Upload, f trade.Format) (opentrans.Document, error) {
	most := limits().Bytes
	if u.size > most {
		return opentrans.Document{}, hook.Errorf(hook.TooLarge,
			"the document is larger than %d bytes, of which it is read; add opaque=true to have it kept as it is", most)
	}
	defer a.readLarge(u.size)()
	content := a.open(ctx, u.id, u.size, a.Bucket != nil)
	defer content.Close()
	if f == trade.JSON {
		return opentrans.ReadJSON(content, limits())
	}
	return opentrans.Read(content, limits())
}

func summaryOf(d *opentrans.Document) trade.Summary {
	s := trade.Summary{Number: d.Number, Date: string(d.Date), Lines: len(d.Lines), Currency: d.Currency}
	if d.Totals != nil {
		s.Net, s.Total = string(d.Totals.Goods), string(d.Totals.Amount)
	}
	return s
}

// completed returns the details of a document for a company with what the document says
// itself. What it says otherwise than the producer is wrong; but for buyer and seller,
// who have other IDs there.
func (d Details) completed(read *opentrans.Document, company string) (Details, error) {
	var wrong problems
	kind, text := string(d.Kind), string(read.Kind)
	wrong.same("kind", &kind, text)
	d.Kind = trade.DocumentKind(kind)
	wrong.same("orderId", &d.OrderID, read.OrderID)
	wrong.same("itscopeOrderId", &d.PlatformOrderID, read.PlatformOrderID)
	wrong.same("transactionId", &d.TransactionID, read.TransactionID)
	wrong.same("status", &d.Status, read.Status)
	if d.Buyer == "" && d.Seller == company {
		d.Buyer = nameOf(read, "buyer")
	}
	if d.Seller == "" && d.Buyer == company {
		d.Seller = nameOf(read, "supplier")
	}
	return d, wrong.err()
}

// same takes what a document says of a field, which must be what a producer said of it,
// if both say something.
func (ps *problems) same(field string, said *string, written string) {
	switch {
	case written == "":
	case *said == "":
		*said = written
	case *said != written:
		ps.add(field, fmt.Sprintf("the document says %.80q; leave it out, correct it, or add opaque=true", written),
			fmt.Sprintf("Im Dokument steht %.80q; lassen Sie die Angabe weg, korrigieren Sie sie oder ergänzen Sie opaque=true.", written))
	}
}

// nameOf returns what a document calls who has a role; empty if that is too long.
func nameOf(d *opentrans.Document, role string) string {
	p, ok := d.Party(role)
	if !ok || p.Address == nil || len(p.Address.Name) > maxText {
		return ""
	}
	return p.Address.Name
}
