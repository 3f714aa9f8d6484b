package main

import (
	"os"
	"runtime/debug"
)

// boundMemory has garbage collected seldom as long as there is room, and as
// often as it takes when there isn't: what deliveries may take, twice, and a
// little for everything else. Go's own variables go before it.
func boundMemory(deliveries int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(2*int64(deliveries) + 32<<20)
	}
}
