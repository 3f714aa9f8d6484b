package opentrans_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/opentrans"
)

// TestHostileInputTakesLittleMemory reads 64 MiB of what would fill the memory of a
// reader that is not careful.
func TestHostileInputTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it measures what all allocate
	head := small[:strings.Index(small, "<ORDER_ID>")]
	items := small[:strings.Index(small, "<ORDER_ITEM>")]
	for name, tt := range map[string]hostile{
		"one long text":           {head + "<ORDER_ID>", "4"},
		"one long comment":        {head + "<!--", "x"},
		"one long name":           {head + "<", "x"},
		"one long attribute":      {head + `<ORDER_ID type="`, "x"},
		"many attributes":         {head + "<ORDER_ID", ` x="y"`},
		"one long declaration":    {"<!DOCTYPE ORDER [", "<!ENTITY x 'y'>"},
		"one long instruction":    {head + "<?x", " y"},
		"an endless CDATA":        {head + "<ORDER_ID><![CDATA[", "]"},
		"many short comments":     {head, "<!-- -->"},
		"a text in many pieces":   {head + "<ORDER_ID>", "4<!---->"},
		"white space":             {head, " \n"},
		"white space before":      {"", " "},
		"deep nesting":            {head, "<A>"},
		"many unknown elements":   {head, "<A>b</A>"},
		"many empty lines":        {items, "<ORDER_ITEM></ORDER_ITEM>"},
		"many unknown extensions": {head + "<HEADER_UDX>", "<X>y</X>"},
		"many repeated names":     {head + "<PARTIES><PARTY><bme:PARTY_ID>1</bme:PARTY_ID><ADDRESS>", "<bme:NAME>x</bme:NAME>"},
		"zeros":                   {"", "\x00"},
		"JSON":                    {"{", `"x":`},
	} {
		tt.check(t, name, func(r io.Reader) error {
			_, err := opentrans.Read(r, opentrans.Limits{Bytes: 5 << 20})
			return err
		})
	}
}

func TestHostileJSONTakesLittleMemory(t *testing.T) { //nolint:paralleltest // it measures what all allocate
	for name, tt := range map[string]hostile{
		"one long text":    {`{"orderId": "`, "4"},
		"one long name":    {`{"`, "4"},
		"one long number":  {`{"lines": [{"quantity": 1`, "0"},
		"deep nesting":     {`{"lines": `, "["},
		"white space":      {`{"orderId":`, " "},
		"many nulls":       {`{"remarks": [null`, ",null"},
		"many backslashes": {`{"orderId": "`, `\u0041`},
	} {
		tt.check(t, name, func(r io.Reader) error {
			_, err := opentrans.ReadJSON(r, opentrans.Limits{Bytes: 5 << 20})
			return err
		})
	}
}

// hostile is an input that begins like an honest one, and repeats something for 64 MiB.
type hostile struct{ head, repeated string }

// check expects that read refuses it with few MiB in use at a time and, if it does so
// at once, without having had more in all.
func (h hostile) check(t *testing.T, name string, read func(io.Reader) error) {
	t.Helper()
	const most = 6 << 20
	in := &measured{in: io.MultiReader(strings.NewReader(h.head), &endless{what: []byte(h.repeated), left: 64 << 20})}
	runtime.GC()
	start, total := heap()
	in.start = start
	err := read(in)
	_, after := heap()
	if e, ok := errors.AsType[*hook.Error](err); !ok || (e.Fault != hook.Invalid && e.Fault != hook.TooLarge) {
		t.Errorf("%s: the error is %v, want one that says what is wrong", name, err)
	}
	if in.most > most {
		t.Errorf("%s: %d KiB were in use at a time, want %d at most", name, in.most>>10, most>>10)
	}
	if in.read < 1<<20 && after-total > most {
		t.Errorf("%s: %d KiB were allocated, want %d at most", name, (after-total)>>10, most>>10)
	}
}

// heap returns how many bytes are in use or not yet collected, and how many were
// allocated since the start.
func heap() (inUse, total int64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.TotalAlloc)
}

// measured is a reader that looks how much memory is in use, at each MiB.
type measured struct {
	in          io.Reader
	read        int
	start, most int64
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	if (m.read+n)>>20 > m.read>>20 {
		runtime.GC()
		now, _ := heap()
		m.most = max(m.most, now-m.start)
	}
	m.read += n
	return n, err
}

