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

// connector is how a company is told of orders, their documents or shipments. The
// names that receivers' platforms have for something are theirs.
type connector struct {
	Kind    string `json:"connector" readOnly:"true" enum:"orders,order-documents,shipments"`
	HookID  string `json:"hookId,omitempty" readOnly:"true" format:"uuid" doc:"Names it in deliveries, alerts and jobs. It stays the same until the settings are forgotten."`
	Version int    `json:"version" readOnly:"true" doc:"Counts the changes; 0 before the first."`

	Enabled    bool     `json:"enabled"`
	Method     string   `json:"method,omitempty" enum:"POST,GET" default:"POST" doc:"POST sends a body. GET is the legacy way: it sends none, and the receiver fetches what the URL names."`
	URL        string   `json:"webhookUrl" required:"false" example:"https://erp.example/orders" doc:"Where to send to: only https, and where hooks may reach. With GET, {orderId} or, for shipments, {shipmentId} stands where the ID is put in. Empty for none, while it is not enabled."`
	Format     string   `json:"format,omitempty" enum:"JSON,TXML" default:"JSON" doc:"Of the body: JSON, or plain XML that says the same, of orders and their documents."`
	Single     bool     `json:"singleDeliveryPerOrderLine" required:"false" doc:"Of orders: a line with several deliveries is sent as several lines, for systems that know one delivery per line."`
	Simple     bool     `json:"simpleOrderEvent" required:"false" doc:"With singleDeliveryPerOrderLine: name the event by its older name, simpleOrderEvent."`
	EventNames []string `json:"enabledEventNames" required:"false" nullable:"false" maxItems:"100" doc:"What it is told of. Left out: the default set."`

	Authentication string             `json:"authentication,omitempty" enum:"none,basic,bearer,oauth" doc:"How requests are authenticated. Left out: by what is given of basicAuthCredentials, bearerToken and oauth; if nothing is, as before."`
	Basic          *connectorBasic    `json:"basicAuthCredentials,omitempty" doc:"Of basic."`
	Bearer         *hook.Secret       `json:"bearerToken,omitempty" writeOnly:"true" maxLength:"8000" doc:"Of bearer. Never shown. Left out or empty, the stored one is kept, if the host of the URL stays the same."`
	BearerSet      bool               `json:"bearerTokenSet" readOnly:"true" doc:"Whether there is a token."`
	BearerSetAt    time.Time          `json:"bearerTokenSetAt,omitzero" readOnly:"true" doc:"Since when the token is this one."`
	OAuth          *connectorOAuth    `json:"oauth,omitempty" doc:"Of oauth: a token is fetched by the client credentials (RFC 6749, section 4.4)."`
	HMAC           *hmacSettings      `json:"hmac" required:"false" doc:"An HMAC of the body alone, for receivers that don't know Standard Webhooks."`
	SigningKeys    []signingKey       `json:"signingKeys" readOnly:"true" nullable:"false" doc:"What requests are signed with as Standard Webhooks says; see …/signing-keys."`
	Client         *clientCertificate `json:"clientCertificate" readOnly:"true" doc:"What is shown to receivers that want to know who sends; see …/client-certificate."`

	Priority string         `json:"priority,omitempty" enum:"lowest,low,normal,high,highest" default:"normal" doc:"What is sent first when much waits."`
	Ordered  bool           `json:"ordered" required:"false" doc:"Deliveries of one order or shipment are sent one at a time, in the order of their events."`
	Retry    connectorRetry `json:"retry" required:"false" doc:"When a delivery is tried again, and when it is given up."`
	Limits   limitSettings  `json:"limits" required:"false" doc:"How fast it is sent to, by all nodes together."`
	Disable  string         `json:"disableAfter,omitempty" example:"120h" doc:"For how long it may fail without any success before it is disabled: 1h to 8760h, or never. Left out: as the server says."`
	HTTP2    bool           `json:"http2" required:"false" doc:"Offer HTTP/2 as well as HTTP/1.1."`

	Sends     bool           `json:"sends" readOnly:"true" doc:"Whether events are told: it is enabled, and nothing else keeps it from that."`
	Note      string         `json:"note,omitempty" readOnly:"true" doc:"Why not, in words."`
	Health    *triggerHealth `json:"health,omitempty" readOnly:"true" doc:"How its receiver is."`
	CanChange bool           `json:"canChange" readOnly:"true" doc:"Whether who asks may change and test this."`
	Reason    string         `json:"reason,omitempty" readOnly:"true" doc:"Why not, in words."`
	UpdatedAt time.Time      `json:"updatedAt,omitzero" readOnly:"true"`
}

type connectorBasic struct {
	Username       string       `json:"username" required:"false" maxLength:"255"`
	Password       *hook.Secret `json:"password,omitempty" writeOnly:"true" maxLength:"8000" doc:"Never shown. Left out or empty, the stored one is kept, if the user and the host of the URL stay the same."`
	PasswordSet    bool         `json:"passwordSet" readOnly:"true" doc:"Whether there is a password."`
	PasswordLength int          `json:"passwordLength,omitempty" readOnly:"true" doc:"Characters of it."`
	PasswordSetAt  time.Time    `json:"passwordSetAt,omitzero" readOnly:"true" doc:"Since when the password is this one."`
}

