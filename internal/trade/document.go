package trade

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// DocumentKind says what a document is. For all but a quotation there is an event
// type of the same name.
type DocumentKind string

// The kinds of documents.
const (
	OrderDocument         DocumentKind = "ORDER"
	OrderResponseDocument DocumentKind = "ORDERRESPONSE"
	DeliveryDocument      DocumentKind = "DELIVERY"
	InvoiceDocument       DocumentKind = "INVOICE"
	QuotationDocument     DocumentKind = "QUOTATION"
)

// DocumentKinds returns all kinds, in the order in which they follow each other.
func DocumentKinds() []DocumentKind {
	return []DocumentKind{QuotationDocument, OrderDocument, OrderResponseDocument, DeliveryDocument, InvoiceDocument}
}

// Side is one of the two that trade with each other.
type Side string

// The sides. NoSide is told of nothing.
const (
	NoSide Side = ""
	Buyer  Side = "buyer"
	Seller Side = "seller"
)

// Told returns who is told of a document of the kind: whoever it is meant for.
func (k DocumentKind) Told() Side {
	switch k {
	case OrderDocument:
		return Seller
	case OrderResponseDocument, DeliveryDocument, InvoiceDocument:
		return Buyer
	case QuotationDocument:
	}
	return NoSide
}

// Status returns the status that a document of the kind gives its deal if nothing
// else is said; empty if it gives none.
func (k DocumentKind) Status() string {
	switch k {
	case OrderDocument:
		return "SENT"
	case OrderResponseDocument:
		return "CONFIRMED"
	case DeliveryDocument:
		return "ADVISED"
	case InvoiceDocument:
		return "INVOICED"
	case QuotationDocument:
	}
	return ""
}

// deliveryFile is what receivers call a delivery's document.
const deliveryFile = "DISPATCHNOTIFICATION"

// File returns the name of a document's file in URLs, without its extension.
func (k DocumentKind) File() string {
	if k == DeliveryDocument {
		return deliveryFile
	}
	return string(k)
}

// DocumentKindOf returns the kind whose file has a name, and whether there is one.
func DocumentKindOf(file string) (DocumentKind, bool) {
	for _, k := range DocumentKinds() {
		if k.File() == file {
			return k, true
		}
	}
	return "", false
}

// Format says in what form a document is.
type Format string

// The formats.
const (
	XML     Format = "XML"
	PDF     Format = "PDF"
	CSV     Format = "CSV"
	JSON    Format = "JSON"
	EDIFACT Format = "EDIFACT"
)

// form is what belongs to a format.
type form struct {
	format     Format
	extension  string
	mediaTypes []string // the first is sent
}

func forms() []form {
	return []form{
		{XML, "xml", []string{"application/xml", "text/xml"}},
		{PDF, "pdf", []string{"application/pdf"}},
		{CSV, "csv", []string{"text/csv", "application/csv"}},
		{JSON, "json", []string{"application/json"}},
		{EDIFACT, "edi", []string{"application/edifact", "application/edi-consent"}}, // RFC 1767
	}
}

// Formats returns all formats.
func Formats() []Format {
	var all []Format
	for _, f := range forms() {
		all = append(all, f.format)
	}
	return all
}

// MediaType returns the media type that documents of the format are sent with;
// empty if there is no such format.
func (f Format) MediaType() string {
	for _, g := range forms() {
		if g.format == f {
			return g.mediaTypes[0]
		}
	}
	return ""
}

// Extension returns that of files of the format, without the dot; empty if there is
// no such format.
func (f Format) Extension() string {
	for _, g := range forms() {
		if g.format == f {
			return g.extension
		}
	}
	return ""
}

// FormatOf returns the format that has an extension, without the dot, or a media
// type, without parameters; empty if none has.
func FormatOf(extensionOrMediaType string) Format {
	text := strings.ToLower(extensionOrMediaType)
	for _, f := range forms() {
		if f.extension == text || slices.Contains(f.mediaTypes, text) {
			return f.format
		}
	}
	return ""
}

