package bench

import (
	"context"
	"fmt"
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

// runSlow measures ten healthy hooks, then nine with one that is slow, then
// nine with one that is stuck.
func (c *Command) runSlow(ctx context.Context, db *databases) error {
	alone, _, err := c.healthy(ctx, db, healthyPath+"0", 0)
	if err != nil {
		return err
	}
	for _, bad := range []struct {
		name, path string
		backlog    int
	}{{"slow", slowPath, 0}, {"stuck", stuckPath, stuckBacklog}} {
		got, lost, err := c.healthy(ctx, db, bad.path, bad.backlog)
		if err != nil {
			return fmt.Errorf("with one that is %s: %w", bad.name, err)
		}
		r := SlowReport{
			Engine: c.Engine, Hooks: slowHooks, Mode: bad.name, Events: c.Rate * c.Seconds,
			AloneP50ms: alone.P50ms, AloneP99ms: alone.P99ms,
			HealthyP50ms: got.P50ms, HealthyP99ms: got.P99ms, Lost: lost,
		}
		if err := c.print(r, r.text()); err != nil {
			return err
		}
	}
	return nil
}

// healthy posts events over ten hooks, the first of which has the given path,
// and returns what the healthy ones measured and how many of theirs were lost.
func (c *Command) healthy(ctx context.Context, db *databases, firstPath string, backlog int) (stats, int, error) {
	rig, err := startRig(ctx, db)
	if err != nil {
		return stats{}, 0, err
	}
	defer rig.kill()
	if err := rig.addHooks(ctx, 0); err != nil {
		return stats{}, 0, err
	}
	paths := []string{firstPath}
	for i := 1; i < slowHooks; i++ {
		paths = append(paths, fmt.Sprint(healthyPath, i))
	}
	for i, path := range paths {
		if err := rig.addHook(ctx, i, path); err != nil {
			return stats{}, 0, err
		}
	}
	one := *c
	one.Hooks = 1
	if err := rig.postBatches(ctx, &one, backlog); err != nil {
		return stats{}, 0, err
	}
	n := c.Rate * c.Seconds
	if err := rig.postAtRate(ctx, c, c.Rate, slowHooks); err != nil { // a second to warm up
		return stats{}, 0, err
	}
	want := func(n int) int {
		if firstPath == healthyPath+"0" {
			return n
		}
		return n - (n+slowHooks-1)/slowHooks
	}
	if _, err := rig.drained(ctx, want(c.Rate)); err != nil {
		return stats{}, 0, err
	}
	if err := rig.reset(ctx); err != nil {
		return stats{}, 0, err
	}
	if err := rig.postAtRate(ctx, c, n, slowHooks); err != nil {
		return stats{}, 0, err
	}
	got, err := rig.drained(ctx, want(n))
	return got, want(n) - got.Unique, err
}
