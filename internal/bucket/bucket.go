// Package bucket keeps what documents hold outside of the database: in a folder, or in
// an S3-compatible bucket.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"github.com/google/uuid"
	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // the scheme s3
	"gocloud.dev/gcerrors"
)

// Bucket is an open folder or bucket. Its methods are safe for concurrent use.
type Bucket struct{ place }

// place is where objects are.
type place interface {
	// Create begins an object. It is there, whole and safe from a crash, when Close
	// returns nil, and not at all if ctx has ended before.
	Create(ctx context.Context, id uuid.UUID) (io.WriteCloser, error)
	// Open reads an object from an offset on.
	Open(ctx context.Context, id uuid.UUID, from int64) (io.ReadCloser, error)
	// Remove removes an object, and what was begun of it. It is no error if there is
	// none.
	Remove(ctx context.Context, id uuid.UUID) error
	// Close is called last.
	Close() error
}

// Open opens the folder that is named by a URL file:///PATH, which is made if it isn't
// there, or the bucket s3://NAME?region=…&endpoint=…&use_path_style=true, for which
// credentials are where AWS's own programs look for them. It finds out whether the
// place can be used. Call Close when done.
func Open(ctx context.Context, location string) (*Bucket, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, errors.New("open the place of documents: its URL can't be read") // it may hold secrets
	}
	if u.Scheme == "file" {
		f, err := openFolder(ctx, filepath.FromSlash(u.Path))
		if err != nil {
			return nil, fmt.Errorf("open the folder of documents: %w", err)
		}
		return &Bucket{f}, nil
	}
	blobs, err := blob.OpenBucket(ctx, location)
	if err != nil {
		return nil, fmt.Errorf("open the bucket of documents: %w", err)
	}
	switch ok, err := blobs.IsAccessible(ctx); {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("open the bucket of documents: %w", err), blobs.Close())
	case !ok:
		return nil, errors.Join(fmt.Errorf("open the bucket of documents: there is no bucket %s", u.Host), blobs.Close())
	}
	return &Bucket{remote{blobs}}, nil
}

// key names an object. Its last digits spread objects over 256 folders.
func key(id uuid.UUID) string {
	text := id.String()
	return text[len(text)-2:] + "/" + text
}

// remote is a bucket elsewhere.
type remote struct{ blobs *blob.Bucket }

// partSize bounds the memory that an object takes while it is written: it goes there in
// parts of so many bytes, one at a time. An object has 10,000 parts at most.
const partSize = 8 << 20

// Create begins an upload in parts, which is not an object until it ends.
func (r remote) Create(ctx context.Context, id uuid.UUID) (io.WriteCloser, error) {
	return r.blobs.NewWriter(ctx, key(id), &blob.WriterOptions{
		ContentType: "application/octet-stream", DisableContentTypeDetection: true, BufferSize: partSize, MaxConcurrency: 1,
	})
}

// Open reads an object from an offset on.
func (r remote) Open(ctx context.Context, id uuid.UUID, from int64) (io.ReadCloser, error) {
	return r.blobs.NewRangeReader(ctx, key(id), from, -1, nil)
}

// Remove removes an object.
func (r remote) Remove(ctx context.Context, id uuid.UUID) error {
	if err := r.blobs.Delete(ctx, key(id)); gcerrors.Code(err) != gcerrors.NotFound {
		return err
	}
	return nil
}

// Close closes the connection to the bucket.
func (r remote) Close() error { return r.blobs.Close() }
