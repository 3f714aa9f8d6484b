package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

func documentCases() []testCase {
	return []testCase{
		{"a document is filed with its event, and its content stays", testFile},
		{"a document whose content was given up is not filed, nor is its event", testFileLost},
		{"content that nobody brings any more is given up and removed", testStaleContent},
		{"what belongs to documents is not given up", testKeptContent},
		{"a second filing with the same idempotency key is refused", testFileKey},
		{"filings that come together are all stored", testFileTogether},
		{"a deal has its newest status and the kinds of its documents", testDeals},
		{"documents are found by what is asked for, newest first", testDocuments},
		{"the newest document of a deal is the one downloaded", testNewestDocument},
	}
}

const partner = "globex"

// bring begins content with chunks, under a lease of a minute.
func bring(t *testing.T, st *store.Store, chunks ...string) uuid.UUID {
	t.Helper()
	id := NewID()
	end := start().Add(time.Minute)
	if err := st.BeginContent(t.Context(), id, false, end); err != nil {
		t.Fatal(err)
	}
	for i, c := range chunks {
		if err := st.AddChunk(t.Context(), id, i, []byte(c), end); err != nil {
			t.Fatal(err)
		}
	}
	return id
}

// documentOf returns a document of Company that has content with an ID.
func documentOf(id uuid.UUID, kind trade.DocumentKind, transaction string) trade.Document {
	return trade.Document{
		ID: id, Company: Company, Kind: kind, OrderID: "4711", PlatformOrderID: "P-1", TransactionID: transaction,
		Status: kind.Status(), Buyer: Company, Seller: partner, Format: trade.XML, Size: 7, SHA256: [32]byte{1, 2},
		CreatedAt: start(), Parsed: true, Summary: trade.Summary{Number: "R-1", Lines: 2, Currency: "EUR", Total: "119.00"},
	}
}

// filing returns what is filed for a document: that it raises an event, and its deal.
func filing(d trade.Document, hooks ...hook.Hook) hook.Filing {
	e := Event(string(d.Kind), d.ID.String(), d.CreatedAt)
	e.Entity.Kind = trade.KindDocument
	d.EventID = e.ID
	return hook.Filing{
		Company: Company, Documents: []trade.Document{d}, Acceptances: []hook.Acceptance{Owe(e, hooks...)},
		Deals: []trade.Deal{{
			ID: NewID(), Company: Company, TransactionID: d.TransactionID, OrderID: d.OrderID, PlatformOrderID: d.PlatformOrderID,
			Buyer: d.Buyer, Seller: d.Seller, Status: d.Status, Kinds: []trade.DocumentKind{d.Kind}, CreatedAt: d.CreatedAt, ChangedAt: d.CreatedAt,
		}},
	}
}

