package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	cancelHooks  = 10
	cancelRounds = 3
	cancelLook   = 100 * time.Millisecond
)

// CancelReport is what a job that cancels deliveries of one hook does to others'.
type CancelReport struct {
	Engine     string  `json:"engine"`
	Hooks      int     `json:"hooks"`
	Mode       string  `json:"mode"` // cancel
	Cancelled  int     `json:"cancelled"`
	JobS       float64 `json:"job_s"`
	Events     int     `json:"events"` // while jobs ran, and as many without
	AloneP50ms float64 `json:"p50_ms_without"`
	AloneP99ms float64 `json:"p99_ms_without"`
	P50ms      float64 `json:"p50_ms"`
	P99ms      float64 `json:"p99_ms"`
	Ratio      float64 `json:"ratio"` // p99 with a job ÷ p99 without
	Lost       int     `json:"lost"`
}

func (r CancelReport) text() string {
	return fmt.Sprintf(`%s, %d hooks, a job that cancels %d deliveries of another within %.1f s: %d events
  without the job p50 %.1f ms, p99 %.1f ms
  while it runs   p50 %.1f ms, p99 %.1f ms = %.2f of that without
  lost %d`, r.Engine, r.Hooks, r.Cancelled, r.JobS, r.Events, r.AloneP50ms, r.AloneP99ms, r.P50ms, r.P99ms, r.Ratio, r.Lost)
}

// cancelling is what was measured in each round.
type cancelling struct {
	rig                     *rig
	paused                  string // the ID of the hook whose deliveries wait
	jobs                    []float64
	aloneP50s, aloneP99s    []float64
	p50s, p99s              []float64
	cancelled, events, lost int
}

// runCancel measures ten hooks while a job cancels what waits for another, and for
// as long without it, in turns.
func (c *Command) runCancel(ctx context.Context, db *databases) error {
	rig, err := startRig(ctx, db)
	if err != nil {
		return err
	}
	defer rig.kill()
	m := &cancelling{rig: rig}
	if err := m.addHooks(ctx); err != nil {
		return err
	}
	if err := rig.postAtRate(ctx, c, c.Rate, cancelTypes()); err != nil { // for a second, to warm up
		return err
	}
	if _, err := rig.drained(ctx, c.Rate); err != nil {
		return err
	}
	for range cancelRounds {
		if err := m.round(ctx, c); err != nil {
			return err
		}
	}
	r := CancelReport{
		Engine: c.Engine, Hooks: cancelHooks, Mode: "cancel", Cancelled: m.cancelled / cancelRounds, JobS: median(m.jobs), Events: m.events,
		AloneP50ms: median(m.aloneP50s), AloneP99ms: median(m.aloneP99s), P50ms: median(m.p50s), P99ms: median(m.p99s), Lost: m.lost,
	}
	r.Ratio = r.P99ms / r.AloneP99ms
	return c.print(r, r.text())
}

// cancelTypes are the event types of the hooks whose deliveries are sent. The one
// before is that of the paused hook.
func cancelTypes() []string { return eventTypes()[1 : 1+cancelHooks] }

// addHooks adds a hook that is paused and the others.
func (m *cancelling) addHooks(ctx context.Context) error {
	if err := m.rig.addHooks(ctx, 0, false); err != nil {
		return err
	}
	var err error
	if m.paused, err = m.rig.addHook(ctx, 0, healthyPath+"0", false); err != nil {
		return err
	}
	if err := m.rig.call(ctx, http.MethodPost, triggers+"/"+m.paused+"/pause", struct{}{}); err != nil {
		return err
	}
	for i := range cancelHooks {
		if _, err := m.rig.addHook(ctx, i+1, healthyPath+strconv.Itoa(i+1), false); err != nil {
			return err
		}
	}
	return nil
}

// round has a backlog cancelled while events are posted, and then posts as many
// without.
func (m *cancelling) round(ctx context.Context, c *Command) error {
	one := *c
	one.Hooks = 1
	if err := m.rig.postBatches(ctx, &one, c.Cancel); err != nil {
		return err
	}
	if err := m.rig.reset(ctx); err != nil {
		return err
	}
	begun := time.Now()
	job, err := m.startJob(ctx)
	if err != nil {
		return err
	}
	n, err := m.rig.postWhile(ctx, c, cancelTypes(), func(int) bool { return job.runs() })
	if err := errors.Join(err, job.wait()); err != nil {
		return err
	}
	m.jobs, m.cancelled = append(m.jobs, job.ended.Sub(begun).Seconds()), m.cancelled+job.done
	with, err := m.drain(ctx, n)
	if err != nil {
		return err
	}
	if err := m.rig.postAtRate(ctx, c, n, cancelTypes()); err != nil {
		return err
	}
	alone, err := m.drain(ctx, n)
	m.events += n
	m.p50s, m.p99s = append(m.p50s, with.P50ms), append(m.p99s, with.P99ms)
	m.aloneP50s, m.aloneP99s = append(m.aloneP50s, alone.P50ms), append(m.aloneP99s, alone.P99ms)
	return err
}

// drain waits for n events, notes how many were lost, and has the receiver count
// anew.
func (m *cancelling) drain(ctx context.Context, n int) (stats, error) {
	s, err := m.rig.drained(ctx, n)
	m.lost += n - s.Unique
	return s, errors.Join(err, m.rig.reset(ctx))
}

// watchedJob is a job that is looked at until it has ended.
type watchedJob struct {
	over  chan struct{} // closed then; the rest is known from then on
	ended time.Time
	done  int
	err   error
}

// startJob has all that waits for the paused hook cancelled.
func (m *cancelling) startJob(ctx context.Context) (*watchedJob, error) {
	const jobs = "/api/v1/companies/" + company + "/delivery-jobs"
	var made struct{ ID string }
	err := m.rig.make(ctx, jobs, map[string]any{
		"operation": "cancel", "filter": map[string]any{"state": "waiting", "hookId": m.paused},
	}, &made)
	if err != nil {
		return nil, err
	}
	j := &watchedJob{over: make(chan struct{})}
	go func() {
		defer close(j.over)
		tick := time.NewTicker(cancelLook)
		defer tick.Stop()
		for {
			state, err := j.look(ctx, m.rig, jobs+"/"+made.ID)
			if j.ended = time.Now(); err != nil || state != "running" {
				if j.err = err; err == nil && state != "done" {
					j.err = fmt.Errorf("the job is %s", state)
				}
				return
			}
			select {
			case <-ctx.Done():
				j.err = ctx.Err()
				return
			case <-tick.C:
			}
		}
	}()
	return j, nil
}

func (j *watchedJob) look(ctx context.Context, r *rig, path string) (state string, err error) {
	var seen struct {
		State string
		Done  int
	}
	err = r.send(ctx, http.MethodGet, path, "application/json", nil, func(answer io.Reader) error {
		return json.NewDecoder(answer).Decode(&seen)
	})
	j.done = seen.Done
	return seen.State, err
}

// runs reports whether the job goes on.
func (j *watchedJob) runs() bool {
	select {
	case <-j.over:
		return false
	default:
		return true
	}
}

// wait returns when the job has ended, with what went wrong.
func (j *watchedJob) wait() error {
	<-j.over
	return j.err
}
