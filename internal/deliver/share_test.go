package deliver

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestShare(t *testing.T) {
	t.Parallel()
	h := uuid.MustParse("01890000-0000-7000-8000-000000000001")
	me, other, gone := uuid.UUID{15: 1}, uuid.UUID{15: 2}, uuid.UUID{15: 3}
	both := []hook.Node{{ID: me}, {ID: other}}
	if firstFor(h, both) != me {
		me, other = other, me
	}
	node := func(id uuid.UUID, leaving bool) hook.Node { return hook.Node{ID: id, Leaving: leaving} }
	for name, tt := range map[string]struct {
		node  uuid.UUID
		nodes []hook.Node
		owner uuid.UUID
		want  string
	}{
		"nobody's is taken by the first":           {me, both, uuid.Nil, "take"},
		"and by no other":                          {other, both, uuid.Nil, ""},
		"a dead node's is taken by the first":      {me, both, gone, "take"},
		"and by no other, too":                     {other, both, gone, ""},
		"the first keeps its own":                  {me, both, me, "keep"},
		"another gives it up":                      {other, both, other, "give"},
		"but the first doesn't take it before":     {me, both, other, "foreign"},
		"a leaving node gives it up":               {me, []hook.Node{node(me, true), node(other, false)}, me, "give"},
		"to the next":                              {other, []hook.Node{node(me, true), node(other, false)}, uuid.Nil, "take"},
		"who waits until it did":                   {other, []hook.Node{node(me, true), node(other, false)}, me, "foreign"},
		"if all are leaving, it stays where it is": {me, []hook.Node{node(me, true), node(other, true)}, me, "keep"},
		"and nobody takes it":                      {me, []hook.Node{node(me, true), node(other, true)}, gone, ""},
		"a node without a lease takes nothing":     {me, []hook.Node{node(other, false)}, gone, ""},
	} {
		lanes := hook.Lanes{Nodes: tt.nodes, Owners: map[uuid.UUID]hook.Owner{h: {Node: tt.owner}}}
		s := share(tt.node, []uuid.UUID{h}, lanes)
		var got string
		for name, ids := range map[string][]uuid.UUID{"keep": s.keep, "give": s.give, "foreign": s.foreign} {
			if slices.Equal(ids, []uuid.UUID{h}) {
				got = strings.Join([]string{got, name}, "")
			}
		}
		if o, ok := s.take[h]; ok {
			if got += "take"; o.Node != tt.owner {
				t.Errorf("%s: it is taken from %v, want %v", name, o.Node, tt.owner)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// When a node comes, only lanes that are its own from then on move.
func TestLanesMoveToTheNewNodeOnly(t *testing.T) {
	t.Parallel()
	var nodes []hook.Node
	for i := range 4 {
		nodes = append(nodes, hook.Node{ID: uuid.UUID{15: byte(i + 1)}})
	}
	count := make(map[uuid.UUID]int)
	for i := range 1000 {
		id := uuid.UUID{0: byte(i >> 8), 1: byte(i)}
		before, after := firstFor(id, nodes[:3]), firstFor(id, nodes)
		if after != before && after != nodes[3].ID {
			t.Fatalf("a lane moved from %v to %v when %v came", before, after, nodes[3].ID)
		}
		count[after]++
	}
	for _, n := range nodes {
		if c := count[n.ID]; c < 200 || c > 300 {
			t.Errorf("a node of four has %d lanes of 1000, want about 250", c)
		}
	}
}