func file(t *testing.T, st *store.Store, f hook.Filing) []hook.Receipt {
	t.Helper()
	receipts, err := st.File(t.Context(), uuid.Nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return receipts
}

func testFile(t *testing.T, st *store.Store) {
	h := AddHook(t, st, "INVOICE", "https://receiver.example/")
	node := join(t, st)
	d := documentOf(bring(t, st, "abcd", "efg"), trade.InvoiceDocument, "t-1")
	f := filing(d, h)
	both := f.Documents[0]
	both.Company, both.EventID = partner, uuid.Nil
	f.Documents = append(f.Documents, both)
	r := file(t, st, f)
	if len(r) != 1 || r[0].EventID != f.Documents[0].EventID || r[0].Owed != 1 {
		t.Errorf("receipts = %+v, want one with the event's ID that owes 1", r)
	}
	for _, want := range f.Documents {
		got, err := st.Document(t.Context(), want.Company, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the document of %s (-want +got):\n%s", want.Company, diff)
		}
	}
	if _, err := st.Document(t.Context(), "nobody", d.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("another company's document = %v, want an error of fault missing", err)
	}
	for i, want := range []string{"abcd", "efg"} {
		if got, err := st.Chunk(t.Context(), d.ID, i, nil); err != nil || string(got) != want {
			t.Errorf("chunk %d = %q, %v, want %q", i, got, err, want)
		}
	}
	if j := claimOne(t, st, node, start(), h); j.Event.ID != r[0].EventID {
		t.Errorf("claimed is event %s, want %s", j.Event.ID, r[0].EventID)
	}
	if err := st.AddChunk(t.Context(), d.ID, 2, []byte("h"), start()); hook.FaultOf(err) != hook.Conflict {
		t.Errorf("AddChunk to a filed document = %v, want an error of fault conflict", err)
	}
}

func testFileLost(t *testing.T, st *store.Store) {
	h := AddHook(t, st, "INVOICE", "https://receiver.example/")
	node := join(t, st)
	id := bring(t, st, "abc")
	if err := st.GiveUpContent(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f := filing(documentOf(id, trade.InvoiceDocument, "t-1"), h)
	if _, err := st.File(t.Context(), uuid.Nil, f); err == nil {
		t.Error("File = nil, want an error: its content was given up")
	}
	if _, err := st.Document(t.Context(), Company, id); hook.FaultOf(err) != hook.Missing {
		t.Errorf("Document = %v, want an error of fault missing", err)
	}
	if _, err := st.Event(t.Context(), Company, f.Acceptances[0].Event.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("Event = %v, want an error of fault missing", err)
	}
	if jobs, _ := claim(t, st, node, start().Add(far), h, 10); len(jobs) != 0 {
		t.Errorf("%d deliveries are owed, want none", len(jobs))
	}
	for what, err := range map[string]error{
		"KeepContent": st.KeepContent(t.Context(), id, start()),
		"AddChunk":    st.AddChunk(t.Context(), id, 1, []byte("d"), start()),
	} {
		if hook.FaultOf(err) != hook.Conflict {
			t.Errorf("%s = %v, want an error of fault conflict", what, err)
		}
	}
}

func testStaleContent(t *testing.T, st *store.Store) {
	stale := []uuid.UUID{bring(t, st, "a", "b", "c"), bring(t, st), NewID()}
	if err := st.BeginContent(t.Context(), stale[2], true, start()); err != nil {
		t.Fatal(err)
	}
	fresh := bring(t, st, "d")
	if err := st.KeepContent(t.Context(), fresh, start().Add(far)); err != nil {
		t.Fatal(err)
	}
	if n, err := st.GiveUpStale(t.Context(), start().Add(-time.Second), 10); n != 0 || err != nil {
		t.Errorf("GiveUpStale before any lease ends = %d, %v, want 0", n, err)
	}
	for _, want := range []int{2, 1, 0} {
		if n, err := st.GiveUpStale(t.Context(), start().Add(2*time.Minute), 2); n != want || err != nil {
			t.Errorf("GiveUpStale = %d, %v, want %d", n, err, want)
		}
	}
	rs, err := st.Removals(t.Context(), 10)
	want := []hook.Removal{{ID: stale[0]}, {ID: stale[1]}, {ID: stale[2], InBucket: true}}
	if diff := cmp.Diff(want, rs); err != nil || diff != "" {
		t.Fatalf("Removals: %v (-want +got):\n%s", err, diff)
	}
	for i, want := range []bool{false, true} { // of three chunks, two at a time
		if last, err := st.RemoveChunks(t.Context(), stale[0], 2); last != want || err != nil {
			t.Errorf("RemoveChunks %d = %v, %v, want %v", i, last, err, want)
		}
	}
	for i := range 3 {
		if _, err := st.Chunk(t.Context(), stale[0], i, nil); err == nil {
			t.Errorf("chunk %d is still there", i)
		}
	}
	if rs, err = st.Removals(t.Context(), 10); err != nil || len(rs) != 2 {
		t.Errorf("Removals = %v, %v, want the other 2", rs, err)
	}
	if last, err := st.RemoveChunks(t.Context(), fresh, 10); !last || err != nil {
		t.Errorf("RemoveChunks of what wasn't given up = %v, %v, want nothing to do", last, err)
	}
	if got, err := st.Chunk(t.Context(), fresh, 0, nil); err != nil || string(got) != "d" {
		t.Errorf("the chunk of what wasn't given up = %q, %v, want it there", got, err)
	}
}

func testKeptContent(t *testing.T, st *store.Store) {
	id := bring(t, st, "abc")
	f := filing(documentOf(id, trade.InvoiceDocument, "t-1"))
	file(t, st, f)
	if n, err := st.GiveUpStale(t.Context(), start().Add(far), 10); n != 0 || err != nil {
		t.Errorf("GiveUpStale = %d, %v, want 0", n, err)
	}
	if err := st.GiveUpContent(t.Context(), id); err != nil {
		t.Error(err)
	}
	if got, err := st.Chunk(t.Context(), id, 0, nil); err != nil || string(got) != "abc" {
		t.Errorf("the chunk = %q, %v, want it there", got, err)
	}
}

func testFileKey(t *testing.T, st *store.Store) {
	first := filing(documentOf(bring(t, st, "abc"), trade.InvoiceDocument, "t-1"))
	first.IdempotencyKey, first.Fingerprint = "k", []byte("print")
	file(t, st, first)
	again := filing(documentOf(bring(t, st, "abc"), trade.InvoiceDocument, "t-1"))
	again.IdempotencyKey = "k"
	if _, err := st.File(t.Context(), uuid.Nil, again); err == nil {
		t.Error("File = nil, want an error: the key is there")
	}
	if _, err := st.Event(t.Context(), Company, again.Acceptances[0].Event.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("the event of the refused filing = %v, want an error of fault missing", err)
	}
	got, err := st.DocumentByKey(t.Context(), Company, "k")
	if err != nil || got.ID != first.Documents[0].ID || !bytes.Equal(got.Fingerprint, first.Fingerprint) {
		t.Errorf("DocumentByKey = %+v, %v, want the first with its fingerprint", got, err)
	}
	for _, k := range [][2]string{{Company, ""}, {Company, "other"}, {partner, "k"}} {
		if _, err := st.DocumentByKey(t.Context(), k[0], k[1]); hook.FaultOf(err) != hook.Missing {
			t.Errorf("DocumentByKey(%q) = %v, want an error of fault missing", k, err)
		}
	}
}

func testFileTogether(t *testing.T, st *store.Store) {
	const many = 12
	var filings []hook.Filing
	for i := range many {
		filings = append(filings, filing(documentOf(bring(t, st, "abc"), trade.InvoiceDocument, fmt.Sprintf("t-%d", i%3))))
	}
	filings[5].Documents[0].ID = NewID() // without content: it spoils only itself
	var wg sync.WaitGroup
	errs := make([]error, many)
	for i, f := range filings {
		wg.Go(func() { _, errs[i] = st.File(t.Context(), uuid.Nil, f) })
	}
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i == 5) {
			t.Errorf("filing %d = %v", i, err)
		}
	}
	ds, err := st.Documents(t.Context(), trade.DocumentQuery{Company: Company, Limit: 100})
	if err != nil || len(ds) != many-1 {
		t.Errorf("%d documents, %v, want %d", len(ds), err, many-1)
	}
	deals, err := st.Deals(t.Context(), trade.DealQuery{Company: Company, Limit: 100})
	if err != nil || len(deals) != 3 {
		t.Errorf("%d deals, %v, want 3", len(deals), err)
	}
}

