package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/waybillhq/waybill/internal/check"
	"github.com/waybillhq/waybill/internal/hook"
)

// Checker looks at receivers.
type Checker interface {
	// Check checks the receiver at a URL of a company with the given defaults. An
	// error of fault hook.Invalid is about the field "url"; whatever else goes wrong
	// is in the report.
	Check(ctx context.Context, url string, d hook.Defaults) (check.Report, error)
}

// The pace of a company is so many tries at once, and then one in each interval:
// enough for somebody at a form, too little to scan ports with.
const (
	triesAtOnce = 10
	tryInterval = 6 * time.Second
)

type checkInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Body    struct {
		URL string `json:"url" example:"https://hooks.example/orders" doc:"Of the receiver."`
	}
}

type checkOutput struct{ Body check.Report }

// checkReceiver returns the handler that checks receivers, within the companies' pace.
func (s *Server) checkReceiver() func(context.Context, *checkInput) (*checkOutput, error) {
	var pace pace
	return func(ctx context.Context, in *checkInput) (*checkOutput, error) {
		if wait := pace.wait(in.Company, time.Now()); wait > 0 {
			return nil, &hook.Error{
				Fault: hook.TooOften, After: wait, Msg: "too many receivers were checked just now; wait a moment and try again",
				German: "Es wurden gerade zu viele Empfänger geprüft; warten Sie einen Moment und versuchen Sie es erneut.",
			}
		}
		report, err := s.Checker.Check(ctx, in.Body.URL, s.Store.Directory().Defaults[in.Company])
		if err != nil {
			return nil, err
		}
		return &checkOutput{Body: report}, nil
	}
}

// pace bounds how often each company does something. The zero value is usable.
type pace struct {
	mu        sync.Mutex
	companies map[string]*rate.Limiter
}

// wait counts a try of a company, or returns how long it has to wait; then the
// try doesn't count.
func (p *pace) wait(company string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter := p.companies[company]
	if limiter == nil {
		if p.companies == nil {
			p.companies = make(map[string]*rate.Limiter)
		}
		limiter = rate.NewLimiter(rate.Every(tryInterval), triesAtOnce)
		p.companies[company] = limiter
	}
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}
