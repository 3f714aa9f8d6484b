package account

import (
	"slices"

	"github.com/waybillhq/waybill/internal/trade"
)

// Module is a part of a company's contract.
type Module struct {
	ID      string // lower-case letters, digits and hyphens
	Label   trade.Text
	Unlocks bool // webhook settings
}

// Modules are those that contracts can have.
type Modules []Module

// DefaultModules returns those there are unless the operator says otherwise:
// each of them unlocks webhook settings.
func DefaultModules() Modules {
	return Modules{
		{"business-api", trade.Text{EN: "Business API", DE: "Business-API"}, true},
		{"individual-api-integration", trade.Text{EN: "Individual API integration", DE: "Individuelle API-Anbindung"}, true},
		{"standard-integration", trade.Text{EN: "Standard integration", DE: "Standardanbindung"}, true},
	}
}

// Known reports whether there is a module with an ID.
func (ms Modules) Known(id string) bool {
	return slices.ContainsFunc(ms, func(m Module) bool { return m.ID == id })
}

// IDs returns the IDs of the modules.
func (ms Modules) IDs() []string {
	ids := make([]string, 0, len(ms))
	for _, m := range ms {
		ids = append(ids, m.ID)
	}
	return ids
}

// Unlock reports whether one of the modules with the given IDs unlocks webhook
// settings.
func (ms Modules) Unlock(ids []string) bool {
	return slices.ContainsFunc(ms, func(m Module) bool { return m.Unlocks && slices.Contains(ids, m.ID) })
}

// Unlocking returns the labels of the modules that unlock webhook settings.
func (ms Modules) Unlocking() (english, german []string) {
	for _, m := range ms {
		if m.Unlocks {
			english, german = append(english, m.Label.EN), append(german, m.Label.DE)
		}
	}
	return english, german
}
