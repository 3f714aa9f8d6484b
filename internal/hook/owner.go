package hook

import (
	"time"

	"github.com/google/uuid"
)

// Lanes says which nodes there are and which of them sends which hook that has
// limits: its owner.
type Lanes struct {
	Nodes  []Node // whose leases last
	Owners map[uuid.UUID]Owner
}

// Node is a process that sends.
type Node struct {
	ID      uuid.UUID
	Leaving bool // it takes no more lanes, since it stops
}

// Owner is the node that a hook's lane belongs to.
type Owner struct {
	Node  uuid.UUID // zero if it was given up
	Since time.Time // when it was taken or given up
}
