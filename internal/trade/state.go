package trade

import (
	"encoding/json"
	"time"
)

// Scope says which state of its entity an event is about, and which lines of it.
type Scope struct {
	Version int64    `json:"version,omitempty"` // of the entity; 0: as it is when the event is told, all lines
	Lines   []string `json:"lines,omitempty"`   // the IDs of the order's lines that something happened to; with a version, none means its header alone
}

// State is what is known of an entity, as one of its versions. It never changes.
type State struct {
	Company string
	Entity  Entity
	Version int64           // counts the entity's states from 1
	Status  string          // the process status, so that lists can be filtered by it; empty if the entity has none
	At      time.Time       // when it came to be so, to the millisecond; later than that of the version before
	JSON    json.RawMessage // all of it, as package change writes it
}

// StateQuery asks for the newest states of entities of a company, from the one that
// changed first to the one that changed last. A field with its zero value asks for all
// of them, but for Company, Kind and Limit, which must be set.
type StateQuery struct {
	Company  string
	Kind     EntityKind
	Statuses []string  // any of them
	After    time.Time // only those changed later
	Until    time.Time // only those changed then or before
	Offset   int       // so many are left out
	Limit    int
	Newest   bool       // the other way round: first the one that changed last
	Beyond   StatePlace // only those that follow this one; zero: from the first
	Bare     bool       // without their JSON, which may be large
}

// StatePlace is where a state stands among those of a company.
type StatePlace struct {
	At time.Time
	ID string // of the entity; of those that changed at one time, the lower comes first
}
