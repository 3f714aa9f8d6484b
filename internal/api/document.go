package api

import (
	"context"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	documentsPath = companyPath + "/documents"
	formType      = "multipart/form-data"
	digestHeader  = "Content-Digest"
)

// Archive takes documents in and reads them back.
type Archive interface {
	// Begin makes ready for a document of a company, or returns an error of fault
	// hook.Busy. The upload must be closed.
	Begin(ctx context.Context, company string) (*document.Upload, error)
	// File stores what was brought as a document, with the event that it raises.
	File(ctx context.Context, u *document.Upload, r document.Request) (document.Receipt, error)
	// ChangeStatus stores a status that no document brings, with its event.
	ChangeStatus(ctx context.Context, c document.StatusChange) (document.Receipt, error)
	// Keep stores what was brought as an object; repeated says that it was there already,
	// by its idempotency key.
	Keep(ctx context.Context, u *document.Upload, r document.ObjectRequest) (o trade.Object, repeated bool, err error)
	// Object returns an object of a company, which a document is too.
	Object(ctx context.Context, company string, id uuid.UUID) (trade.Object, error)
	// FetchObject returns what an object holds. Reads of it end with ctx.
	FetchObject(ctx context.Context, o trade.Object) (document.Download, error)
	// DeleteObject removes an object of a company; documents stay.
	DeleteObject(ctx context.Context, company string, id uuid.UUID) error
}

// registerDocuments adds documents and what they are about.
func (s *Server) registerDocuments(a huma.API) {
	register(a, postDocumentOperation(), s.postDocument)
	register(a, secured("GET "+documentsPath, "listDocuments",
		"List the documents of a company, newest first", account.ReadDocuments), s.listDocuments)
	register(a, secured("GET "+documentsPath+"/{id}", "getDocument", "Read what is known of a document", account.ReadDocuments), s.getDocument)
	register(a, contentOperation(), s.getContent)
	register(a, secured("GET "+companyPath+"/deals", "listDeals",
		"List the deals of a company, newest first", account.ReadDocuments), s.listDeals)
	register(a, accepted(reading(secured("POST "+companyPath+"/orders/{id}/status", "changeStatus",
		"Change the status of an order by hand", account.PostDocuments))), s.changeStatus)
}

// StoredDocument is a document without what it holds.
type StoredDocument struct {
	ID              string    `json:"id" format:"uuid" doc:"Waybill's ID of the document, which receivers are told as documentId."`
	Kind            string    `json:"kind" enum:"ORDER,ORDERRESPONSE,DELIVERY,INVOICE,QUOTATION"`
	OrderID         string    `json:"orderId" doc:"The customer's ID of the order."`
	PlatformOrderID string    `json:"itscopeOrderId,omitempty" doc:"The platform's ID of the order."`
	TransactionID   string    `json:"transactionId"`
	Status          string    `json:"status,omitempty" doc:"That it gave its deal."`
	Buyer           string    `json:"buyer,omitempty"`
	Seller          string    `json:"seller,omitempty"`
	Test            bool      `json:"test"`
	Format          string    `json:"format" enum:"XML,PDF,CSV,JSON,EDIFACT"`
	Size            int64     `json:"size" doc:"In bytes."`
	SHA256          string    `json:"sha256" doc:"In hexadecimal."`
	CreatedAt       time.Time `json:"createdAt"`
	URL             string    `json:"url" doc:"Where a receiver downloads it, with HTTP basic authentication by company ID and key."`
	EventID         string    `json:"eventId,omitempty" format:"uuid" doc:"The event that it raised, if somebody here is told of it."`
	Summary         *summary  `json:"summary,omitempty" doc:"What the document says of itself, if it was read."`
}

type summary struct {
	Number   string `json:"number,omitempty" doc:"The document's own, such as that of an invoice."`
	Date     string `json:"date,omitempty" doc:"As it is written."`
	Lines    int    `json:"lines"`
	Currency string `json:"currency,omitempty"`
	Net      string `json:"net,omitempty" doc:"The sum of the goods without taxes, if it says one."`
	Total    string `json:"total,omitempty" doc:"The sum of all; of an invoice with taxes."`
}

func (s *Server) documentOf(d trade.Document) StoredDocument {
	out := StoredDocument{
		ID: d.ID.String(), Kind: string(d.Kind), OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID, TransactionID: d.TransactionID,
		Status: d.Status, Buyer: d.Buyer, Seller: d.Seller, Test: d.Test, Format: string(d.Format), Size: d.Size,
		SHA256: hex.EncodeToString(d.SHA256[:]), CreatedAt: d.CreatedAt, URL: s.PublicURL + d.DownloadPath(),
	}
	if d.EventID != uuid.Nil {
		out.EventID = d.EventID.String()
	}
	if d.Parsed {
		out.Summary = &summary{
			Number: d.Summary.Number, Date: d.Summary.Date, Lines: d.Summary.Lines,
			Currency: d.Summary.Currency, Net: d.Summary.Net, Total: d.Summary.Total,
		}
	}
	return out
}

