package check

import "time"

// Grade sums a report up, from A to F as in school; there is no E.
type Grade string

// The grades.
const (
	A Grade = "A" // nothing to do
	B Grade = "B"
	C Grade = "C"
	D Grade = "D" // Waybill delivers, but this must be mended
	F Grade = "F" // Waybill does not deliver there
)

// Report is what a check has found out. It is written as JSON for programs.
type Report struct {
	URL       string    `json:"url"`
	CheckedAt time.Time `json:"checkedAt"`
	Delivers  bool      `json:"delivers" doc:"Whether Waybill would deliver there."`
	Grade     Grade     `json:"grade" enum:"A,B,C,D,F" doc:"The worst of the findings'."`
	Findings  []Finding `json:"findings" nullable:"false" doc:"What there is to say, the worst first."`

	Addresses []Address     `json:"addresses" nullable:"false" doc:"What the host resolves to, in the order in which they are tried."`
	Versions  []Version     `json:"versions" nullable:"false" doc:"Of TLS, the newest first; empty if no connection was made."`
	HTTP      []string      `json:"http" nullable:"false" doc:"Versions of HTTP that are offered (ALPN): http/1.1 or h2."`
	AsksFor   bool          `json:"asksForCertificate" doc:"Whether the receiver asks who is calling (mutual TLS)."`
	Verified  bool          `json:"verified" doc:"Whether the certificate is vouched for and for this host."`
	Chain     []Certificate `json:"chain" nullable:"false" doc:"The certificates that were shown, the receiver's own first."`
	Took      Took          `json:"took"`
}

// Finding is one thing to say about a receiver.
type Finding struct {
	Grade Grade  `json:"grade" enum:"A,B,C,D,F" doc:"The best grade that is possible with it."`
	What  string `json:"what"`
	Fix   string `json:"fix,omitempty" doc:"What is to be done about it."`
}

// Address is one address of the host.
type Address struct {
	Address   string `json:"address" doc:"Empty if it is not permitted, unless the host is written as it: what a name leads to inside the operator's network is not told."`
	Permitted bool   `json:"permitted" doc:"Whether this server connects to it."`
	Used      bool   `json:"used" doc:"Whether the check was made there."`
	Reason    string `json:"reason,omitempty" doc:"Why it isn't permitted, or no connection was made."`
}

// Version is what a receiver makes of one version of TLS.
type Version struct {
	Name    string `json:"name" example:"TLS 1.3"`
	Offered bool   `json:"offered"`
	Suite   string `json:"cipherSuite,omitempty" doc:"That it chooses."`
	HTTP    string `json:"http,omitempty" doc:"Version of HTTP that it chooses when offered both (ALPN)."`
	Weak    string `json:"weakCipherSuite,omitempty" doc:"An outdated one that it accepts as well."`
}

// Certificate is one of those that a receiver shows.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names,omitempty" doc:"Hosts that it is valid for."`
	Key       string    `json:"key" example:"ECDSA P-256"`
	Signature string    `json:"signature" example:"SHA256-RSA" doc:"The algorithm by which the issuer has signed it."`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
}

// Took is how long the steps took, in milliseconds; 0 for those not come to.
type Took struct {
	LookUp    float64 `json:"lookUpMs"`
	Connect   float64 `json:"connectMs"`
	Handshake float64 `json:"handshakeMs"`
}

// milliseconds are what Took is in, to a tenth.
func milliseconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Microsecond)) / float64(time.Millisecond)
}
