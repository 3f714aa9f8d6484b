package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

// hookName says which hook of a company a request is about: a trigger by its ID, or the
// connector of a kind, of which there is one at most.
type hookName struct {
	company string
	kind    hook.Kind
	id      string // of a trigger
}

// named returns the hook of a name, or an error of fault Missing.
func (s *Server) named(n hookName) (*hook.Hook, error) {
	if n.kind != hook.Trigger {
		if h := s.Store.Directory().Connector(n.company, n.kind); h != nil {
			return h, nil
		}
		return nil, &hook.Error{
			Fault: hook.Missing, Msg: "the connector " + string(n.kind) + " has no settings yet; save them first",
			German: "Der Connector " + string(n.kind) + " ist noch nicht eingerichtet; speichern Sie zuerst seine Einstellungen.",
		}
	}
	id, err := parseID(n.id, "trigger")
	if err != nil {
		return nil, err
	}
	h, ok := s.Store.Directory().Hooks[id]
	if !ok || h.Company != n.company || h.Kind != n.kind {
		return nil, missing("trigger")
	}
	return h, nil
}

// shownHook is what may be shown of a hook to everybody in its company.
func shownHook(h *hook.Hook) any {
	if h.Kind == hook.Trigger {
		return triggerOf(h)
	}
	return connectorOf(h)
}

// changeNamed stores the next version of a hook, as change makes it, and returns it.
// Whoever changes the hook at the same time, here or on another node, is not
// overwritten unseen if ifMatch is given, and else change is called again with what
// they have stored.
func (s *Server) changeNamed(ctx context.Context, n hookName, ifMatch string, change func(*hook.Hook) error) (*hook.Hook, error) {
	return s.changeNamedAs(ctx, "hook.change", shownHook, n, ifMatch, change)
}

// changeNamedAs is changeNamed with an action of its own in the audit log, which
// shows what shown returns of the hook before and after.
func (s *Server) changeNamedAs(ctx context.Context, action string, shown func(*hook.Hook) any,
	n hookName, ifMatch string, change func(*hook.Hook) error,
) (*hook.Hook, error) {
	var next *hook.Hook
	err := s.again(ctx, func() error {
		old, err := s.named(n)
		if err != nil {
			return err
		}
		changed := *old
		changed.Version, changed.UpdatedAt = old.Version+1, now()
		if err := change(&changed); err != nil {
			return err
		}
		if !matches(ifMatch, etag(old)) {
			return newProblem(http.StatusPreconditionFailed,
				"the trigger was changed meanwhile; read it again, and send the new ETag as If-Match")
		}
		next = &changed
		return s.Store.ChangeHook(ctx, changed, note(ctx, action, old.ID.String(), n.company, shown(old), shown(next)))
	})
	return next, err
}

// again calls change, and once more with the directory as it is then each time
// that it finds that somebody else was faster.
func (s *Server) again(ctx context.Context, change func() error) error {
	const tries = 5
	var err error
	for range tries {
		before := s.Store.Directory().Version
		if err = change(); err == nil {
			return nil
		}
		if status := problemOf(err).Status; status != http.StatusConflict && status != http.StatusPreconditionFailed {
			return err
		}
		if err := s.Store.Reload(ctx); err != nil {
			return err
		}
		if s.Store.Directory().Version == before {
			return err // it was seen as it is
		}
	}
	return err
}

// matches compares an If-Match header with an ETag (RFC 9110, section 13.1.1).
func matches(header, tag string) bool {
	if header == "" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "*" || part == tag {
			return true
		}
	}
	return false
}

// needsMatch refuses a request without an If-Match header.
func needsMatch(header string) error {
	if header != "" {
		return nil
	}
	p := newProblem(http.StatusPreconditionRequired, "the header If-Match is missing; read the settings, and send their ETag as If-Match")
	p.german = "Die Kopfzeile If-Match fehlt; lesen Sie die Einstellungen und senden Sie deren ETag als If-Match."
	return p
}
