package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Request is what goes with an Upload when it is filed.
type Request struct {
	Company        string // that the document is brought for; it must be there
	Both           bool   // the other side gets it too, if it is a company here
	Details        Details
	SHA256         []byte // that the document must have; nil: any
	IdempotencyKey string // empty if there is none
	Trace          trade.Trace
}

// Receipt says what became of a document or of a status.
type Receipt struct {
	Document trade.Document // as the company has it that it was brought for; of a status, what would be said of a document
	EventID  uuid.UUID      // zero if nobody here is told
	Owed     int            // deliveries that the event caused; 0 for a document that is Repeated
	Repeated bool           // it was there already, by its idempotency key
}

// File stores what was brought as a document, with the event that it raises. When it
// returns without an error, all of it survives a crash; otherwise nothing is left of
// it once the upload is closed.
func (a *Archive) File(ctx context.Context, u *Upload, r Request) (Receipt, error) {
	sum, err := u.whole(ctx, r.SHA256)
	if err != nil {
		return Receipt{}, err
	}
	mark, err := fingerprint(r, sum)
	if err != nil {
		return Receipt{}, err
	}
	if first, found, err := a.repeated(ctx, r, mark); found || err != nil {
		return first, err
	}
	d := trade.Document{
		ID: u.id, Company: r.Company, Format: r.Details.Format, Test: r.Details.Test,
		Size: u.size, SHA256: sum, CreatedAt: now(), InBucket: a.Bucket != nil,
	}
	details, err := a.read(ctx, u, &d, r)
	if err != nil {
		return Receipt{}, err
	}
	f, err := a.filing(r, details, d)
	if err != nil {
		return Receipt{}, err
	}
	f.Fingerprint = mark
	receipts, err := a.Filer.File(ctx, f)
	if err != nil {
		// Another request with the same key may have come first.
		if first, found, again := a.repeated(ctx, r, mark); found {
			return first, again
		}
		return Receipt{}, fmt.Errorf("file document %s: %w", d.ID, err)
	}
	u.filed = true
	receipt := Receipt{Document: f.Documents[0]}
	if len(receipts) > 0 {
		receipt.EventID, receipt.Owed = receipts[0].EventID, receipts[0].Owed
	}
	return receipt, nil
}

// fingerprint tells whether an idempotency key comes with the same request.
func fingerprint(r Request, sum [sha256.Size]byte) ([]byte, error) {
	if r.IdempotencyKey == "" {
		return nil, nil
	}
	text, err := json.Marshal(r.Details)
	if err != nil {
		return nil, fmt.Errorf("write the details: %w", err)
	}
	mark := sha256.Sum256(append(text, sum[:]...))
	return mark[:], nil
}

// repeated returns the receipt of the document that was filed with the same key, and
// whether there is one.
func (a *Archive) repeated(ctx context.Context, r Request, mark []byte) (Receipt, bool, error) {
	if r.IdempotencyKey == "" {
		return Receipt{}, false, nil
	}
	first, err := a.Store.DocumentByKey(ctx, r.Company, r.IdempotencyKey)
	if hook.FaultOf(err) == hook.Missing {
		return Receipt{}, false, nil
	}
	if err != nil {
		return Receipt{}, false, err
	}
	if !bytes.Equal(first.Fingerprint, mark) {
		return Receipt{}, true, invalid("Idempotency-Key", "the key was used for another request; use a new key for each document",
			"Der Schlüssel wurde für eine andere Anfrage verwendet; verwenden Sie für jedes Dokument einen neuen.")
	}
	receipt := Receipt{Document: first.Document, Repeated: true}
	for _, company := range a.concerned(r, first.Buyer, first.Seller) {
		d, err := a.Store.Document(ctx, company, first.ID)
		if err != nil && hook.FaultOf(err) != hook.Missing {
			return Receipt{}, true, err
		}
		if d.EventID != uuid.Nil {
			receipt.EventID = d.EventID
		}
	}
	return receipt, true, nil
}

// filing decides who has the document and who is told of it.
func (a *Archive) filing(r Request, details Details, d trade.Document) (hook.Filing, error) {
	d.Kind, d.OrderID, d.PlatformOrderID, d.TransactionID = details.Kind, details.OrderID, details.PlatformOrderID, details.TransactionID
	d.Buyer, d.Seller = details.Buyer, details.Seller
	if d.Status = details.Status; d.Status == "" {
		d.Status = d.Kind.Status()
	}
	f := hook.Filing{Company: r.Company, IdempotencyKey: r.IdempotencyKey}
	deal, err := dealOf(d)
	if err != nil {
		return f, err
	}
	for _, company := range a.concerned(r, d.Buyer, d.Seller) {
		d.Company, deal.Company = company, company
		f.Documents, f.Deals = append(f.Documents, d), append(f.Deals, deal)
	}
	if told := toldOf(d.Kind, f.Deals); told != "" {
		e, err := a.event(told, d, trade.Entity{Kind: trade.KindDocument, ID: d.ID.String()})
		if err != nil {
			return f, err
		}
		e.Trace = r.Trace
		f.Acceptances = []hook.Acceptance{{Event: e}}
	}
	return f, nil
}

// concerned returns the companies that get what is filed, the one first that it is
// filed for.
func (a *Archive) concerned(r Request, buyer, seller string) []string {
	companies := []string{r.Company}
	other := buyer
	if buyer == r.Company {
		other = seller
	}
	if _, ok := a.Store.Directory().Companies[other]; ok && r.Both && other != r.Company {
		companies = append(companies, other)
	}
	return companies
}

// toldOf returns which of the companies that have a deal is told of a kind of document;
// empty if none is: each is told only of what concerns it.
func toldOf(k trade.DocumentKind, deals []trade.Deal) string {
	for _, d := range deals {
		switch side := k.Told(); {
		case side == trade.Buyer && d.Buyer == d.Company, side == trade.Seller && d.Seller == d.Company:
			return d.Company
		}
	}
	return ""
}

// dealOf returns what a document tells of its deal.
func dealOf(d trade.Document) (trade.Deal, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return trade.Deal{}, err
	}
	deal := trade.Deal{
		ID: id, TransactionID: d.TransactionID, OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID,
		Buyer: d.Buyer, Seller: d.Seller, Status: d.Status, Test: d.Test, CreatedAt: d.CreatedAt, ChangedAt: d.CreatedAt,
	}
	if d.ID != uuid.Nil {
		deal.Kinds = []trade.DocumentKind{d.Kind}
	}
	return deal, nil
}

// notice is an event's data, of which receivers are told.
type notice struct {
	Status          string `json:"transactionStatus"`
	OrderID         string `json:"orderId"`
	PlatformOrderID string `json:"itscopeOrderId"`
	DocumentID      string `json:"documentId,omitempty"`
	DocumentURL     string `json:"documentUrl,omitempty"`
	TransactionID   string `json:"transactionId"`
}

// event returns the event that a company is told of; without a document, if d has no
// ID.
func (a *Archive) event(company string, d trade.Document, about trade.Entity) (trade.Event, error) {
	n := notice{Status: d.Status, OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID, TransactionID: d.TransactionID}
	if d.ID != uuid.Nil {
		n.DocumentID, n.DocumentURL = d.ID.String(), a.PublicURL+d.DownloadPath()
	}
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(n); err != nil {
		return trade.Event{}, fmt.Errorf("write a notice: %w", err)
	}
	return trade.Event{Company: company, Type: string(d.Kind), Entity: about, OccurredAt: d.CreatedAt, Data: bytes.TrimSpace(data.Bytes())}, nil
}