// DocumentDetails is what a producer says of a document, in the query or in a form.
type DocumentDetails struct {
	Kind            string `query:"kind" enum:"ORDER,ORDERRESPONSE,DELIVERY,INVOICE,QUOTATION" doc:"What the document is. ORDER is told to the seller's side; ORDERRESPONSE, DELIVERY and INVOICE to the buyer's; QUOTATION to nobody."`
	OrderID         string `query:"orderId" maxLength:"200" doc:"The customer's ID of the order."`
	PlatformOrderID string `query:"itscopeOrderId" maxLength:"200" doc:"The platform's ID of the order."`
	TransactionID   string `query:"transactionId" maxLength:"100" doc:"What the documents of a deal have in common: letters, digits and - . _ ~."`
	Status          string `query:"status" maxLength:"40" doc:"That the deal has by it. If left out: SENT, CONFIRMED, ADVISED or INVOICED."`
	Buyer           string `query:"buyer" maxLength:"200" doc:"ID of the company that buys, or the name of one that isn't here. The company of the path must be buyer or seller."`
	Seller          string `query:"seller" maxLength:"200" doc:"ID of the company that sells, or the name of one that isn't here."`
	Test            bool   `query:"test" doc:"Whether it is a test."`
	Format          string `query:"format" enum:"XML,PDF,CSV,JSON,EDIFACT" doc:"If left out, as the Content-Type says."`
	Opaque          bool   `query:"opaque" doc:"Whether it is kept as it is, without being read. XML and JSON are read as openTRANS 2.1 otherwise, and what the document says need not be said here."`
	SHA256          string `query:"sha256" pattern:"^[0-9a-fA-F]{64}$" doc:"What the document's SHA-256 must be, in hexadecimal."`
}

type postDocumentInput struct {
	Company string `path:"company" doc:"The company's ID."`
	DocumentDetails
	Key    string `header:"Idempotency-Key" doc:"1 to 200 printable ASCII characters. A request with the key of an earlier one is not stored again; all else must be the same."`
	Digest string `header:"Content-Digest" doc:"What the body's SHA-256 must be (RFC 9530): sha-256=:BASE64:"`
	rawBody
}

type postDocumentOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     filedDocument
}

type filedDocument struct {
	StoredDocument
	Deliveries int  `json:"deliveries" doc:"How many hooks are told; 0 if it is repeated."`
	Repeated   bool `json:"repeated" doc:"Whether it was there already, by the idempotency key; then the rest is about the first."`
}

func postDocumentOperation() huma.Operation {
	op := created(secured("POST "+documentsPath, "postDocument", "Store a document, and tell whom it is for", account.PostDocuments,
		http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusServiceUnavailable, http.StatusConflict))
	op.Description = "The body is the document itself; or a form (multipart/form-data) with the document as the file, and any of the parameters as fields. " +
		"When this is answered with 201, the document, its event and the deliveries of that are stored and survive a crash. " +
		"By the operator's key it is stored for both buyer and seller, if they are companies here."
	return op
}

func (s *Server) postDocument(ctx context.Context, in *postDocumentInput) (_ *postDocumentOutput, err error) {
	trace, end := s.Tracer.Accept(in.Company, documentsPath, in.request.Header)
	defer func() { end(answered(http.StatusCreated, err)) }()
	r := document.Request{Company: in.Company, Both: actorOf(ctx).Role == account.Operator, Trace: trace}
	if r.IdempotencyKey, err = in.idempotencyKey(); err != nil {
		return nil, err
	}
	u, err := s.beginUpload(ctx, in.Company, in.request)
	if err != nil {
		return nil, err
	}
	defer u.Close(ctx)
	if err := in.bring(ctx, u, &r); err != nil {
		return nil, err
	}
	receipt, err := s.Archive.File(ctx, u, r)
	if err != nil {
		return nil, err
	}
	out := &postDocumentOutput{Body: filedDocument{s.documentOf(receipt.Document), receipt.Owed, receipt.Repeated}}
	if receipt.EventID != uuid.Nil {
		out.Body.EventID = receipt.EventID.String()
	}
	out.Location = "/api/v1/companies/" + in.Company + "/documents/" + out.Body.ID
	return out, nil
}

// beginUpload begins to take in what the body of a request is or has, unless its
// header says that this would be in vain.
func (s *Server) beginUpload(ctx context.Context, company string, r *http.Request) (*document.Upload, error) {
	if r.ContentLength > s.MaxDocument+formOverhead {
		return nil, document.TooLarge(s.MaxDocument)
	}
	if err := checkType(http.Header{"Content-Encoding": r.Header["Content-Encoding"]}, ""); err != nil {
		return nil, err
	}
	return s.Archive.Begin(ctx, company)
}