// endless repeats something until so many bytes are left of it.
type endless struct {
	what []byte
	at   int
	left int
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && e.left > 0 {
		c := copy(p[n:], e.what[e.at:])
		n, e.at, e.left = n+c, (e.at+c)%len(e.what), e.left-c
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// TestManyLinesAreRefusedEarly makes sure that a document of more lines than are
// allowed is not read to its end.
func TestManyLinesAreRefusedEarly(t *testing.T) {
	t.Parallel()
	item := between("<ORDER_ITEM>", "</ORDER_ITEM>")
	in := &endless{what: []byte(item), left: 64 << 20}
	_, err := opentrans.Read(io.MultiReader(strings.NewReader(small[:strings.Index(small, "<ORDER_ITEM>")]), in), opentrans.Limits{Lines: 100})
	if err == nil || !strings.Contains(err.Error(), "ORDER_ITEM[101]") || in.left < 63<<20 {
		t.Errorf("%v, with %d bytes left", err, in.left)
	}
	lines := &endless{what: []byte(",{}"), left: 64 << 20}
	_, err = opentrans.ReadJSON(io.MultiReader(strings.NewReader(`{"lines": [{}`), lines), opentrans.Limits{Lines: 100})
	if err == nil || !strings.Contains(err.Error(), "lines[100]") || lines.left < 63<<20 {
		t.Errorf("%v, with %d bytes left", err, lines.left)
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	limits := opentrans.Limits{Bytes: int64(len(small))}
	if _, err := opentrans.Read(strings.NewReader(small), limits); err != nil {
		t.Errorf("as large as allowed: %v", err)
	}
	limits.Bytes--
	_, err := opentrans.Read(strings.NewReader(small), limits)
	want := fmt.Sprintf("the document is larger than %d bytes; send less at once, or send it as it is, to be kept and not read", limits.Bytes)
	if hook.FaultOf(err) != hook.TooLarge || err.Error() != want {
		t.Errorf("larger than allowed: %v, want %s", err, want)
	}
	limits.Bytes = int64(len(smallJSON))
	if _, err := opentrans.ReadJSON(strings.NewReader(smallJSON), limits); err != nil {
		t.Errorf("JSON as large as allowed: %v", err)
	}
	limits.Bytes--
	if _, err := opentrans.ReadJSON(strings.NewReader(smallJSON), limits); hook.FaultOf(err) != hook.TooLarge {
		t.Errorf("JSON larger than allowed: %v", err)
	}
}

// TestReadersErrorsArePassedOn tells the document's faults from its reader's.
func TestReadersErrorsArePassedOn(t *testing.T) {
	t.Parallel()
	gone := errors.New("the connection is gone")
	for _, n := range []int{0, 1, 2, 3, 500} {
		broken := func(s string) io.Reader {
			return io.MultiReader(strings.NewReader(s[:min(n, len(s)-1)]), iotest.ErrReader(gone))
		}
		if _, err := opentrans.Read(broken(small), opentrans.Limits{}); !errors.Is(err, gone) || hook.FaultOf(err) != hook.Internal {
			t.Errorf("after %d bytes of XML: %v", n, err)
		}
		if _, err := opentrans.ReadJSON(broken(smallJSON), opentrans.Limits{}); !errors.Is(err, gone) || hook.FaultOf(err) != hook.Internal {
			t.Errorf("after %d bytes of JSON: %v", n, err)
		}
	}
	if err := opentrans.Write(failing{gone}, mustRead(t, []byte(small))); !errors.Is(err, gone) {
		t.Errorf("writing: %v", err)
	}
	if _, err := opentrans.Read(iotest.OneByteReader(strings.NewReader(small)), opentrans.Limits{}); err != nil {
		t.Errorf("byte by byte: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// hundred returns an order with a hundred lines.
func hundred(b *testing.B) opentrans.Document {
	b.Helper()
	d := mustRead(b, sample(b, "order.xml"))
	line := d.Lines[0]
	d.Lines = nil
	for i := range 100 {
		line.ID = strconv.Itoa(i)
		d.Lines = append(d.Lines, line)
	}
	d.Totals.Amount = "163800.00"
	return d
}

func BenchmarkRead(b *testing.B) {
	in := mustWrite(b, hundred(b))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opentrans.Read(bytes.NewReader(in), opentrans.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadJSON(b *testing.B) {
	in, err := json.Marshal(hundred(b))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opentrans.ReadJSON(bytes.NewReader(in), opentrans.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	d := hundred(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := opentrans.Write(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}
