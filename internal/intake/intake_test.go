package intake_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// half is a Deliverer with room for every other job.
type half struct {
	node              uuid.UUID
	started, released []hook.Job
}

func (h *half) Reserve(jobs []hook.Job) uuid.UUID {
	for i := range jobs {
		if i%2 == 0 {
			jobs[i].Delivery.State, jobs[i].Delivery.Attempt = hook.Sending, 1
		}
	}
	return h.node
}

func (h *half) Start(_ uuid.UUID, jobs []hook.Job) { h.started = append(h.started, jobs...) }

func (h *half) Release(jobs []hook.Job) { h.released = append(h.released, jobs...) }

func event(id, entity string) intake.Posted {
	return intake.Posted{Raw: fmt.Appendf(nil, `{"id":%q,"type":"OrderChanged","entityId":%q}`, id, entity)}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderChanged", "https://a.example/")
	storetest.AddHook(t, st, "OrderChanged", "https://b.example/")
	d := &half{node: storetest.NewID()}
	in := intake.New(st, d)

	bad := intake.Posted{Raw: []byte(`{"type":"OrderChanged"}`)}
	results, err := in.Accept(t.Context(), storetest.Company, []intake.Posted{event("1", "a"), bad, event("1", "a"), event("2", "b")})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ bad, repeated bool }{{}, {bad: true}, {repeated: true}, {}} {
		r := results[i]
		if (r.Err != nil) != want.bad || r.Receipt.Repeated != want.repeated {
			t.Errorf("result %d = %+v, want %+v", i, r, want)
		}
		if !want.bad && r.Receipt.Owed != 2 {
			t.Errorf("result %d owes %d deliveries, want 2", i, r.Receipt.Owed)
		}
	}
	if results[0].Receipt.EventID != results[2].Receipt.EventID {
		t.Error("the repeat has another ID than the first")
	}
	if len(d.started) != 4 || len(d.released) != 2 {
		t.Errorf("started %d jobs and released %d, want 4 and the repeat's 2", len(d.started), len(d.released))
	}
}

func TestAcceptForNobody(t *testing.T) {
	t.Parallel()
	in := intake.New(storetest.Open(t), &half{})
	_, err := in.Accept(t.Context(), "nobody", []intake.Posted{event("1", "a")})
	if hook.FaultOf(err) != hook.Missing {
		t.Errorf("Accept = %v, want an error of fault missing", err)
	}
}

func TestAcceptReleasesWhatWasNotStored(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddHook(t, st, "OrderChanged", "https://a.example/")
	d := &half{}
	in := intake.New(broken{st}, d)
	if _, err := in.Accept(t.Context(), storetest.Company, []intake.Posted{event("1", "a")}); err == nil {
		t.Error("Accept = nil, want the store's error")
	}
	if len(d.started) != 0 || len(d.released) != 1 {
		t.Errorf("started %d jobs and released %d, want 0 and 1", len(d.started), len(d.released))
	}
}

// broken is a store whose disk is full.
type broken struct{ *store.Store }

func (broken) Accept(context.Context, uuid.UUID, []hook.Acceptance) ([]hook.Receipt, error) {
	return nil, errors.New("disk full")
}
