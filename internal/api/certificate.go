package api

import (
	"context"
	"slices"
	"time"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
)

type clientCertificate struct {
	_           struct{}  `nullable:"true"`
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256 of it, in hexadecimal."`
	Chain       string    `json:"chain" doc:"PEM: the certificate and those between it and its authority."`
	SetAt       time.Time `json:"setAt" doc:"Since when it is this one."`
}

func clientCertificateOf(c hook.Certificate) *clientCertificate {
	if !c.Set() {
		return nil
	}
	return &clientCertificate{
		Subject: c.Subject, Issuer: c.Issuer, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Fingerprint: c.Fingerprint, Chain: c.Chain, SetAt: c.SetAt,
	}
}

type putCertificateInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
	Body    clientCertificateFile
}

type clientCertificateFile struct {
	Certificate string      `json:"certificate,omitempty" maxLength:"65536" doc:"PEM: the certificate with its chain, in any order, and perhaps the private key. Give this or pkcs12."`
	Key         hook.Secret `json:"key,omitempty" writeOnly:"true" maxLength:"65536" doc:"PEM: the private key, if certificate doesn't have it. Never shown."`
	PKCS12      []byte      `json:"pkcs12,omitempty" doc:"A PKCS#12 file (.p12 or .pfx) in base64."`
	Password    hook.Secret `json:"password,omitempty" writeOnly:"true" maxLength:"1000" doc:"Of the PKCS#12 file. It is not kept."`
}

// putCertificate returns the handler that sets what a trigger's requests show to
// receivers that want to know who they come from, within the companies' pace.
func (s *Server) putCertificate(o *opening) func(context.Context, *putCertificateInput) (*triggerOutput, error) {
	return func(ctx context.Context, in *putCertificateInput) (*triggerOutput, error) {
		h, err := s.putCertificateOf(ctx, hookName{in.Company, hook.Trigger, in.ID}, &in.Body, o)
		if err != nil {
			return nil, err
		}
		return s.answerTrigger(ctx, h)
	}
}

func (s *Server) putCertificateOf(ctx context.Context, n hookName, in *clientCertificateFile, o *opening) (*hook.Hook, error) {
	if _, err := s.named(n); err != nil {
		return nil, err
	}
	c, err := in.read(ctx, n.company, o)
	if err != nil {
		return nil, err
	}
	return s.changeNamed(ctx, n, "", func(h *hook.Hook) error {
		c.SetAt = h.UpdatedAt
		h.Client, h.Locked = c, without(h.Locked, hook.ClientSecret)
		return nil
	})
}

// opening bounds what it costs to open PKCS#12 files, of which one may be made to
// take seconds: a company may open so many, and one is opened at a time.
type opening struct {
	pace pace
	turn chan struct{}
}

func newOpening() *opening { return &opening{turn: make(chan struct{}, 1)} }

// read reads what was pasted or uploaded by a company.
func (in *clientCertificateFile) read(ctx context.Context, company string, o *opening) (hook.Certificate, error) {
	switch {
	case (in.Certificate == "") == (len(in.PKCS12) == 0):
		return hook.Certificate{}, &hook.Error{
			Fault: hook.Invalid, Msg: notValid, German: notValidGerman, Problems: []hook.Problem{{
				Field: "certificate", Reason: "give either this, as PEM, or pkcs12",
				German: "Geben Sie entweder dies als PEM an oder pkcs12.",
			}},
		}
	case in.Certificate != "":
		return certificate.FromPEM(in.Certificate, in.Key, now())
	}
	if wait := o.pace.wait(company, time.Now()); wait > 0 {
		return hook.Certificate{}, &hook.Error{
			Fault: hook.TooOften, After: wait, Msg: "too many PKCS#12 files were uploaded just now; wait a moment and try again",
			German: "Es wurden gerade zu viele PKCS#12-Dateien hochgeladen; warten Sie einen Moment und versuchen Sie es erneut.",
		}
	}
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return hook.Certificate{}, ctx.Err()
	}
	return certificate.FromPKCS12(in.PKCS12, in.Password, now())
}

func (s *Server) deleteCertificate(ctx context.Context, in *triggerInput) (*struct{}, error) {
	return nil, s.deleteCertificateOf(ctx, in.name())
}

// deleteCertificateOf has a hook's receiver shown no certificate.
func (s *Server) deleteCertificateOf(ctx context.Context, n hookName) error {
	_, err := s.changeNamed(ctx, n, "", func(h *hook.Hook) error {
		if !h.Client.Set() {
			return missing("client certificate")
		}
		h.Client, h.Locked = hook.Certificate{}, without(h.Locked, hook.ClientSecret)
		return nil
	})
	return err
}

type authorities struct {
	Version   int         `json:"version" readOnly:"true" doc:"Counts the changes of the company's defaults; the ETag."`
	Roots     string      `json:"certificates" doc:"PEM: certificates of authorities that may vouch for the receivers of this company, besides those that the server trusts anyway. Empty: none."`
	Names     []authority `json:"authorities" readOnly:"true" nullable:"false"`
	UpdatedAt time.Time   `json:"updatedAt,omitzero" readOnly:"true"`
}

type authority struct {
	Subject  string    `json:"subject"`
	NotAfter time.Time `json:"notAfter"`
}

type putAuthoritiesInput struct {
	Company string `path:"company" doc:"The company's ID."`
	IfMatch string `header:"If-Match" doc:"The ETag of the version to be replaced. Without it, the last one to write wins."`
	Body    authorities
}

type authoritiesOutput struct {
	ETag string `header:"ETag"`
	Body authorities
}

func answerAuthorities(d hook.Defaults) *authoritiesOutput {
	out := &authoritiesOutput{ETag: defaultsTag(d), Body: authorities{
		Version: d.Version, Roots: d.Roots, Names: []authority{}, UpdatedAt: d.UpdatedAt,
	}}
	if d.Roots == "" {
		return out
	}
	roots, _ := certificate.Roots("certificates", d.Roots, now()) // they were read before
	for _, c := range roots {
		out.Body.Names = append(out.Body.Names, authority{c.Subject.String(), c.NotAfter})
	}
	return out
}

func (s *Server) getAuthorities(_ context.Context, in *companyInput) (*authoritiesOutput, error) {
	return answerAuthorities(s.Store.Directory().Defaults[in.Company]), nil
}

// putAuthorities is for the operator: who trusts an authority trusts whatever it
// vouches for.
func (s *Server) putAuthorities(ctx context.Context, in *putAuthoritiesInput) (*authoritiesOutput, error) {
	var roots string
	if in.Body.Roots != "" {
		read, err := certificate.Roots("certificates", in.Body.Roots, now())
		if err != nil {
			return nil, err
		}
		roots = certificate.PEM(slices.Clip(read))
	}
	next, err := s.changeDefaults(ctx, in.Company, in.IfMatch, "authorities.change", func(d *hook.Defaults) error {
		d.Roots = roots
		return nil
	})
	if err != nil {
		return nil, err
	}
	return answerAuthorities(next), nil
}
