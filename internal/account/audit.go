package account

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// NewEntry returns what is to be noted of a change that by made at now to
// target, in the log of company (empty for the operator's alone). The ID of an
// entry is higher than that of those made before it.
//
// Before and after are structs or maps that say what target was and is; they
// become JSON objects, nil an empty text. A hook.Secret in them is hidden; no
// other secret may be in them.
func NewEntry(by Actor, action, target, company string, before, after any, now time.Time) Entry {
	return Entry{
		ID: uuid.Must(uuid.NewV7()), At: now, Company: company,
		Actor: by.Name, ActorID: by.id(), Role: by.Role, From: by.From,
		Action: action, Target: target, Before: object(before), After: object(after),
	}
}

// id returns what the actor is known by: the user, or else the key.
func (a Actor) id() uuid.UUID {
	if a.User != uuid.Nil {
		return a.User
	}
	return a.Key
}

// object returns v in JSON, or an empty text if there is nothing. What cannot
// be written must not keep the change from being noted.
func object(v any) string {
	if v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		b, _ = json.Marshal(map[string]string{"unreadable": err.Error()})
	}
	if string(b) == "null" {
		return ""
	}
	return string(b)
}
