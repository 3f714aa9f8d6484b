package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

type company struct {
	ID        string    `json:"id" readOnly:"true"`
	Name      string    `json:"name" minLength:"1" maxLength:"200"`
	TimeZone  string    `json:"timeZone" required:"false" default:"UTC" example:"Europe/Berlin" doc:"IANA name; decides local times in what receivers get."`
	CreatedAt time.Time `json:"createdAt" readOnly:"true"`
}

func companyOf(c trade.Company) company {
	return company{ID: c.ID, Name: c.Name, TimeZone: c.TimeZone, CreatedAt: c.CreatedAt}
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

func putCompanyOperation() huma.Operation {
	return reading(secured("PUT "+companyPath, "putCompany", "Add a company, or change it"))
}

func (s *Server) putCompany(ctx context.Context, in *putCompanyInput) (*companyOutput, error) {
	var wrong problems
	if !trade.CheckCompanyID(in.Company) {
		wrong.add("company", "it cannot be a company's ID; use 1 to 64 lower-case letters, digits and hyphens, with none of the hyphens at an end")
	}
	wrong.text("name", in.Body.Name)
	if _, err := time.LoadLocation(in.Body.TimeZone); err != nil || in.Body.TimeZone == "Local" {
		wrong.add("timeZone", "there is no such time zone; use an IANA name such as Europe/Berlin")
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	c := trade.Company{ID: in.Company, Name: in.Body.Name, TimeZone: in.Body.TimeZone, CreatedAt: now()}
	added, err := s.Store.PutCompany(ctx, c)
	if err != nil {
		return nil, err
	}
	if added {
		return &companyOutput{Status: http.StatusCreated, Body: companyOf(c)}, nil
	}
	return s.getCompany(ctx, &companyInput{Company: in.Company})
}

// problems collects what is wrong with an input.
type problems []hook.Problem

func (p *problems) add(field, reason string) {
	*p = append(*p, hook.Problem{Field: field, Reason: reason})
}

// text notes it if a text for people is blank or has control characters.
func (p *problems) text(field, value string) {
	switch {
	case strings.TrimSpace(value) == "":
		p.add(field, "it is blank; write something")
	case strings.ContainsFunc(value, unicode.IsControl):
		p.add(field, "it has a line break or another control character; remove it")
	}
}

// err returns what was noted as one error, nil if nothing was.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return &hook.Error{Fault: hook.Invalid, Msg: "the input is not valid", Problems: *p}
}
