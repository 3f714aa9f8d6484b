package tracing_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/tracing"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" // the recommendation's example
	state  = "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE"
)

func header(parents, states []string) http.Header {
	return http.Header{"Traceparent": parents, "Tracestate": states}
}

func TestRead(t *testing.T) {
	t.Parallel()
	long := "a=" + strings.Repeat("x", 250)
	for name, tt := range map[string]struct {
		header http.Header
		want   trade.Trace
	}{
		"nothing":                      {http.Header{}, trade.Trace{}},
		"a state without a parent":     {header(nil, []string{state}), trade.Trace{}},
		"both, unchanged":              {header([]string{parent}, []string{state}), trade.Trace{Parent: parent, State: state}},
		"not sampled":                  {header([]string{parent[:53] + "00"}, nil), trade.Trace{Parent: parent[:53] + "00"}},
		"a later version, unchanged":   {header([]string{"cc" + parent[2:] + "-what-else"}, nil), trade.Trace{Parent: "cc" + parent[2:] + "-what-else"}},
		"a later version, too long":    {header([]string{"cc" + parent[2:] + "-" + strings.Repeat("x", 200)}, nil), trade.Trace{}},
		"a later version, not ASCII":   {header([]string{"cc" + parent[2:] + "-\xff"}, nil), trade.Trace{}},
		"a later version with a space": {header([]string{"cc" + parent[2:] + "- a=b"}, nil), trade.Trace{}},
		"more than this version has":   {header([]string{parent + "-x"}, nil), trade.Trace{}},
		"version ff":                   {header([]string{"ff" + parent[2:]}, nil), trade.Trace{}},
		"two parents":                  {header([]string{parent, parent}, []string{state}), trade.Trace{}},
		"upper case":                   {header([]string{strings.ToUpper(parent)}, nil), trade.Trace{}},
		"a trace of zeros":             {header([]string{"00-" + strings.Repeat("0", 32) + parent[35:]}, nil), trade.Trace{}},
		"words":                        {header([]string{"hello"}, []string{state}), trade.Trace{}},
		"two states":                   {header([]string{parent}, []string{"a=1", "b=2"}), trade.Trace{Parent: parent, State: "a=1,b=2"}},
		"a state that is not valid":    {header([]string{parent}, []string{"hello"}), trade.Trace{Parent: parent}},
		"a state that is too long":     {header([]string{parent}, []string{long, "b" + long, "c" + long}), trade.Trace{Parent: parent}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tracing.Read(tt.header); got != tt.want {
				t.Errorf("Read(%q) = %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}

func TestWithoutACollectorTracesArePassedOnUnchanged(t *testing.T) {
	t.Parallel()
	var tracer tracing.Tracer
	got, end := tracer.Accept("acme", "/events", header([]string{parent}, []string{state}))
	end(202)
	if want := (trade.Trace{Parent: parent, State: state}); got != want {
		t.Errorf("events are a part of %q, want %q", got, want)
	}
	if tracer.On() {
		t.Error("On = true, want false")
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}
}

// Whatever comes, what is read can be stored and sent, and is read again as it is.
func FuzzRead(f *testing.F) {
	f.Add(parent, state)
	f.Add("cc"+parent[2:]+"-what-else", "a=1,\t,b=2")
	f.Add(strings.ToUpper(parent), "")
	f.Fuzz(func(t *testing.T, parent, state string) {
		got := tracing.Read(header([]string{parent}, []string{state}))
		if got.Parent != "" && got.Parent != parent || got.State != "" && got.State != state {
			t.Errorf("Read changed %q, %q to %q", parent, state, got)
		}
		if strings.ContainsAny(got.Parent, " \t") || strings.ContainsFunc(got.Parent+got.State, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) {
			t.Errorf("Read lets %q pass", got)
		}
		if again := tracing.Read(header([]string{got.Parent}, []string{got.State})); again != got {
			t.Errorf("read again, %q becomes %q", got, again)
		}
		if got.Parent == "" && got.State != "" {
			t.Errorf("Read returns %q, a state of nothing", got)
		}
	})
}

func BenchmarkAcceptWithoutACollector(b *testing.B) {
	var tracer tracing.Tracer
	for name, h := range map[string]http.Header{"without a trace": {}, "with one": header([]string{parent}, nil)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, end := tracer.Accept("acme", "/events", h)
				end(202)
			}
		})
	}
}
