package storetest

import (
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Idle is a deliverer that has no room: everything waits in the store.
type Idle struct{}

// Reserve makes no room.
func (Idle) Reserve([]hook.Job) uuid.UUID { return uuid.Nil }

// Start does nothing.
func (Idle) Start(uuid.UUID, []hook.Job) {}

// Release does nothing.
func (Idle) Release([]hook.Job) {}
