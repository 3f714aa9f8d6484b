package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybillhq/waybill/internal/hook"
)

// groupRows bounds how many events and attempts share a commit, and so how long
// the first of them waits.
const groupRows = 4096

// work is what one caller of Accept, File, Revise or Settle wants to have committed.
type work struct {
	accept   []hook.Acceptance
	receipts []hook.Receipt // an answer for each of accept
	file     *hook.Filing   // what else belongs to accept; nil: nothing
	revise   *revision      // the same; with it, accept is stored as a whole or not at all

	node   uuid.UUID
	settle []hook.Settlement
	held   []bool // for each of settle: whether the node still held the delivery

	err  error
	done chan struct{} // closed when it is committed or has failed
}

func (w *work) rows() int {
	n := len(w.accept) + len(w.settle) + w.revise.rows()
	if w.file != nil {
		n += len(w.file.Documents) + len(w.file.Deals)
	}
	return n
}

// committer lets callers that come at the same time share a transaction, and
// so the wait for the disk. While any wait, a goroutine commits one group after
// another. It tells a group's callers what came of it when the next group is
// with the database, which then doesn't wait for the callers to be woken.
type committer struct {
	// run commits a group in one transaction and sets the err of each. It calls
	// sent, once or more, when all that is left is to wait for the database.
	run   func(group []*work, sent func())
	apart bool // the database is a process apart; else there is no such wait

	mu      sync.Mutex
	busy    bool
	waiting []*work
	loops   sync.WaitGroup
}

// do returns when w is committed or has failed.
func (c *committer) do(w *work) error {
	w.done = make(chan struct{})
	c.mu.Lock()
	c.waiting = append(c.waiting, w)
	begin := !c.busy
	c.busy = true
	c.mu.Unlock()
	if begin {
		c.loops.Go(c.loop)
	}
	<-w.done
	return w.err
}

// loop commits until nobody waits.
func (c *committer) loop() {
	var before []*work // committed, and not told yet
	tell := func() {
		for _, w := range before {
			close(w.done)
		}
		before = nil
	}
	for {
		if !c.apart {
			tell()
		}
		runtime.Gosched() // callers that are about to come get in: a commit costs nearly the same for more
		group := c.next()
		if len(group) == 0 {
			tell()
			return
		}
		c.run(group, tell)
		tell() // if it failed before anything was sent
		before = group
	}
}

// next takes the works that are to share the next transaction. If there are
// none, the loop must end.
func (c *committer) next() []*work {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, rows := 0, 0
	for n < len(c.waiting) && (n == 0 || rows+c.waiting[n].rows() <= groupRows) {
		rows += c.waiting[n].rows()
		n++
	}
	group := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	c.busy = n > 0
	return group
}

// commit writes a group in one transaction. If that fails, each is tried alone,
// so that one that cannot be written spoils only itself.
func (s *Store) commit(group []*work, sent func()) {
	// Not the callers' contexts: one that gives up must not take others along.
	ctx := context.Background()
	err := s.commitTogether(ctx, group, sent)
	if err == nil || (len(group) == 1 && !collided(err)) {
		group[0].err = err
		return
	}
	for _, w := range group {
		for try, again := 0, true; again; try++ {
			w.err = s.commitTogether(ctx, []*work{w}, sent)
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

func (s *Store) commitTogether(ctx context.Context, group []*work, sent func()) (err error) {
	start := time.Now()
	defer func() { s.committed(group, start, err) }()
	known, err := s.knownKeys(ctx, group, sent)
	if err != nil {
		return fmt.Errorf("find keys: %w", err)
	}
	fit, err := s.withoutStale(ctx, group, known, sent)
	if err != nil {
		return fmt.Errorf("find versions: %w", err)
	}
	if len(fit) == 0 {
		return nil
	}
	err = s.writer.inTx(ctx, sent, func(tx hotTx) error {
		if err := s.lockGroups(ctx, tx, fit); err != nil {
			return fmt.Errorf("lock groups: %w", err)
		}
		if err := s.writeSettlements(ctx, tx, fit); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if err := s.writeAcceptances(ctx, tx, fit, known); err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		if err := s.writeFilings(ctx, tx, fit); err != nil {
			return fmt.Errorf("file: %w", err)
		}
		if err := s.writeRevisions(ctx, tx, fit); err != nil {
			return fmt.Errorf("revise: %w", err)
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
