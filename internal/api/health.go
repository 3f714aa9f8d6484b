package api

import (
	"context"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// readyTimeout bounds how long the answer to "are you ready" may take.
const readyTimeout = 5 * time.Second

type healthOutput struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	} `nameHint:"Health"`
}

func (s *Server) health(context.Context, *struct{}) (*healthOutput, error) {
	out := &healthOutput{}
	out.Body.Status = "ok"
	return out, nil
}

func (s *Server) ready(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	within, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.Ready(within); err != nil {
		return nil, &hook.Error{Fault: hook.Busy, Msg: "the database does not answer; try again later", Err: err}
	}
	return s.health(ctx, nil)
}
