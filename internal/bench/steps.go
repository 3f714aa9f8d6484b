package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	stepRows   = 100 // deliveries that are accepted, claimed and settled together
	listsApart = 5   // rounds that ask for different lists; as many as warm up
	pageRows   = 51  // that the API asks the store for, for a page of 50 and to see whether there is another
)

// step is something that the store does. It returns how long that took, and with
// how many deliveries; what must be done for it before isn't counted.
type step struct {
	name string
	run  func(ctx context.Context) (time.Duration, int, error)
}

// steps returns what is measured in a round.
func (g *grown) steps(round int) []step {
	return append([]step{
		{"accept 100, to be sent at once", g.accept},
		{"settle 100 just accepted", func(ctx context.Context) (time.Duration, int, error) { return g.settle(ctx, g.accepted) }},
		{"claim 100 of a backlog of two days", func(ctx context.Context) (time.Duration, int, error) { return g.claim(ctx, 0) }},
		{"settle those of the two days", func(ctx context.Context) (time.Duration, int, error) { return g.settle(ctx, g.claimed) }},
		{"claim 100 of a backlog of four weeks", func(ctx context.Context) (time.Duration, int, error) { return g.claim(ctx, ordinary(round)) }},
		{"settle those of the four weeks", func(ctx context.Context) (time.Duration, int, error) { return g.settle(ctx, g.claimed) }},
	}, g.lists(round)...)
}

// ordinary returns the number of a hook of the first company: neither one whose
// receiver is down nor the last. Each has its turn.
func ordinary(round int) int { return 2 + round%(fillHooks-3) }

func (g *grown) accept(ctx context.Context) (time.Duration, int, error) {
	var as []hook.Acceptance
	at := time.Now()
	g.accepted = nil
	for i := range stepRows {
		a := g.acceptance(i, at, 3+i%(fillHooks-3), hook.Sending) // not of those with a backlog
		as, g.accepted = append(as, a), append(g.accepted, a.Deliveries...)
	}
	begun := time.Now()
	receipts, err := g.store.Accept(ctx, g.node, as)
	return time.Since(begun), len(receipts), err
}

// claim claims from a hook of the first company, whose backlog stays as long as it
// is: as many are added before.
func (g *grown) claim(ctx context.Context, hookNr int) (time.Duration, int, error) {
	var as []hook.Acceptance
	at := time.Now()
	for i := range stepRows {
		as = append(as, g.acceptance(stepRows+i, at, hookNr, hook.Waiting))
	}
	if _, err := g.store.Accept(ctx, g.node, as); err != nil {
		return 0, 0, err
	}
	want := []hook.Want{{HookID: g.hooks[hookNr], Limit: stepRows, Bytes: 1 << 20}}
	begun := time.Now()
	jobs, _, err := g.store.Claim(ctx, g.node, begun, want)
	took := time.Since(begun)
	g.claimed = nil
	for _, j := range jobs {
		g.claimed = append(g.claimed, j.Delivery)
	}
	return took, len(jobs), err
}

func (g *grown) settle(ctx context.Context, ds []hook.Delivery) (time.Duration, int, error) {
	var ss []hook.Settlement
	at := time.Now().UTC().Truncate(time.Microsecond)
	for _, d := range ds {
		ss = append(ss, hook.Settlement{
			Company: d.Company,
			Attempt: hook.Attempt{
				DeliveryID: d.ID, Number: d.Attempt, HookVersion: 1, StartedAt: at, Method: "POST", URL: "https://receiver.example/",
				RequestHead: "Content-Type: application/json\n", BodySize: d.Size, Status: 200,
				ResponseHead: "Content-Length: 2\n", ResponseBody: []byte("ok"), Took: hook.Timing{Total: 2 * time.Millisecond},
			},
			Verdict: hook.Verdict{State: hook.Delivered},
		})
	}
	begun := time.Now()
	held, err := g.store.Settle(ctx, g.node, ss)
	took := time.Since(begun)
	for i, ok := range held {
		if !ok {
			return took, 0, fmt.Errorf("delivery %s is not held any more", ds[i].ID)
		}
	}
	return took, len(held), err
}

// lists returns the lists that the API makes of deliveries. Rounds ask about
// different ones, of which there are so few that they are in memory: what is long
// ago is read from the disk the first time.
func (g *grown) lists(round int) []step {
	ordinary := g.hooks[ordinary(round)]
	round %= listsApart
	middle := g.what.start().Add(fillSpan/4 + time.Duration(round)*fillSpan/100)
	number := round * 37 % g.what.entities() / fillCompanies * fillCompanies // of the first company
	var all []step
	add := func(name string, q hook.DeliveryQuery) {
		q.Company, q.Limit = fillCompany(0), pageRows
		all = append(all, step{"list " + name, func(ctx context.Context) (time.Duration, int, error) {
			begun := time.Now()
			ds, err := g.store.Deliveries(ctx, q)
			return time.Since(begun), len(ds), err
		}})
	}
	add("the newest", hook.DeliveryQuery{})
	add("the next page, by cursor", hook.DeliveryQuery{Before: idAt(middle, 0)})
	add("a day", hook.DeliveryQuery{From: middle, To: middle.Add(24 * time.Hour)})
	add("an event type", hook.DeliveryQuery{EventType: eventTypes()[round%fillTypes]})
	for _, state := range []hook.State{hook.Waiting, hook.Sending, hook.Delivered, hook.Failed, hook.Cancelled} {
		add(string(state), hook.DeliveryQuery{State: state})
	}
	add("a hook", hook.DeliveryQuery{HookID: ordinary})
	add("a hook with a backlog", hook.DeliveryQuery{HookID: g.hooks[0]})
	add("delivered of a hook", hook.DeliveryQuery{HookID: ordinary, State: hook.Delivered})
	add("waiting of a hook with a backlog", hook.DeliveryQuery{HookID: g.hooks[0], State: hook.Waiting})
	add("waiting of a hook with few, old ones", hook.DeliveryQuery{HookID: g.hooks[fillHooks-1], State: hook.Waiting})
	add("delivered of a hook with a backlog", hook.DeliveryQuery{HookID: g.hooks[0], State: hook.Delivered})
	add("an entity", hook.DeliveryQuery{Entity: trade.Entity{Kind: trade.KindOrder, ID: entityID(number)}})
	return all
}

// idAt returns the ID of version 7 of what was made at a time, by number.
func idAt(at time.Time, number int) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16|0x7000|uint64(number)&0xfff) //nolint:gosec // not before 1970
	binary.BigEndian.PutUint64(id[8:], 1<<63|uint64(number))                                   //nolint:gosec // never negative
	return id
}