type connectorOAuth struct {
	TokenURL   string            `json:"tokenUrl" required:"false" example:"https://login.example/oauth/token" doc:"Where tokens are fetched. Only https."`
	ClientID   string            `json:"clientId" required:"false" maxLength:"1000"`
	ClientAuth string            `json:"clientAuth,omitempty" enum:"form,header" default:"form" doc:"Whether the token server wants client ID and secret in the form or in the header Authorization."`
	Scope      string            `json:"scope,omitempty" maxLength:"2000" doc:"Names with spaces between them."`
	Parameters map[string]string `json:"parameters,omitempty" example:"{\"audience\": \"https://erp.example\"}" doc:"What else the token server wants, such as audience or resource. Everyone in the company sees them."`
	Secret     *hook.Secret      `json:"clientSecret,omitempty" writeOnly:"true" maxLength:"8000" doc:"Never shown. Left out or empty, the stored one is kept, if client ID, token URL and the host of the URL stay the same."`
	SecretSet  bool              `json:"clientSecretSet" readOnly:"true" doc:"Whether there is a secret."`
	SetAt      time.Time         `json:"clientSecretSetAt,omitzero" readOnly:"true" doc:"Since when the secret is this one."`
}

// connectorRetry is retrySettings with another default.
type connectorRetry struct {
	Preset   string      `json:"preset,omitempty" enum:"ten-times,status-rules,status-rules-2024,custom" default:"status-rules" doc:"A named policy: any answer but 2xx ten times over about a day; 4xx and 500 never, above 500 for ever; the same with 500 for ever, as before July 2025; or the custom rules. See docs/delivery.md."`
	Custom   *retryRules `json:"custom,omitempty" doc:"Of custom."`
	Schedule label       `json:"schedule" readOnly:"true" doc:"When a delivery is attempted, in words."`
}

type connectorInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
}

func connectorName(company, kind string) hookName {
	return hookName{company: company, kind: hook.Kind(kind)}
}

type putConnectorInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	IfMatch   string `header:"If-Match" doc:"The ETag of what is to be replaced. It is needed, since all is replaced."`
	Body      connector
}

type connectorOutput struct {
	ETag     string `header:"ETag"`
	Language string `header:"Content-Language"`
	Body     connector
}

type connectorsOutput struct {
	Language string `header:"Content-Language"`
	Body     struct {
		Items []connector `json:"items" nullable:"false"`
	} `nameHint:"Connectors"`
}

// newConnector returns what a connector of a company is before anybody has set it
// up. Its receivers answer 4xx and 500 to what they will never take.
func newConnector(company string, kind hook.Kind) hook.Hook {
	return hook.Hook{
		Company: company, Kind: kind, Title: "Connector: " + string(kind), EventTypes: kind.DefaultEventNames(),
		Connector: hook.Connector{Method: http.MethodPost, Format: hook.JSON},
		Retry:     hook.Retry{Preset: hook.StatusRules}, Priority: hook.Normal,
	}
}

// connectorTag returns the ETag of a connector, nil if it isn't stored. One that is
// set up anew after it was forgotten has others.
func connectorTag(h *hook.Hook) string {
	if h == nil {
		return `"0"`
	}
	return strconv.Quote(strconv.Itoa(h.Version) + "-" + h.ID.String())
}

// connectorOf shows what may be shown of a connector to everybody in its company.
func connectorOf(h *hook.Hook) connector {
	c := connector{
		Kind: string(h.Kind), Version: h.Version, Enabled: h.Enabled, Method: h.Connector.Method, URL: h.URL,
		Format: string(h.Connector.Format), Single: h.Connector.Single, Simple: h.Connector.Simple, EventNames: h.EventTypes,
		HMAC: hmacOf(h.Signing.HMAC, slices.Contains(h.Locked, hook.HMACSecret)), SigningKeys: []signingKey{}, Client: clientCertificateOf(h.Client),
		Priority: priorities()[h.Priority], Ordered: h.Queue.Ordered, Retry: connectorRetry(retryOf(h.Retry)),
		Limits: limitsOf(h.Limits), Disable: disableOf(h.Disable), HTTP2: h.HTTP2, UpdatedAt: h.UpdatedAt,
	}
	if h.ID != uuid.Nil {
		c.HookID = h.ID.String()
	}
	for _, k := range h.Signing.Keys {
		c.SigningKeys = append(c.SigningKeys, signingKeyOf(k))
	}
	c.showAuth(h.Auth, slices.Contains(h.Locked, hook.AuthSecret))
	return c
}

