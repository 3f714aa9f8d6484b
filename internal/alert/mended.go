package alert

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// closeMended closes the alerts of hooks whose cause is gone: the hook was
// deleted, or was enabled again, or has nothing left that has failed. The
// directory is read after the alerts, as in watch.
func (w *Watcher) closeMended(ctx context.Context, now time.Time) error {
	open, err := w.open(ctx, "")
	if err != nil {
		return err
	}
	open = slices.DeleteFunc(open, func(a hook.Alert) bool {
		return a.Kind != hook.HookDisabled && a.Kind != hook.DeliveryFailed && a.Kind != hook.HookFailing
	})
	if len(open) == 0 {
		return nil
	}
	if err := w.Store.Reload(ctx); err != nil {
		return err
	}
	d := w.Store.Directory()
	for _, a := range open {
		mended, err := w.mended(ctx, d, a)
		if err != nil {
			return err
		}
		if mended {
			if err := w.Store.CloseAlert(ctx, a, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// mended reports whether the cause of an alert about a hook is gone.
func (w *Watcher) mended(ctx context.Context, d *hook.Directory, a hook.Alert) (bool, error) {
	var h *hook.Hook // one whose ID can't be read is as one that is gone
	if id, err := uuid.Parse(a.Subject); err == nil {
		h = d.Hooks[id]
	}
	switch {
	case h == nil:
		return true, nil
	case a.Kind == hook.HookDisabled:
		return h.Enabled, nil
	case a.Kind == hook.HookFailing: // who sends to it closes it
		return false, nil
	}
	troubled, err := w.Store.Troubled(ctx, h.ID)
	return !troubled, err
}