// bring takes in the document that the body is, or has, and completes r.
func (in *postDocumentInput) bring(ctx context.Context, u *document.Upload, r *document.Request) error {
	body := in.stream()
	defer body.end()
	mediaType, parameters, err := mime.ParseMediaType(in.request.Header.Get("Content-Type"))
	if err == nil && mediaType == formType {
		if in.Digest != "" {
			return hook.InvalidField(digestHeader, "it is that of the whole form, which is not kept; send the document's own as the field sha256")
		}
		if err := bringForm(ctx, u, body, parameters["boundary"], &in.DocumentDetails); err != nil {
			return err
		}
	} else {
		if in.Format == "" {
			in.Format = string(trade.FormatOf(mediaType))
		}
		d := in.known() // before much is brought in vain
		if err := d.Check(in.Company); err != nil {
			return err
		}
		if err := u.Bring(ctx, body); err != nil {
			return err
		}
	}
	r.Details = in.known()
	r.SHA256, err = expectedDigest(in.SHA256, in.Digest)
	return err
}

// known returns the details as the archive takes them.
func (d *DocumentDetails) known() document.Details {
	return document.Details{
		Kind: trade.DocumentKind(d.Kind), OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID, TransactionID: d.TransactionID,
		Status: d.Status, Buyer: d.Buyer, Seller: d.Seller, Test: d.Test, Format: trade.Format(d.Format), Opaque: d.Opaque,
	}
}

// expectedDigest returns what the SHA-256 of what is brought must be, by the parameter
// or by Content-Digest; nil if nobody says.
func expectedDigest(parameter, header string) ([]byte, error) {
	var sum []byte
	if parameter != "" {
		var err error
		if sum, err = hex.DecodeString(parameter); err != nil || len(sum) != 32 {
			return nil, hook.InvalidField("sha256", "it is not 64 hexadecimal digits; send the document's SHA-256, or leave it out")
		}
	}
	digest, err := parseDigest(header)
	if err != nil || digest == nil {
		return sum, err
	}
	if sum != nil && !slices.Equal(sum, digest) {
		return nil, hook.InvalidField("sha256", "it is another one than Content-Digest says; send one of the two")
	}
	return digest, nil
}

// stream returns the body, for each part of which the client has a time of its own.
func (b *rawBody) stream() *bodyStream { return &bodyStream{b} }

type bodyStream struct{ raw *rawBody }

// partTimeout is how long a client may send nothing.
const partTimeout = time.Minute

// Read reads a part of the body. The error is io.EOF or one for the caller.
func (b *bodyStream) Read(p []byte) (int, error) {
	// Not all writers have deadlines; those of the server do.
	_ = huma.SetReadDeadline(b.raw.writer, time.Now().Add(partTimeout))
	n, err := b.raw.request.Body.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader returns it as it is
		err = unread(err)
	}
	return n, err
}

// end takes the limit away: the connection may be used again.
func (b *bodyStream) end() { _ = huma.SetReadDeadline(b.raw.writer, time.Time{}) }

type documentInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The document's ID."`
}

type storedDocumentOutput struct {
	Body StoredDocument
}

func (s *Server) getDocument(ctx context.Context, in *documentInput) (*storedDocumentOutput, error) {
	d, err := s.findDocument(ctx, in)
	if err != nil {
		return nil, err
	}
	return &storedDocumentOutput{Body: s.documentOf(d)}, nil
}

func (s *Server) findDocument(ctx context.Context, in *documentInput) (trade.Document, error) {
	id, err := parseID(in.ID, "document")
	if err != nil {
		return trade.Document{}, err
	}
	return s.Store.Document(ctx, in.Company, id)
}

// contentOutput is what a document holds, as it is served.
type contentOutput struct {
	Body func(huma.Context)
}

func contentOperation() huma.Operation {
	op := secured("GET "+documentsPath+"/{id}/content", "getDocumentContent", "Read what a document holds", account.ReadDocuments)
	content := make(map[string]*huma.MediaType)
	for _, f := range trade.Formats() {
		content[f.MediaType()] = &huma.MediaType{Schema: &huma.Schema{Description: "The bytes of the document."}}
	}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The document, as it was brought.", Content: content},
		"206": {Description: "A part of it."},
		"304": {Description: "It is still the one that If-None-Match names."},
		"416": {Description: "There is no such part of it."},
	}
	return op
}

func (s *Server) getContent(ctx context.Context, in *documentInput) (*contentOutput, error) {
	d, err := s.findDocument(ctx, in)
	if err != nil {
		return nil, err
	}
	download, err := s.Archive.FetchObject(ctx, d.Object())
	if err != nil {
		return nil, err
	}
	return &contentOutput{Body: func(ctx huma.Context) {
		defer download.Content.Close()
		r, w := humago.Unwrap(ctx)
		download.Serve(w, r)
	}}, nil
}
