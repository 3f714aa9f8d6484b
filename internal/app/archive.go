package app

import (
	"cmp"
	"context"

	"github.com/waybillhq/waybill/internal/bucket"
	"github.com/waybillhq/waybill/internal/document"
)

const defaultDocument = 64 << 20

// BadDocuments says that documents can't be kept where the option says.
type BadDocuments struct{ Err error }

// Error says what is wrong.
func (e *BadDocuments) Error() string { return e.Err.Error() }

// Unwrap returns the same.
func (e *BadDocuments) Unwrap() error { return e.Err }

// openArchive makes what keeps documents.
func (a *App) openArchive(ctx context.Context, o Options, filer document.Filer, public string) error {
	a.archive = &document.Archive{
		Store: a.store, Filer: filer, PublicURL: public, MaxSize: cmp.Or(o.MaxDocument, defaultDocument), Log: o.Log,
	}
	if o.DocumentsURL == "" {
		return nil
	}
	b, err := bucket.Open(ctx, o.DocumentsURL)
	if err != nil {
		return &BadDocuments{err}
	}
	a.closers = append(a.closers, b.Close)
	a.archive.Bucket = b
	return nil
}
