package hook

import (
	"time"

	"github.com/google/uuid"
)

// JobState is where a DeliveryJob stands.
type JobState string

// The states of a job.
const (
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobCancelled JobState = "cancelled" // by somebody; what it has done stays done
	JobFailed    JobState = "failed"    // it could not go on; what it has done stays done
)

// DeliveryJob is an operation on all deliveries of a company that match a filter.
// It goes through them step by step.
type DeliveryJob struct {
	ID        uuid.UUID // version 7
	Company   string
	Command   Command
	Filter    DeliveryQuery // without Before and Limit
	State     JobState
	Reason    string // why it failed, in words
	By        string // who started it: an account.Actor's Name
	CreatedAt time.Time
	EndedAt   time.Time // zero while it runs

	Total   int          // deliveries that matched when it was made
	Partial bool         // they were too many to look at; more may have matched
	Done    int          // deliveries that it has operated on
	Skipped map[Skip]int // those that it has left alone, by reason
	Reached uuid.UUID    // how far it has come; the store's own matter
}

// Matching returns what the job's deliveries match: none is younger than the job,
// so that it ends however many come.
func (j *DeliveryJob) Matching() DeliveryQuery {
	q := j.Filter
	q.Company = j.Company
	if q.To.IsZero() || q.To.After(j.CreatedAt) {
		q.To = j.CreatedAt
	}
	return q
}

// JobRequest asks for a job to be made.
type JobRequest struct {
	Job DeliveryJob
	// IdempotencyKey makes a later request of the company with the same key a
	// repeat; empty if there is none.
	IdempotencyKey string
	// Fingerprint tells whether the key came with the same request.
	Fingerprint []byte
}

// JobReceipt says what became of a request for a job.
type JobReceipt struct {
	Job        DeliveryJob // the first one, if this is a repeat
	Repeated   bool
	Mismatched bool // the idempotency key was there already, for another request
}

// JobStep says what a step of a job came to.
type JobStep struct {
	Job  DeliveryJob // as it is now
	Owed []uuid.UUID // hooks of which deliveries are due now
}

// JobQuery asks for the jobs of a company, newest first.
type JobQuery struct {
	Company string
	Before  uuid.UUID // the last of the page before; zero: from the newest
	Limit   int
}

// Counts says how many deliveries an operation would touch. The numbers by state
// and those by hook add up to Total.
type Counts struct {
	Total   int
	ByState map[State]int
	ByHook  map[uuid.UUID]int
	Skipped map[Skip]int // that match as well, and would be left alone
	Partial bool         // there were too many to look at; these are of the oldest
}

// Matched returns how many deliveries matched in all.
func (c *Counts) Matched() int {
	n := c.Total
	for _, skipped := range c.Skipped {
		n += skipped
	}
	return n
}
