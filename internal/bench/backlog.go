package bench

import (
	"context"
	"fmt"
	"time"
)

// BacklogReport is what a backlog costs.
type BacklogReport struct {
	Engine       string  `json:"engine"`
	Mode         string  `json:"mode"` // backlog
	Events       int     `json:"events"`
	AcceptedPerS float64 `json:"accepted_per_s"`
	PeakRSSMB    float64 `json:"peak_rss_mb"`
}

func (r BacklogReport) text() string {
	return fmt.Sprintf("%s: %d deliveries waiting, accepted at %.0f per second, %.0f MiB at most",
		r.Engine, r.Events, r.AcceptedPerS, r.PeakRSSMB)
}

// runBacklog measures the memory of a server whose only receiver never answers.
func (c *Command) runBacklog(ctx context.Context, db *databases) error {
	rig, err := startRig(ctx, db)
	if err != nil {
		return err
	}
	defer rig.kill()
	if err := rig.addHooks(ctx, 0, false); err != nil {
		return err
	}
	if _, err := rig.addHook(ctx, 0, stuckPath, false); err != nil {
		return err
	}
	one := *c
	one.Hooks = 1
	start := time.Now()
	if err := rig.postBatches(ctx, &one, c.Backlog); err != nil {
		return err
	}
	took := time.Since(start)
	use, err := rig.stop()
	if err != nil {
		return err
	}
	r := BacklogReport{
		Engine: c.Engine, Mode: "backlog", Events: c.Backlog,
		AcceptedPerS: float64(c.Backlog) / took.Seconds(), PeakRSSMB: use.peakMB,
	}
	return c.print(r, r.text())
}
