package match_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/match"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestHooks(t *testing.T) {
	t.Parallel()
	d := &hook.Directory{Hooks: make(map[uuid.UUID]*hook.Hook)}
	add := func(title, company string, enabled bool, types ...string) {
		id := uuid.Must(uuid.NewV7())
		d.Hooks[id] = &hook.Hook{ID: id, Title: title, Company: company, Enabled: enabled, EventTypes: types}
	}
	add("first", "acme", true, "OrderChanged", "OrderCreated")
	add("twice", "acme", true, "OrderChanged", "OrderChanged")
	add("off", "acme", false, "OrderChanged")
	add("other company", "globex", true, "OrderChanged")
	add("other type", "acme", true, "ProductChanged")
	index := match.Compile(d)

	for _, tt := range []struct {
		name, company, eventType string
		want                     []string
	}{
		{"all enabled hooks of the company, each once, oldest first", "acme", "OrderChanged", []string{"first", "twice"}},
		{"a second type of the same hook", "acme", "OrderCreated", []string{"first"}},
		{"another company's hook", "globex", "OrderChanged", []string{"other company"}},
		{"a type nobody wants", "acme", "TicketCreated", nil},
		{"an unknown company", "initech", "OrderChanged", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := index.Hooks(trade.Event{Company: tt.company, Type: tt.eventType})
			if len(got) != len(tt.want) {
				t.Fatalf("got %d hooks, want %v", len(got), tt.want)
			}
			for i, h := range got {
				if h.Title != tt.want[i] {
					t.Errorf("hook %d is %q, want %q", i, h.Title, tt.want[i])
				}
			}
		})
	}
}
