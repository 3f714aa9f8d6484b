package document_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/opentrans"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestMain(m *testing.M) { os.Exit(pgtemp.Main(m)) }

// world is an archive on a store of its own, with the company acme.
type world struct {
	*document.Archive
	store *store.Store
}

func newWorld(t *testing.T, st *store.Store, bucket document.Bucket) *world {
	t.Helper()
	c := trade.Company{ID: "acme", Name: "Acme", TimeZone: "Europe/Berlin", CreatedAt: time.Now()}
	if _, err := st.PutCompany(t.Context(), c, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return &world{store: st, Archive: &document.Archive{
		Store: st, Filer: intake.New(st, storetest.Idle{}), Bucket: bucket, PublicURL: "https://waybill.example", MaxSize: 4 << 20,
		Log: slog.New(slog.DiscardHandler),
	}}
}

// each runs a test on both engines, with content in the database and in a bucket.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T) *store.Store{"SQLite": storetest.Open, "PostgreSQL": storetest.OpenPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, open(t), nil))
		})
		t.Run(name+" with a bucket", func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, open(t), folder(t.TempDir())))
		})
	}
}

// folder is a bucket.
type folder string

type object struct {
	ctx  context.Context //nolint:containedctx // io.Writer has no place for it
	path string
	bytes.Buffer
}

func (f folder) path(id uuid.UUID) string { return filepath.Join(string(f), id.String()) }

func (f folder) Create(ctx context.Context, id uuid.UUID) (io.WriteCloser, error) {
	return &object{ctx: ctx, path: f.path(id)}, nil
}

func (o *object) Close() error {
	if err := o.ctx.Err(); err != nil {
		return err
	}
	return os.WriteFile(o.path, o.Bytes(), 0o600)
}

func (f folder) Open(_ context.Context, id uuid.UUID, from int64) (io.ReadCloser, error) {
	file, err := os.Open(f.path(id))
	if err != nil {
		return nil, err
	}
	_, err = file.Seek(from, io.SeekStart)
	return file, err
}

