package partner

import (
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// A receiver that polls asks for what has changed later than the last of what it has:
// lastUpdatedAt of an answer is lastUpdatedAfter of the next request. So that it misses
// nothing,
//   - an answer doesn't reach closer to now than settled, since what was changed a moment
//     ago may not be visible yet while something later is;
//   - it has all that changed in the same millisecond as its last, even if that is more
//     than was asked for.

// settled is how long after its time a change is visible on all nodes: time enough for a
// commit, and for clocks that differ.
const settled = 10 * time.Second

const (
	mostInPage  = 100
	mostOfAsk   = 64 << 10 // bytes
	timeForAsk  = 30 * time.Second
	mostSkipped = 1_000_000
)

// Poll is what a receiver asks for when it polls; S are the statuses.
type Poll[S ~string] struct {
	Filters PollFilters[S] `json:"filters,omitzero"`
	Offset  int64          `json:"offset,omitzero"` // so many are left out
	Limit   int64          `json:"limit,omitzero"`  // 0: 100
	More    trade.Unknown  `json:"-"`
}

// PollFilters narrow what is polled.
type PollFilters[S ~string] struct {
	LastUpdatedAfter time.Time     `json:"lastUpdatedAfter,omitzero"`
	Status           PollStatus[S] `json:"status,omitzero"`
	More             trade.Unknown `json:"-"`
}

// PollStatus are the statuses of which one is wanted.
type PollStatus[S ~string] struct {
	ProcessStatus []S           `json:"processStatus,omitzero"`
	More          trade.Unknown `json:"-"`
}

// ask is a Poll, once it is read.
type ask struct {
	after         time.Time
	statuses      []string
	offset, limit int
}

// readAsk reads a Poll. The error names everything that is wrong.
func readAsk[S ~string](body []byte) (ask, error) {
	var p Poll[S]
	var wrong []hook.Problem
	add := func(field, reason string) { wrong = append(wrong, hook.Problem{Field: field, Reason: reason}) }
	for _, q := range openjson.Decode(body, &p) {
		add(q.Field, q.Reason)
	}
	for prefix, unknown := range map[string]trade.Unknown{"": p.More, "filters.": p.Filters.More, "filters.status.": p.Filters.Status.More} {
		for name := range unknown {
			add(prefix+name, "is not known here, so it would select too much; remove it")
		}
	}
	if p.Limit < 0 || p.Limit > mostInPage {
		add("limit", "is not 1 to 100; correct it, or leave it out for 100")
	}
	if p.Offset < 0 || p.Offset > mostSkipped {
		add("offset", "is not 0 to 1000000; correct it, or go on with lastUpdatedAfter")
	}
	if wrong != nil {
		return ask{}, &hook.Error{Fault: hook.Invalid, Msg: "the body is not valid", Problems: wrong}
	}
	a := ask{after: p.Filters.LastUpdatedAfter, offset: int(p.Offset), limit: int(p.Limit)}
	if a.limit == 0 {
		a.limit = mostInPage
	}
	for _, status := range p.Filters.Status.ProcessStatus {
		if !slices.Contains(a.statuses, string(status)) {
			a.statuses = append(a.statuses, string(status))
		}
	}
	return a, nil
}

// poll returns the handler that sends a page of the newest states.
func (s *Server) poll(v view) handler {
	return func(w http.ResponseWriter, r *http.Request, company string) error {
		xml, err := wantsXML(r)
		if err != nil {
			return err
		}
		body, err := readBody(w, r)
		if err != nil {
			return err
		}
		a, err := v.ask(body)
		if err != nil {
			return err
		}
		leave, err := s.rooms.enter(r.Context(), company)
		if err != nil {
			return err
		}
		defer leave()
		p, err := s.page(r.Context(), v, company, a)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		return s.sendPage(r.Context(), p, pageWriter{w: w, name: v.many, xml: xml})
	}
}

// readBody returns the JSON body of a request.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if header := r.Header.Get("Content-Type"); header != "" {
		if mediaType, _, err := mime.ParseMediaType(header); err != nil || mediaType != jsonType {
			return nil, &refusal{http.StatusUnsupportedMediaType, "the body has another Content-Type than " + jsonType + "; send JSON, and say so"}
		}
	}
	// Not all writers have deadlines; those of the server do.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(timeForAsk))
	body, err := io.ReadAll(io.LimitReader(r.Body, mostOfAsk+1))
	_ = control.SetReadDeadline(time.Time{})
	switch {
	case err != nil:
		return nil, hook.InvalidField("", "the body broke off before its end; send the request again")
	case len(body) > mostOfAsk:
		return nil, hook.Errorf(hook.TooLarge, "the body is larger than %d bytes; send less", mostOfAsk)
	}
	return body, nil
}

