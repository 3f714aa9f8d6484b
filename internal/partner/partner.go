// Package partner serves what receivers call back once they were told of something, at
// paths that they know from the platforms they were made for.
package partner

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Server answers receivers. All fields must be set. It is not to be copied.
type Server struct {
	Archive   Archive
	Gate      Gate
	Store     Store
	Keys      Keys
	Policy    account.Policy
	PublicURL string // what receivers reach the server by, without a slash at the end
	Log       *slog.Logger

	rooms rooms
}

// Archive has documents and objects. What is not there is an error of fault
// hook.Missing.
type Archive interface {
	// Download returns the newest document of a kind, in a format, of a deal of a
	// company. Reads of it end with ctx.
	Download(ctx context.Context, company, transaction string, k trade.DocumentKind, f trade.Format) (document.Download, error)
	// Object returns an object of a company, which a document is too.
	Object(ctx context.Context, company string, id uuid.UUID) (trade.Object, error)
	// FetchObject returns what an object holds. Reads of it end with ctx.
	FetchObject(ctx context.Context, o trade.Object) (document.Download, error)
}

// Gate knows who makes a request.
type Gate interface {
	// Identify tells who makes a request: nobody, if it brings no credential. One that
	// isn't valid is an error of fault hook.Unknown.
	Identify(r *http.Request) (account.Actor, error)
}

// Store is the part of the store that has companies, orders and shipments.
type Store interface {
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
	// State returns the newest state of an entity of a company. One that isn't there is
	// an error of fault hook.Missing.
	State(ctx context.Context, company string, e trade.Entity) (trade.State, error)
	// StateVersion returns a version of an entity of a company.
	StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error)
	// States returns the newest states that q asks for, the one that changed first first.
	States(ctx context.Context, q trade.StateQuery) ([]trade.State, error)
	// CountStates returns how many match q, whatever its Offset, Limit and Beyond.
	CountStates(ctx context.Context, q trade.StateQuery) (total int64, last time.Time, err error)
}

// Keys proves what is ours, on all nodes alike.
type Keys interface {
	// MAC returns what proves that a message is ours, for one purpose and no other.
	MAC(purpose string, message []byte) ([]byte, error)
	// CheckMAC reports whether mac is what MAC returned for the same.
	CheckMAC(purpose string, message, mac []byte) (bool, error)
}

// What all paths that receivers call begin with.
const (
	documentPath = "/2.1/" // as document webhooks tell
	tradePath    = "/v2/"  // for order and shipment webhooks
)

// Mount has mux serve all that receivers call.
func (s *Server) Mount(mux *http.ServeMux) {
	// GET is HEAD, too.
	mux.Handle("GET "+documentPath+"business/documents/{transaction}/{file}", s.handle(documentDoor(), s.getDocument))

	mux.Handle("GET "+tradePath+"order/{id}", s.handle(tradeDoor(), s.getState(orders())))
	mux.Handle("GET "+tradePath+"order/{id}/single-delivery", s.handle(tradeDoor(), s.getState(singleOrders())))
	mux.Handle("GET "+tradePath+"shipment/{id}", s.handle(tradeDoor(), s.getState(shipments())))
	mux.Handle("POST "+tradePath+"order-search/poll", s.handle(tradeDoor(), s.poll(orders())))
	mux.Handle("POST "+tradePath+"order-search/poll/single-delivery", s.handle(tradeDoor(), s.poll(singleOrders())))
	mux.Handle("POST "+tradePath+"shipment/poll", s.handle(tradeDoor(), s.poll(shipments())))

	mux.Handle("GET "+objectPath+"{object}/metadata", s.handle(objectDoor(), s.getMetadata))
	mux.Handle("GET "+objectPath+"{object}/content", s.handle(openDoor(), s.getSigned))
}

// door says whom a route lets in.
type door struct {
	action account.Action // that they must be allowed; empty: anybody is let in
	bearer bool           // a key may come as a bearer token, too
	rooms  bool           // answers take up room, so none may last long
}

func documentDoor() door { return door{action: account.ReadDocuments} }
func objectDoor() door   { return door{action: account.ReadDocuments, bearer: true} }
func tradeDoor() door    { return door{action: account.ReadOrders, bearer: true, rooms: true} }
func openDoor() door     { return door{} }

// challenges say how to come in (RFC 9110, section 11.6.1).
func (d door) challenges() []string {
	all := []string{`Basic realm="waybill", charset="UTF-8"`}
	if d.bearer {
		all = append(all, `Bearer realm="waybill"`)
	}
	return all
}

// handler answers a request of a company, or returns an error. Once it has begun to
// answer, an error breaks the answer off.
type handler func(w http.ResponseWriter, r *http.Request, company string) error

// handle lets those in whom the door lets in, and logs each request.
func (s *Server) handle(d door, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w, begun: time.Now()}
		if d.rooms {
			x.end = x.begun.Add(longest)
		}
		a, err := s.allow(r, d)
		if err == nil {
			w.Header().Set("Cache-Control", "no-cache") // it may be kept, but another may come
			err = h(x, r, a.Company)
		}
		if err != nil && x.status == 0 {
			refuse(x, err, d.challenges())
		}
		s.end(r, x, a.Company, err)
	})
}

// allow tells who makes a request, if the door lets them in: the holder of a key of a
// company, whose ID is the user's name (RFC 7617). A session doesn't count.
func (s *Server) allow(r *http.Request, d door) (account.Actor, error) {
	if d.action == "" {
		return account.Actor{}, nil
	}
	_, _, basic := r.BasicAuth()
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !basic && (!d.bearer || !strings.EqualFold(scheme, "Bearer")) {
		return account.Actor{}, hook.Errorf(hook.Unknown, "send the company's ID as user name and a key of the company as password, with HTTP basic authentication")
	}
	a, err := s.Gate.Identify(r)
	if err != nil {
		return account.Actor{}, err
	}
	c, ok := s.Store.Directory().Companies[a.Company]
	if !ok {
		return account.Actor{}, hook.Errorf(hook.Unknown, "the key is not one of a company; use such a key")
	}
	return a, s.Policy.Allow(a, d.action, &c)
}

// getDocument sends the newest document of a deal.
func (s *Server) getDocument(w http.ResponseWriter, r *http.Request, company string) error {
	name, extension, _ := strings.Cut(r.PathValue("file"), ".")
	kind, ok := trade.DocumentKindOf(name)
	format := trade.FormatOf(extension)
	if !ok || format == "" || strings.Contains(extension, "/") || !trade.CheckTransactionID(r.PathValue("transaction")) {
		return hook.Errorf(hook.Missing, "there is no such document")
	}
	d, err := s.Archive.Download(r.Context(), company, r.PathValue("transaction"), kind, format)
	if err != nil {
		return err
	}
	defer d.Content.Close()
	d.Serve(w, r)
	return nil
}
