// Package bench measures Waybill: the real server and a real TLS receiver, each
// in a process of its own, with events posted over HTTP, and in the same run the
// same requests sent by a plain HTTP client without a queue.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Command is the command line of the benchmark.
type Command struct {
	Engine  string `default:"sqlite" enum:"sqlite,postgres" help:"Database to run on: sqlite or postgres (a throwaway server)."`
	Mode    string `default:"batch,single,fixed" help:"Scenarios to run, with commas: batch (100 events a call), single (32 publishers, one event a call), fixed (one event a call at a fixed rate)."`
	Events  int    `default:"50000" help:"Events to post in each of batch and single."`
	Hooks   int    `default:"1" help:"Hooks, 1 to 100; each event is owed to one of them."`
	Body    int    `default:"512" help:"Bytes of each event's data."`
	Signed  bool   `help:"Hooks sign (Standard Webhooks v1) and authenticate (by user and password)."`
	Rate    int    `default:"500" help:"Events per second in the fixed mode and with --slow."`
	Seconds int    `default:"20" help:"How long the fixed mode and each part of --slow take at most."`
	Slow    bool   `help:"Measure ten hooks alone, then with one that answers after 4 s, then with one that never answers and has 100,000 deliveries waiting."`
	Backlog int    `help:"Measure the memory with so many deliveries waiting for a receiver that never answers."`
	Grown   bool   `help:"Measure what claiming, settling, accepting and listing take in a database with --waiting and --settled deliveries, and in one with hardly any."`
	Waiting int    `default:"1000000" help:"Deliveries that wait, with --grown."`
	Settled int    `default:"10000000" help:"Deliveries that are settled, with --grown."`
	Rounds  int    `default:"200" help:"How often --grown measures each."`
	Cancel  int    `help:"Measure ten hooks at --rate while a job cancels so many waiting deliveries of another."`
	JSON    bool   `name:"json" help:"Print one JSON object a line for each scenario."`

	out io.Writer
}

// Modes of posting events.
const (
	batchMode  = "batch"
	singleMode = "single"
	fixedMode  = "fixed"
)

// Report is what was measured in one scenario.
type Report struct {
	Engine       string  `json:"engine"`
	Hooks        int     `json:"hooks"`
	Mode         string  `json:"mode"`
	Events       int     `json:"events"`
	AcceptedPerS float64 `json:"accepted_per_s"`
	DeliveredPer float64 `json:"delivered_per_s"`
	BarePerS     float64 `json:"bare_per_s"`
	Ratio        float64 `json:"ratio"` // delivered per second ÷ bare per second
	P50ms        float64 `json:"p50_ms"`
	P99ms        float64 `json:"p99_ms"`
	PeakRSSMB    float64 `json:"peak_rss_mb"`
	CPUper1000   float64 `json:"cpu_s_per_1000"` // of the server's process
	Lost         int     `json:"lost"`
	Repeats      int     `json:"repeats"`
}

// Run measures what the command line asks for and writes the reports to out.
func (c *Command) Run(ctx context.Context, out io.Writer) error {
	c.out = out
	if err := c.check(); err != nil {
		return err
	}
	db, err := openDatabases(ctx, c.Engine)
	if err != nil {
		return err
	}
	defer db.close()
	switch {
	case c.Slow:
		return c.runSlow(ctx, db)
	case c.Backlog > 0:
		return c.runBacklog(ctx, db)
	case c.Cancel > 0:
		return c.runCancel(ctx, db)
	case c.Grown:
		return c.runGrown(ctx, db)
	}
	for mode := range strings.SplitSeq(c.Mode, ",") {
		r, err := c.runMode(ctx, db, mode)
		if err != nil {
			return fmt.Errorf("%s: %w", mode, err)
		}
		if err := c.print(r, r.text()); err != nil {
			return err
		}
	}
	return nil
}

func (c *Command) check() error {
	for mode := range strings.SplitSeq(c.Mode, ",") {
		if !slices.Contains([]string{batchMode, singleMode, fixedMode}, mode) {
			return fmt.Errorf("--mode: %q is no mode; choose from batch, single and fixed", mode)
		}
	}
	if most := len(eventTypes()); c.Hooks < 1 || c.Hooks > most {
		return fmt.Errorf("--hooks: %d is not between 1 and %d", c.Hooks, most)
	}
	if c.Grown && (c.Waiting < emptyWaiting || c.Settled < emptySettled || c.Settled < fillDown/2*c.Waiting || c.Rounds < 1) {
		return fmt.Errorf("--waiting must be %d or more, --settled %d or more and %d times --waiting, --rounds 1 or more",
			emptyWaiting, emptySettled, fillDown/2)
	}
	if c.Events < 1 || c.Rate < 1 || c.Seconds < 1 || c.Body < 0 {
		return errors.New("--events, --rate and --seconds must be 1 or more, --body 0 or more")
	}
	return nil
}

// print writes a report as JSON or as text.
func (c *Command) print(report any, text string) error {
	if c.JSON {
		return json.NewEncoder(c.out).Encode(report)
	}
	_, err := fmt.Fprintln(c.out, text)
	return err
}

func (r Report) text() string {
	return fmt.Sprintf(`%s, %d hooks, %s: %d events
  accepted  %8.0f per second
  delivered %8.0f per second = %.2f of the bare %.0f
  latency   p50 %.1f ms, p99 %.1f ms (from the post to the receiver's answer)
  server    %.0f MiB at most, %.3f CPU seconds per 1000 deliveries
  lost %d, repeated %d`,
		r.Engine, r.Hooks, r.Mode, r.Events, r.AcceptedPerS, r.DeliveredPer, r.Ratio, r.BarePerS,
		r.P50ms, r.P99ms, r.PeakRSSMB, r.CPUper1000, r.Lost, r.Repeats)
}

// runMode measures one scenario on a fresh server, database and receiver.
func (c *Command) runMode(ctx context.Context, db *databases, mode string) (Report, error) {
	report := Report{Engine: c.Engine, Hooks: c.Hooks, Mode: mode, Events: c.Events}
	if mode == fixedMode {
		report.Events = min(c.Events, c.Rate*c.Seconds)
	}
	rig, err := startRig(ctx, db)
	if err != nil {
		return report, err
	}
	defer rig.kill()
	if err := rig.addHooks(ctx, c.Hooks, c.Signed); err != nil {
		return report, err
	}
	if err := rig.warmUp(ctx, c); err != nil {
		return report, err
	}
	bare, err := rig.bare(ctx, c.Hooks, report.Events/2) // half before and half after
	if err != nil {
		return report, err
	}
	start := time.Now()
	if err := rig.post(ctx, c, mode, report.Events); err != nil {
		return report, err
	}
	posted := time.Since(start)
	stats, err := rig.drained(ctx, report.Events)
	if err != nil {
		return report, err
	}
	report.AcceptedPerS = float64(report.Events) / posted.Seconds()
	report.DeliveredPer = float64(stats.Unique) / stats.Last.Sub(start).Seconds()
	report.P50ms, report.P99ms = stats.P50ms, stats.P99ms
	report.Lost, report.Repeats = report.Events-stats.Unique, stats.Repeats
	after, err := rig.bare(ctx, c.Hooks, report.Events-report.Events/2)
	if err != nil {
		return report, err
	}
	report.BarePerS = float64(report.Events) / (bare + after).Seconds()
	report.Ratio = report.DeliveredPer / report.BarePerS
	use, err := rig.stop()
	report.PeakRSSMB = use.peakMB
	report.CPUper1000 = use.cpu.Seconds() / float64(report.Events+warmUpEvents) * 1000
	return report, err
}
