// Package document takes in business documents and other files, keeps what they hold,
// and reads it back. What a document holds is brought first, in steps, and never whole in memory;
// then the document, the event that it raises and what is owed for that are stored in
// one commit. Objects, which orders and shipments point to, raise no event. What was
// brought and belongs to neither is removed.
package document

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Store is the part of the store that an Archive needs; see store.Store.
type Store interface {
	// BeginContent says that content is being brought, until leaseEnd.
	BeginContent(ctx context.Context, id uuid.UUID, inBucket bool, leaseEnd time.Time) error
	// KeepContent puts off the lease's end, or returns an error of fault hook.Conflict
	// if the content was given up.
	KeepContent(ctx context.Context, id uuid.UUID, leaseEnd time.Time) error
	// AddChunk adds a chunk to the content, and is as KeepContent besides.
	AddChunk(ctx context.Context, id uuid.UUID, number int, bytes []byte, leaseEnd time.Time) error
	// Chunk returns a chunk of content, in buf if that has room.
	Chunk(ctx context.Context, id uuid.UUID, number int, buf []byte) ([]byte, error)

	// GiveUpContent says that content is not brought any more, unless it belongs to
	// documents.
	GiveUpContent(ctx context.Context, id uuid.UUID) error
	// GiveUpStale says it of up to limit whose lease has ended, and returns how many.
	GiveUpStale(ctx context.Context, now time.Time, limit int) (int, error)
	// Removals returns up to limit contents that were given up and are to be removed.
	Removals(ctx context.Context, limit int) ([]hook.Removal, error)
	// RemoveChunks removes up to limit chunks of such content, and reports whether
	// nothing is left of it then.
	RemoveChunks(ctx context.Context, id uuid.UUID, limit int) (last bool, err error)

	// Document returns a document of a company. One that isn't there is an error of
	// fault hook.Missing; so with the next two.
	Document(ctx context.Context, company string, id uuid.UUID) (trade.Document, error)
	// DocumentByKey returns the document that was filed for a company with an
	// idempotency key.
	DocumentByKey(ctx context.Context, company, key string) (hook.FiledDocument, error)
	// NewestDocument returns the newest document of a kind, in one of the given formats,
	// of a deal.
	NewestDocument(ctx context.Context, company, transaction string, k trade.DocumentKind, formats ...trade.Format) (trade.Document, error)
	// AddObject stores an object, whose content belongs to it from then on. It is an
	// error of fault hook.Conflict if that was given up, and another one if the company
	// has an object with the same idempotency key.
	AddObject(ctx context.Context, o trade.Object, key string) error
	// Object returns an object of a company. One that isn't there is an error of fault
	// hook.Missing; so with the next two.
	Object(ctx context.Context, company string, id uuid.UUID) (trade.Object, error)
	// ObjectByKey returns the object that was added with an idempotency key.
	ObjectByKey(ctx context.Context, company, key string) (trade.Object, error)
	// DeleteObject removes an object of a company and gives up its content.
	DeleteObject(ctx context.Context, company string, id uuid.UUID) error
	// Deal returns a deal of a company, or an error of fault hook.Missing.
	Deal(ctx context.Context, company, transaction string) (trade.Deal, error)
	// Deals returns deals of a company, newest first.
	Deals(ctx context.Context, q trade.DealQuery) ([]trade.Deal, error)
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
}

// Filer stores documents with the events that they raise.
type Filer interface {
	// File does so in one commit and answers each event; see intake.Intake.
	File(ctx context.Context, f hook.Filing) ([]hook.Receipt, error)
}

// Bucket keeps what documents hold outside of the database. Its methods are safe for
// concurrent use.
type Bucket interface {
	// Create begins an object. It is there, whole and safe from a crash, when Close
	// returns nil, and not at all if ctx has ended before.
	Create(ctx context.Context, id uuid.UUID) (io.WriteCloser, error)
	// Open reads an object from an offset on.
	Open(ctx context.Context, id uuid.UUID, from int64) (io.ReadCloser, error)
	// Remove removes an object. It is no error if there is none.
	Remove(ctx context.Context, id uuid.UUID) error
}

// Archive takes documents in and reads them back. Its fields, of which Bucket alone
// may be nil, are set before use; then it is safe for concurrent use.
type Archive struct {
	Store     Store
	Filer     Filer
	Bucket    Bucket // nil: the database keeps all
	PublicURL string // what receivers reach the server by, without a slash at the end
	MaxSize   int64  // bytes of one document
	Log       *slog.Logger

	mu       sync.Mutex
	bringing map[string]int // by company: how many documents are being brought
	total    int            // of them
	large    sync.Mutex     // held while a large one is read

	buffers sync.Pool    // of *[chunkSize]byte
	passed  atomic.Int64 // bytes of chunks since garbage was last collected for them
}

const (
	chunkSize = 256 << 10        // bytes; a transaction on SQLite, which has one writer
	lease     = 5 * time.Minute  // content of which nothing comes for so long is given up
	keepAfter = time.Minute      // that it is still being brought is noted so often
	longest   = 2 * time.Hour    // after which a document must have come
	forCommit = 30 * time.Second // to clean up after a request that has ended
)

// How many documents may be brought at a time, for each of which memory is needed.
const (
	mostOfCompany = 16
	mostOfAll     = 64
)

// enter makes room for one more document of a company to be brought; leave must follow.
func (a *Archive) enter(company string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bringing == nil {
		a.bringing = make(map[string]int)
	}
	if a.bringing[company] >= mostOfCompany || a.total >= mostOfAll {
		return &hook.Error{
			Fault: hook.Busy, After: time.Second,
			Msg:    "too many documents are being brought at the same time; send this one again later",
			German: "Es werden zu viele Dokumente gleichzeitig übertragen; senden Sie dieses später noch einmal.",
		}
	}
	a.bringing[company]++
	a.total++
	return nil
}

func (a *Archive) leave(company string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total--
	if a.bringing[company]--; a.bringing[company] == 0 {
		delete(a.bringing, company)
	}
}

// heap is how many bytes of chunks may have become garbage before it is collected.
const heap = 8 << 20

// pass notes that a chunk has passed through memory. The collector waits until there is
// several times as much garbage as there is in use, which is right for many small
// things; of chunks, that would be more than all else that the server needs.
func (a *Archive) pass(bytes int) {
	if a.passed.Add(int64(bytes)) >= heap {
		a.passed.Store(0)
		runtime.GC()
	}
}

// buffer returns room for a chunk, which is to be given back.
func (a *Archive) buffer() *[chunkSize]byte {
	if b, ok := a.buffers.Get().(*[chunkSize]byte); ok {
		return b
	}
	return new([chunkSize]byte)
}

// now is the time as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