// Document is a business document as one company has it. What it holds is kept
// apart, once for all companies that have it under the same ID. It never changes.
type Document struct {
	ID              uuid.UUID // version 7; the same for all companies that have it
	Company         string
	Kind            DocumentKind
	OrderID         string // the customer's
	PlatformOrderID string // may be empty
	TransactionID   string // of its deal; see CheckTransactionID
	Status          string // that it gave its deal; may be empty
	Buyer, Seller   string // IDs of companies here, or names of others; may be empty
	Test            bool
	Format          Format
	Size            int64 // bytes
	SHA256          [32]byte
	CreatedAt       time.Time
	EventID         uuid.UUID // of the event that it raised in this company; zero if none
	InBucket        bool      // what it holds is in the bucket, not in the database
	Parsed          bool      // it was read: Summary says what it holds
	Summary         Summary
}

// Summary is what a document says of itself.
type Summary struct {
	Number   string // its own, such as that of an invoice
	Date     string // as it is written
	Lines    int    // how many it has
	Currency string // ISO 4217
	Net      string // the sum of the goods without taxes, a decimal number as it is written; empty if it says none
	Total    string // the sum of all; of an invoice with taxes; as Net
}

// DownloadFormat returns the format in which whoever is told of the document gets
// it: one that was read from JSON is sent as XML.
func (d *Document) DownloadFormat() Format {
	if d.Format == JSON && d.Parsed {
		return XML
	}
	return d.Format
}

// DownloadPath returns the path at which receivers download the document.
func (d *Document) DownloadPath() string {
	return "/2.1/business/documents/" + url.PathEscape(d.TransactionID) + "/" + d.Kind.File() + "." + d.DownloadFormat().Extension()
}

// Deal is where a transaction stands, as one company has it.
type Deal struct {
	ID              uuid.UUID // version 7, of when the company first had to do with it
	Company         string
	TransactionID   string
	OrderID         string
	PlatformOrderID string
	Buyer, Seller   string
	Status          string // the newest
	Test            bool
	Kinds           []DocumentKind // of the documents that there are, in the order of DocumentKinds
	CreatedAt       time.Time
	ChangedAt       time.Time
}

// DocumentQuery asks for documents of a company, newest first. A field with its
// zero value asks for all of them, but for Limit, which must be set.
type DocumentQuery struct {
	Company       string
	Kind          DocumentKind
	OrderID       string
	TransactionID string
	Status        string
	Test          *bool     // nil: all
	From, To      time.Time // of CreatedAt; To is not included
	Before        uuid.UUID // only those with a lower ID: a page's last one begins the next page
	Limit         int
}

// DealQuery asks for deals of a company, the newest first. A field with its zero
// value asks for all of them, but for Limit, which must be set.
type DealQuery struct {
	Company       string
	OrderID       string
	TransactionID string
	Status        string
	Test          *bool
	From, To      time.Time
	Before        uuid.UUID
	Limit         int
}

// CheckTransactionID reports whether id can name a deal: 1 to 100 ASCII letters,
// digits and - . _ ~, not beginning with a dot, so that it can stand in a path as
// it is.
func CheckTransactionID(id string) bool {
	return id != "" && len(id) <= 100 && id[0] != '.' && strings.Trim(id, pathSafe) == ""
}

const pathSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// CheckStatus reports whether a status is well-formed: 1 to 40 upper-case letters,
// digits and underscores. Which there are is for those who trade to say.
func CheckStatus(status string) bool {
	return status != "" && len(status) <= 40 && strings.Trim(status, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// KindOfStatus returns the kind of document that usually brings a status, and
// whether there is one.
func KindOfStatus(status string) (DocumentKind, bool) {
	switch status {
	case "SENT", "ARRIVED":
		return OrderDocument, true
	case "PROCESSING", "CONFIRMED", "REJECTED":
		return OrderResponseDocument, true
	case "ADVISED":
		return DeliveryDocument, true
	case "INVOICED":
		return InvoiceDocument, true
	}
	return "", false
}