// page is what an answer to a poll is made of.
type page struct {
	view
	states []trade.State // without their JSON
	total  int64
	last   time.Time // zero: nothing has been seen yet
}

// page finds the states of a page.
func (s *Server) page(ctx context.Context, v view, company string, a ask) (page, error) {
	q := trade.StateQuery{
		Company: company, Kind: v.kind, Statuses: a.statuses, After: a.after, Until: time.Now().Add(-settled),
		Offset: a.offset, Limit: a.limit, Bare: true,
	}
	p := page{view: v, last: a.after}
	var err error
	if p.total, _, err = s.Store.CountStates(ctx, q); err != nil {
		return page{}, err
	}
	if p.states, err = s.Store.States(ctx, q); err != nil || len(p.states) == 0 {
		return p, err
	}
	q.Offset, q.Limit = 0, mostInPage
	for more := len(p.states) == a.limit; more; { // besides, in the same millisecond
		last := p.states[len(p.states)-1]
		q.Until, q.Beyond = last.At, trade.StatePlace{At: last.At, ID: last.Entity.ID}
		states, err := s.Store.States(ctx, q)
		if err != nil {
			return page{}, err
		}
		p.states = append(p.states, states...)
		more = len(states) == mostInPage
	}
	p.last = p.states[len(p.states)-1].At
	return p, nil
}

// sendPage sends a page, reading one state after the other: together they may be large.
func (s *Server) sendPage(ctx context.Context, p page, w pageWriter) error {
	var element func([]byte) ([]byte, error)
	if w.xml {
		element = func(raw []byte) ([]byte, error) { return order.XMLElement("data", raw) }
	}
	for _, of := range p.states {
		state, err := s.Store.StateVersion(ctx, of.Company, of.Entity, of.Version)
		if err != nil {
			return err
		}
		raw, err := s.rooms.render(p.view, state.JSON, time.Time{}, element)
		if err != nil {
			return err
		}
		if err := w.element(raw); err != nil {
			return err
		}
	}
	return w.end(p.total, p.last)
}

// pageWriter writes a page as JSON or XML.
type pageWriter struct {
	w    http.ResponseWriter
	name string // of the root, as XML
	xml  bool
	some bool // something has been written
}

// begin writes what comes before the next element.
func (p *pageWriter) begin() string {
	first := !p.some
	p.some = true
	switch {
	case first && p.xml:
		p.w.Header().Set("Content-Type", xmlType)
		return order.XMLHeader + "<" + p.name + ">"
	case first:
		p.w.Header().Set("Content-Type", jsonType)
		return `{"data":[`
	case p.xml:
		return ""
	}
	return ","
}

// element writes a state.
func (p *pageWriter) element(raw []byte) error {
	if _, err := io.WriteString(p.w, p.begin()); err != nil {
		return err
	}
	_, err := p.w.Write(raw)
	return err
}

// end writes what comes after all states.
func (p *pageWriter) end(total int64, last time.Time) error {
	text := ""
	if !p.some {
		text = p.begin()
	}
	count, at := strconv.FormatInt(total, 10), last.UTC().Format(time.RFC3339Nano)
	switch {
	case p.xml && last.IsZero():
		text += "<total>" + count + "</total></" + p.name + ">"
	case p.xml:
		text += "<total>" + count + "</total><lastUpdatedAt>" + at + "</lastUpdatedAt></" + p.name + ">"
	case last.IsZero():
		text += `],"total":` + count + `}`
	default:
		text += `],"total":` + count + `,"lastUpdatedAt":"` + at + `"}`
	}
	_, err := io.WriteString(p.w, text)
	return err
}