func (f folder) Remove(_ context.Context, id uuid.UUID) error {
	if err := os.Remove(f.path(id)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// bring uploads and files a document.
func (w *world) bring(t *testing.T, content io.Reader, r document.Request) (document.Receipt, error) {
	t.Helper()
	u, err := w.Begin(t.Context(), r.Company)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close(t.Context())
	if err := u.Bring(t.Context(), content); err != nil {
		return document.Receipt{}, err
	}
	return w.File(t.Context(), u, r)
}

// leftovers returns how many contents belong to no document.
func (w *world) leftovers(t *testing.T) int {
	t.Helper()
	stale, err := w.store.GiveUpStale(t.Context(), time.Now().Add(24*time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	removals, err := w.store.Removals(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	objects := 0
	if f, ok := w.Bucket.(folder); ok {
		files, err := os.ReadDir(string(f))
		if err != nil {
			t.Fatal(err)
		}
		documents, err := w.store.Documents(t.Context(), trade.DocumentQuery{Company: "acme", Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		objects = len(files) - len(documents)
	}
	return stale + len(removals) + objects
}

func request(k trade.DocumentKind, f trade.Format) document.Request {
	return document.Request{Company: "acme", Details: document.Details{Kind: k, Buyer: "acme", TransactionID: "t-1", Format: f}}
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "opentrans", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDocumentsOfOpenTRANSAreRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, kind := range map[string]trade.DocumentKind{
			"order": trade.OrderDocument, "orderresponse": trade.OrderResponseDocument, "dispatchnotification": trade.DeliveryDocument,
			"invoice": trade.InvoiceDocument, "quotation": trade.QuotationDocument,
		} {
			content := sample(t, name+".xml")
			want, err := opentrans.Read(bytes.NewReader(content), opentrans.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			r := request("", trade.XML)
			r.Details.TransactionID = want.TransactionID
			if want.TransactionID == "" {
				r.Details.TransactionID = "t-1"
			}
			got, err := w.bring(t, bytes.NewReader(content), r)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			d := got.Document
			if d.Kind != kind || d.OrderID != want.OrderID || d.Summary.Lines != len(want.Lines) || !d.Parsed {
				t.Errorf("%s = %+v, want what the document says", name, d)
			}
			if p, ok := want.Party("supplier"); ok && p.Address != nil && d.Seller != p.Address.Name {
				t.Errorf("%s: seller = %q, want %q", name, d.Seller, p.Address.Name)
			}
			if want.Totals != nil && d.Summary.Total != string(want.Totals.Amount) {
				t.Errorf("%s: total = %q, want %q", name, d.Summary.Total, want.Totals.Amount)
			}
			w.checkDownload(t, d, trade.XML, content)
		}
		if n := w.leftovers(t); n != 0 {
			t.Errorf("%d contents belong to no document, want none", n)
		}
	})
}

// checkDownload downloads a document, which must have a content; nil: any.
func (w *world) checkDownload(t *testing.T, d trade.Document, f trade.Format, want []byte) []byte {
	t.Helper()
	got, err := w.Download(t.Context(), d.Company, d.TransactionID, d.Kind, f)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Content.Close()
	content, err := io.ReadAll(got.Content)
	if err != nil {
		t.Fatal(err)
	}
	if want != nil && !bytes.Equal(content, want) {
		t.Errorf("downloaded %d bytes, want the %d that were brought", len(content), len(want))
	}
	if got.SHA256 != sha256.Sum256(content) || got.MediaType != f.MediaType() {
		t.Errorf("the download's SHA-256 or media type %q is another one than that of its content", got.MediaType)
	}
	return content
}

func TestJSONIsSentAsOpenTRANS(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		content := sample(t, "invoice.golden.json")
		want, err := opentrans.ReadJSON(bytes.NewReader(content), opentrans.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		r := request(trade.InvoiceDocument, trade.JSON)
		r.Details.TransactionID, r.Details.OrderID = want.TransactionID, want.OrderID
		if want.TransactionID == "" {
			r.Details.TransactionID = "t-1"
		}
		if want.OrderID == "" {
			r.Details.OrderID = "4711"
		}
		got, err := w.bring(t, bytes.NewReader(content), r)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(got.Document.DownloadPath(), "/INVOICE.xml") {
			t.Errorf("receivers are told %s, want the XML", got.Document.DownloadPath())
		}
		w.checkDownload(t, got.Document, trade.JSON, content)
		text := w.checkDownload(t, got.Document, trade.XML, nil)
		read, err := opentrans.Read(bytes.NewReader(text), opentrans.Limits{})
		if err != nil || read.Number != want.Number || len(read.Lines) != len(want.Lines) {
			t.Errorf("the XML = %v, %+v, want the same invoice", err, read)
		}
	})
}

func TestDocumentsAreRefusedThatSayOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.Open(t), nil)
	order := sample(t, "order.xml")
	read, err := opentrans.Read(bytes.NewReader(order), opentrans.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		content []byte
		change  func(*document.Details)
		field   string
		reason  string
	}{
		"another kind":          {order, func(d *document.Details) { d.Kind = trade.InvoiceDocument }, "kind", "ORDER"},
		"another order ID":      {order, func(d *document.Details) { d.OrderID = "another" }, "orderId", read.OrderID},
		"malformed XML":         {[]byte(`<ORDER xmlns="http://www.opentrans.org/XMLSchema/2.1" version="2.1" type="standard">` + "\n<oops"), func(*document.Details) {}, "", "line 2"},
		"no XML at all":         {[]byte("ORDER"), func(*document.Details) {}, "format", "opaque=true"},
		"another vocabulary":    {[]byte("<html/>"), func(*document.Details) {}, "", ""},
		"malformed JSON":        {[]byte(`{"kind":`), func(d *document.Details) { d.Format = trade.JSON }, "", ""},
		"an entity declaration": {[]byte(`<!DOCTYPE a [<!ENTITY b "c">]><ORDER>&b;</ORDER>`), func(*document.Details) {}, "", ""},
	} {
		r := request("", trade.XML)
		tt.change(&r.Details)
		_, err := w.bring(t, bytes.NewReader(tt.content), r)
		e, ok := errors.AsType[*hook.Error](err)
		if !ok || e.Fault != hook.Invalid || len(e.Problems) == 0 {
			t.Errorf("%s = %v, want an error of fault invalid with a problem", name, err)
			continue
		}
		if tt.field != "" && e.Problems[0].Field != tt.field || (!strings.Contains(e.Problems[0].Reason, tt.reason)) {
			t.Errorf("%s = %+v, want one about %s that says %q", name, e.Problems, tt.field, tt.reason)
		}
		r.Details = document.Details{
			Kind: trade.OrderDocument, Buyer: "acme", OrderID: "4711", TransactionID: "t-2", Format: r.Details.Format, Opaque: true,
		}
		if got, err := w.bring(t, bytes.NewReader(tt.content), r); err != nil || got.Document.Parsed {
			t.Errorf("%s, as opaque = %+v, %v, want it accepted unread", name, got, err)
		}
	}
	if n := w.leftovers(t); n != 0 {
		t.Errorf("%d contents belong to no document, want none", n)
	}
}

// broken is a body whose sender goes away.
type broken struct{ left int }

var errGone = errors.New("gone")

func (b *broken) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errGone
	}
	n := min(len(p), b.left)
	b.left -= n
	return n, nil
}

func TestWhatIsNotAcceptedLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := request(trade.InvoiceDocument, trade.PDF)
		r.Details.OrderID = "4711"
		if _, err := w.bring(t, &broken{1 << 20}, r); !errors.Is(err, errGone) {
			t.Errorf("a body that breaks off = %v, want its error", err)
		}
		if _, err := w.bring(t, io.LimitReader(zeros{}, 5<<20), r); hook.FaultOf(err) != hook.TooLarge {
			t.Errorf("a body that is too large = %v, want an error of fault too_large", err)
		}
		if _, err := w.bring(t, strings.NewReader(""), r); hook.FaultOf(err) != hook.Invalid {
			t.Errorf("nothing = %v, want an error of fault invalid", err)
		}
		if n := w.leftovers(t); n != 0 {
			t.Errorf("%d contents belong to no document, want none", n)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A node that stops while documents are brought leaves what another one removes.
func TestSweep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		u, err := w.Begin(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Bring(t.Context(), io.LimitReader(zeros{}, 3<<20)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.GiveUpStale(t.Context(), time.Now().Add(time.Hour), 10); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 1; n > 0; <-tick.C {
			rs, err := w.store.Removals(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			n = len(rs)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		r := request(trade.InvoiceDocument, trade.PDF)
		r.Details.OrderID, r.Details.Opaque = "4711", true
		if _, err := w.File(t.Context(), u, r); err == nil {
			t.Error("File of what was given up = nil, want an error")
		}
		u.Close(t.Context())
		if n := w.leftovers(t); n != 0 {
			t.Errorf("%d contents belong to no document, want none", n)
		}
	})
}
