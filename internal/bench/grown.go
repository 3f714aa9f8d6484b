package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

// GrownReport is what a long queue and history cost the store.
type GrownReport struct {
	Engine      string      `json:"engine"`
	Mode        string      `json:"mode"` // grown
	Waiting     int         `json:"waiting"`
	Settled     int         `json:"settled"`
	FilledInS   float64     `json:"filled_in_s"`
	Rounds      int         `json:"rounds"`
	Steps       []GrownStep `json:"steps"`
	MostRatio   float64     `json:"most_ratio"`
	MostRatioOf string      `json:"most_ratio_of"`
}

// GrownStep is what one step took: the medians of all rounds.
type GrownStep struct {
	Name    string  `json:"name"`
	EmptyMS float64 `json:"empty_ms"`
	FullMS  float64 `json:"full_ms"`
	Ratio   float64 `json:"ratio"`
}

func (r GrownReport) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d deliveries waiting and %d settled (filled in within %.0f s): medians of %d rounds, beside a database with next to nothing in it",
		r.Engine, r.Waiting, r.Settled, r.FilledInS, r.Rounds)
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "\n  %-42s %7.2f ms, %7.2f ms when full = %.2f", s.Name, s.EmptyMS, s.FullMS, s.Ratio)
	}
	fmt.Fprintf(&b, "\n  at most %.2f: %s", r.MostRatio, r.MostRatioOf)
	return b.String()
}

// What next to nothing is: as much as makes every list a whole page, so that both
// databases have the same to tell.
const (
	emptyWaiting = 2_000
	emptySettled = 30_000
)

// runGrown measures the store's steps with a long queue and history, and with
// hardly any, in turns.
func (c *Command) runGrown(ctx context.Context, db *databases) error {
	keys, err := seal.New()
	if err != nil {
		return err
	}
	now := time.Now()
	sizes := []filling{{emptyWaiting, emptySettled, now}, {c.Waiting, c.Settled, now}}
	var took time.Duration
	var sides [2]*grown
	for i, what := range sizes {
		begun := time.Now()
		side, err := openGrown(ctx, db, keys, what)
		if side != nil {
			defer func() { _ = side.store.Close() }() // nothing in it is needed any more
		}
		if err != nil {
			return err
		}
		sides[i], took = side, time.Since(begun)
	}
	names, times, err := inTurns(ctx, sides, c.Rounds)
	if err != nil {
		return err
	}
	r := GrownReport{
		Engine: c.Engine, Mode: "grown", Waiting: c.Waiting, Settled: c.Settled, FilledInS: took.Seconds(), Rounds: c.Rounds,
	}
	for _, name := range names {
		step := GrownStep{Name: name, EmptyMS: median(times[0][name]), FullMS: median(times[1][name])}
		step.Ratio = step.FullMS / step.EmptyMS
		r.Steps = append(r.Steps, step)
		if step.Ratio > r.MostRatio {
			r.MostRatio, r.MostRatioOf = step.Ratio, name
		}
	}
	return c.print(r, r.text())
}

// inTurns takes all steps on both sides, round by round. It returns their names, in
// order, and for each side the milliseconds that they took.
func inTurns(ctx context.Context, sides [2]*grown, rounds int) (names []string, times [2]map[string][]float64, err error) {
	times = [2]map[string][]float64{{}, {}}
	for round := range warmRounds + rounds {
		order := []int{round % 2, 1 - round%2}
		all := [2][]step{sides[0].steps(round), sides[1].steps(round)}
		for i := range all[0] {
			var results [2]int
			for _, side := range order {
				s := all[side][i]
				took, n, err := s.run(ctx)
				if err != nil {
					return nil, times, fmt.Errorf("%s: %w", s.name, err)
				}
				results[side] = n
				if round < warmRounds {
					continue
				}
				times[side][s.name] = append(times[side][s.name], float64(took.Microseconds())/1000)
			}
			if results[0] != results[1] {
				return nil, times, fmt.Errorf("%s came to %d deliveries when empty and to %d when full", all[0][i].name, results[0], results[1])
			}
			if round == 0 {
				names = append(names, all[0][i].name)
			}
		}
	}
	return names, times, nil
}

