package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
)

// Paths of the receiver.
const (
	healthyPath = "/healthy/"
	slowPath    = "/slow"  // answers after slowAnswer
	stuckPath   = "/stuck" // never answers
	barePath    = "/bare"  // counted by itself

	slowAnswer = 4 * time.Second
)

// ReceiverCommand is the receiver's process.
type ReceiverCommand struct{}

// hello is the first line that the receiver prints.
type hello struct {
	URL       string `json:"url"`
	Authority string `json:"authority"` // PEM
}

// stats is what the receiver has counted since the last reset.
type stats struct {
	Unique  int       `json:"unique"`  // different deliveries
	Repeats int       `json:"repeats"` // of those
	Last    time.Time `json:"last"`    // when the latest was answered
	P50ms   float64   `json:"p50_ms"`
	P99ms   float64   `json:"p99_ms"`
}

// lastRequest is the last delivery, for the bare client to send again.
type lastRequest struct {
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// Run receives until ctx ends.
func (*ReceiverCommand) Run(ctx context.Context, out io.Writer) error {
	authority, err := receiver.NewAuthority()
	if err != nil {
		return err
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		return err
	}
	srv, err := receiver.Listen(ctx, "127.0.0.1:0", cert, newCounter())
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(hello{URL: srv.URL(), Authority: string(authority.PEM())}); err != nil {
		return err
	}
	return srv.Run(ctx)
}

// counter counts deliveries and how long they took.
type counter struct {
	bare *counter // of what the plain client sends; nil in itself

	mu    sync.Mutex
	seen  map[string]struct{}
	took  []time.Duration
	stats stats
	last  lastRequest
}

func newCounter() *counter {
	return &counter{seen: make(map[string]struct{}), bare: &counter{seen: make(map[string]struct{})}}
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, healthyPath):
		c.count(w, r)
	case r.URL.Path == barePath:
		c.bare.count(w, r)
	case r.URL.Path == slowPath:
		wait(r.Context(), slowAnswer)
	case r.URL.Path == stuckPath:
		<-r.Context().Done()
	case r.URL.Path == "/stats":
		c.tell(w, false)
	case r.URL.Path == "/reset":
		c.tell(w, true)
	case r.URL.Path == "/last":
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = json.NewEncoder(w).Encode(c.last)
	default:
		http.NotFound(w, r)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (c *counter) count(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	posted, err := postedAt(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusOK)
	now := time.Now()
	id := r.Header.Get("Webhook-Id")
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, repeat := c.seen[id]; repeat {
		c.stats.Repeats++
		return
	}
	c.seen[id] = struct{}{}
	c.stats.Unique++
	c.stats.Last = now
	c.took = append(c.took, now.Sub(posted))
	if c.last.Body == nil {
		c.last = lastRequest{Header: r.Header.Clone(), Body: body}
	}
}

// postedAt finds the time in a payload that appendEvent put there.
func postedAt(body []byte) (time.Time, error) {
	const field = `"OrderCode":"`
	_, rest, ok := bytes.Cut(body, []byte(field))
	digits, _, closed := bytes.Cut(rest, []byte(`"`))
	if !ok || !closed {
		return time.Time{}, fmt.Errorf("the payload has no OrderCode: %s", body)
	}
	ns, err := strconv.ParseInt(string(digits), 10, 64)
	return time.Unix(0, ns), err
}

// tell writes what was counted, and forgets it if asked to.
func (c *counter) tell(w http.ResponseWriter, forget bool) {
	c.mu.Lock()
	s := c.stats
	took := slices.Clone(c.took)
	if forget {
		c.seen, c.took, c.stats = make(map[string]struct{}), nil, stats{}
	}
	c.mu.Unlock()
	slices.Sort(took)
	s.P50ms, s.P99ms = percentile(took, 0.50), percentile(took, 0.99)
	_ = json.NewEncoder(w).Encode(s)
}

// percentile returns, in milliseconds, what a part p of the sorted durations
// doesn't exceed.
func percentile(sorted []time.Duration, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(int(p*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}
