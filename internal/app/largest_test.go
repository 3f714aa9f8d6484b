package app_test

import (
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/trade"
)

// What the server is meant for is a second on a machine that does nothing else: make
// bench-orders.
var largestTime = flag.Duration("largest-time", patience, "how long a change of the largest order may take from the producer to the receiver")

// largestOrder is an order of as many lines with as many deliveries as there may be. The
// delivery in the middle of one line has another quantity.
func largestOrder(changed int) string {
	var b strings.Builder
	b.WriteString(`{"orderId":"large","lines":[`)
	for line := range trade.MaxLines {
		fmt.Fprintf(&b, `%s{"id":"%d","buyerLine":{"position":"%d","item":{"number":"A-%d","name":"Something of which there are many"}},"deliverySchedule":[`,
			comma(line), line, 10*line, line)
		for delivery := range trade.MaxDeliveries {
			quantity := 10
			if line == changed && delivery == trade.MaxDeliveries/2 {
				quantity = 11
			}
			fmt.Fprintf(&b, `%s{"position":"%d","date":"2026-12-%02d","quantity":%d.5,"status":"Open"}`, comma(delivery), delivery, 1+delivery%31, quantity)
		}
		b.WriteString("]}")
	}
	b.WriteString("]}")
	return b.String()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// The largest order is told of in time, and a change of one line as that line alone.
func TestTheLargestOrderIsToldInTime(t *testing.T) {
	t.Parallel()
	for engine, database := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			in := &erp{got: make(map[string]told)}
			r := startRig(t, database(t), in, func(o *app.Options) { o.MaxEvent = 16 << 20 })
			producer, bearer := r.key(t, "acme", "producer"), r.credentials()["bearer"]
			events := `,"enabledEventNames":["OrderIssuedByBuyer","OrderLinesReissuedByBuyer"]`

			tell := func(what, path, order string, status, lines int) {
				r.connect(t, "orders", "POST", path, bearer, events)
				start := time.Now()
				r.do(t, status, "PUT", acme+"/orders/large", order, as(producer))
				body := in.first(t, path).body
				took := time.Since(start)
				t.Logf("%s: %s of %d bytes was told within %v, by %d bytes", engine, what, len(order), took.Round(time.Millisecond), len(body))
				if e := read(t, told{body: body}); e.Order == nil || len(e.Order.Lines) != lines {
					t.Errorf("%s is told as %.1000s, want %d lines", what, body, lines)
				}
				if took > *largestTime {
					t.Errorf("%s was told within %v, want %v", what, took, *largestTime)
				}
			}
			tell("the largest order", "/bearer/new", largestOrder(-1), http.StatusCreated, trade.MaxLines)
			tell("a change of a line of it", "/bearer/changed", largestOrder(250), http.StatusOK, 1)
		})
	}
}
