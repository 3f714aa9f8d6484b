package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// documentWebhooks is where a company is told of documents: a hook for each kind.
type documentWebhooks struct {
	Version   int                 `json:"version" readOnly:"true" doc:"Grows with each change; the ETag. 0 before the first."`
	Basic     basicAuthentication `json:"basicAuthentication" doc:"User and password that all four are sent with, for receivers that want them; without a user, none are."`
	Webhooks  documentWebhookSet  `json:"webhooks" doc:"By kind of document."`
	CanChange bool                `json:"canChange" readOnly:"true" doc:"Whether who asks may change and test this."`
	Reason    string              `json:"reason,omitempty" readOnly:"true" doc:"Why not, in words."`
	UpdatedAt time.Time           `json:"updatedAt,omitzero" readOnly:"true"`
}

type basicAuthentication struct {
	Username       string       `json:"username" required:"false" maxLength:"255"`
	Password       *hook.Secret `json:"password,omitempty" writeOnly:"true" maxLength:"8000" doc:"Never shown. Left out or empty, the stored one is kept."`
	RemovePassword bool         `json:"removePassword,omitempty" writeOnly:"true" doc:"Removes the stored password."`
	PasswordSet    bool         `json:"passwordSet" readOnly:"true"`
	PasswordLength int          `json:"passwordLength" readOnly:"true" doc:"Characters of it; 0 if there is none, or none that can be opened."`
	PasswordSetAt  time.Time    `json:"passwordSetAt,omitzero" readOnly:"true" doc:"Since when the password is this one."`
}

type documentWebhookSet struct {
	Order         documentWebhook `json:"ORDER"`
	OrderResponse documentWebhook `json:"ORDERRESPONSE"`
	Delivery      documentWebhook `json:"DELIVERY"`
	Invoice       documentWebhook `json:"INVOICE"`
}

// of returns the one about a kind of document.
func (s *documentWebhookSet) of(kind string) *documentWebhook {
	return map[string]*documentWebhook{
		"ORDER": &s.Order, "ORDERRESPONSE": &s.OrderResponse, "DELIVERY": &s.Delivery, "INVOICE": &s.Invoice,
	}[kind]
}

type documentWebhook struct {
	HookID  string         `json:"hookId,omitempty" readOnly:"true" format:"uuid" doc:"Names it in deliveries, alerts and jobs. It stays the same."`
	Enabled bool           `json:"enabled"`
	URL     string         `json:"url" required:"false" example:"https://hooks.example/invoices" doc:"Where to send to: only https, and where hooks may reach. Empty for none."`
	Sends   bool           `json:"sends" readOnly:"true" doc:"Whether notices are sent: it is enabled and has a URL, and nothing else keeps it from that."`
	Note    string         `json:"note,omitempty" readOnly:"true" doc:"Why not, in words."`
	Health  *triggerHealth `json:"health,omitempty" readOnly:"true" doc:"How its receiver is."`
}

type putDocumentWebhooksInput struct {
	Company string `path:"company" doc:"The company's ID."`
	IfMatch string `header:"If-Match" doc:"The ETag of what is to be replaced. It is needed, since all is replaced."`
	Body    documentWebhooks
}

type documentWebhooksOutput struct {
	ETag     string `header:"ETag"`
	Language string `header:"Content-Language"`
	Body     documentWebhooks
}

// documentsVersion counts the changes of all document hooks, those too that
// Waybill makes to one of them.
func documentsVersion(hooks map[string]*hook.Hook) int {
	version := 0
	for _, h := range hooks {
		version += h.Version
	}
	return version
}

func documentsTag(hooks map[string]*hook.Hook) string {
	return strconv.Quote(strconv.Itoa(documentsVersion(hooks)))
}

// shownDocuments is what may be shown of document hooks to everybody.
func shownDocuments(hooks map[string]*hook.Hook) documentWebhooks {
	out := documentWebhooks{Version: documentsVersion(hooks)}
	a, locked := sharedAuth(hooks)
	out.Basic = basicAuthentication{
		Username: a.User, PasswordSet: a.Secret != "" || locked, PasswordLength: utf8.RuneCountInString(string(a.Secret)),
	}
	if out.Basic.PasswordSet {
		out.Basic.PasswordSetAt = a.SetAt
	}
	for kind, h := range hooks {
		*out.Webhooks.of(kind) = documentWebhook{HookID: h.ID.String(), Enabled: h.Enabled || h.Pending, URL: h.URL}
		if h.UpdatedAt.After(out.UpdatedAt) {
			out.UpdatedAt = h.UpdatedAt
		}
	}
	return out
}

// sharedAuth returns what a company's document hooks authenticate by, and whether
// its password can't be opened.
func sharedAuth(hooks map[string]*hook.Hook) (a hook.Auth, locked bool) {
	for _, kind := range hook.DocumentTypes() {
		if h := hooks[kind]; h != nil {
			a, locked = h.Auth, slices.Contains(h.Locked, hook.AuthSecret)
			if !locked {
				return a, false
			}
		}
	}
	return a, locked
}

