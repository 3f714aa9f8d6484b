package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/change"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

func order(id string) trade.Entity { return trade.Entity{Kind: trade.KindOrder, ID: id} }

// setting asks that an order of the store's company have lines of the given quantities.
func setting(id string, quantities ...int) intake.Change {
	var b bytes.Buffer
	for i, n := range quantities {
		fmt.Fprintf(&b, `,{"id":"%d","deliverySchedule":[{"date":"2026-12-01","quantity":%d}]}`, i+1, n)
	}
	return intake.Change{
		Company: storetest.Company, Entity: order(id), By: change.Buyer,
		Raw: fmt.Appendf(nil, `{"buyerOrder":{"purchaseOrderNumber":"PO-%s"},"lines":[%s]}`, id, strings.TrimPrefix(b.String(), ",")),
	}
}

// told says what a change came to: version, and events with their lines.
func told(r hook.Revised) string {
	b := fmt.Appendf(nil, "%d", r.State.Version)
	for _, e := range r.Events {
		b = fmt.Appendf(b, " %s%v@%d", e.Event.Type, e.Event.Scope.Lines, e.Event.Scope.Version)
	}
	return string(b)
}

func changed(t *testing.T, in *intake.Intake, c intake.Change) hook.Revised {
	t.Helper()
	r, err := in.Change(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestChange(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderLinesReissuedByBuyer", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	patch := intake.Change{Company: storetest.Company, Entity: order("4711"), Patch: true, Raw: []byte(`{"buyerOrder":{"contact":{"email":"x@y.example"}}}`), By: change.Buyer}
	named := setting("4711", 8, 2, 3)
	named.EventType, named.Lines = "OrderLinesUpdatedByBuyer", []string{"3", "1"}
	resent := intake.Change{Company: storetest.Company, Entity: order("4711"), Patch: true, Raw: []byte(`{}`), EventType: "OrderResentBySupplier"}
	for _, tt := range []struct {
		name string
		c    intake.Change
		want string
	}{
		{"a first state", setting("4711", 1, 2), "1 OrderIssuedByBuyer[1 2]@1"},
		{"the same again", setting("4711", 1, 2), "1"},
		{"another quantity and a new line", setting("4711", 1, 3, 3), "2 OrderLinesIssuedByBuyer[3]@2 OrderLinesReissuedByBuyer[2]@2"},
		{"a patch of the header", patch, "3 OrderContactReassignedByBuyer[]@3"},
		{"the same patch", patch, "3"},
		{"a named event with a change", named, "4 OrderLinesUpdatedByBuyer[1 3]@4"},
		{"a named event alone", resent, "4 OrderResentBySupplier[1 2 3]@4"},
	} {
		r := changed(t, in, tt.c)
		if got := told(r); got != tt.want {
			t.Errorf("%s came to %s, want %s", tt.name, got, tt.want)
		}
		s, err := st.State(t.Context(), storetest.Company, order("4711"))
		if err != nil || s.Version != r.State.Version || !s.At.Equal(r.State.At) || string(s.JSON) != string(r.State.JSON) {
			t.Errorf("%s: stored is version %d of %v, %v, want what was answered", tt.name, s.Version, s.At, err)
		}
		for _, e := range r.Events {
			if e.Event.Type == "OrderLinesReissuedByBuyer" && e.Owed != 1 {
				t.Errorf("%s owes %d deliveries, want 1", tt.name, e.Owed)
			}
			if want := `{"OrderId":4711,"OrderCode":"PO-4711"}`; string(e.Event.Data) != want {
				t.Errorf("%s has the data %s, want %s", tt.name, e.Event.Data, want)
			}
			if tt.c.EventType != "OrderResentBySupplier" && !e.Event.OccurredAt.Equal(r.State.At) {
				t.Errorf("%s occurred at %v, want %v", tt.name, e.Event.OccurredAt, r.State.At)
			}
			if got, err := st.Event(t.Context(), storetest.Company, e.Event.ID); err != nil || got.Entity != order("4711") {
				t.Errorf("%s: the event is %+v, %v", tt.name, got, err)
			}
		}
	}
}

func TestChangeOfAShipment(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderChanged", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	c := intake.Change{
		Company: storetest.Company, Entity: trade.Entity{Kind: trade.KindShipment, ID: "SHP-7"},
		Raw: []byte(`{"supplierShipment":{"shipmentNumber":"S-55"},"lines":[{"purchaseOrderNumber":"PO1"}],"x":{"b":1,"a":2}}`),
	}
	r := changed(t, in, c)
	if got := told(r); got != "1 ShipmentIssuedBySupplier[]@1" || r.State.Status != "Issued" {
		t.Errorf("a first state came to %s, %s", got, r.State.Status)
	}
	want := `{"OrderId":null,"OrderCode":"PO1","OrderShipmentId":"SHP-7","OrderShipmentCode":"S-55"}`
	if got := string(r.Events[0].Event.Data); got != want {
		t.Errorf("the data is %s, want %s", got, want)
	}
	if !bytes.Contains(r.State.JSON, []byte(`"x":{"a":2,"b":1}`)) {
		t.Errorf("what is unknown was not kept: %s", r.State.JSON)
	}
	c.Patch, c.Raw = true, []byte(`{"processStatus":"Approved"}`)
	if got := told(changed(t, in, c)); got != "2 ShipmentApprovedByBuyer[]@2" {
		t.Errorf("an approval came to %s", got)
	}
	c.Raw, c.EventType = []byte(`{}`), "ShipmentResentByBuyer"
	if got := told(changed(t, in, c)); got != "2 ShipmentResentByBuyer[]@2" {
		t.Errorf("a named event came to %s", got)
	}
}

func TestChangeIsRefused(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderChanged", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	changed(t, in, setting("1", 1, 2))
	for name, tt := range map[string]struct {
		edit  func(*intake.Change)
		fault hook.Fault
		says  string
	}{
		"another company":        {func(c *intake.Change) { c.Company = "nobody" }, hook.Missing, "nobody"},
		"another version":        {func(c *intake.Change) { c.Expected = 2 }, hook.Conflict, "changed meanwhile"},
		"expected but not there": {func(c *intake.Change) { c.Entity.ID, c.Expected = "2", 1 }, hook.Conflict, "changed meanwhile"},
		"there already":          {func(c *intake.Change) { c.New = true }, hook.Conflict, "there already"},
		"a patch of nothing":     {func(c *intake.Change) { c.Entity.ID, c.Patch = "2", true }, hook.Missing, ""},
		"another ID":             {func(c *intake.Change) { c.Raw = []byte(`{"orderId":"2","lines":[{"id":"1"}]}`) }, hook.Invalid, `orderId: it is "2", not the "1"`},
		"a line gone":            {func(c *intake.Change) { c.Raw = setting("1", 1).Raw }, hook.Invalid, `line "2" is missing`},
		"no JSON":                {func(c *intake.Change) { c.Raw = []byte(`{"lines":`) }, hook.Invalid, "it is not JSON"},
		"no object":              {func(c *intake.Change) { c.Raw = []byte(`[]`) }, hook.Invalid, "not an object"},
		"no patch":               {func(c *intake.Change) { c.Patch, c.Raw = true, []byte(`[]`) }, hook.Invalid, "not an object"},
		"no Unicode":             {func(c *intake.Change) { c.Entity.ID = "1\xff" }, hook.Invalid, "not Unicode"},
		"a zero byte":            {func(c *intake.Change) { c.Entity.ID = "1\x00" }, hook.Invalid, "zero byte"},
		"no event":               {func(c *intake.Change) { c.EventType = "OrderCreatd" }, hook.Invalid, "eventName"},
		"a shipment's event":     {func(c *intake.Change) { c.EventType = "ShipmentIssuedBySupplier" }, hook.Invalid, "eventName"},
		"no line":                {func(c *intake.Change) { c.EventType, c.Lines = "OrderResentByBuyer", []string{"9"} }, hook.Invalid, `"9"`},
		"lines alone":            {func(c *intake.Change) { c.Lines = []string{"1"} }, hook.Invalid, "eventName"},
		"a shipment's lines": {func(c *intake.Change) {
			c.Entity.Kind, c.Raw, c.EventType, c.Lines = trade.KindShipment, []byte(`{}`), "ShipmentResentByBuyer", []string{"1"}
		}, hook.Invalid, "a shipment is told of as a whole"},
	} {
		c := setting("1", 1, 3)
		tt.edit(&c)
		r, err := in.Change(t.Context(), c)
		if hook.FaultOf(err) != tt.fault || !strings.Contains(fmt.Sprint(err), tt.says) {
			t.Errorf("%s: %s, %v, want an error of fault %s that says %q", name, told(r), err, tt.fault, tt.says)
		}
	}
	if s, err := st.State(t.Context(), storetest.Company, order("1")); err != nil || s.Version != 1 {
		t.Errorf("stored is version %d, %v, want 1", s.Version, err)
	}
	if n, _, err := st.CountStates(t.Context(), trade.StateQuery{Company: storetest.Company, Kind: trade.KindShipment}); n != 0 || err != nil {
		t.Errorf("%d shipments, %v, want none", n, err)
	}
}

// Patches that are small enough each don't add up to a state that nobody can set.
func TestAStateDoesNotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderChanged", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	changed(t, in, setting("1", 1))
	var err error
	for i := range 3 {
		c := setting("1", 1)
		c.Patch, c.Raw = true, fmt.Appendf(nil, `{"part %d":"%s"}`, i, strings.Repeat("x", intake.MaxState*2/5))
		if _, err = in.Change(t.Context(), c); err != nil && i < 2 {
			t.Fatal(err)
		}
	}
	if hook.FaultOf(err) != hook.Invalid || !strings.Contains(err.Error(), "more than 16 MiB") {
		t.Errorf("the third part is answered with %v, want that there is too much", err)
	}
}

