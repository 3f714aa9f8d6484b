package api

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

type testConnectorInput struct {
	Company   string     `path:"company" doc:"The company's ID."`
	Connector string     `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	Body      *connector `doc:"The settings as they stand in the form, saved or not; left out, what is stored counts."`
}

// testConnector returns the handler that sends samples of orders and shipments,
// within the companies' pace. It changes nothing of the settings.
func (s *Server) testConnector() func(context.Context, *testConnectorInput) (*hookTestOutput, error) {
	var pace pace
	return func(ctx context.Context, in *testConnectorInput) (*hookTestOutput, error) {
		h, err := s.triedConnector(connectorName(in.Company, in.Connector), in.Body)
		if err != nil {
			return nil, err
		}
		if wait := pace.wait(in.Company, time.Now()); wait > 0 {
			return nil, tooManyTests(wait)
		}
		e, state, err := sampleOf(h)
		if err != nil {
			return nil, err
		}
		t, err := s.try(ctx, h, e, state)
		return &hookTestOutput{Body: hookTestOf(t)}, err
	}
}

// triedConnector returns a connector as it would be with settings that needn't be
// stored, nil being the stored ones.
func (s *Server) triedConnector(n hookName, in *connector) (*hook.Hook, error) {
	h := newConnector(n.company, n.kind)
	stored, err := s.named(n)
	switch {
	case err == nil:
		h = *stored
	case in == nil:
		return nil, err
	}
	if in != nil {
		h.UpdatedAt = now()
		if err := s.fillConnector(&h, in); err != nil {
			return nil, err
		}
	}
	var wrong problems
	if h.URL == "" {
		wrong.add("webhookUrl", "it is missing; write the address that the sample is to be sent to",
			"Die Angabe fehlt; geben Sie die Adresse an, an die das Muster gesendet werden soll.")
	}
	for _, secret := range h.Locked {
		wrong.add(lockedField(&h, secret), "the stored one cannot be opened with this server's keys; enter it again",
			"Das gespeicherte kann mit den Schlüsseln dieses Servers nicht geöffnet werden; geben Sie es erneut ein.")
	}
	return &h, wrong.err()
}

// lockedField returns the field of a connector that a secret is entered in.
func lockedField(h *hook.Hook, secret string) string {
	switch {
	case secret == hook.AuthSecret:
		return authField(authName(h.Auth.Kind), "secret")
	case secret == hook.HMACSecret:
		return "hmac.secret"
	case strings.HasPrefix(secret, hook.KeySecret("")):
		return "signingKeys"
	}
	return "clientCertificate"
}

// sampleOf returns a sample of the first event that a connector is told of, and the
// state that it is about.
func sampleOf(h *hook.Hook) (trade.Event, *trade.State, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return trade.Event{}, nil, err
	}
	names := h.EventTypes
	if len(names) == 0 {
		names = h.Kind.DefaultEventNames()
	}
	at := now()
	state := trade.SampleState(h.Kind.EntityKind(), at)
	state.Company = h.Company
	e := trade.Event{
		ID: id, Company: h.Company, Type: names[0], Entity: state.Entity, OccurredAt: at, ReceivedAt: at, Scope: trade.SampleScope(names[0]),
	}
	return e, &state, nil
}

type connectorTestsInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	Limit     int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many, at most."`
	Cursor    string `query:"cursor" doc:"The next of the page before."`
}

func (s *Server) listConnectorTests(ctx context.Context, in *connectorTestsInput) (*hookTestsOutput, error) {
	return s.listTests(ctx, in.Company, hook.Kind(in.Connector), in.Limit, in.Cursor)
}
