package receiver

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// MaxBody is how many bytes of a request's body are taken. A longer one is
// answered with 413.
const MaxBody = 10 << 20

// preallocate is how many bytes are set aside on a client's word that they come.
const preallocate = 64 << 10

// Received is a request that arrived.
type Received struct {
	At     time.Time
	Method string
	Path   string      // with the query
	Proto  string      // such as "HTTP/1.1"
	Header http.Header // as it came, with its credentials: hide Authorization before showing it
	Body   []byte      // all of it, or its first MaxBody bytes
	Answer int         // the status it gets; 0 if none
}

// Handler takes requests and answers them by its plan. The fields are set before
// its first request and not changed after it; then it is safe for concurrent use.
type Handler struct {
	User, Password string         // to demand by basic authentication (RFC 7617); both empty for none
	Plan           Plan           // counts the requests that are let in
	Seen           func(Received) // called for every request before it is answered, by many goroutines at once; nil for none
	Chance         func() float64 // from 0 to less than 1, decides a flaky step; nil for real chance

	requests atomic.Int64
}

// ServeHTTP records the request and answers it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := Received{At: time.Now(), Method: r.Method, Path: r.URL.RequestURI(), Proto: r.Proto, Header: r.Header}
	var err error
	got.Body, err = readBody(w, r)
	step := h.step(r, err)
	got.Answer = step.Status
	if h.Seen != nil {
		h.Seen(got)
	}
	if !wait(r.Context(), step.Delay) {
		panic(http.ErrAbortHandler)
	}
	switch step.Action {
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Cut:
		panic(http.ErrAbortHandler) // the documented way to end a connection without a response
	case Answer:
		h.answer(w, step.Status)
	}
}

// step decides what to do with r, whose body was read with the given error.
func (h *Handler) step(r *http.Request, err error) Step {
	switch {
	case !h.letIn(r):
		return Step{Action: Answer, Status: http.StatusUnauthorized}
	case err != nil:
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return Step{Action: Answer, Status: http.StatusRequestEntityTooLarge}
		}
		return Step{Action: Cut} // the client went
	}
	s := h.Plan.At(int(h.requests.Add(1) - 1))
	if s.Flaky > 0 {
		chance := h.Chance
		if chance == nil {
			chance = rand.Float64
		}
		if chance() < s.Flaky {
			s.Action, s.Status = Answer, http.StatusServiceUnavailable
		}
	}
	return s
}

// letIn reports whether r has the credentials that h demands. The time it takes
// says nothing about them.
func (h *Handler) letIn(r *http.Request) bool {
	if !h.guarded() {
		return true
	}
	user, password, ok := r.BasicAuth()
	sameUser, samePassword := same(user, h.User), same(password, h.Password)
	return ok && sameUser && samePassword
}

func (h *Handler) guarded() bool { return h.User != "" || h.Password != "" }

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// answer responds with the status and its name, for people to read.
func (h *Handler) answer(w http.ResponseWriter, status int) {
	if status == http.StatusUnauthorized && h.guarded() {
		w.Header().Set("WWW-Authenticate", `Basic realm="receiver", charset="UTF-8"`)
	}
	if status == http.StatusNoContent || status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, strconv.Itoa(status)+" "+http.StatusText(status)+"\n") // a client that went needs no answer
}

// readBody returns the body of r. If it is longer than MaxBody, it returns its
// beginning and a *http.MaxBytesError.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := make([]byte, 0, max(512, min(r.ContentLength+1, preallocate)))
	in := http.MaxBytesReader(w, r.Body, MaxBody)
	for {
		n, err := in.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return body, err
		case len(body) == cap(body):
			body = append(body, 0)[:len(body)]
		}
	}
}

// wait lets d pass and reports whether it did before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
