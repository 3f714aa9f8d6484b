package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// ObjectRequest is what goes with an Upload when it becomes an object.
type ObjectRequest struct {
	Company        string // it must be there
	Filename       string
	MediaType      string // empty: nobody knows
	SHA256         []byte // that it must have; nil: any
	IdempotencyKey string // empty if there is none
}

const (
	maxFilename  = 200 // bytes: file systems mostly take 255
	maxMediaType = 200
	unknownType  = "application/octet-stream"
)

// Check finds everything that is wrong with a request by itself, and puts the media
// type into one form. The error is a *hook.Error.
func (r *ObjectRequest) Check() error {
	var wrong problems
	switch name := r.Filename; {
	case name == "":
		wrong.missing("filename")
	case len(name) > maxFilename:
		wrong.add("filename", fmt.Sprintf("it is longer than %d bytes; shorten it", maxFilename),
			fmt.Sprintf("Der Name ist länger als %d Bytes; kürzen Sie ihn.", maxFilename))
	case !utf8.ValidString(name) || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, deceptive) || strings.Trim(name, " .") == "":
		wrong.add("filename", "it is not the name of a file: it has a slash, a backslash or a control character, or nothing but dots; send the name alone, without folders",
			"Das ist kein Dateiname: er enthält einen Schrägstrich, einen umgekehrten Schrägstrich oder ein Steuerzeichen oder besteht nur aus Punkten; senden Sie nur den Namen, ohne Ordner.")
	}
	if r.MediaType == "" {
		r.MediaType = unknownType
	}
	mediaType, parameters, err := mime.ParseMediaType(r.MediaType)
	plain := mime.FormatMediaType(mediaType, parameters)
	if err != nil || plain == "" || len(plain) > maxMediaType || !strings.Contains(mediaType, "/") {
		wrong.add("Content-Type", "it is not a media type; send one such as application/pdf, or none",
			"Das ist kein Medientyp; senden Sie einen wie application/pdf oder keinen.")
	}
	r.MediaType = plain
	return wrong.err()
}

// deceptive reports whether a character makes a name look like another, or breaks it
// into lines.
func deceptive(c rune) bool {
	return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029'
}

// Keep stores what was brought as an object. When it returns without an error, the
// object survives a crash; otherwise nothing is left of it once the upload is closed.
// With the idempotency key of an earlier request, which must have been the same, the
// object is that one's, and repeated is true.
func (a *Archive) Keep(ctx context.Context, u *Upload, r ObjectRequest) (o trade.Object, repeated bool, err error) {
	if err := r.Check(); err != nil {
		return trade.Object{}, false, err
	}
	sum, err := u.whole(ctx, r.SHA256)
	if err != nil {
		return trade.Object{}, false, err
	}
	if first, found, err := a.kept(ctx, r, sum); found || err != nil {
		return first, found, err
	}
	o = trade.Object{
		ID: u.id, Company: r.Company, Filename: r.Filename, MediaType: r.MediaType,
		Size: u.size, SHA256: sum, CreatedAt: now(), InBucket: a.Bucket != nil,
	}
	commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), forCommit)
	defer cancel()
	if err := a.Store.AddObject(commit, o, r.IdempotencyKey); err != nil {
		// Another request with the same key may have come first.
		if first, found, again := a.kept(ctx, r, sum); found {
			return first, true, again
		}
		return trade.Object{}, false, fmt.Errorf("keep object %s: %w", o.ID, err)
	}
	u.filed = true
	return o, false, nil
}

// kept returns the object of an earlier request with the same idempotency key, and
// whether there is one.
func (a *Archive) kept(ctx context.Context, r ObjectRequest, sum [sha256.Size]byte) (trade.Object, bool, error) {
	if r.IdempotencyKey == "" {
		return trade.Object{}, false, nil
	}
	first, err := a.Store.ObjectByKey(ctx, r.Company, r.IdempotencyKey)
	switch {
	case hook.FaultOf(err) == hook.Missing:
		return trade.Object{}, false, nil
	case err != nil:
		return trade.Object{}, false, err
	case first.Filename != r.Filename || first.MediaType != r.MediaType || first.SHA256 != sum:
		return trade.Object{}, true, invalid("Idempotency-Key", "the key was used for another request; use a new key for each object",
			"Der Schlüssel wurde für eine andere Anfrage verwendet; verwenden Sie für jede Datei einen neuen.")
	}
	return first, true, nil
}

// Object returns an object of a company. Its documents are objects too, by their IDs.
// If there is none, the error is of fault hook.Missing.
func (a *Archive) Object(ctx context.Context, company string, id uuid.UUID) (trade.Object, error) {
	o, err := a.Store.Object(ctx, company, id)
	if hook.FaultOf(err) != hook.Missing {
		return o, err
	}
	d, docErr := a.Store.Document(ctx, company, id)
	if hook.FaultOf(docErr) == hook.Missing {
		return trade.Object{}, err
	}
	return d.Object(), docErr
}

// FetchObject returns what an object holds. Reads of it end with ctx.
func (a *Archive) FetchObject(ctx context.Context, o trade.Object) (Download, error) {
	if o.InBucket && a.Bucket == nil {
		return Download{}, errNoBucket
	}
	return Download{
		Content: a.open(ctx, o.ID, o.Size, o.InBucket), SHA256: o.SHA256, MediaType: o.MediaType, Filename: o.Filename, At: o.CreatedAt,
	}, nil
}

// DeleteObject removes an object of a company with what it holds. Documents stay: for
// them, as for what isn't there, the error is of fault hook.Missing.
func (a *Archive) DeleteObject(ctx context.Context, company string, id uuid.UUID) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forCommit)
	defer cancel()
	if err := a.Store.DeleteObject(ctx, company, id); err != nil {
		return err
	}
	if _, err := a.sweep(ctx); err != nil {
		a.Log.WarnContext(ctx, "what an object held is removed later", "err", err)
	}
	return nil
}

// whole makes sure that all of a document has come, and returns its SHA-256, which
// must be the expected one unless that is nil.
func (u *Upload) whole(ctx context.Context, expected []byte) ([sha256.Size]byte, error) {
	if err := u.end(ctx); err != nil {
		return [sha256.Size]byte{}, err
	}
	sum := [sha256.Size]byte(u.hash.Sum(nil))
	if expected != nil && !bytes.Equal(expected, sum[:]) {
		return sum, invalid("Content-Digest", "what came has another SHA-256; send it again",
			"Was ankam, hat einen anderen SHA-256; senden Sie es noch einmal.")
	}
	if u.size == 0 {
		return sum, invalid("", "the document is empty; send what it holds", "Das Dokument ist leer; senden Sie seinen Inhalt.")
	}
	return sum, nil
}
