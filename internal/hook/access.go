package hook

import (
	"crypto/x509"
	"net/url"
	"slices"
	"strings"
	"time"
)

// AuthKind says by what a request is authenticated.
type AuthKind string

// The kinds of authentication.
const (
	NoAuth      AuthKind = "none"
	BasicAuth   AuthKind = "basic"   // user name and password (RFC 7617)
	BearerAuth  AuthKind = "bearer"  // a token that stays the same (RFC 6750, section 2.1)
	KeyAuth     AuthKind = "apiKey"  // a key in a header with a name of its own
	OAuthAuth   AuthKind = "oauth2"  // a token fetched by client credentials (RFC 6749, section 4.4)
	CompanyAuth AuthKind = "company" // as the hook's company says by default
)

// Auth says how a request is authenticated. The zero value means that it isn't.
// The JSON of this and of the other types of this file is how they are stored:
// without their secrets, which are kept apart.
type Auth struct {
	Kind   AuthKind  `json:"kind"`
	User   string    `json:"user,omitempty"`   // of BasicAuth
	Header string    `json:"header,omitempty"` // of KeyAuth: the name of its header
	OAuth  OAuth     `json:"oauth,omitzero"`   // of OAuthAuth
	Secret Secret    `json:"-"`                // the password, token, key or client secret
	SetAt  time.Time `json:"-"`                // since when Secret is set; the store fills it in
}

// Set reports whether there is anything to authenticate with.
func (a Auth) Set() bool { return a.Kind != "" && a.Kind != NoAuth }

// OAuth says where and how a token is fetched by client credentials.
type OAuth struct {
	TokenURL string            `json:"tokenUrl"` // https; see CheckURL
	ClientID string            `json:"clientId"`
	Scope    string            `json:"scope,omitempty"`    // as it is sent: names with spaces between them; may be empty
	Extra    map[string]string `json:"extra,omitempty"`    // further parameters of the token request, such as audience
	ByHeader bool              `json:"byHeader,omitempty"` // the client authenticates by HTTP basic authentication, else in the form (RFC 6749, section 2.3.1)
}

// Signing says how requests are signed. Both ways may be used at once.
type Signing struct {
	Keys []SigningKey `json:"keys,omitempty"` // of Standard Webhooks; each signs, so that receivers can go from one to the next
	HMAC HMAC         `json:"hmac,omitzero"`
}

// SigningKind tells the schemes of Standard Webhooks apart.
type SigningKind string

// The schemes of Standard Webhooks, as they are named in Webhook-Signature.
const (
	V1  SigningKind = "v1"  // HMAC-SHA256
	V1A SigningKind = "v1a" // Ed25519
)

// SigningKey is a key that signs as Standard Webhooks 1.0 says.
type SigningKey struct {
	ID     string      `json:"id"` // names it among the keys of the hook
	Kind   SigningKind `json:"kind"`
	Secret Secret      `json:"-"`                // "whsec_" or, for V1A, "whsk_", and base64
	Public string      `json:"public,omitempty"` // of V1A: "whpk_" and base64, for receivers
	SetAt  time.Time   `json:"-"`                // the store fills it in
}

// HMAC says how the body is signed by an HMAC of it alone, in a header of its
// own. The zero value means that it isn't.
type HMAC struct {
	Header    string    `json:"header"`           // its name
	Prefix    string    `json:"prefix,omitempty"` // stands before the signature, such as "sha256="
	Algorithm string    `json:"algorithm"`        // "sha256", "sha512" or, for old receivers, "sha1"
	Encoding  string    `json:"encoding"`         // "hex" or "base64"
	Secret    Secret    `json:"-"`                // its bytes are the key
	SetAt     time.Time `json:"-"`                // since when Secret is set; the store fills it in
}

// Set reports whether bodies are signed by an HMAC.
func (m HMAC) Set() bool { return m.Header != "" }

// Certificate is what Waybill shows to receivers that want to know who it is
// (mutual TLS). The zero value is none.
type Certificate struct {
	Chain       string    `json:"chain"`       // PEM, its own first
	Key         Secret    `json:"-"`           // PEM (PKCS #8)
	Fingerprint string    `json:"fingerprint"` // SHA-256 of the first, in hexadecimal
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	SetAt       time.Time `json:"-"` // the store fills it in
}

// Set reports whether there is a certificate.
func (c Certificate) Set() bool { return c.Chain != "" }

// Defaults is what a company's hooks have in common. The zero value is nothing.
type Defaults struct {
	Version   int // counts the changes
	UpdatedAt time.Time
	Auth      Auth     // for hooks with CompanyAuth
	Hosts     []string // the only ones that Auth is sent to: in lower case, with the port unless it is 443
	Roots     string   // PEM: authorities that are trusted besides the server's
	Locked    bool     // Auth has a secret that can't be opened; the store keeps it
}

// AuthOf returns how requests of h are authenticated. The error is an *Error
// in words: h has CompanyAuth, and its host is not one of d's.
func (d Defaults) AuthOf(h *Hook) (Auth, error) {
	if h.Auth.Kind != CompanyAuth {
		return h.Auth, nil
	}
	host := HostOf(h.URL)
	if !slices.Contains(d.Hosts, host) {
		return Auth{}, Errorf(Invalid, "the company's default credentials are not meant for %s; "+
			"add the host to theirs, or give the hook credentials of its own", host)
	}
	return d.Auth, nil
}

// Pool returns who may vouch for the company's receivers: the server's roots, of
// which nil means the system's, and the company's own.
func (d Defaults) Pool(server *x509.CertPool) *x509.CertPool {
	if d.Roots == "" {
		return server
	}
	pool := server
	if pool == nil {
		pool, _ = x509.SystemCertPool() // without one, only the company's count
	}
	if pool == nil {
		pool = x509.NewCertPool()
	}
	pool = pool.Clone()
	pool.AppendCertsFromPEM([]byte(d.Roots))
	return pool
}

// HostOf returns the host of a URL as Defaults has it, or "".
func HostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443")
}