func testDeals(t *testing.T, st *store.Store) {
	var firstID uuid.UUID
	for i, k := range []trade.DocumentKind{trade.OrderDocument, trade.InvoiceDocument, trade.QuotationDocument} {
		f := filing(documentOf(bring(t, st, "abc"), k, "t-1"))
		f.Deals[0].CreatedAt = start().Add(time.Duration(i) * time.Minute)
		f.Deals[0].ChangedAt = f.Deals[0].CreatedAt
		if i == 0 {
			firstID = f.Deals[0].ID
		} else {
			f.Deals[0].PlatformOrderID, f.Deals[0].Buyer = "", ""
		}
		file(t, st, f)
	}
	got, err := st.Deal(t.Context(), Company, "t-1")
	want := trade.Deal{
		ID: firstID, Company: Company, TransactionID: "t-1", OrderID: "4711", PlatformOrderID: "P-1", Buyer: Company, Seller: partner,
		Status: "INVOICED", Kinds: []trade.DocumentKind{trade.QuotationDocument, trade.OrderDocument, trade.InvoiceDocument},
		CreatedAt: start(), ChangedAt: start().Add(2 * time.Minute),
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("the deal: %v (-want +got):\n%s", err, diff)
	}
	if _, err := st.Deal(t.Context(), partner, "t-1"); hook.FaultOf(err) != hook.Missing {
		t.Errorf("another company's deal = %v, want an error of fault missing", err)
	}
	by := hook.Filing{Company: Company, Deals: []trade.Deal{{
		ID: NewID(), Company: Company, TransactionID: "t-1", Status: "CANCELLED", CreatedAt: start(), ChangedAt: start().Add(far),
	}}}
	file(t, st, by)
	for q, want := range map[trade.DealQuery]int{
		{OrderID: "4711", Status: "CANCELLED"}: 1, {Status: "INVOICED"}: 0, {TransactionID: "t-1", OrderID: "4712"}: 0,
		{OrderID: "4712"}: 0, {TransactionID: "t-1"}: 1, {}: 1, {Before: firstID}: 0,
	} {
		q.Company, q.Limit = Company, 10
		if ds, err := st.Deals(t.Context(), q); err != nil || len(ds) != want {
			t.Errorf("Deals(%+v) = %+v, %v, want %d", q, ds, err, want)
		}
	}
}

