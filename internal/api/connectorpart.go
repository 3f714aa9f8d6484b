package api

import (
	"context"
)

// The handlers of what a connector has besides its settings: its pause, signing keys
// and client certificate, as triggers have them.

type pauseConnectorInput struct {
	connectorInput
	Body *pause
}

func (s *Server) pauseConnector(ctx context.Context, in *pauseConnectorInput) (*connectorOutput, error) {
	if _, err := s.pause(ctx, in.name(), in.Body); err != nil {
		return nil, err
	}
	return s.getConnector(ctx, &in.connectorInput)
}

func (s *Server) resumeConnector(ctx context.Context, in *connectorInput) (*connectorOutput, error) {
	if _, err := s.resume(ctx, in.name()); err != nil {
		return nil, err
	}
	return s.getConnector(ctx, in)
}

type addConnectorKeyInput struct {
	connectorInput
	Body signingKey
}

func (s *Server) addConnectorKey(ctx context.Context, in *addConnectorKeyInput) (*addSigningKeyOutput, error) {
	return s.addKeyOf(ctx, in.name(), &in.Body)
}

type connectorKeyInput struct {
	connectorInput
	Key string `path:"key" doc:"The key's ID."`
}

func (s *Server) deleteConnectorKey(ctx context.Context, in *connectorKeyInput) (*struct{}, error) {
	return nil, s.deleteKeyOf(ctx, in.name(), in.Key)
}

type putConnectorCertificateInput struct {
	connectorInput
	Body clientCertificateFile
}

// putConnectorCertificate returns the handler that sets what a connector's requests
// show to receivers that want to know who they come from, within the companies' pace.
func (s *Server) putConnectorCertificate(o *opening) func(context.Context, *putConnectorCertificateInput) (*connectorOutput, error) {
	return func(ctx context.Context, in *putConnectorCertificateInput) (*connectorOutput, error) {
		if _, err := s.putCertificateOf(ctx, in.name(), &in.Body, o); err != nil {
			return nil, err
		}
		return s.getConnector(ctx, &in.connectorInput)
	}
}

func (s *Server) deleteConnectorCertificate(ctx context.Context, in *connectorInput) (*struct{}, error) {
	return nil, s.deleteCertificateOf(ctx, in.name())
}
