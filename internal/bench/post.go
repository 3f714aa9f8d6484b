package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

const (
	batchEvents     = 100
	batchPublishers = 4
	publishers      = 32
	warmUpEvents    = 2000
)

// eventTypes are those whose default payload has an OrderId, in which the
// benchmark sends a number, and an OrderCode, in which it sends the time.
var eventTypes = sync.OnceValue(func() []string { //nolint:gochecknoglobals // computed once
	var names []string
	for _, t := range trade.Catalogue() {
		if slices.Contains(t.Fields, "OrderId") && slices.Contains(t.Fields, "OrderCode") {
			names = append(names, t.Name)
		}
	}
	return names
})

// appendEvent appends the event with the given number, posted now.
func appendEvent(to []byte, number int, eventType, note string) []byte {
	to = append(to, `{"type":"`...)
	to = append(to, eventType...)
	to = append(to, `","entityId":"`...)
	to = strconv.AppendInt(to, int64(number), 10)
	to = append(to, `","data":{"OrderId":`...)
	to = strconv.AppendInt(to, int64(number), 10)
	to = append(to, `,"OrderCode":"`...)
	to = strconv.AppendInt(to, time.Now().UnixNano(), 10)
	to = append(to, `","Note":"`...)
	to = append(to, note...)
	return append(to, `"}}`...)
}

// note fills an event's data up to the number of bytes.
func note(body int) string { return strings.Repeat("x", max(0, body-70)) }

// warmUp lets connections, caches and the runtime settle.
func (r *rig) warmUp(ctx context.Context, c *Command) error {
	if err := r.post(ctx, c, batchMode, warmUpEvents); err != nil {
		return err
	}
	if _, err := r.drained(ctx, warmUpEvents); err != nil {
		return err
	}
	return r.reset(ctx)
}

// post posts n events, over the first c.Hooks event types in turn.
func (r *rig) post(ctx context.Context, c *Command, mode string, n int) error {
	switch mode {
	case batchMode:
		return r.postBatches(ctx, c, n)
	case singleMode:
		return r.postSingly(ctx, c, n)
	default:
		return r.postAtRate(ctx, c, n, eventTypes()[:c.Hooks])
	}
}

func (r *rig) postBatches(ctx context.Context, c *Command, n int) error {
	fill := note(c.Body)
	return inParallel(batchPublishers, (n+batchEvents-1)/batchEvents, func(batch int) error {
		body := make([]byte, 0, batchEvents*(c.Body+200))
		count := 0
		for i := batch * batchEvents; i < min(n, (batch+1)*batchEvents); i++ {
			body = append(appendEvent(body, i, eventTypes()[i%c.Hooks], fill), '\n')
			count++
		}
		return r.postBatch(ctx, body, count)
	})
}

func (r *rig) postBatch(ctx context.Context, body []byte, count int) error {
	path := "/api/v1/companies/" + company + "/events/batch"
	return r.send(ctx, http.MethodPost, path, "application/x-ndjson", body, func(answer io.Reader) error {
		raw, err := io.ReadAll(answer)
		if err != nil {
			return err
		}
		if got := bytes.Count(raw, []byte(`"status":202`)); got != count {
			return fmt.Errorf("%d of %d events of a batch were accepted: %s", got, count, raw[:min(len(raw), 500)])
		}
		return nil
	})
}

func (r *rig) postSingly(ctx context.Context, c *Command, n int) error {
	fill := note(c.Body)
	return inParallel(publishers, n, func(i int) error {
		return r.postOne(ctx, i, eventTypes()[i%c.Hooks], fill)
	})
}

// postAtRate posts n events singly, c.Rate in a second, of the given types in turn.
func (r *rig) postAtRate(ctx context.Context, c *Command, n int, types []string) error {
	_, err := r.postWhile(ctx, c, types, func(i int) bool { return i < n })
	return err
}

// postWhile posts events singly, c.Rate in a second, of the given types in turn, as
// long as it is wanted, and returns how many those were.
func (r *rig) postWhile(ctx context.Context, c *Command, types []string, wanted func(i int) bool) (n int, err error) {
	fill := note(c.Body)
	var posts sync.WaitGroup
	defer posts.Wait()
	errs := make(chan error, 1)
	start := time.Now()
	for ; wanted(n); n++ {
		due := start.Add(time.Duration(n) * time.Second / time.Duration(c.Rate))
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case err := <-errs:
			return n, err
		case <-time.After(time.Until(due)):
		}
		number := n
		posts.Go(func() {
			if err := r.postOne(ctx, number, types[number%len(types)], fill); err != nil {
				select {
				case errs <- err:
				default:
				}
			}
		})
	}
	return n, nil
}

// inParallel calls do with 0 to n-1, so many at a time.
func inParallel(workers, n int, do func(i int) error) error {
	var next atomic.Int64
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				errs[w] = do(i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// bare sends n requests of the same form to the same receiver with a plain
// client, and returns how long that took. It sends as many at a time as the
// server does to so many hooks, up to 64.
func (r *rig) bare(ctx context.Context, hooks, n int) (time.Duration, error) {
	// The body and header of a delivery, as the receiver saw the last one.
	var last lastRequest
	if err := r.ask(ctx, "/last", &last); err != nil {
		return 0, err
	}
	start := time.Now()
	err := inParallel(min(16*hooks, 64), n, func(i int) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.receiverURL+barePath, bytes.NewReader(last.Body))
		if err != nil {
			return err
		}
		req.Header = last.Header.Clone()
		req.Header.Set("Webhook-Id", last.Header.Get("Webhook-Id")+strconv.Itoa(i))
		resp, err := r.direct.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	})
	return time.Since(start), err
}

// ask gets what the receiver knows.
func (r *rig) ask(ctx context.Context, path string, answer any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.receiverURL+path, nil)
	if err != nil {
		return err
	}
	resp, err := r.direct.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(answer)
}

func (r *rig) reset(ctx context.Context) error {
	var s stats
	return r.ask(ctx, "/reset", &s)
}

// drained waits until n different events have arrived, or until none has come
// for ten seconds.
func (r *rig) drained(ctx context.Context, n int) (stats, error) {
	var s stats
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for seen, since := -1, time.Now(); ; {
		if err := r.ask(ctx, "/stats", &s); err != nil {
			return s, err
		}
		if s.Unique != seen {
			seen, since = s.Unique, time.Now()
		}
		if s.Unique >= n || time.Since(since) > 10*time.Second {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-tick.C:
		}
	}
}
