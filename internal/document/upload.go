package document

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// Upload is what one document is to hold, while it is being brought. It is for one
// goroutine. Close must be called at the end, whatever has come of it.
type Upload struct {
	archive *Archive
	company string
	id      uuid.UUID
	begun   time.Time
	kept    time.Time // when it was last noted that it is being brought

	size   int64
	hash   hash.Hash
	head   []byte // its first bytes
	chunks int
	object io.WriteCloser // in the bucket; nil if there is none, or it is whole
	cancel context.CancelFunc
	filed  bool
}

// headSize is how many of the first bytes show what a document is.
const headSize = 64

// Begin makes ready for a document of a company. It returns an error of fault hook.Busy
// if too many are being brought.
func (a *Archive) Begin(ctx context.Context, company string) (_ *Upload, err error) {
	if err := a.enter(company); err != nil {
		return nil, err
	}
	u := &Upload{archive: a, company: company, begun: time.Now(), kept: time.Now(), hash: sha256.New()}
	ctx, u.cancel = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			u.Close(ctx)
		}
	}()
	if u.id, err = uuid.NewV7(); err != nil {
		return nil, err
	}
	if err := a.Store.BeginContent(ctx, u.id, a.Bucket != nil, u.begun.Add(lease)); err != nil {
		return nil, err
	}
	if a.Bucket != nil {
		if u.object, err = a.Bucket.Create(ctx, u.id); err != nil {
			return nil, fmt.Errorf("begin an object in the bucket: %w", err)
		}
	}
	return u, nil
}

// Bring takes in all that r has, which is what the document holds. An error of r's is
// returned as it is. More than the largest size is an error of fault hook.TooLarge.
func (u *Upload) Bring(ctx context.Context, r io.Reader) error {
	room := u.archive.buffer()
	defer u.archive.buffers.Put(room)
	buf := room[:]
	for {
		n, err := u.fill(ctx, r, buf)
		if n > 0 {
			if err := u.add(ctx, buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fill reads until buf is full or r ends, and notes meanwhile that there is somebody.
func (u *Upload) fill(ctx context.Context, r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		if n += m; n == len(buf) {
			break
		}
		if err == nil {
			err = u.keep(ctx)
		}
	}
	return n, err
}

// keep notes that the document is still being brought, if that is due.
func (u *Upload) keep(ctx context.Context) error {
	now := time.Now()
	switch {
	case now.Sub(u.begun) > longest:
		return hook.Errorf(hook.Invalid, "the document has not come within %s; send it again, over a faster line", longest)
	case now.Sub(u.kept) < keepAfter:
		return nil
	}
	u.kept = now
	return u.hold(ctx)
}

// hold puts off that the upload is given up. Like all short steps, it is finished also
// when whoever sends has gone: the database's writer is not to be broken off.
func (u *Upload) hold(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forCommit)
	defer cancel()
	return u.archive.Store.KeepContent(ctx, u.id, time.Now().Add(lease))
}

func (u *Upload) add(ctx context.Context, bytes []byte) error {
	if u.size+int64(len(bytes)) > u.archive.MaxSize {
		return TooLarge(u.archive.MaxSize)
	}
	if len(u.head) < headSize {
		u.head = append(u.head, bytes[:min(len(bytes), headSize)]...)
	}
	u.size += int64(len(bytes))
	_, _ = u.hash.Write(bytes) // never fails
	if u.object != nil {
		if _, err := u.object.Write(bytes); err != nil {
			return fmt.Errorf("write to the bucket: %w", err)
		}
		return u.keep(ctx)
	}
	u.kept = time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forCommit)
	defer cancel()
	err := u.archive.Store.AddChunk(ctx, u.id, u.chunks, bytes, u.kept.Add(lease))
	u.chunks++
	u.archive.pass(len(bytes))
	return err
}

// TooLarge says that a document is larger than it may be.
func TooLarge(most int64) error {
	return hook.Errorf(hook.TooLarge, "the document is larger than %d bytes; send less, or have the operator raise --max-document", most)
}

// end makes sure that all that was brought is safe, and still there.
func (u *Upload) end(ctx context.Context) error {
	if u.object == nil {
		return nil
	}
	// So that nobody removes what is only about to be there.
	if err := u.hold(ctx); err != nil {
		return err
	}
	if err := u.object.Close(); err != nil {
		return fmt.Errorf("end an object in the bucket: %w", err)
	}
	u.object = nil
	return nil
}

// Close ends the upload. What belongs to no document by now is removed, also when ctx
// has ended.
func (u *Upload) Close(ctx context.Context) {
	defer u.archive.leave(u.company)
	u.cancel()
	if u.object != nil {
		_ = u.object.Close() // it was cancelled
	}
	if u.filed || u.id == uuid.Nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forCommit)
	defer cancel()
	err := u.archive.Store.GiveUpContent(ctx, u.id)
	if err == nil {
		_, err = u.archive.sweep(ctx)
	}
	if err != nil {
		u.archive.Log.WarnContext(ctx, "a document that was not accepted is removed later", "err", err)
	}
}
