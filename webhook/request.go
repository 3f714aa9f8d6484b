package webhook

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

const defaultMaxBody = 2 << 20 // bytes

// Request reads r's body and verifies it as Verify does. Besides Verify's errors
// there are ErrTooLarge, for a body of more than MaxBody bytes, and that of the
// reading. Status says what to answer.
func (v *Verifier) Request(r *http.Request) (Message, error) {
	body, err := read(r, v.MaxBody)
	if err != nil {
		return Message{}, err
	}
	return v.Verify(r.Header, body)
}

// Status returns the status to answer a request with that failed with err: 401 if
// it could not be verified, 413 if it was too large, 400 if it could not be read,
// and 500 if a receiver's HMAC can't be used. Waybill sends again what is not
// answered with 2xx, so that what a receiver refuses by mistake is not lost.
func Status(err error) int {
	switch {
	case errors.Is(err, ErrHeader), errors.Is(err, ErrSignature), errors.Is(err, ErrTooOld), errors.Is(err, ErrTooNew):
		return http.StatusUnauthorized
	case errors.Is(err, ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errUnusable):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// read returns the whole body of r, of at most limit bytes, or defaultMaxBody.
func read(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if limit <= 0 {
		limit = defaultMaxBody
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fmt.Errorf("%w: at most %d bytes are read", ErrTooLarge, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	return body, nil
}
