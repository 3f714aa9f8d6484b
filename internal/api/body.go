package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	jsonType    = "application/json"
	linesType   = "application/x-ndjson"
	bodyTimeout = 2 * time.Minute // to read a body

	keyHeader = "Idempotency-Key"
	maxKey    = 200 // bytes
)

// rawBody gives the inputs that embed it the body as it came, without huma's
// copy of it.
type rawBody struct {
	request *http.Request
	writer  http.ResponseWriter
}

// Resolve is called by huma before the handler.
func (b *rawBody) Resolve(ctx huma.Context) []error {
	b.request, b.writer = humago.Unwrap(ctx)
	return nil
}

// read returns the whole body, which belongs to the caller. It refuses another
// media type and more than most bytes, naming the setting that says so, if any.
func (b *rawBody) read(mediaType string, most int64, setting string) ([]byte, error) {
	if err := checkType(b.request.Header, mediaType); err != nil {
		return nil, err
	}
	if b.request.ContentLength > most {
		return nil, tooLarge("the body", most, setting)
	}
	body, err := b.readAll(most)
	if err == nil && int64(len(body)) > most {
		return nil, tooLarge("the body", most, setting)
	}
	return body, err
}

// readAll returns the whole body, or more than most bytes of it if it is larger.
func (b *rawBody) readAll(most int64) ([]byte, error) {
	// Not all writers have deadlines; those of the server do.
	_ = huma.SetReadDeadline(b.writer, time.Now().Add(bodyTimeout))
	var body []byte
	var err error
	if length := b.request.ContentLength; length >= 0 {
		body = make([]byte, min(length, most+1))
		_, err = io.ReadFull(b.request.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(b.request.Body, most+1))
	}
	_ = huma.SetReadDeadline(b.writer, time.Time{})
	if err != nil {
		return nil, unread(err)
	}
	return body, nil
}

func checkType(header http.Header, want string) error {
	if got := header.Get("Content-Type"); got != want && got != "" {
		if parsed, _, err := mime.ParseMediaType(got); err != nil || parsed != want {
			return newProblem(http.StatusUnsupportedMediaType,
				fmt.Sprintf("the body is said to be %.80q; send it as Content-Type: %s", got, want))
		}
	}
	if coding := header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return newProblem(http.StatusUnsupportedMediaType,
			fmt.Sprintf("the body has the Content-Encoding %.80q; send it without", coding))
	}
	return nil
}

func tooLarge(what string, most int64, setting string) error {
	if setting == "" {
		return hook.Errorf(hook.TooLarge, "%s is larger than %d bytes; send less", what, most)
	}
	return hook.Errorf(hook.TooLarge, "%s is larger than %d bytes; send less, or have the operator raise %s", what, most, setting)
}

func unread(err error) error {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return newProblem(http.StatusRequestTimeout, "the body did not come in time; send the request again")
	}
	return hook.InvalidField("", "the body broke off before its end; send the request again")
}

// idempotencyKey returns the request's key, "" if it has none. A key is 1 to
// 200 printable ASCII characters, taken as they are.
func (b *rawBody) idempotencyKey() (string, error) {
	keys, ok := b.request.Header[keyHeader]
	if !ok {
		return "", nil
	}
	if len(keys) != 1 || keys[0] == "" || len(keys[0]) > maxKey || strings.ContainsFunc(keys[0], unprintable) {
		return "", hook.InvalidField(keyHeader, "it is not one key of 1 to %d printable ASCII characters; use a UUID, for instance", maxKey)
	}
	return keys[0], nil
}

func unprintable(r rune) bool { return r < ' ' || r > '~' }
