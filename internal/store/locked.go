package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// lockedReason tells people why a delivery waits.
const lockedReason = "a secret of its hook cannot be opened with this server's key set; " +
	"it waits until the right key set is there, or the secret is set anew"

// turnReason tells people why a delivery of an ordered hook waits.
const turnReason = "an earlier delivery of the same entity is not done yet; it is sent after that"

// lockedHooks returns the hooks that have a secret that can't be opened, with their
// companies.
func lockedHooks(d *hook.Directory) map[uuid.UUID]string {
	locked := make(map[uuid.UUID]string)
	for id, h := range d.Hooks {
		if len(h.Locked) > 0 {
			locked[id] = h.Company
		}
	}
	return locked
}

// explain gives d its reason if it waits for a secret or its turn.
func (s *Store) explain(d *hook.Delivery) {
	if d.Held {
		d.Reason = turnReason
	}
	if h := s.Directory().Hooks[d.HookID]; h != nil && len(h.Locked) > 0 && d.State == hook.Waiting {
		d.Reason = lockedReason
	}
}

// watchLocked tells once of each hook that has a secret that can't be opened, and tries
// it again every now and then, until ctx ends.
func (s *Store) watchLocked(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	told := make(map[uuid.UUID]string)
	for {
		locked := lockedHooks(s.Directory())
		tellLocked(ctx, log, told, locked)
		told = locked
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if len(told) == 0 {
			continue
		}
		if err := s.reload(ctx, true); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "locked secrets were not looked at", "err", err)
		}
	}
}

// tellLocked tells what has changed since told.
func tellLocked(ctx context.Context, log *slog.Logger, told, locked map[uuid.UUID]string) {
	for id, company := range locked {
		if _, ok := told[id]; !ok {
			log.ErrorContext(ctx, "a secret of a hook cannot be opened with the key set; its deliveries wait",
				"company", company, "hook", id)
		}
	}
	for id, company := range told {
		if _, ok := locked[id]; !ok {
			log.InfoContext(ctx, "a secret of a hook is no longer missing", "company", company, "hook", id)
		}
	}
}
