package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Details are what a producer says of a document besides what it holds. What is empty
// was not said.
type Details struct {
	Kind            trade.DocumentKind
	OrderID         string
	PlatformOrderID string
	TransactionID   string
	Status          string
	Buyer, Seller   string // IDs of companies, or names; one is the company that the document is brought for
	Test            bool
	Format          trade.Format
	Opaque          bool // it is not to be read
}

// maxText bounds IDs and names that producers give, in bytes.
const maxText = 200

// Check finds everything that is wrong with the details of a document for a company,
// as far as can be said without reading it. The error is a *hook.Error.
func (d *Details) Check(company string) error {
	var wrong problems
	if d.Kind != "" && !slices.Contains(trade.DocumentKinds(), d.Kind) {
		wrong.add("kind", "there is no such kind; choose one of "+join(trade.DocumentKinds()), "Diese Art gibt es nicht; wählen Sie eine von "+join(trade.DocumentKinds())+".")
	}
	switch {
	case d.Format == "":
		wrong.add("format", "the Content-Type doesn't say what the document is in; send one such as application/xml, or add one of "+join(trade.Formats()),
			"Der Content-Type sagt nicht, welches Format das Dokument hat; senden Sie einen wie application/xml oder ergänzen Sie eines von "+join(trade.Formats())+".")
	case d.Format.MediaType() == "":
		wrong.add("format", "there is no such format; choose one of "+join(trade.Formats()), "Dieses Format gibt es nicht; wählen Sie eines von "+join(trade.Formats())+".")
	}
	wrong.text("orderId", d.OrderID)
	wrong.text("itscopeOrderId", d.PlatformOrderID)
	wrong.text("buyer", d.Buyer)
	wrong.text("seller", d.Seller)
	wrong.transaction(d.TransactionID)
	wrong.status(d.Status)
	if d.Buyer != company && d.Seller != company {
		wrong.add("buyer", "neither buyer nor seller is "+company+", for which the document is brought; say which of the two it is",
			"Weder buyer noch seller ist "+company+", für das das Dokument übergeben wird; geben Sie an, welches von beiden es ist.")
	}
	return wrong.err()
}

// checkWhole is Check for what must be known in the end, from the document or from the
// details.
func (d *Details) checkWhole(company string) error {
	err := d.Check(company)
	var wrong problems
	if e, ok := err.(*hook.Error); ok { //nolint:errorlint // it is Check's own
		wrong = e.Problems
	}
	if d.Kind == "" {
		wrong.add("kind", "it is missing; add one of "+join(trade.DocumentKinds()), "Die Angabe fehlt; ergänzen Sie eine von "+join(trade.DocumentKinds())+".")
	}
	if d.OrderID == "" && d.Kind != trade.QuotationDocument { // which may come before there is an order
		wrong.missing("orderId")
	}
	if d.TransactionID == "" {
		wrong.missing("transactionId")
	}
	return wrong.err()
}

// join lists words.
func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

// checkHead finds out whether what a document begins with is in its format. What is
// not sure passes.
func checkHead(f trade.Format, head []byte) error {
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	good := true
	switch f {
	case trade.XML:
		good = len(text) == 0 || text[0] == '<' || bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff})
	case trade.JSON:
		good = len(text) == 0 || text[0] == '{' || text[0] == '['
	case trade.PDF:
		good = bytes.HasPrefix(text, []byte("%PDF-"))
	case trade.EDIFACT:
		good = bytes.HasPrefix(text, []byte("UNA")) || bytes.HasPrefix(text, []byte("UNB"))
	case trade.CSV:
		good = !bytes.HasPrefix(text, []byte("%PDF-")) && !bytes.ContainsRune(text, 0)
	}
	if good {
		return nil
	}
	return invalid("format", fmt.Sprintf("the document is said to be %s and begins with something else; send it with its own format, or add opaque=true", f),
		fmt.Sprintf("Das Dokument soll %s sein und beginnt mit etwas anderem; senden Sie es mit seinem eigenen Format oder ergänzen Sie opaque=true.", f))
}

// problems is everything that is wrong with an input.
type problems []hook.Problem

func (ps *problems) add(field, reason, german string) {
	*ps = append(*ps, hook.Problem{Field: field, Reason: reason, German: german})
}

func (ps *problems) missing(field string) {
	ps.add(field, "it is missing; add it", "Die Angabe fehlt; ergänzen Sie sie.")
}

// text checks an ID or a name.
func (ps *problems) text(field, text string) {
	switch {
	case len(text) > maxText:
		ps.add(field, fmt.Sprintf("it is longer than %d bytes; shorten it", maxText), fmt.Sprintf("Die Angabe ist länger als %d Bytes; kürzen Sie sie.", maxText))
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text:
		ps.add(field, "it begins or ends with a space, or has a control character; remove it",
			"Die Angabe beginnt oder endet mit einem Leerzeichen oder enthält ein Steuerzeichen; entfernen Sie es.")
	}
}

func (ps *problems) transaction(id string) {
	if id != "" && !trade.CheckTransactionID(id) {
		ps.add("transactionId", "it is a part of the document's URL: use 1 to 100 letters, digits and - . _ ~, not beginning with a dot",
			"Die Angabe ist Teil der URL des Dokuments: verwenden Sie 1 bis 100 Buchstaben, Ziffern und - . _ ~, ohne Punkt am Anfang.")
	}
}

func (ps *problems) status(status string) {
	if status != "" && !trade.CheckStatus(status) {
		ps.add("status", "it is not 1 to 40 upper-case letters, digits and underscores; write it like ADVISED",
			"Die Angabe besteht nicht aus 1 bis 40 Großbuchstaben, Ziffern und Unterstrichen; schreiben Sie sie wie ADVISED.")
	}
}

// err returns a *hook.Error of fault Invalid, or nil if nothing is wrong.
func (ps *problems) err() error {
	if len(*ps) == 0 {
		return nil
	}
	return &hook.Error{Fault: hook.Invalid, Msg: "the input is not valid", Problems: *ps}
}

// invalid returns an error about one field.
func invalid(field, reason, german string) error {
	ps := problems{{Field: field, Reason: reason, German: german}}
	return ps.err()
}
