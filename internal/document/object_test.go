package document_test

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// keep uploads an object.
func (w *world) keep(ctx context.Context, t *testing.T, content io.Reader, r document.ObjectRequest) (trade.Object, error) {
	t.Helper()
	u, err := w.Begin(t.Context(), r.Company)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close(t.Context())
	if err := u.Bring(t.Context(), content); err != nil {
		return trade.Object{}, err
	}
	o, _, err := w.Keep(ctx, u, r)
	return o, err
}

func objectRequest() document.ObjectRequest {
	return document.ObjectRequest{Company: "acme", Filename: "a.pdf", MediaType: "application/pdf"}
}

func TestObjectsAreKeptAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		content := bytes.Repeat([]byte("0123456789abcdef"), 40_000) // three chunks
		o, err := w.keep(t.Context(), t, bytes.NewReader(content), objectRequest())
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.Object(t.Context(), "acme", o.ID)
		if err != nil || found != o {
			t.Errorf("Object = %+v, %v, want %+v", found, err, o)
		}
		d, err := w.FetchObject(t.Context(), found)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(d.Content)
		if err != nil || !bytes.Equal(got, content) || d.Filename != "a.pdf" {
			t.Errorf("read %d bytes of %q, %v, want the %d of a.pdf", len(got), d.Filename, err, len(content))
		}
		if err := d.Content.Close(); err != nil {
			t.Error(err)
		}
		if err := w.DeleteObject(t.Context(), "rival", o.ID); hook.FaultOf(err) != hook.Missing {
			t.Errorf("DeleteObject by another company = %v, want an error of fault missing", err)
		}
		if err := w.DeleteObject(t.Context(), "acme", o.ID); err != nil {
			t.Error(err)
		}
		if _, err := w.Object(t.Context(), "acme", o.ID); hook.FaultOf(err) != hook.Missing {
			t.Errorf("Object = %v, want an error of fault missing", err)
		}
		if n := w.leftovers(t); n != 0 {
			t.Errorf("%d contents belong to nothing, want none", n)
		}
	})
}

func TestObjectsThatAreNotKeptLeaveNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, content := range map[string]io.Reader{
			"a sender that goes away": &broken{left: 600_000}, "too much": io.LimitReader(zeros{}, 4<<20+1), "nothing": strings.NewReader(""),
		} {
			if _, err := w.keep(t.Context(), t, content, objectRequest()); err == nil {
				t.Errorf("%s = nil, want an error", name)
			}
		}
		unnamed := objectRequest()
		unnamed.Filename = ""
		if _, err := w.keep(t.Context(), t, strings.NewReader("abc"), unnamed); hook.FaultOf(err) != hook.Invalid {
			t.Errorf("an object without a name = %v, want an error of fault invalid", err)
		}
		if n := w.leftovers(t); n != 0 {
			t.Errorf("%d contents belong to nothing, want none", n)
		}
	})
}

// Whoever has sent all of it and goes away leaves an object or nothing.
func TestAnObjectWhoseSenderGoesAwayAtTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		o, err := w.keep(gone, t, strings.NewReader("abc"), objectRequest())
		if n := w.leftovers(t); err != nil && n != 0 {
			t.Errorf("%v, and %d contents belong to nothing", err, n)
		}
		if err != nil {
			return
		}
		if _, err := w.Object(t.Context(), "acme", o.ID); err != nil {
			t.Errorf("Object = %v, want the one that was kept", err)
		}
	})
}

type seeker struct{ io.ReadSeeker }

func (seeker) Close() error { return nil }

// Names are checked when they come, and yet no name breaks out of its header.
func TestHostileFilenamesStayWithinTheirHeader(t *testing.T) {
	t.Parallel()
	for name, fallback := range map[string]string{
		"drawing.pdf":                  "drawing.pdf",
		"two words.pdf":                "two words.pdf",
		"Zeichnung für A.pdf":          "Zeichnung f_r A.pdf",
		"图纸.pdf":                       "__.pdf",
		"📐 plan.pdf":                   "_ plan.pdf",
		`a"; filename="evil.exe`:       "a_; filename=_evil.exe",
		`a\".exe`:                      "a__.exe",
		"a\r\nSet-Cookie: b=c\r\n\r\n": "a__Set-Cookie: b=c____",
		"a%22.pdf":                     "a_22.pdf",
		"a;b,c=d.pdf":                  "a;b,c=d.pdf",
		"a\x00b":                       "a_b",
		"it's(1)*.pdf":                 "it's(1)*.pdf",
	} {
		d := document.Download{Content: seeker{strings.NewReader("abc")}, MediaType: "application/pdf", Filename: name}
		w := httptest.NewRecorder()
		d.Serve(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		header := w.Header().Get("Content-Disposition")
		if strings.ContainsAny(header, "\r\n\x00") {
			t.Errorf("the header of %q has a line break: %q", name, header)
		}
		kind, parameters, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || parameters["filename"] != name {
			t.Errorf("the header of %q = %q: %v %v, %v, want an attachment of that name", name, header, kind, parameters, err)
		}
		if want := `attachment; filename="` + fallback + `"`; header != want && !strings.HasPrefix(header, want+"; filename*=UTF-8''") {
			t.Errorf("the header of %q = %q, want it to begin with %s", name, header, want)
		}
	}
}

func TestAnObjectThatIsNobodys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Object(t.Context(), "acme", uuid.New()); hook.FaultOf(err) != hook.Missing {
			t.Errorf("Object = %v, want an error of fault missing", err)
		}
	})
}
