// Package match decides which hooks are told of an event. It is pure: an Index
// is compiled once from the directory and then only read.
package match

import (
	"bytes"
	"slices"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Index finds the hooks that want an event. It is safe for concurrent use.
type Index struct {
	hooks map[about][]*hook.Hook
}

// about is what hooks are looked up by.
type about struct{ company, eventType string }

// Compile makes the index of a directory. Hooks that are not enabled are left
// out.
func Compile(d *hook.Directory) *Index {
	x := &Index{hooks: make(map[about][]*hook.Hook)}
	for _, h := range d.Hooks {
		if !h.Enabled {
			continue
		}
		for _, t := range h.EventTypes {
			k := about{h.Company, t}
			if !slices.Contains(x.hooks[k], h) {
				x.hooks[k] = append(x.hooks[k], h)
			}
		}
	}
	for _, hs := range x.hooks {
		slices.SortFunc(hs, func(a, b *hook.Hook) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	}
	return x
}

// Hooks returns the hooks that are to be told of e, oldest first. The slice is
// shared and must not be changed.
func (x *Index) Hooks(e trade.Event) []*hook.Hook {
	return x.hooks[about{e.Company, e.Type}]
}
