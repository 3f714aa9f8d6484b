package alert

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// everybody is who can be told of alerts.
type everybody struct {
	users    []hook.Subscriber
	channels []hook.Channel
	zone     func(company string) *time.Location
}

// decide returns who is told of an alert that has opened or got worse, and when:
// nobody, if it is closed already.
func (e *everybody) decide(a *hook.Alert, now time.Time) []hook.Notification {
	if a.State() == hook.AlertClosed {
		return nil
	}
	var ns []hook.Notification
	for i := range e.users {
		if u := &e.users[i]; concerns(u, a) {
			ns = append(ns, hook.Notification{Recipient: u.User, DueAt: due(&u.Subscription, e.zone(u.Company), now)})
		}
	}
	for i := range e.channels {
		if c := &e.channels[i]; c.Company == a.Company && c.Choice.Wants(a) {
			ns = append(ns, hook.Notification{Recipient: c.ID, DueAt: now})
		}
	}
	return ns
}

// concerns reports whether a user wants to be told of a, and may be.
func concerns(u *hook.Subscriber, a *hook.Alert) bool {
	return u.Often != hook.Never && (u.Company == "" || u.Company == a.Company) && u.Wants(a)
}

// due returns when a user is told of what is new at now.
func due(s *hook.Subscription, zone *time.Location, now time.Time) time.Time {
	switch s.Often {
	case hook.Hourly:
		return now.Truncate(time.Hour).Add(time.Hour)
	case hook.Daily:
		local := now.In(zone)
		for day := local.Day(); ; day++ { // twice at most
			at := time.Date(local.Year(), local.Month(), day, s.Hour, 0, 0, 0, zone)
			if at.After(now) {
				return at
			}
		}
	default:
		return now
	}
}

// sift returns what a message still has to tell, and what not: the alert was closed
// meanwhile, or the recipient is gone, doesn't want it any more, or may not know it.
func sift(m *hook.Message) (tell, drop []hook.Notification) {
	for _, n := range m.Notifications {
		a := &n.Alert
		wanted := m.Subscriber != nil && concerns(m.Subscriber, a) ||
			m.Channel != nil && m.Channel.Company == a.Company && m.Channel.Choice.Wants(a)
		if wanted && a.State() != hook.AlertClosed {
			tell = append(tell, n)
		} else {
			drop = append(drop, n)
		}
	}
	return tell, drop
}

const (
	firstWait   = time.Minute    // before a message that failed is tried again
	longestWait = time.Hour      // and between later tries
	patience    = 24 * time.Hour // after which a notification is given up
)

// postpone sets when the notifications of a message that failed at now are due
// again, and reports whether some are given up: the wait is as long as the oldest
// has waited already.
func postpone(ns []hook.Notification, now time.Time) (givenUp bool) {
	oldest := slices.MinFunc(ns, func(a, b hook.Notification) int { return a.Since.Compare(b.Since) })
	again := now.Add(min(max(now.Sub(oldest.Since), firstWait), longestWait))
	for i := range ns {
		ns[i].DueAt = again
		if again.Sub(ns[i].Since) > patience {
			ns[i].DueAt, givenUp = time.Time{}, true
		}
	}
	return givenUp
}

// identify returns an ID for what a message tells: another attempt to tell the same
// has the same.
func identify(ns []hook.Notification) uuid.UUID {
	var all bytes.Buffer
	for _, n := range ns {
		all.Write(n.ID[:])
		fmt.Fprintf(&all, "%d ", n.Turn)
	}
	return uuid.NewSHA1(ns[0].Recipient, all.Bytes())
}
