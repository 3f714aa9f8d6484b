package document

import (
	"context"
	"fmt"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	glance       = 15 * time.Second // between looks for what is to be removed
	sweepRows    = 100
	removeChunks = 8 // 2 MiB
	rest         = 3 // a step is followed by a pause so many times as long, in which others have the database
	least        = time.Millisecond
)

// Run removes what was brought and belongs to no document, such as that of nodes that
// have stopped, until ctx ends. Any number of nodes may do so.
func (a *Archive) Run(ctx context.Context) error {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		if err := a.tidy(ctx); err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "what belongs to no document was not removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// tidy removes all that there is to be removed now.
func (a *Archive) tidy(ctx context.Context) error {
	for {
		stale, err := a.Store.GiveUpStale(ctx, time.Now(), sweepRows)
		if err != nil {
			return err
		}
		if stale > 0 {
			a.Log.InfoContext(ctx, "gave up documents that were never brought to an end", "documents", stale)
		}
		removed, err := a.sweep(ctx)
		if err != nil {
			return err
		}
		if stale < sweepRows && removed < sweepRows {
			return nil
		}
	}
}

// sweep removes what was given up, up to sweepRows of it, and returns how many.
func (a *Archive) sweep(ctx context.Context) (int, error) {
	rs, err := a.Store.Removals(ctx, sweepRows)
	if err != nil {
		return 0, err
	}
	for i, r := range rs {
		if err := a.remove(ctx, r); err != nil {
			return i, fmt.Errorf("remove content %s: %w", r.ID, err)
		}
	}
	return len(rs), nil
}

// remove removes what is left of content, step by step.
func (a *Archive) remove(ctx context.Context, r hook.Removal) error {
	if r.InBucket {
		if a.Bucket == nil {
			return errNoBucket
		}
		if err := a.Bucket.Remove(ctx, r.ID); err != nil {
			return err
		}
	}
	for {
		begun := time.Now()
		last, err := a.Store.RemoveChunks(ctx, r.ID, removeChunks)
		if err != nil || last {
			return err
		}
		timer := time.NewTimer(max(rest*time.Since(begun), least))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}
