package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybillhq/waybill/internal/hook"
)

// groupRows bounds how many events and attempts share a commit, and so how long
// the first of them waits.
const groupRows = 4096

// work is what one caller of Accept or Settle wants to have committed.
type work struct {
	accept   []hook.Acceptance
	receipts []hook.Receipt // an answer for each of accept

	node   uuid.UUID
	settle []hook.Settlement
	held   []bool // for each of settle: whether the node still held the delivery

	err  error
	turn chan bool // true: commit for everyone who waits; false: it is done
}

func (w *work) rows() int { return len(w.accept) + len(w.settle) }

// committer lets callers that come at the same time share a transaction, and
// so the wait for the disk. It has no goroutine of its own: the first caller
// commits for all who have come meanwhile, then hands over to one of those who
// came later.
type committer struct {
	run func([]*work) // one transaction; sets the err of each

	mu      sync.Mutex
	busy    bool
	waiting []*work
}

// do returns when w is committed or has failed.
func (c *committer) do(w *work) error {
	w.turn = make(chan bool, 1)
	c.mu.Lock()
	c.waiting = append(c.waiting, w)
	lead := !c.busy
	c.busy = true
	c.mu.Unlock()

	if !lead {
		lead = <-w.turn
	}
	if lead {
		c.lead(w)
	}
	return w.err
}

// lead commits the group that own is the first of and passes the lead on.
func (c *committer) lead(own *work) {
	runtime.Gosched() // callers that are about to come get in: a commit costs nearly the same for more
	c.mu.Lock()
	n, rows := 0, 0
	for n < len(c.waiting) && (n == 0 || rows+c.waiting[n].rows() <= groupRows) {
		rows += c.waiting[n].rows()
		n++
	}
	group := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	c.mu.Unlock()

	c.run(group)

	c.mu.Lock()
	c.busy = len(c.waiting) > 0
	if c.busy {
		c.waiting[0].turn <- true
	}
	c.mu.Unlock()
	for _, w := range group {
		if w != own {
			w.turn <- false
		}
	}
}

// commit writes a group in one transaction. If that fails, each is tried alone,
// so that one that cannot be written spoils only itself.
func (s *Store) commit(group []*work) {
	// Not the callers' contexts: one that gives up must not take others along.
	ctx := context.Background()
	err := s.commitTogether(ctx, group)
	if err == nil || (len(group) == 1 && !collided(err)) {
		group[0].err = err
		return
	}
	for _, w := range group {
		for try, again := 0, true; again; try++ {
			w.err = s.commitTogether(ctx, []*work{w})
			again = collided(w.err) && try < collisions
		}
	}
}

// collisions bounds how often one commit is tried again for colliding.
const collisions = 4

// collided reports whether err says that another node wrote the same key at the
// same time (unique_violation, deadlock_detected): the next try finds it there,
// unless it meets yet another node.
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "23505" || e.Code == "40P01")
}

func (s *Store) commitTogether(ctx context.Context, group []*work) error {
	known, err := s.knownKeys(ctx, group)
	if err != nil {
		return fmt.Errorf("find keys: %w", err)
	}
	err = s.writer.inTx(ctx, func(tx hotTx) error {
		if err := s.writeSettlements(ctx, tx, group); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if err := s.writeAcceptances(ctx, tx, group, known); err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		return nil
	})
	s.noteDoubt(err)
	return err
}

// noteDoubt notes that err may have hidden a commit. SQLite's errors leave no
// doubt.
func (s *Store) noteDoubt(err error) {
	if s.many && mayHideCommit(err) {
		s.doubt.Store(true)
	}
}

// mayHideCommit reports whether PostgreSQL may have committed though err came
// back: it came from the way there, not from there, and not before anything was
// sent.
func mayHideCommit(err error) bool {
	if err == nil || pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn) {
		return false
	}
	_, told := errors.AsType[*pgconn.PgError](err)
	_, notReached := errors.AsType[*pgconn.ConnectError](err)
	return !told && !notReached
}

// TakeDoubt reports whether, since it was last called, a node may have been
// given deliveries without being told, because the connection broke before the
// answer came. It should join anew then, so that they are taken over.
func (s *Store) TakeDoubt() bool { return s.doubt.Swap(false) }