func testDocuments(t *testing.T, st *store.Store) {
	var all []trade.Document
	kinds := []trade.DocumentKind{trade.OrderDocument, trade.InvoiceDocument}
	for i := range 12 {
		d := documentOf(bring(t, st, "abc"), kinds[i%2], fmt.Sprintf("t-%d", i%3))
		d.OrderID, d.Test, d.CreatedAt = fmt.Sprintf("o-%d", i%4), i%5 == 0, time.Now().UTC().Truncate(time.Microsecond)
		f := filing(d)
		file(t, st, f)
		all = append(all, f.Documents[0])
	}
	slices.Reverse(all)
	tests, none := true, false
	for _, tt := range []struct {
		name string
		q    trade.DocumentQuery
		want func(trade.Document) bool
	}{
		{"all", trade.DocumentQuery{}, func(trade.Document) bool { return true }},
		{"by kind", trade.DocumentQuery{Kind: trade.InvoiceDocument}, func(d trade.Document) bool { return d.Kind == trade.InvoiceDocument }},
		{"by order", trade.DocumentQuery{OrderID: "o-1"}, func(d trade.Document) bool { return d.OrderID == "o-1" }},
		{"by deal", trade.DocumentQuery{TransactionID: "t-2"}, func(d trade.Document) bool { return d.TransactionID == "t-2" }},
		{"by deal and order", trade.DocumentQuery{TransactionID: "t-2", OrderID: "o-2"}, func(d trade.Document) bool { return d.TransactionID == "t-2" && d.OrderID == "o-2" }},
		{"by status", trade.DocumentQuery{Status: "SENT"}, func(d trade.Document) bool { return d.Status == "SENT" }},
		{"tests", trade.DocumentQuery{Test: &tests}, func(d trade.Document) bool { return d.Test }},
		{"no tests", trade.DocumentQuery{Test: &none}, func(d trade.Document) bool { return !d.Test }},
		{"from", trade.DocumentQuery{From: all[4].CreatedAt}, func(d trade.Document) bool { return !d.CreatedAt.Before(all[4].CreatedAt) }},
		{"to", trade.DocumentQuery{To: all[4].CreatedAt}, func(d trade.Document) bool { return d.CreatedAt.Before(all[4].CreatedAt) }},
		{"of another company", trade.DocumentQuery{Company: partner}, func(trade.Document) bool { return false }},
	} {
		if tt.q.Company == "" {
			tt.q.Company = Company
		}
		tt.q.Limit = 5
		var got, want []uuid.UUID
		for {
			ds, err := st.Documents(t.Context(), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range ds {
				got = append(got, d.ID)
			}
			if len(ds) < tt.q.Limit {
				break
			}
			tt.q.Before = ds[len(ds)-1].ID
		}
		for _, d := range all {
			if tt.want(d) {
				want = append(want, d.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d documents, want %d: %v, want %v", tt.name, len(got), len(want), got, want)
		}
	}
}

func testNewestDocument(t *testing.T, st *store.Store) {
	add := func(k trade.DocumentKind, f trade.Format, parsed bool) uuid.UUID {
		d := documentOf(bring(t, st, "abc"), k, "t-1")
		d.Format, d.Parsed = f, parsed
		file(t, st, filing(d))
		return d.ID
	}
	pdf, read := add(trade.InvoiceDocument, trade.PDF, false), add(trade.InvoiceDocument, trade.JSON, true)
	opaque := add(trade.InvoiceDocument, trade.JSON, false)
	older := add(trade.DeliveryDocument, trade.XML, true)
	newer := add(trade.DeliveryDocument, trade.XML, true)
	_ = older
	for _, tt := range []struct {
		kind    trade.DocumentKind
		formats []trade.Format
		want    uuid.UUID
	}{
		{trade.InvoiceDocument, []trade.Format{trade.PDF}, pdf},
		{trade.InvoiceDocument, []trade.Format{trade.JSON}, opaque},
		{trade.InvoiceDocument, []trade.Format{trade.XML, trade.JSON}, read},
		{trade.DeliveryDocument, []trade.Format{trade.XML, trade.JSON}, newer},
	} {
		d, err := st.NewestDocument(t.Context(), Company, "t-1", tt.kind, tt.formats...)
		if err != nil || d.ID != tt.want {
			t.Errorf("the newest %s in %v = %s, %v, want %s", tt.kind, tt.formats, d.ID, err, tt.want)
		}
	}
	for _, company := range []string{partner, Company} {
		if _, err := st.NewestDocument(t.Context(), company, "t-1", trade.OrderDocument, trade.XML); hook.FaultOf(err) != hook.Missing {
			t.Errorf("the order of %s = %v, want an error of fault missing", company, err)
		}
	}
}
