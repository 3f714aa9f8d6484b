package webhook_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/waybillhq/waybill/webhook"
)

// inbox is where a receiver keeps what came. In a real one it is a table with
// the ID as its key.
type inbox struct {
	mu     sync.Mutex
	stored map[string][]byte
}

// put stores a message, unless it is there already. When it returns without an
// error, the message is safe.
func (b *inbox) put(m webhook.Message) (added bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.stored[m.ID]; ok {
		return false, nil
	}
	b.stored[m.ID] = m.Body
	return true, nil
}

// receive answers 2xx only when what came is stored. What is done about it is
// done afterwards: the sender waits.
func receive(v *webhook.Verifier, b *inbox) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := v.Request(r)
		if err != nil {
			http.Error(w, err.Error(), webhook.Status(err))
			return
		}
		added, err := b.put(m)
		switch {
		case err != nil:
			http.Error(w, "try again later", http.StatusServiceUnavailable)
		case added:
			w.WriteHeader(http.StatusAccepted)
		default:
			w.WriteHeader(http.StatusOK) // it came before
		}
	})
}

// work does what is to be done about a body that was stored.
func work(body []byte) {
	decoded, err := webhook.Decode(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	switch b := decoded.(type) {
	case webhook.Event:
		fmt.Printf("%s in shop %s: %s\n", b.Type, b.ShopID, b.Data)
	case webhook.Notice:
		fmt.Printf("%s of order %s is at %s\n", b.EventType, b.OrderID, b.DocumentURL)
	}
}

// A receiver that stores each delivery once.
func Example() {
	// The secret that Waybill shows, and in a change of keys the next one too.
	v, err := webhook.NewVerifier("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		fmt.Println(err)
		return
	}
	v.Now = func() time.Time { return time.Unix(1795376930, 0) } // only because the request below is an old one
	b := &inbox{stored: make(map[string][]byte)}
	server := receive(v, b)

	const body = `{"event":"OrderCreated","eventId":"01a204cd-cad4-7b9a-831e-4fcece41180b",` +
		`"occurredAt":"2026-11-22T19:48:45.396686Z","shopId":12,"entityData":{"OrderId":80417,"OrderCode":"NW-2026-004711"}}`
	for _, body := range []string{body, body, strings.Replace(body, "80417", "1", 1)} {
		r := httptest.NewRequest(http.MethodPost, "/orders", strings.NewReader(body))
		r.Header.Set("Webhook-Id", "01a204cd-cad4-7b9d-83bc-051c66e4783c")
		r.Header.Set("Webhook-Timestamp", "1795376925")
		r.Header.Set("Webhook-Signature", "v1,3t7awJ5MU9V7jaMCjjilLs9WI7Biojsh1wl/To6ItYM=")
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		fmt.Println(strings.TrimSpace(fmt.Sprint(answer.Code, " ", answer.Body)))
	}
	for _, body := range b.stored {
		work(body)
	}
	// Output:
	// 202
	// 200
	// 401 no signature matches: the key is another one, or what was signed was changed
	// OrderCreated in shop 12: {"OrderId":80417,"OrderCode":"NW-2026-004711"}
}

// A receiver that knows a plain HMAC of the body only.
func ExampleHMAC() {
	h := webhook.HMAC{Header: "X-Hub-Signature-256", Prefix: "sha256=", Algorithm: "sha256", Encoding: "hex", Secret: "It's a Secret to Everybody"}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Hello, World!"))
	r.Header.Set("X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
	body, err := h.Request(r)
	fmt.Printf("%s %v\n", body, err)
	// Output: Hello, World! <nil>
}
