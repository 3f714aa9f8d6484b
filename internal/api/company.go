package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

type company struct {
	ID        string    `json:"id" readOnly:"true"`
	Name      string    `json:"name" example:"Acme" doc:"At most 200 bytes."`
	Language  string    `json:"language,omitempty" default:"en" example:"de" doc:"en or de."`
	TimeZone  string    `json:"timeZone,omitempty" default:"UTC" example:"Europe/Berlin" doc:"IANA name; decides local times in what receivers get."`
	Modules   []string  `json:"modules" required:"false" nullable:"false" maxItems:"100" example:"[\"standard-integration\"]" doc:"IDs of the modules of its contract, see GET /api/v1/modules. Left out, they stay as they are."`
	Shops     []shop    `json:"shops" required:"false" nullable:"false" maxItems:"1000" doc:"Where it sells. Left out, they stay as they are."`
	CreatedAt time.Time `json:"createdAt" readOnly:"true"`
}

type shop struct {
	ID       string `json:"id" example:"12" doc:"The platform's own ID of it, of at most 200 bytes."`
	Name     string `json:"name" example:"Acme Outlet" doc:"At most 200 bytes."`
	Language string `json:"language,omitempty" example:"de" doc:"en or de; left out, the company's."`
	TimeZone string `json:"timeZone,omitempty" example:"Europe/Berlin" doc:"IANA name; left out, the company's."`
}

func companyOf(c trade.Company) company {
	out := company{
		ID: c.ID, Name: c.Name, Language: c.Language, TimeZone: c.TimeZone,
		Modules: c.Modules, Shops: make([]shop, 0, len(c.Shops)), CreatedAt: c.CreatedAt,
	}
	if out.Modules == nil {
		out.Modules = []string{}
	}
	for _, s := range c.Shops {
		out.Shops = append(out.Shops, shop(s))
	}
	return out
}

type companyInput struct {
	Company string `path:"company" doc:"The company's ID."`
}

type companyOutput struct {
	Status int
	Body   company
}

type companiesOutput struct {
	Body struct {
		Items []company `json:"items" nullable:"false"`
	} `nameHint:"Companies"`
}

func (s *Server) listCompanies(context.Context, *struct{}) (*companiesOutput, error) {
	out := &companiesOutput{}
	out.Body.Items = []company{}
	for _, c := range s.Store.Directory().Companies {
		out.Body.Items = append(out.Body.Items, companyOf(c))
	}
	slices.SortFunc(out.Body.Items, func(a, b company) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (s *Server) getCompany(_ context.Context, in *companyInput) (*companyOutput, error) {
	c, err := s.company(in.Company)
	return &companyOutput{Status: http.StatusOK, Body: companyOf(c)}, err
}

type putCompanyInput struct {
	Company string `path:"company" doc:"The company's ID: 1 to 64 lower-case letters, digits and hyphens."`
	Body    company
}

func (s *Server) putCompany(ctx context.Context, in *putCompanyInput) (*companyOutput, error) {
	c := trade.Company{
		ID: in.Company, Name: in.Body.Name, Language: in.Body.Language, TimeZone: in.Body.TimeZone,
		Shops: in.Body.shops(), CreatedAt: now(),
	}
	if in.Body.Modules != nil {
		// Sorted only once they are checked, so that errors name the right ones.
		c.Modules = slices.Clone(in.Body.Modules)
	}
	if err := s.checkCompany(c); err != nil {
		return nil, err
	}
	slices.Sort(c.Modules)
	c.Modules = slices.Compact(c.Modules)
	slices.SortFunc(c.Shops, func(a, b trade.Shop) int { return strings.Compare(a.ID, b.ID) })
	return s.storeCompany(ctx, c)
}

// shops returns the shops as they are stored, nil if none were sent.
func (c *company) shops() []trade.Shop {
	if c.Shops == nil {
		return nil
	}
	shops := make([]trade.Shop, 0, len(c.Shops))
	for _, s := range c.Shops {
		if s.Language == "" {
			s.Language = c.Language
		}
		if s.TimeZone == "" {
			s.TimeZone = c.TimeZone
		}
		shops = append(shops, trade.Shop(s))
	}
	return shops
}

// checkCompany is account.CheckCompany, but also says what module was meant.
func (s *Server) checkCompany(c trade.Company) error {
	err := account.CheckCompany(c, s.Policy.Modules)
	for i, id := range c.Modules {
		nearModule(err, i, id, s.Policy.Modules)
	}
	return err
}

// storeCompany stores a company that was checked, and answers it. The modules
// and shops may be nil, which keeps the stored ones.
func (s *Server) storeCompany(ctx context.Context, c trade.Company) (*companyOutput, error) {
	action, shown := "company.add", c
	var before any
	if old, ok := s.Store.Directory().Companies[c.ID]; ok {
		action, before = "company.change", account.ShownCompany(old)
		if shown.Modules == nil {
			shown.Modules = old.Modules
		}
		if shown.Shops == nil {
			shown.Shops = old.Shops
		}
	}
	added, err := s.Store.PutCompany(ctx, c, note(ctx, action, c.ID, c.ID, before, account.ShownCompany(shown)))
	if err != nil {
		return nil, err
	}
	out, err := s.getCompany(ctx, &companyInput{Company: c.ID})
	if added {
		out.Status = http.StatusCreated
	}
	return out, err
}

type changeCompanyInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Body    struct {
		Name     *string `json:"name,omitempty" example:"Acme" doc:"At most 200 bytes."`
		Language *string `json:"language,omitempty" example:"de" doc:"en or de."`
		TimeZone *string `json:"timeZone,omitempty" example:"Europe/Berlin" doc:"IANA name."`
	} `nameHint:"CompanyChange"`
}

type changedCompanyOutput struct {
	Body company
}

func (s *Server) changeCompany(ctx context.Context, in *changeCompanyInput) (*changedCompanyOutput, error) {
	c, err := s.company(in.Company)
	if err != nil {
		return nil, err
	}
	c.Modules, c.Shops = nil, nil
	set(&c.Name, in.Body.Name)
	set(&c.Language, in.Body.Language)
	set(&c.TimeZone, in.Body.TimeZone)
	if err := s.checkCompany(c); err != nil {
		return nil, err
	}
	out, err := s.storeCompany(ctx, c)
	if err != nil {
		return nil, err
	}
	return &changedCompanyOutput{Body: out.Body}, nil
}

// set changes what is given.
func set[T any](to, given *T) {
	if given != nil {
		*to = *given
	}
}

// problems collects what is wrong with an input.
type problems []hook.Problem

// add notes a problem; german may be empty for what only programs read.
func (p *problems) add(field, reason, german string) {
	*p = append(*p, hook.Problem{Field: field, Reason: reason, German: german})
}

// text notes it if a text for people is blank or has control characters.
func (p *problems) text(field, value string) {
	switch {
	case strings.TrimSpace(value) == "":
		p.add(field, "it is blank; write something", "Das Feld ist leer; schreiben Sie etwas hinein.")
	case strings.ContainsFunc(value, unicode.IsControl):
		p.add(field, "it has a line break or another control character; remove it",
			"Der Text enthält einen Zeilenumbruch oder ein anderes Steuerzeichen; entfernen Sie es.")
	}
}

// err returns what was noted as one error, nil if nothing was.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return &hook.Error{Fault: hook.Invalid, Msg: notValid, German: notValidGerman, Problems: *p}
}
