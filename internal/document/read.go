package document

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/trade"
)

// errNoBucket is for the log.
var errNoBucket = errors.New("a document's content is in a bucket, and none is configured: set --documents-url as it was")

// Open returns what a document holds. Reads of it end with ctx; it is for one
// goroutine.
func (a *Archive) Open(ctx context.Context, d trade.Document) (io.ReadSeekCloser, error) {
	if d.InBucket && a.Bucket == nil {
		return nil, errNoBucket
	}
	return a.open(ctx, d.ID, d.Size, d.InBucket), nil
}

func (a *Archive) open(ctx context.Context, id uuid.UUID, size int64, inBucket bool) io.ReadSeekCloser {
	place := place{size: size}
	if inBucket {
		return &objectReader{ctx: ctx, place: place, bucket: a.Bucket, id: id}
	}
	return &chunkReader{ctx: ctx, place: place, archive: a, id: id, number: -1}
}

// place is where a reader stands.
type place struct{ at, size int64 }

func (p *place) seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	p.at = offset
	return offset, nil
}

// chunkReader reads content out of the database, each chunk in a transaction of its
// own, so that no slow client holds one.
type chunkReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no place for it
	place
	archive *Archive
	id      uuid.UUID
	number  int // of chunk; -1 if there is none
	chunk   []byte
}

// Seek moves to where the next Read begins.
func (r *chunkReader) Seek(offset int64, whence int) (int64, error) { return r.seek(offset, whence) }

// Read reads from at most one chunk.
func (r *chunkReader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if number := int(r.at / chunkSize); number != r.number {
		r.number = -1
		chunk, err := r.archive.Store.Chunk(r.ctx, r.id, number, r.chunk)
		if err != nil {
			return 0, err
		}
		r.archive.pass(len(chunk))
		if want := min(chunkSize, r.size-int64(number)*chunkSize); int64(len(chunk)) != want {
			return 0, fmt.Errorf("chunk %d of content %s has %d bytes in place of %d", number, r.id, len(chunk), want)
		}
		r.number, r.chunk = number, chunk
	}
	n := copy(p, r.chunk[r.at%chunkSize:])
	r.at += int64(n)
	return n, nil
}

// Close does nothing.
func (r *chunkReader) Close() error { return nil }

// objectReader reads content out of the bucket.
type objectReader struct {
	ctx context.Context //nolint:containedctx // io.Reader has no place for it
	place
	bucket Bucket
	id     uuid.UUID
	open   io.ReadCloser // nil: not where the next Read begins
}

// Seek moves to where the next Read begins.
func (r *objectReader) Seek(offset int64, whence int) (int64, error) {
	before := r.at
	at, err := r.seek(offset, whence)
	if at != before {
		err = errors.Join(err, r.Close())
	}
	return at, err
}

// Read reads from where the reader stands.
func (r *objectReader) Read(p []byte) (int, error) {
	if r.at >= r.size {
		return 0, io.EOF
	}
	if r.open == nil {
		var err error
		if r.open, err = r.bucket.Open(r.ctx, r.id, r.at); err != nil {
			return 0, err
		}
	}
	n, err := r.open.Read(p)
	r.at += int64(n)
	if errors.Is(err, io.EOF) && r.at < r.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close ends reading.
func (r *objectReader) Close() error {
	if r.open == nil {
		return nil
	}
	err := r.open.Close()
	r.open = nil
	return err
}
