package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// Teller tells people of alerts.
type Teller interface {
	// Test tells a channel that it works, and returns why that failed, in words for
	// the company, or "" if it didn't.
	Test(ctx context.Context, c hook.Channel) (reason string)
}

type notifications struct {
	Often     string    `json:"often" enum:"never,at-once,hourly,daily" doc:"How often one is told, by e-mail. What comes together is in one mail."`
	Hour      *int      `json:"hour,omitempty" minimum:"0" maximum:"23" default:"7" doc:"Of daily mails, in the time zone of the company; UTC for the operator's people."`
	Severity  string    `json:"severity,omitempty" enum:"information,warning,error" default:"warning" doc:"The least of which one is told."`
	Kinds     []string  `json:"kinds" required:"false" nullable:"false" maxItems:"20" example:"[\"delivery.failed\"]" doc:"Of which kinds of alerts one is told; none: of all."`
	Available bool      `json:"available" readOnly:"true" doc:"Whether this server can send e-mail."`
	SentAt    time.Time `json:"sentAt,omitzero" readOnly:"true" doc:"When a mail was sent last."`
	FailedAt  time.Time `json:"failedAt,omitzero" readOnly:"true" doc:"When one could not be sent, if none was since; the operator's log says why."`
}

func (s *Server) notificationsOf(n hook.Subscription) notifications {
	return notifications{
		Often: string(n.Often), Hour: &n.Hour, Severity: string(n.Severity), Kinds: textsOf(n.Kinds),
		Available: s.Mails, SentAt: n.SentAt, FailedAt: n.FailedAt,
	}
}

func textsOf(kinds []hook.AlertKind) []string {
	texts := make([]string, 0, len(kinds))
	for _, k := range kinds {
		texts = append(texts, string(k))
	}
	return texts
}

// readKinds returns kinds that people can be told of, and adds to wrong those that
// they can't.
func readKinds(texts []string, wrong *problems) []hook.AlertKind {
	known := hook.TellableKinds()
	var kinds []hook.AlertKind
	for i, text := range texts {
		k := hook.AlertKind(text)
		switch {
		case !slices.Contains(known, k):
			wrong.add(fmt.Sprintf("kinds[%d]", i), fmt.Sprintf("nobody is told of such a kind; choose among %v", known),
				fmt.Sprintf("Über diese Art wird niemand benachrichtigt; wählen Sie unter %v.", known))
		case !slices.Contains(kinds, k):
			kinds = append(kinds, k)
		}
	}
	return kinds
}

type notificationsOutput struct{ Body notifications }

type putNotificationsInput struct{ Body notifications }

func (s *Server) getNotifications(ctx context.Context, _ *struct{}) (*notificationsOutput, error) {
	n, err := s.Store.Subscription(ctx, actorOf(ctx).User)
	return &notificationsOutput{s.notificationsOf(n)}, err
}

func (s *Server) putNotifications(ctx context.Context, in *putNotificationsInput) (*notificationsOutput, error) {
	a := actorOf(ctx)
	old, err := s.Store.Subscription(ctx, a.User)
	if err != nil {
		return nil, err
	}
	var wrong problems
	next := old
	next.Often, next.Hour = hook.Often(in.Body.Often), *in.Body.Hour
	next.Severity, next.Kinds = hook.Severity(in.Body.Severity), readKinds(in.Body.Kinds, &wrong)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	e := note(ctx, "profile.notifications", a.User.String(), a.Company, s.notificationsOf(old), s.notificationsOf(next))
	if err := s.Store.PutSubscription(ctx, a.User, next, e); err != nil {
		return nil, err
	}
	return &notificationsOutput{s.notificationsOf(next)}, nil
}
