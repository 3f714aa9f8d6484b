package receiver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
)

func TestShow(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 12, 30, 4, 5e6, time.UTC)
	basic := http.Header{"Webhook-Id": {"42"}, "Content-Type": {"application/json"}}
	(&http.Request{Header: basic}).SetBasicAuth("anna", "recognisable")
	for _, tt := range []struct {
		name string
		in   receiver.Received
		want string
	}{
		{
			"writes a JSON body indented and hides the password",
			receiver.Received{At: at, Method: "POST", Path: "/in?a=b", Header: basic, Body: []byte(`{"b":1,"a":"ä"}` + "\n"), Answer: 200},
			"12:30:04.005  POST /in?a=b  →  200 OK\n" +
				"  Authorization: Basic (user \"anna\", password not shown)\n" +
				"  Content-Type: application/json\n  Webhook-Id: 42\n\n" +
				"  {\n    \"b\": 1,\n    \"a\": \"ä\"\n  }\n\n",
		},
		{
			"hides a bearer token and cookies",
			receiver.Received{At: at, Method: "GET", Path: "/", Header: http.Header{
				"Authorization": {"Bearer recognisable"}, "Cookie": {"session=recognisable"},
			}},
			"12:30:04.005  GET /  →  no answer\n  Authorization: Bearer (not shown)\n  Cookie: (not shown)\n\n",
		},
		{
			"writes what would steer a terminal as an escape",
			receiver.Received{At: at, Method: "POST", Path: "/", Header: http.Header{"X": {"a\x1b[2Jb"}}, Body: []byte("red \x1b[31m\r\nup\u202e"), Answer: 503},
			"12:30:04.005  POST /  →  503 Service Unavailable\n  X: a\\u001b[2Jb\n\n  red \\u001b[31m\\u000d\n  up\\u202e\n\n",
		},
		{
			"counts bytes that are not text",
			receiver.Received{At: at, Method: "POST", Path: "/", Body: []byte{0xff, 0xfe}, Answer: 200},
			"12:30:04.005  POST /  →  200 OK\n\n  (2 bytes that are not text)\n\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			if err := receiver.Show(&got, tt.in); err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("Show wrote %q\nwant       %q", got.String(), tt.want)
			}
		})
	}
}

func TestShowOfALongBodyEnds(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	err := receiver.Show(&got, receiver.Received{Body: []byte(strings.Repeat("ä", 1<<20)), Answer: 200})
	if err != nil || got.Len() > 70<<10 || !strings.Contains(got.String(), "bytes more)") {
		t.Errorf("Show wrote %d bytes, %v, want about 64 KiB and a note", got.Len(), err)
	}
}