// showAuth fills in how requests are authenticated, without the secret, which may be
// locked.
func (c *connector) showAuth(a hook.Auth, locked bool) {
	set, at := a.Secret != "" || locked, time.Time{}
	if set {
		at = a.SetAt
	}
	c.Authentication = authName(a.Kind)
	switch a.Kind {
	case hook.BasicAuth:
		c.Basic = &connectorBasic{Username: a.User, PasswordSet: set, PasswordLength: utf8.RuneCountInString(string(a.Secret)), PasswordSetAt: at}
	case hook.BearerAuth:
		c.BearerSet, c.BearerSetAt = set, at
	case hook.OAuthAuth:
		shown := authOf(a, locked)
		c.OAuth = &connectorOAuth{
			TokenURL: shown.TokenURL, ClientID: shown.ClientID, ClientAuth: shown.ClientAuth, Scope: shown.Scope,
			Parameters: shown.Parameters, SecretSet: set, SetAt: at,
		}
	case hook.NoAuth, hook.KeyAuth, hook.CompanyAuth: // connectors have neither of the latter
	}
}

func (s *Server) listConnectors(ctx context.Context, in *companyInput) (*connectorsOutput, error) {
	out := &connectorsOutput{}
	if prefersGerman(callOf(ctx).request) {
		out.Language = german
	}
	var err error
	out.Body.Items, err = s.connectors(ctx, in.Company, hook.Connectors()...)
	return out, err
}

func (s *Server) getConnector(ctx context.Context, in *connectorInput) (*connectorOutput, error) {
	kind := hook.Kind(in.Connector)
	out := &connectorOutput{ETag: connectorTag(s.Store.Directory().Connector(in.Company, kind))}
	if prefersGerman(callOf(ctx).request) {
		out.Language = german
	}
	cs, err := s.connectors(ctx, in.Company, kind)
	if err != nil {
		return nil, err
	}
	out.Body = cs[0]
	return out, nil
}

// connectors returns the connectors of a company of the given kinds, set up or not,
// with how they are and whether who asks may change them.
func (s *Server) connectors(ctx context.Context, company string, kinds ...hook.Kind) ([]connector, error) {
	c, err := s.company(company)
	if err != nil {
		return nil, err
	}
	wantGerman := prefersGerman(callOf(ctx).request)
	denied := s.Policy.Allow(actorOf(ctx), account.ChangeHooks, &c)
	known, err := s.conditions(ctx, company)
	if err != nil {
		return nil, err
	}
	at := now()
	out := make([]connector, len(kinds))
	for i, kind := range kinds {
		stored, w := s.Store.Directory().Connector(company, kind), &out[i]
		if stored == nil {
			h := newConnector(company, kind)
			*w = connectorOf(&h)
		} else {
			*w = connectorOf(stored)
			w.Sends, w.Health = stored.Sends(at), healthOf(stored, known.healths[w.HookID], at)
		}
		if !w.Sends {
			w.Note = whyConnectorNot(stored, known.disabled, wantGerman)
		}
		if w.CanChange = denied == nil; denied != nil {
			w.Reason = problemOf(denied).in(wantGerman).Detail
		}
	}
	return out, nil
}

// whyConnectorNot says why a connector, which may be nil, sends nothing.
func whyConnectorNot(h *hook.Hook, disabled map[string]hook.Alert, wantGerman bool) string {
	switch {
	case h == nil || !h.Enabled || len(h.Locked) == 0:
		return whyNot(h, disabled, wantGerman)
	case wantGerman:
		return "Es wird nichts gesendet: Ein Geheimnis kann mit den Schlüsseln dieses Servers nicht geöffnet werden. Geben Sie es erneut ein."
	}
	return "nothing is sent: a secret cannot be opened with this server's keys; enter it again"
}

func (s *Server) putConnector(ctx context.Context, in *putConnectorInput) (*connectorOutput, error) {
	if err := needsMatch(in.IfMatch); err != nil {
		return nil, err
	}
	kind := hook.Kind(in.Connector)
	err := s.again(ctx, func() error {
		old := s.Store.Directory().Connector(in.Company, kind)
		at := now()
		next, before := newConnector(in.Company, kind), any(nil)
		if next.CreatedAt = at; old != nil {
			next, before = *old, connectorOf(old)
		} else {
			id, err := uuid.NewV7()
			if err != nil {
				return err
			}
			next.ID = id
		}
		next.Version, next.UpdatedAt = next.Version+1, at
		if err := s.fillConnector(&next, &in.Body); err != nil {
			return err
		}
		if !matches(in.IfMatch, connectorTag(old)) {
			p := newProblem(http.StatusPreconditionFailed, "the connector was changed meanwhile; read it again, and send the new ETag as If-Match")
			p.german = "Der Connector wurde inzwischen geändert; laden Sie ihn neu."
			return p
		}
		e := note(ctx, "connector.change", next.ID.String(), in.Company, before, connectorOf(&next))
		return s.Store.PutConnector(ctx, next, e)
	})
	if err != nil {
		return nil, err
	}
	return s.getConnector(ctx, &connectorInput{in.Company, in.Connector})
}

func (s *Server) deleteConnector(ctx context.Context, in *connectorInput) (*struct{}, error) {
	h, err := s.named(connectorName(in.Company, in.Connector))
	if err != nil {
		return nil, err
	}
	e := note(ctx, "connector.delete", h.ID.String(), h.Company, connectorOf(h), nil)
	return nil, s.Store.DeleteHook(ctx, h.Company, h.ID, now(), e)
}
