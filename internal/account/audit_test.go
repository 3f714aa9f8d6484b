package account_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func TestEntrySaysWhoDidWhat(t *testing.T) {
	t.Parallel()
	user, key := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	by := account.Actor{Role: account.Admin, Company: "acme", User: user, Name: "erika@acme.example", From: "192.0.2.7"}
	before := map[string]any{"title": "Orders", "basic": hook.Secret("recognisable")}
	after := struct {
		Password hook.Secret `json:"password"`
	}{"recognisable too"}
	got := account.NewEntry(by, "hook.change", "17", "acme", before, after, now)
	want := account.Entry{
		ID: got.ID, At: now, Company: "acme", Actor: "erika@acme.example", ActorID: user, Role: account.Admin, From: "192.0.2.7",
		Action: "hook.change", Target: "17",
		Before: `{"basic":"[secret]","title":"Orders"}`, After: `{"password":"[secret]"}`,
	}
	if got != want {
		t.Errorf("NewEntry = %+v, want %+v", got, want)
	}
	if got.ID.Version() != 7 {
		t.Errorf("ID %s, want one of version 7", got.ID)
	}
	next := account.NewEntry(account.Actor{Role: account.Operator, Key: key}, "key.add", "18", "", nil, (*account.Key)(nil), now)
	if next.ActorID != key || next.Before != "" || next.After != "" {
		t.Errorf("NewEntry = %+v, want the key %s and neither before nor after", next, key)
	}
	if bytes.Compare(got.ID[:], next.ID[:]) >= 0 {
		t.Errorf("ID %s is not before %s", got.ID, next.ID)
	}
}

func TestWhatCannotBeWrittenIsNotedAllTheSame(t *testing.T) {
	t.Parallel()
	e := account.NewEntry(account.Actor{}, "hook.change", "17", "acme", nil, map[string]any{"title": make(chan int)}, time.Now())
	if want := `{"unreadable":"json: unsupported type: chan int"}`; e.After != want {
		t.Errorf("After = %s, want %s", e.After, want)
	}
}
