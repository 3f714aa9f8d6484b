package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/opentrans"
	"github.com/waybillhq/waybill/internal/trade"
)

// Download is a document as a receiver gets it.
type Download struct {
	Content   io.ReadSeekCloser // to be closed
	SHA256    [32]byte          // of all of it
	MediaType string
	Filename  string    // that it is to be kept by; empty if that is for the receiver to choose
	At        time.Time // when it was brought
}

// Download returns the newest document of a kind, in a format, of a deal of a company.
// If there is none, the error is of fault hook.Missing. Reads of it end with ctx.
func (a *Archive) Download(ctx context.Context, company, transaction string, k trade.DocumentKind, f trade.Format) (Download, error) {
	formats := []trade.Format{f}
	if f == trade.XML {
		formats = append(formats, trade.JSON)
	}
	d, err := a.Store.NewestDocument(ctx, company, transaction, k, formats...)
	if err != nil {
		return Download{}, err
	}
	if d.Format != f {
		return a.render(ctx, d)
	}
	return a.Fetch(ctx, d)
}

// render returns a document that was brought as JSON as openTRANS, which is XML.
func (a *Archive) render(ctx context.Context, d trade.Document) (Download, error) {
	defer a.readLarge(d.Size)()
	content, err := a.Open(ctx, d)
	if err != nil {
		return Download{}, err
	}
	defer content.Close()
	read, err := opentrans.ReadJSON(content, limits())
	if err != nil {
		return Download{}, fmt.Errorf("read document %s, which was read before: %w", d.ID, unexpected(err))
	}
	var text bytes.Buffer
	if err := opentrans.Write(&text, read); err != nil {
		return Download{}, fmt.Errorf("render document %s: %w", d.ID, unexpected(err))
	}
	return Download{
		Content: nopCloser{bytes.NewReader(text.Bytes())}, SHA256: sha256.Sum256(text.Bytes()),
		MediaType: trade.XML.MediaType(), At: d.CreatedAt,
	}, nil
}

// unexpected makes of what a sender could mend what only the log is to say.
func unexpected(err error) error { return errors.New(err.Error()) }

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

// Fetch returns a document as it was brought. Reads of it end with ctx.
func (a *Archive) Fetch(ctx context.Context, d trade.Document) (Download, error) {
	content, err := a.Open(ctx, d)
	if err != nil {
		return Download{}, err
	}
	return Download{Content: content, SHA256: d.SHA256, MediaType: d.Format.MediaType(), At: d.CreatedAt}, nil
}

// Serve answers a request with the document, or a part of it, or that it hasn't
// changed: Range, If-Range, If-None-Match and HEAD are as RFC 9110 says. The entity
// tag is its SHA-256.
func (d *Download) Serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", d.MediaType)
	if d.Filename != "" {
		h.Set("Content-Disposition", attachment(d.Filename))
	}
	h.Set("ETag", `"`+hex.EncodeToString(d.SHA256[:])+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // a producer may have written a page
	p := &patient{w}
	defer p.end()
	http.ServeContent(p, r, "", d.At, d.Content)
}

// attachment says that an answer is a file of a name (RFC 6266): in ASCII, and if that
// isn't all of it, as it is (RFC 8187). Whatever the name is, it stays within quotes.
func attachment(name string) string {
	plain := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%' { // % is taken for an escape by some
			return '_'
		}
		return c
	}, name)
	if plain == name {
		return `attachment; filename="` + name + `"`
	}
	var exact strings.Builder
	for _, c := range []byte(name) {
		if strings.IndexByte(attributeChars, c) >= 0 {
			exact.WriteByte(c)
		} else {
			fmt.Fprintf(&exact, "%%%02X", c)
		}
	}
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + exact.String()
}

// attributeChars are those that need no escape (RFC 8187, section 3.2.1).
const attributeChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"

// patience is how long a receiver may take to read a part of a document.
const patience = time.Minute

// patient gives whoever reads an answer time for each part of it.
type patient struct{ http.ResponseWriter }

// Write writes a part.
func (p *patient) Write(b []byte) (int, error) {
	p.until(time.Now().Add(patience))
	return p.ResponseWriter.Write(b)
}

// end takes the limit away: the connection may be used again.
func (p *patient) end() { p.until(time.Time{}) }

func (p *patient) until(deadline time.Time) {
	// Not all writers have deadlines; those of the server do.
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(deadline)
}