func TestChangeIsDoneOnceForAKey(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderIssuedByBuyer", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	first := setting("1", 1)
	first.IdempotencyKey, first.Fingerprint = "k", []byte("a")
	want := changed(t, in, first)
	changed(t, in, setting("1", 2))
	got := changed(t, in, first)
	if told(got) != told(want) || !got.Repeated || want.Repeated || got.Events[0].Event.ID != want.Events[0].Event.ID || got.Events[0].Owed != 1 {
		t.Errorf("the repeat came to %+v, want %+v", got, want)
	}
	if s, err := st.State(t.Context(), storetest.Company, order("1")); err != nil || s.Version != 2 {
		t.Errorf("stored is version %d, %v, want 2", s.Version, err)
	}
	first.Fingerprint = []byte("b")
	if _, err := in.Change(t.Context(), first); hook.FaultOf(err) != hook.Invalid || !strings.Contains(err.Error(), "Idempotency-Key") {
		t.Errorf("the key with another request = %v, want an error of fault invalid", err)
	}
}

func TestANamedEventIsToldOnceForAKey(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderResentByBuyer", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	changed(t, in, setting("1", 1))
	again := intake.Change{
		Company: storetest.Company, Entity: order("1"), Patch: true, Raw: []byte(`{}`), EventType: "OrderResentByBuyer", IdempotencyKey: "k",
	}
	first, second := changed(t, in, again), changed(t, in, again)
	if told(first) != "1 OrderResentByBuyer[1]@1" || told(second) != told(first) || !second.Repeated || first.Repeated || first.Created() || second.Created() {
		t.Errorf("a named event came to %+v, then %+v", first, second)
	}
	if first.Events[0].Event.ID != second.Events[0].Event.ID || second.Events[0].Owed != 1 {
		t.Errorf("the repeat is of event %s that owes %d, want %s and 1", second.Events[0].Event.ID, second.Events[0].Owed, first.Events[0].Event.ID)
	}
}

