// Package job goes on with the jobs that operate on many deliveries, step by step,
// beside what is being delivered.
package job

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Store is the part of the store that a Runner needs; see store.Store.
type Store interface {
	// ClaimJob gives node a job that runs and that no node holds, until leaseEnd, or
	// returns an error of fault hook.Missing if there is none.
	ClaimJob(ctx context.Context, node uuid.UUID, now, leaseEnd time.Time) (hook.DeliveryJob, error)
	// StepJob goes on with a job that node holds, and prolongs that. It returns an
	// error of fault hook.Conflict if node doesn't hold it.
	StepJob(ctx context.Context, node uuid.UUID, j hook.DeliveryJob, now, leaseEnd time.Time, limit int) (hook.JobStep, error)
	// ReleaseJob lets others go on with a job that node holds.
	ReleaseJob(ctx context.Context, node, id uuid.UUID, now time.Time) error
	// FailJob ends a job that node holds, for a reason in words.
	FailJob(ctx context.Context, node, id uuid.UUID, reason string, now time.Time) error
	// ForgetJobs removes up to limit jobs that ended before a time, and returns how
	// many.
	ForgetJobs(ctx context.Context, before time.Time, limit int) (int, error)
}

// Deliverer hears of what is to be sent.
type Deliverer interface {
	// Owe notes that deliveries of hooks wait in the store and are due.
	Owe(hooks []uuid.UUID)
}

const (
	glance = time.Second      // between looks for jobs
	turn   = time.Second      // a job goes on for so long before another gets its turn
	lease  = 30 * time.Second // a node that stops goes on holding a job for so long
	rest   = 3                // a step is followed by a pause so many times as long, in which others have the database
	least  = 5 * time.Millisecond
	kept   = 30 * 24 * time.Hour // for which a job that has ended can be looked at
	sweeps = time.Hour           // between looks for jobs that are to be forgotten
	tries  = 5                   // a job whose steps fail so often, one after the other, has failed
)

// What is being delivered waits for a step, so steps are kept short: each is for as
// many deliveries as can be done in about so long.
const (
	stepTime  = 5 * time.Millisecond
	fewRows   = 32 // deliveries of a step, at least
	firstRows = 128
	manyRows  = 512 // at most
)

// nextRows returns for how many deliveries the next step is, after one for so many
// took so long.
func nextRows(rows int, took time.Duration) int {
	switch {
	case took > stepTime:
		return max(rows/2, fewRows)
	case took < stepTime/3:
		return min(2*rows, manyRows)
	}
	return rows
}

// failedReason tells people why a job ended. The cause may be none of their
// business.
const failedReason = "the database could not go on with it, as the server's log says in detail; " +
	"what is done stays done; start a job anew for the rest"

// Runner goes on with jobs. Each node may have one: they share the jobs.
type Runner struct {
	Store     Store
	Deliverer Deliverer
	Log       *slog.Logger

	node   uuid.UUID
	rows   int               // deliveries of the next step
	failed map[uuid.UUID]int // how many steps of a job have failed, one after the other
}

// Run goes on with jobs until ctx ends.
func (r *Runner) Run(ctx context.Context) error {
	node, err := uuid.NewV7()
	if err != nil {
		return err
	}
	r.node, r.rows, r.failed = node, firstRows, make(map[uuid.UUID]int)
	tick, sweep := time.NewTicker(glance), time.NewTicker(sweeps)
	defer tick.Stop()
	defer sweep.Stop()
	r.forget(ctx)
	for {
		for ctx.Err() == nil && r.claim(ctx) {
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-sweep.C:
			r.forget(ctx)
		}
	}
}

// forget removes the jobs that ended long ago, some at a time.
func (r *Runner) forget(ctx context.Context) {
	before := time.Now().Add(-kept)
	for n := manyRows; n == manyRows && ctx.Err() == nil; {
		var err error
		if n, err = r.Store.ForgetJobs(ctx, before, manyRows); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "jobs that ended long ago were not forgotten", "err", err)
		}
	}
}

// claim takes the next job for a turn. It reports whether there may be more to do
// at once.
func (r *Runner) claim(ctx context.Context) bool {
	now := time.Now()
	j, err := r.Store.ClaimJob(ctx, r.node, now, now.Add(lease))
	if err != nil {
		if hook.FaultOf(err) != hook.Missing && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "jobs were not looked for", "err", err)
		}
		return false
	}
	done, err := r.turn(ctx, j)
	switch {
	case err == nil:
	case hook.FaultOf(err) == hook.Conflict:
		delete(r.failed, j.ID)
		return true // it was cancelled, or another node has it
	case ctx.Err() == nil:
		r.fail(ctx, j, err)
	}
	if !done {
		r.release(ctx, j)
	}
	return err == nil
}

// turn goes on with a job for a while and reports whether it has ended.
func (r *Runner) turn(ctx context.Context, j hook.DeliveryJob) (done bool, err error) {
	begun := time.Now()
	for time.Since(begun) < turn && ctx.Err() == nil {
		now := time.Now()
		step, err := r.step(ctx, j, now)
		if err != nil {
			r.rows = fewRows // it may have taken too long
			return false, err
		}
		delete(r.failed, j.ID)
		if len(step.Owed) > 0 {
			r.Deliverer.Owe(step.Owed)
		}
		j = step.Job
		if j.State != hook.JobRunning {
			r.Log.InfoContext(ctx, "a job has ended", "company", j.Company, "job", j.ID, "operation", string(j.Command.Operation), "deliveries", j.Done)
			return true, nil
		}
		took := time.Since(now)
		r.rows = nextRows(r.rows, took)
		pause(ctx, min(max(rest*took, least), turn))
	}
	return false, nil
}

// step makes a step, which is finished also when ctx ends.
func (r *Runner) step(ctx context.Context, j hook.DeliveryJob, now time.Time) (hook.JobStep, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
	defer cancel()
	return r.Store.StepJob(ctx, r.node, j, now, now.Add(lease), r.rows)
}

// pause returns after a while, or when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// fail notes that a step has failed, and ends the job if too many have.
func (r *Runner) fail(ctx context.Context, j hook.DeliveryJob, err error) {
	r.failed[j.ID]++
	r.Log.ErrorContext(ctx, "a step of a job failed", "company", j.Company, "job", j.ID, "failures", r.failed[j.ID], "err", err)
	if r.failed[j.ID] < tries {
		return
	}
	delete(r.failed, j.ID)
	if err := r.Store.FailJob(ctx, r.node, j.ID, failedReason, time.Now()); err != nil {
		r.Log.ErrorContext(ctx, "a job could not be ended", "company", j.Company, "job", j.ID, "err", err)
	}
}

// release gives a job back, also when ctx has ended.
func (r *Runner) release(ctx context.Context, j hook.DeliveryJob) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
	defer cancel()
	if err := r.Store.ReleaseJob(ctx, r.node, j.ID, time.Now()); err != nil {
		r.Log.ErrorContext(ctx, "a job was not released; others go on with it when its lease has ended", "company", j.Company, "job", j.ID, "err", err)
	}
}
