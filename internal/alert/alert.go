// Package alert finds what people should look at, and raises and closes alerts
// about it.
package alert

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Store is the part of the store that a Watcher needs; see store.Store.
type Store interface {
	// Directory returns the companies and hooks at this moment, as far as the node
	// knows.
	Directory() *hook.Directory
	// Reload reads the directory if another node has changed it.
	Reload(ctx context.Context) error
	// Alerts lists alerts, newest first.
	Alerts(ctx context.Context, q hook.AlertQuery) ([]hook.Alert, error)
	// RaiseAlert stores an alert, and reports whether that changed anything: one
	// about the same matter may be open, which is no less bad.
	RaiseAlert(ctx context.Context, a hook.Alert) (bool, error)
	// CloseAlert closes an alert, unless it was raised again since it was read.
	CloseAlert(ctx context.Context, a hook.Alert, at time.Time) error
	// Troubled reports whether a hook has deliveries that have failed, or that have
	// failed before and are to be tried again.
	Troubled(ctx context.Context, hookID uuid.UUID) (bool, error)
}

const (
	glance = 10 * time.Second // between looks at whether anything was changed
	look   = time.Hour        // between looks at what changes by itself
	search = 3 * time.Minute  // between looks at whether what has failed is mended
	page   = 500              // alerts that are read at once
)

// Watcher watches what changes with time alone, and closes alerts whose cause is
// gone. Each node may have one: they raise nothing twice.
type Watcher struct {
	Store Store
	Log   *slog.Logger
}

// Run watches until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	var seen *hook.Directory
	var at, searched time.Time
	for {
		changed := w.Store.Directory() != seen
		if changed || time.Since(at) >= look {
			if d, err := w.watch(ctx, time.Now()); err == nil {
				seen, at = d, time.Now()
			} else {
				w.complain(ctx, err)
			}
		}
		if changed || time.Since(searched) >= search {
			w.complain(ctx, w.closeMended(ctx, time.Now()))
			searched = time.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (w *Watcher) complain(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		w.Log.ErrorContext(ctx, "alerts were not looked after", "err", err)
	}
}

// watch brings the alerts about certificates up to date, and returns the
// directory that it went by. This is read after the alerts that are open: another
// node may have raised or closed some because of a change that is new here.
func (w *Watcher) watch(ctx context.Context, now time.Time) (*hook.Directory, error) {
	open, err := w.open(ctx, hook.CertificateEnds)
	if err != nil {
		return nil, err
	}
	if err := w.Store.Reload(ctx); err != nil {
		return nil, err
	}
	d := w.Store.Directory()
	raise, closed := certificates(d, open, now)
	for _, a := range closed {
		if err := w.Store.CloseAlert(ctx, a, now); err != nil {
			return nil, err
		}
	}
	for _, a := range raise {
		raised, err := w.Store.RaiseAlert(ctx, a)
		if err != nil {
			return nil, err
		}
		if raised {
			w.Log.WarnContext(ctx, "an alert was raised", "company", a.Company, "kind", string(a.Kind), "subject", a.Subject, "text", a.Text)
		}
	}
	return d, nil
}

// open returns all alerts of a kind, or of any if it is empty, that are not closed.
func (w *Watcher) open(ctx context.Context, kind hook.AlertKind) ([]hook.Alert, error) {
	var all []hook.Alert
	q := hook.AlertQuery{Everyone: true, Kind: kind, Open: true, Limit: page}
	for {
		as, err := w.Store.Alerts(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, as...)
		if len(as) < page {
			return all, nil
		}
		q.Before = as[len(as)-1].ID
	}
}
