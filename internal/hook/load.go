package hook

import "time"

// Load is what a node has in hand at one moment.
type Load struct {
	Lanes     int // hooks that it has something to do for, or that failed lately
	Open      int // of these, hooks whose circuit is open: they are probed at growing intervals
	Held      int // deliveries that it holds: those under way, and the next ones
	Flying    int // requests under way
	Unsettled int // attempts that were made, or given up, and are not yet recorded
	Memory    int // bytes that all that takes, about
}

// Depth is what waits in the queue of all nodes at one moment.
type Depth struct {
	Levels [Highest + 1]Level // by priority
	Whole  bool               // all were counted; else there may be more than Levels say
}

// Level is what waits with one priority.
type Level struct {
	Due    int       // deliveries that are due
	Later  int       // deliveries that are due later, such as retries
	Oldest time.Time // since when the first of those is due that are sent; zero if none is
}

// Tally counts events by what became of them.
type Tally struct {
	Accepted int // stored
	Repeated int // not stored again, since they were there
	Refused  int // not valid, or with the idempotency key of another request
	Failed   int // valid, but they could not be stored
}
