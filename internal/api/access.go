package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// keyScheme names, in the OpenAPI document, how requests are authenticated.
const keyScheme = "key"

// authorize lets a request pass if its operation is public or it brings the
// operator's key as a bearer token (RFC 6750, section 2.1).
func (s *Server) authorize(ctx huma.Context, next func(huma.Context)) {
	if len(ctx.Operation().Security) == 0 {
		next(ctx)
		return
	}
	_, w := humago.Unwrap(ctx)
	key := bearer(ctx.Header("Authorization"))
	switch {
	case key == "":
		w.Header().Set("WWW-Authenticate", `Bearer realm="waybill"`)
		newProblem(http.StatusUnauthorized, "the key is missing; send the header Authorization: Bearer KEY").write(w)
	case !s.Operator(key):
		w.Header().Set("WWW-Authenticate", `Bearer realm="waybill", error="invalid_token"`)
		newProblem(http.StatusUnauthorized, "the key is not valid; send the one that this server was set up with").write(w)
	default:
		w.Header().Set("Cache-Control", "no-store")
		next(ctx)
	}
}

// bearer returns the token of an Authorization header, or "" if it has none.
func bearer(header string) string {
	const scheme = "bearer "
	if len(header) < len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return ""
	}
	return strings.Trim(header[len(scheme):], " ")
}

// unprocessable answers 422 where huma would answer 400, so that an input which
// isn't JSON at all is refused like one that isn't valid, on every route.
func unprocessable(ctx huma.Context, next func(huma.Context)) { next(unprocessableContext{ctx}) }

type unprocessableContext struct{ humaContext }

type humaContext huma.Context

// Unwrap serves humago.Unwrap.
func (c unprocessableContext) Unwrap() huma.Context { return c.humaContext }

// SetStatus begins the answer.
func (c unprocessableContext) SetStatus(status int) {
	c.humaContext.SetStatus(unprocessableStatus(status))
}

func unprocessableStatus(status int) int {
	if status == http.StatusBadRequest {
		return http.StatusUnprocessableEntity
	}
	return status
}