// warmRounds let connections, plans and caches settle.
const warmRounds = 5

// grown is a store with something in it.
type grown struct {
	store    *store.Store
	database string
	node     uuid.UUID
	what     filling
	hooks    []uuid.UUID

	claimed, accepted []hook.Delivery // that are being sent
}

// openGrown makes a store and fills it.
func openGrown(ctx context.Context, db *databases, keys *seal.Keys, what filling) (*grown, error) {
	database, err := db.fresh(ctx)
	if err != nil {
		return nil, err
	}
	open := store.OpenSQLite
	if db.server != nil {
		open = store.OpenPostgres
	}
	st, err := open(ctx, database, keys)
	if err != nil {
		return nil, err
	}
	g := &grown{store: st, database: database, node: uuid.Must(uuid.NewV7()), what: what}
	if err := g.addHooks(ctx); err != nil {
		return g, err
	}
	if err := g.addFew(ctx); err != nil {
		return g, err
	}
	f, err := openFiller(ctx, database)
	if err != nil {
		return g, err
	}
	return g, errors.Join(f.fill(ctx, what, g.hooks), f.settle(ctx), f.close())
}

// addHooks adds the companies with their hooks.
func (g *grown) addHooks(ctx context.Context) error {
	for nr := range fillCompanies * fillHooks {
		company := trade.Company{ID: fillCompany(nr / fillHooks), Name: "Grown", TimeZone: "UTC", CreatedAt: g.what.start()}
		if nr%fillHooks == 0 {
			if _, err := g.store.PutCompany(ctx, company, account.Entry{}); err != nil {
				return err
			}
		}
		h := hook.Hook{
			ID: idAt(g.what.start(), nr), Company: company.ID, Kind: hook.Trigger, Version: 1, Title: fmt.Sprintf("hook %d", nr),
			Enabled: true, EventTypes: []string{eventTypes()[nr]}, URL: "https://receiver.example/", Priority: hook.Normal,
			CreatedAt: g.what.start(), UpdatedAt: g.what.start(),
		}
		if err := g.store.AddHook(ctx, h, account.Entry{}); err != nil {
			return err
		}
		g.hooks = append(g.hooks, h.ID)
	}
	return nil
}

// fewRows is how many deliveries are the oldest of all.
const fewRows = 60

// addFew adds a few deliveries older than all others: of the last hook of the first
// company, for which nothing else waits, and some that are being sent.
func (g *grown) addFew(ctx context.Context) error {
	var as []hook.Acceptance
	at := g.what.start().Add(-time.Hour)
	for i := range fewRows {
		as = append(as, g.acceptance(i, at, fillHooks-1, hook.Waiting), g.acceptance(fewRows+i, at, 0, hook.Sending))
	}
	_, err := g.store.Accept(ctx, g.node, as)
	return err
}

// acceptance returns an event that a hook of the first company is owed, as it is
// made at a time.
func (g *grown) acceptance(number int, at time.Time, hookNr int, state hook.State) hook.Acceptance {
	at = at.UTC().Truncate(time.Microsecond)
	e := trade.Event{
		ID: idAt(at, number), Company: fillCompany(0), SourceID: fmt.Sprintf("%d-%d", at.UnixMicro(), number),
		Type: eventTypes()[hookNr], Entity: trade.Entity{Kind: trade.KindOrder, ID: fmt.Sprintf("new-%d", number)},
		OccurredAt: at, ReceivedAt: at, Data: slices.Repeat([]byte(" "), fillBody),
	}
	d := hook.Delivery{
		ID: idAt(at, number), Company: e.Company, HookID: g.hooks[hookNr], EventID: e.ID, EventType: e.Type, Entity: e.Entity,
		State: state, Priority: hook.Normal, DueAt: at, CreatedAt: at, Size: len(e.Data), Events: 1,
	}
	if state == hook.Sending {
		d.Attempt = 1
	}
	return hook.Acceptance{Event: e, Deliveries: []hook.Delivery{d}}
}
