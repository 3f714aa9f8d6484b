package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/waybillhq/waybill/internal/account"
)

func metricsOperation() huma.Operation {
	op := secured("GET /metrics", "getMetrics", "Read the metrics of this node, for Prometheus", account.ReadMetrics)
	op.Description = "In the text format, or the one that Accept prefers. See docs/metrics.md."
	op.Responses = answers(http.StatusOK, "text/plain", &huma.Schema{Type: huma.TypeString})
	return op
}

func (s *Server) getMetrics(context.Context, *struct{}) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		s.Metrics.ServeHTTP(w, r)
	}}, nil
}