// Nodes change an entity at the same time; within one, they take turns.
func TestChangesThatComeTogether(t *testing.T) {
	t.Parallel()
	const callers = 12
	st := storetest.OpenPostgres(t)
	storetest.AddHook(t, st, "OrderLinesReissuedByBuyer", "https://a.example/")
	nodes := []*intake.Intake{intake.New(st, storetest.Idle{}), intake.New(st, storetest.Idle{})}
	changed(t, nodes[0], setting("1", 0))
	var wg sync.WaitGroup
	var mu sync.Mutex
	versions := make(map[int64]bool)
	busy := 0
	for i := range callers {
		wg.Go(func() {
			r, err := nodes[i%len(nodes)].Change(t.Context(), setting("1", i+1))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case hook.FaultOf(err) == hook.Busy:
				busy++
			case err != nil || len(r.Events) != 1 || versions[r.State.Version]:
				t.Errorf("caller %d: %s, %v", i, told(r), err)
			}
			versions[r.State.Version] = true
		})
		wg.Go(func() { // and one of the same with the same key, by both nodes
			c := setting("2", 1)
			c.IdempotencyKey = "k"
			if r, err := nodes[i%len(nodes)].Change(t.Context(), c); err != nil || told(r) != "1 OrderIssuedByBuyer[1]@1" {
				t.Errorf("caller %d: %s, %v", i, told(r), err)
			}
		})
	}
	wg.Wait()
	s, err := st.State(t.Context(), storetest.Company, order("1"))
	if err != nil || s.Version != int64(callers+1-busy) {
		t.Errorf("stored is version %d, %v, want %d", s.Version, err, callers+1-busy)
	}
}

