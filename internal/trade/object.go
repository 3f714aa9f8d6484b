package trade

import (
	"time"

	"github.com/google/uuid"
)

// Object is a file that a company's orders and shipments can point to, by its ID. It
// never changes.
type Object struct {
	ID        uuid.UUID // version 7
	Company   string
	Filename  string // that a receiver may keep it by; see package document for what one can be
	MediaType string // of what it holds (RFC 9110, section 8.3.1), perhaps with parameters
	Size      int64  // bytes
	SHA256    [32]byte
	CreatedAt time.Time
	InBucket  bool // what it holds is in the bucket, not in the database
}

// Object returns the document as an object, which it can be used as: as it was brought.
func (d *Document) Object() Object {
	return Object{
		ID: d.ID, Company: d.Company, Filename: d.Kind.File() + "-" + d.TransactionID + "." + d.Format.Extension(),
		MediaType: d.Format.MediaType(), Size: d.Size, SHA256: d.SHA256, CreatedAt: d.CreatedAt, InBucket: d.InBucket,
	}
}
