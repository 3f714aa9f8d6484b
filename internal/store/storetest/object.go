package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

func objectCases() []testCase {
	return []testCase{
		{"an object is there for its company, and its content stays", testObject},
		{"an object whose content was given up is not added", testObjectLost},
		{"a second object with the same idempotency key is refused", testObjectKey},
		{"a deleted object's content is removed", testDeleteObject},
	}
}

// objectOf returns an object of Company that has content with an ID.
func objectOf(id uuid.UUID) trade.Object {
	return trade.Object{
		ID: id, Company: Company, Filename: "Zeichnung für A.pdf", MediaType: "application/pdf",
		Size: 3, SHA256: [32]byte{1, 2}, CreatedAt: start(),
	}
}

func addObject(t *testing.T, st *store.Store, o trade.Object, key string) {
	t.Helper()
	if err := st.AddObject(t.Context(), o, key); err != nil {
		t.Fatal(err)
	}
}

func testObject(t *testing.T, st *store.Store) {
	want := objectOf(bring(t, st, "abc"))
	addObject(t, st, want, "")
	addObject(t, st, objectOf(bring(t, st, "abc")), "")
	got, err := st.Object(t.Context(), Company, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the object (-want +got):\n%s", diff)
	}
	for _, of := range []struct {
		company string
		id      uuid.UUID
	}{{partner, want.ID}, {Company, NewID()}} {
		if _, err := st.Object(t.Context(), of.company, of.id); hook.FaultOf(err) != hook.Missing {
			t.Errorf("Object(%s, %s) = %v, want an error of fault missing", of.company, of.id, err)
		}
	}
	if n, err := st.GiveUpStale(t.Context(), start().Add(far), 10); n != 0 || err != nil {
		t.Errorf("GiveUpStale = %d, %v, want 0: it belongs to objects", n, err)
	}
	if got, err := st.Chunk(t.Context(), want.ID, 0, nil); err != nil || string(got) != "abc" {
		t.Errorf("the chunk = %q, %v, want it there", got, err)
	}
	if err := st.AddObject(t.Context(), want, ""); hook.FaultOf(err) != hook.Conflict {
		t.Errorf("AddObject again = %v, want an error of fault conflict: the content has an owner", err)
	}
}

func testObjectLost(t *testing.T, st *store.Store) {
	o := objectOf(bring(t, st, "abc"))
	if err := st.GiveUpContent(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	if err := st.AddObject(t.Context(), o, ""); hook.FaultOf(err) != hook.Conflict {
		t.Errorf("AddObject = %v, want an error of fault conflict", err)
	}
	if _, err := st.Object(t.Context(), Company, o.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("Object = %v, want an error of fault missing", err)
	}
}

func testObjectKey(t *testing.T, st *store.Store) {
	first, again := objectOf(bring(t, st, "abc")), objectOf(bring(t, st, "abc"))
	addObject(t, st, first, "k")
	if err := st.AddObject(t.Context(), again, "k"); err == nil {
		t.Error("AddObject = nil, want an error: the key is there")
	}
	if n, err := st.GiveUpStale(t.Context(), start().Add(time.Hour), 10); n != 1 || err != nil {
		t.Errorf("GiveUpStale = %d, %v, want 1: the refused one's content has no owner", n, err)
	}
	if got, err := st.ObjectByKey(t.Context(), Company, "k"); err != nil || got.ID != first.ID {
		t.Errorf("ObjectByKey = %+v, %v, want the first", got, err)
	}
	for _, k := range [][2]string{{Company, ""}, {Company, "other"}, {partner, "k"}} {
		if _, err := st.ObjectByKey(t.Context(), k[0], k[1]); hook.FaultOf(err) != hook.Missing {
			t.Errorf("ObjectByKey(%q) = %v, want an error of fault missing", k, err)
		}
	}
}

func testDeleteObject(t *testing.T, st *store.Store) {
	o := objectOf(bring(t, st, "abc"))
	addObject(t, st, o, "")
	if err := st.DeleteObject(t.Context(), partner, o.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("DeleteObject by another company = %v, want an error of fault missing", err)
	}
	if err := st.DeleteObject(t.Context(), Company, o.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Object(t.Context(), Company, o.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("Object = %v, want an error of fault missing", err)
	}
	if err := st.DeleteObject(t.Context(), Company, o.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("DeleteObject again = %v, want an error of fault missing", err)
	}
	want := []hook.Removal{{ID: o.ID}}
	if got, err := st.Removals(t.Context(), 10); err != nil || !cmp.Equal(got, want) {
		t.Errorf("Removals = %v, %v, want %v", got, err, want)
	}
	if last, err := st.RemoveChunks(t.Context(), o.ID, 10); err != nil || !last {
		t.Errorf("RemoveChunks = %v, %v, want that those were the last", last, err)
	}
	d := documentOf(bring(t, st, "abc"), trade.InvoiceDocument, "t-1")
	file(t, st, filing(d))
	if err := st.DeleteObject(t.Context(), Company, d.ID); hook.FaultOf(err) != hook.Missing {
		t.Errorf("DeleteObject of a document = %v, want an error of fault missing", err)
	}
}