// contested is a store where others are always first.
type contested struct{ *store.Store }

func (c contested) Revise(context.Context, uuid.UUID, hook.Revision) ([]hook.Receipt, error) {
	return nil, store.ErrStale
}

func TestChangeGivesUp(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderIssuedByBuyer", "https://a.example/")
	d := &half{}
	in := intake.New(contested{st}, d)
	if _, err := in.Change(t.Context(), setting("1", 1)); hook.FaultOf(err) != hook.Busy {
		t.Errorf("Change = %v, want an error of fault busy", err)
	}
	if len(d.started) != 0 || len(d.released) == 0 {
		t.Errorf("started %d jobs and released %d, want all released", len(d.started), len(d.released))
	}
}

func TestChangeTakesAtMost(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderLinesReissuedByBuyer", "https://a.example/")
	in := intake.New(st, storetest.Idle{})
	big := func(last string) intake.Change {
		c := intake.Change{Company: storetest.Company, Entity: order("big"), Raw: bigOrder(last)}
		return c
	}
	changed(t, in, big("1"))
	start := time.Now()
	r := changed(t, in, big("2"))
	t.Logf("a change of %d bytes took %v", len(r.State.JSON), time.Since(start))
	if told(r) != "2 OrderLinesReissuedByBuyer[line-499]@2" {
		t.Errorf("the change came to %s", told(r))
	}
}

// bigOrder is an order of 500 lines with 100 deliveries each. The last of all has a
// quantity.
func bigOrder(last string) []byte {
	var b bytes.Buffer
	b.WriteString(`{"buyerOrder":{"purchaseOrderNumber":"PO-1"},"lines":[`)
	for l := range trade.MaxLines {
		if l > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"line-%d","buyerLine":{"position":"%04d","item":{"number":"%d","name":"Bearing"}},"deliverySchedule":[`, l, l, l*7919)
		for d := range trade.MaxDeliveries {
			if d > 0 {
				b.WriteByte(',')
			}
			quantity := strconv.Itoa(l*31 + d)
			if l == trade.MaxLines-1 && d == trade.MaxDeliveries-1 {
				quantity = last
			}
			fmt.Fprintf(&b, `{"position":"%d","date":"2026-%02d-%02d","quantity":%s,"status":"Open","transportMode":"30","etd":"2026-11-30"}`,
				d, 1+(d*7)%12, 1+(l+d)%28, quantity)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}
