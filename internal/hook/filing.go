package hook

import (
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/trade"
)

// Filing is a document as each company has it that it concerns, or a status without
// one, to be remembered with the events that are raised by it.
type Filing struct {
	Company string // that it was brought for
	// IdempotencyKey makes a later filing for Company with the same key fail; empty if
	// there is none. It is kept with the document.
	IdempotencyKey string
	// Fingerprint tells whether a repeated IdempotencyKey came with the same request.
	Fingerprint []byte
	// Documents have one ID, of content that was brought before. None, if only a
	// status has changed.
	Documents []trade.Document
	// Deals are what is new of them; what is empty stays as it is stored, and Kinds
	// are added to those stored.
	Deals []trade.Deal
	// Acceptances are of the events.
	Acceptances []Acceptance
}

// FiledDocument is a document with what came with the request that brought it.
type FiledDocument struct {
	trade.Document
	Fingerprint []byte
}

// Removal is content that was given up, whose bytes are to be removed.
type Removal struct {
	ID       uuid.UUID
	InBucket bool // they are there, not in the database
}
