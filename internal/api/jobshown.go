package api

import (
	"slices"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// query returns what is asked for, and notes everything that is wrong with it. It
// calls the fields what they are called in a query string, unless there is a
// prefix.
func (f *deliveryFilter) query(prefix string, wrong *problems) hook.DeliveryQuery {
	hookField := "hook"
	if prefix != "" {
		hookField = prefix + "hookId"
	}
	q := hook.DeliveryQuery{
		State: hook.State(f.State), EventType: f.EventType,
		Entity: trade.Entity{Kind: trade.EntityKind(f.EntityKind), ID: f.EntityID},
		From:   f.From, To: f.To, Status: hook.StatusFilter(f.Status), Error: hook.ErrorKind(f.Error),
	}
	var err error
	if f.Hook != "" {
		if q.HookID, err = uuid.Parse(f.Hook); err != nil || q.HookID == uuid.Nil {
			wrong.add(hookField, "it is not the ID of a hook; use the id of a trigger, or the hookId of a document webhook", "")
		}
	}
	if _, ok := trade.TypeOf(f.EventType); !ok && f.EventType != "" {
		reason, german := unknownType(f.EventType)
		wrong.add(prefix+"eventType", reason, german)
	}
	ofKind := func(t trade.EventType) bool { return t.Entity == q.Entity.Kind }
	if f.EntityKind != "" && !slices.ContainsFunc(trade.Catalogue(), ofKind) {
		wrong.add(prefix+"entityKind", "there are no such entities; use an entityKind of GET /api/v1/event-types", "")
	}
	if _, _, ok := q.Status.Range(); !ok && f.Status != "" {
		wrong.add(prefix+"status", "it is no status; write one such as 503, a class such as 5xx, or none",
			"Das ist kein Status; schreiben Sie einen wie 503, eine Klasse wie 5xx oder none.")
	}
	return q
}

func filterOf(q hook.DeliveryQuery) deliveryFilter {
	f := deliveryFilter{
		State: string(q.State), EventType: q.EventType, EntityKind: string(q.Entity.Kind), EntityID: q.Entity.ID,
		Status: string(q.Status), Error: string(q.Error), From: q.From, To: q.To,
	}
	if q.HookID != uuid.Nil {
		f.Hook = q.HookID.String()
	}
	return f
}

func jobOf(j hook.DeliveryJob) deliveryJob {
	out := deliveryJob{
		ID: j.ID.String(), Operation: string(j.Command.Operation), Filter: filterOf(j.Filter), State: string(j.State),
		Reason: j.Reason, Total: j.Total, AtLeast: j.Partial, Done: j.Done, Skipped: byText(j.Skipped),
		StartedBy: j.By, StartedAt: j.CreatedAt, EndedAt: j.EndedAt,
	}
	if j.Command.Operation == hook.DoPriority {
		out.Priority = priorities()[j.Command.Priority]
	}
	return out
}

func countsOf(c hook.Counts) deliveryCounts {
	out := deliveryCounts{
		Total: c.Total, ByState: byText(c.ByState), ByHook: make(map[string]int, len(c.ByHook)),
		Skipped: byText(c.Skipped), AtLeast: c.Partial,
	}
	for id, n := range c.ByHook {
		out.ByHook[id.String()] = n
	}
	return out
}

func byText[K ~string](counts map[K]int) map[string]int {
	texts := make(map[string]int, len(counts))
	for k, n := range counts {
		texts[string(k)] = n
	}
	return texts
}