func (s *Server) getDocumentWebhooks(ctx context.Context, in *companyInput) (*documentWebhooksOutput, error) {
	hooks := s.Store.Directory().DocumentHooks(in.Company)
	out := &documentWebhooksOutput{ETag: documentsTag(hooks), Body: shownDocuments(hooks)}
	wantGerman := prefersGerman(callOf(ctx).request)
	if wantGerman {
		out.Language = german
	}
	c, err := s.company(in.Company)
	if err != nil {
		return nil, err
	}
	denied := s.Policy.Allow(actorOf(ctx), account.ChangeHooks, &c)
	if out.Body.CanChange = denied == nil; denied != nil {
		out.Body.Reason = problemOf(denied).in(wantGerman).Detail
	}
	return out, s.describeDocuments(ctx, in.Company, hooks, &out.Body.Webhooks, wantGerman)
}

// conditions are how the hooks of a company are, by the hooks' IDs.
type conditions struct {
	healths  map[string]hook.Health
	disabled map[string]hook.Alert // why Waybill has disabled them
}

func (s *Server) conditions(ctx context.Context, company string) (conditions, error) {
	c := conditions{make(map[string]hook.Health), make(map[string]hook.Alert)}
	known, err := s.Store.Healths(ctx, company, uuid.Nil)
	if err != nil {
		return c, err
	}
	for _, n := range known {
		c.healths[n.HookID.String()] = n
	}
	const many = 1000
	alerts, err := s.Store.Alerts(ctx, hook.AlertQuery{Company: company, Kind: hook.HookDisabled, Open: true, Limit: many})
	for _, a := range alerts {
		c.disabled[a.Subject] = a
	}
	return c, err
}

// describeDocuments adds how the hooks are and why they don't send, if they don't.
func (s *Server) describeDocuments(ctx context.Context, company string, hooks map[string]*hook.Hook, set *documentWebhookSet, wantGerman bool) error {
	known, err := s.conditions(ctx, company)
	if err != nil {
		return err
	}
	at := now()
	for _, kind := range hook.DocumentTypes() {
		w, h := set.of(kind), hooks[kind]
		if h != nil {
			w.Sends, w.Health = h.Sends(at), healthOf(h, known.healths[w.HookID], at)
		}
		if !w.Sends {
			w.Note = whyNot(h, known.disabled, wantGerman)
		}
	}
	return nil
}

// whyNot says why a document hook, which may be nil, sends nothing.
func whyNot(h *hook.Hook, disabled map[string]hook.Alert, wantGerman bool) string {
	text, inGerman := "nothing is sent: it is switched off", "Es wird nichts gesendet: Der Webhook ist ausgeschaltet."
	switch {
	case h == nil:
	case h.Pending:
		text = "nothing is sent: it is switched on, but has no URL; enter one and save"
		inGerman = "Es wird nichts gesendet: Der Webhook ist eingeschaltet, hat aber keine URL. Tragen Sie eine ein und speichern Sie."
	case h.Enabled && len(h.Locked) > 0:
		text = "nothing is sent: the password cannot be opened with this server's keys; enter it again"
		inGerman = "Es wird nichts gesendet: Das Passwort kann mit den Schlüsseln dieses Servers nicht geöffnet werden. Geben Sie es erneut ein."
	case h.Enabled: // it is paused
		text, inGerman = "nothing is sent: it is paused", "Es wird nichts gesendet: Der Webhook ist angehalten."
	default:
		if a, ok := disabled[h.ID.String()]; ok {
			text, inGerman = a.Text, a.German
		}
	}
	if wantGerman {
		return inGerman
	}
	return text
}

func (s *Server) putDocumentWebhooks(ctx context.Context, in *putDocumentWebhooksInput) (*documentWebhooksOutput, error) {
	if err := needsMatch(in.IfMatch); err != nil {
		return nil, err
	}
	err := s.again(ctx, func() error {
		old := s.Store.Directory().DocumentHooks(in.Company)
		next, err := s.readDocuments(in.Company, old, &in.Body)
		if err != nil {
			return err
		}
		if !matches(in.IfMatch, documentsTag(old)) {
			p := newProblem(http.StatusPreconditionFailed,
				"the document webhooks were changed meanwhile; read them again, and send the new ETag as If-Match")
			p.german = "Die Dokument-Webhooks wurden inzwischen geändert; laden Sie sie neu."
			return p
		}
		var before any
		if len(old) > 0 {
			before = shownDocuments(old)
		}
		all := make([]hook.Hook, 0, len(next))
		for _, kind := range hook.DocumentTypes() {
			all = append(all, *next[kind])
		}
		e := note(ctx, "document-webhooks.change", in.Company, in.Company, before, shownDocuments(next))
		return s.Store.PutDocumentHooks(ctx, in.Company, all, e)
	})
	if err != nil {
		return nil, err
	}
	return s.getDocumentWebhooks(ctx, &companyInput{Company: in.Company})
}
