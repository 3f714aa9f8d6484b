package bench

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

const (
	slowHooks    = 10
	stuckBacklog = 100_000
)

// SlowReport is what a hook that is slow or stuck does to nine healthy ones.
type SlowReport struct {
	Engine       string  `json:"engine"`
	Hooks        int     `json:"hooks"`
	Mode         string  `json:"mode"` // slow or stuck
	Events       int     `json:"events"`
	AloneP50ms   float64 `json:"healthy_p50_ms_without"`
	AloneP99ms   float64 `json:"healthy_p99_ms_without"`
	HealthyP50ms float64 `json:"healthy_p50_ms"`
	HealthyP99ms float64 `json:"healthy_p99_ms"`
	Lost         int     `json:"lost"` // of the healthy hooks'
}

func (r SlowReport) text() string {
	return fmt.Sprintf(`%s, %d hooks, one of them %s: %d events
  the healthy ones alone   p50 %.1f ms, p99 %.1f ms
  the healthy ones with it p50 %.1f ms, p99 %.1f ms
  lost %d`, r.Engine, r.Hooks, r.Mode, r.Events, r.AloneP50ms, r.AloneP99ms, r.HealthyP50ms, r.HealthyP99ms, r.Lost)
}

// slowRounds is how often the three take turns, so that what else the machine
// does befalls all of them.
const slowRounds = 5

// subject is a server with ten hooks, the first of which may be a bad one.
type subject struct {
	name      string
	firstPath string
	backlog   int // of the first hook

	rig        *rig
	p50s, p99s []float64 // of the healthy hooks, by round
	lost       int
}

// runSlow measures ten healthy hooks, nine with one that is slow, and nine with
// one that is stuck, in turns.
func (c *Command) runSlow(ctx context.Context, db *databases) error {
	alone := &subject{name: "alone", firstPath: healthyPath + "0"}
	bad := []*subject{
		{name: "slow", firstPath: slowPath},
		{name: "stuck", firstPath: stuckPath, backlog: stuckBacklog},
	}
	all := append([]*subject{alone}, bad...)
	for _, s := range all {
		if err := s.start(ctx, c, db); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		defer s.rig.kill()
	}
	for range slowRounds {
		for _, s := range all {
			if err := s.round(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	for _, s := range bad {
		r := SlowReport{
			Engine: c.Engine, Hooks: slowHooks, Mode: s.name, Events: slowRounds * c.slowEvents(),
			AloneP50ms: median(alone.p50s), AloneP99ms: median(alone.p99s),
			HealthyP50ms: median(s.p50s), HealthyP99ms: median(s.p99s), Lost: s.lost,
		}
		if err := c.print(r, r.text()); err != nil {
			return err
		}
	}
	return nil
}

// slowEvents is how many events are posted in a round.
func (c *Command) slowEvents() int { return max(slowHooks, c.Rate*c.Seconds/slowRounds) }

// start starts the subject's server, makes its hooks and backlog, and warms up.
func (s *subject) start(ctx context.Context, c *Command, db *databases) error {
	var err error
	if s.rig, err = startRig(ctx, db); err != nil {
		return err
	}
	if err := s.rig.addHooks(ctx, 0, false); err != nil {
		return err
	}
	for i := range slowHooks {
		path := healthyPath + strconv.Itoa(i)
		if i == 0 {
			path = s.firstPath
		}
		if _, err := s.rig.addHook(ctx, i, path, false); err != nil {
			return err
		}
	}
	one := *c
	one.Hooks = 1
	if err := s.rig.postBatches(ctx, &one, s.backlog); err != nil {
		return err
	}
	if err := s.rig.postAtRate(ctx, c, c.Rate, eventTypes()[:slowHooks]); err != nil { // for a second
		return err
	}
	_, err = s.rig.drained(ctx, s.healthy(c.Rate))
	return err
}

// healthy is how many of n events are owed to healthy hooks.
func (s *subject) healthy(n int) int {
	if s.firstPath == healthyPath+"0" {
		return n
	}
	return n - (n+slowHooks-1)/slowHooks
}

// round posts events for a while and notes what the healthy hooks measured.
func (s *subject) round(ctx context.Context, c *Command) error {
	if err := s.rig.reset(ctx); err != nil {
		return err
	}
	n := c.slowEvents()
	if err := s.rig.postAtRate(ctx, c, n, eventTypes()[:slowHooks]); err != nil {
		return err
	}
	got, err := s.rig.drained(ctx, s.healthy(n))
	s.p50s, s.p99s = append(s.p50s, got.P50ms), append(s.p99s, got.P99ms)
	s.lost += s.healthy(n) - got.Unique
	return err
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
