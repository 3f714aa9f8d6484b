package api

import (
	"context"
	"net/http"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// webhooksPage is where a portal link leads.
const webhooksPage = "/account/webhooks"

type portalLink struct {
	URL       string    `json:"url" format:"uri" doc:"Signs the user in, once, and shows them their webhooks. It is as good as a password: send them there at once."`
	ExpiresAt time.Time `json:"expiresAt"`
}

type portalLinkOutput struct {
	Body portalLink
}

func (s *Server) makePortalLink(ctx context.Context, in *userInput) (*portalLinkOutput, error) {
	token, expires, err := s.makeLink(ctx, in, account.Portal)
	if err != nil {
		return nil, err
	}
	return &portalLinkOutput{Body: portalLink{URL: s.PublicURL + "/portal/" + token, ExpiresAt: expires}}, nil
}

// followPortal signs in whoever follows a portal link and sends them to their
// webhooks. It answers a browser, with a page in place of a problem document.
func (s *Server) followPortal(w http.ResponseWriter, r *http.Request) {
	x := w.(*exchange)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet {
		// HEAD is asked for by what looks at links, and must not use one up.
		w.Header().Set("Allow", http.MethodGet)
		newProblem(http.StatusMethodNotAllowed, "the path is not for this method; it allows GET").write(w)
		return
	}
	signed, err := s.Gate.FollowPortal(r.Context(), r.PathValue("token"), s.Gate.From(r), r.UserAgent())
	switch hook.FaultOf(err) {
	case hook.Missing, hook.Unknown, hook.Denied, hook.Conflict, hook.Invalid:
		x.showExpired()
		return
	default:
		if err != nil {
			x.refuse(err)
			return
		}
	}
	s.setCookie(x, signed)
	http.Redirect(w, r, webhooksPage, http.StatusSeeOther)
}

// showExpired says that a portal link is of no use any more.
func (x *exchange) showExpired() {
	if prefersGerman(x.request) {
		x.show(http.StatusGone, german, "Dieser Link gilt nicht mehr",
			"Er ist abgelaufen oder wurde schon benutzt. Gehen Sie dorthin zurück, wo Sie ihn gefunden haben, und öffnen Sie ihn dort neu.")
		return
	}
	x.show(http.StatusGone, "en", "This link is of no use any more",
		"It has expired or was used already. Go back to where you found it and open it again from there.")
}
