package api

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"strconv"
	"strings"

	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	formOverhead = 64 << 10 // bytes of a form besides the document
	mostFields   = 30
	mostValue    = 1 << 10 // bytes
	fileField    = "file"
)

// details are what a form says of its file.
type details interface {
	// readField takes the field of a name. It goes before one in the query.
	readField(name, value string) error
	// readFile takes what the head of the file says, before the file is read.
	readFile(part *multipart.Part)
}

// bringForm takes in what is the file of a form (RFC 7578), and the details that are
// its fields.
func bringForm(ctx context.Context, u *document.Upload, body io.Reader, boundary string, d details) error {
	if boundary == "" {
		return hook.InvalidField("Content-Type", "it has no boundary; leave it to the program that makes the form")
	}
	form := multipart.NewReader(body, boundary)
	found := false
	for n := 0; ; n++ {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return badForm(err)
		}
		if n == mostFields {
			return hook.InvalidField("", "the form has more than %d fields; remove some", mostFields)
		}
		if part.FormName() != fileField && part.FileName() == "" {
			name, value, err := fieldOf(part)
			if err != nil {
				return err
			}
			if err := d.readField(name, value); err != nil {
				return err
			}
			continue
		}
		if found {
			return hook.InvalidField(fileField, "the form has more than one file; send one form for each document")
		}
		found = true
		d.readFile(part)
		if err := u.Bring(ctx, part); err != nil {
			return badForm(err)
		}
	}
	if !found {
		return hook.InvalidField(fileField, "the form has no file; add the document as the field %q", fileField)
	}
	return nil
}

// badForm passes on what the body or the archive says, and says the rest in words.
func badForm(err error) error {
	if hook.FaultOf(err) != hook.Internal {
		return err
	}
	if _, ok := errors.AsType[*problem](err); ok {
		return err
	}
	if strings.Contains(err.Error(), "multipart:") || errors.Is(err, io.ErrUnexpectedEOF) {
		return hook.InvalidField("", "the body is not a whole form: %v; send it as multipart/form-data (RFC 7578)", err)
	}
	return err
}

// formatOf returns the format of a form's file: as its media type says, or else its
// name.
func formatOf(part *multipart.Part) trade.Format {
	mediaType, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if f := trade.FormatOf(mediaType); err == nil && f != "" {
		return f
	}
	return trade.FormatOf(strings.TrimPrefix(path.Ext(part.FileName()), "."))
}

// fieldOf reads a field of a form.
func fieldOf(part *multipart.Part) (name, value string, err error) {
	raw, err := io.ReadAll(io.LimitReader(part, mostValue+1))
	if err != nil {
		return "", "", badForm(err)
	}
	if len(raw) > mostValue {
		return "", "", hook.InvalidField(part.FormName(), "it is longer than %d bytes; shorten it", mostValue)
	}
	return part.FormName(), string(raw), nil
}

func noSuchField(name string) error {
	return hook.InvalidField(name, "there is no such field; remove it, or send the document as the field %q", fileField)
}

// readFile takes what the form says of the document's format.
func (d *DocumentDetails) readFile(part *multipart.Part) {
	if d.Format == "" {
		d.Format = string(formatOf(part))
	}
}

// readField takes a detail out of a form.
func (d *DocumentDetails) readField(name, value string) (err error) {
	texts := map[string]*string{
		"kind": &d.Kind, "orderId": &d.OrderID, "itscopeOrderId": &d.PlatformOrderID, "transactionId": &d.TransactionID,
		"status": &d.Status, "buyer": &d.Buyer, "seller": &d.Seller, "format": &d.Format, "sha256": &d.SHA256,
	}
	flags := map[string]*bool{"test": &d.Test, "opaque": &d.Opaque}
	switch {
	case texts[name] != nil:
		*texts[name] = value
	case flags[name] != nil:
		if *flags[name], err = strconv.ParseBool(value); err != nil {
			return hook.InvalidField(name, "it is neither true nor false; write one of the two")
		}
	default:
		return noSuchField(name)
	}
	return nil
}

// parseDigest returns the SHA-256 in a Content-Digest (RFC 9530, section 2), nil if
// there is none. Other algorithms are left out.
func parseDigest(header string) ([]byte, error) {
	for member := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(member), "=")
		if name != "sha-256" {
			continue
		}
		inner, ok := strings.CutPrefix(value, ":")
		inner, end := strings.CutSuffix(inner, ":")
		sum, err := base64.StdEncoding.DecodeString(inner)
		if !ok || !end || err != nil || len(sum) != 32 {
			return nil, hook.InvalidField(digestHeader, "its SHA-256 cannot be read; write sha-256=:BASE64: (RFC 9530)")
		}
		return sum, nil
	}
	return nil, nil //nolint:nilnil // there is none
}
