package alert

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/waybillhq/waybill/internal/hook"
)

// Outbox is the part of the store that a Notifier needs; see store.Store.
type Outbox interface {
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
	// Pending reports whether there are untold alerts, and notifications due at now.
	Pending(ctx context.Context, now time.Time) (untold, due bool, err error)
	// Untold returns alerts of which it is still to be decided who is told.
	Untold(ctx context.Context, limit int) ([]hook.Alert, error)
	// Recipients returns all who are told of alerts.
	Recipients(ctx context.Context) ([]hook.Subscriber, []hook.Channel, error)
	// AddNotifications stores who is told of an alert, unless that is decided.
	AddNotifications(ctx context.Context, a hook.Alert, ns []hook.Notification) error
	// ClaimMessage returns what one recipient is to be told at now; false if nothing
	// is due. Until leaseEnd no other claim returns that.
	ClaimMessage(ctx context.Context, now, leaseEnd time.Time, limit int) (m hook.Message, ok bool, err error)
	// Told stores that a message was delivered.
	Told(ctx context.Context, m hook.Message, at time.Time) error
	// NotTold stores why a message was not, when its parts are due again, and raises
	// an alert unless it is nil.
	NotTold(ctx context.Context, m hook.Message, at time.Time, reason string, a *hook.Alert) error
	// Drop forgets notifications.
	Drop(ctx context.Context, ns []hook.Notification) error
}

// Sender makes HTTP requests; see send.Client.
type Sender interface {
	Send(ctx context.Context, r hook.Request, h *hook.Hook, d hook.Defaults) hook.Attempt
}

// Mailer sends e-mails; see mail.Client.
type Mailer interface {
	Send(ctx context.Context, m hook.Mail) error
}

const (
	rest    = 5 * time.Second  // between looks at whether anybody is to be told
	most    = 50               // alerts in one message
	batch   = 100              // alerts that are decided about at once
	flights = 8                // messages under way at once
	hold    = 2 * time.Minute  // for which a claimed message is this node's
	limit   = 20 * time.Second // for telling one
)

// Notifier tells people of alerts that have opened or got worse: users by e-mail,
// companies through their channels. Each node may have one; they don't tell twice
// unless one dies at it. It is safe for concurrent use.
type Notifier struct {
	Store     Outbox
	Sender    Sender
	Mailer    Mailer // nil: there is no e-mail
	PublicURL string // what people reach the server by
	Log       *slog.Logger
}

// Run tells until ctx ends.
func (n *Notifier) Run(ctx context.Context) error {
	tick := time.NewTicker(rest)
	defer tick.Stop()
	for {
		if err := n.Round(ctx, time.Now()); err != nil && ctx.Err() == nil {
			n.Log.ErrorContext(ctx, "people were not told of alerts", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Round decides at now who is told of what is new, and tells what is due. Messages
// that fail are no error: they are logged, and kept for later.
func (n *Notifier) Round(ctx context.Context, now time.Time) error {
	untold, due, err := n.Store.Pending(ctx, now)
	if err != nil {
		return err
	}
	if untold {
		if err := n.decideAll(ctx, now); err != nil {
			return err
		}
	}
	if !untold && !due {
		return nil
	}
	return n.tellAll(ctx, now)
}

func (n *Notifier) decideAll(ctx context.Context, now time.Time) error {
	users, channels, err := n.Store.Recipients(ctx)
	if err != nil {
		return err
	}
	if n.Mailer == nil {
		users = nil
	}
	all := &everybody{users: users, channels: channels, zone: n.zone}
	for {
		as, err := n.Store.Untold(ctx, batch)
		if err != nil {
			return err
		}
		for i := range as {
			if err := n.Store.AddNotifications(ctx, as[i], all.decide(&as[i], now)); err != nil {
				return err
			}
		}
		if len(as) < batch {
			return nil
		}
	}
}

// zone returns a company's time zone; UTC for the operator.
func (n *Notifier) zone(company string) *time.Location {
	zone, err := time.LoadLocation(n.Store.Directory().Companies[company].TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// tellAll tells whatever is due. What has begun is finished when ctx ends. It may
// take long, so that now goes on meanwhile.
func (n *Notifier) tellAll(ctx context.Context, now time.Time) error {
	var under errgroup.Group
	under.SetLimit(flights)
	begun := time.Now()
	for ctx.Err() == nil {
		at := now.Add(time.Since(begun))
		m, ok, err := n.Store.ClaimMessage(ctx, at, at.Add(hold), most)
		if err != nil || !ok {
			return errors.Join(err, under.Wait())
		}
		under.Go(func() error { return n.tell(context.WithoutCancel(ctx), m, at) })
	}
	return under.Wait()
}

// tell tells a message, and records what came of it.
func (n *Notifier) tell(ctx context.Context, m hook.Message, now time.Time) error {
	tell, drop := sift(&m)
	if m.Subscriber != nil && n.Mailer == nil {
		tell, drop = nil, m.Notifications
	}
	if len(drop) > 0 {
		if err := n.Store.Drop(ctx, drop); err != nil {
			return err
		}
	}
	if len(tell) == 0 {
		return nil
	}
	m.Notifications = tell
	begun := time.Now()
	var reason string
	if m.Channel != nil {
		reason = n.post(ctx, m.Channel, alertsOf(tell), identify(tell), now)
	} else {
		reason = n.mail(ctx, m.Subscriber, alertsOf(tell), identify(tell))
	}
	at := now.Add(time.Since(begun))
	if reason == "" {
		return n.Store.Told(ctx, m, at)
	}
	var raised *hook.Alert
	givenUp := postpone(m.Notifications, at)
	if givenUp {
		raised = untellable(&m, reason, at)
	}
	n.Log.WarnContext(ctx, "somebody was not told of alerts", "recipient", tell[0].Recipient, "alerts", len(tell), "reason", reason,
		"given_up", givenUp)
	return n.Store.NotTold(ctx, m, at, reason, raised)
}

func alertsOf(ns []hook.Notification) []hook.Alert {
	as := make([]hook.Alert, len(ns))
	for i := range ns {
		as[i] = ns[i].Alert
	}
	return as
}
