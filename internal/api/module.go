package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

type module struct {
	ID      string `json:"id" example:"standard-integration"`
	Label   label  `json:"label" doc:"What people call it."`
	Unlocks bool   `json:"unlocks" doc:"Whether a contract with it includes webhook settings."`
}

type modulesOutput struct {
	Body struct {
		Items []module `json:"items" nullable:"false"`
	} `nameHint:"Modules"`
}

func (s *Server) listModules(context.Context, *struct{}) (*modulesOutput, error) {
	out := &modulesOutput{}
	out.Body.Items = []module{}
	for _, m := range s.Policy.Modules {
		out.Body.Items = append(out.Body.Items, module{ID: m.ID, Label: label(m.Label), Unlocks: m.Unlocks})
	}
	return out, nil
}

// nearModule adds to what err says of the module at i, if anything, the one
// that was most likely meant.
func nearModule(err error, i int, id string, known account.Modules) {
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return
	}
	near := trade.NearestOf(id, known.IDs())
	field := fmt.Sprintf("modules[%d]", i)
	for j := range e.Problems {
		if p := &e.Problems[j]; p.Field == field && near != "" {
			p.Reason += "; did you mean " + near + "?"
			p.German += " Meinten Sie " + near + "?"
		}
	}
}
