package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

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
