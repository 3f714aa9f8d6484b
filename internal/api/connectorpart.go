package api

import (
	"context"
)

// The handlers of what a connector has besides its settings: its pause, signing keys
// and client certificate, as triggers have them.

type pauseConnectorInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	Body      *pause
}

func (s *Server) pauseConnector(ctx context.Context, in *pauseConnectorInput) (*connectorOutput, error) {
	if _, err := s.pause(ctx, connectorName(in.Company, in.Connector), in.Body); err != nil {
		return nil, err
	}
	return s.getConnector(ctx, &connectorInput{in.Company, in.Connector})
}

func (s *Server) resumeConnector(ctx context.Context, in *connectorInput) (*connectorOutput, error) {
	if _, err := s.resume(ctx, connectorName(in.Company, in.Connector)); err != nil {
		return nil, err
	}
	return s.getConnector(ctx, in)
}

type addConnectorKeyInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	Body      signingKey
}

func (s *Server) addConnectorKey(ctx context.Context, in *addConnectorKeyInput) (*addSigningKeyOutput, error) {
	return s.addKeyOf(ctx, connectorName(in.Company, in.Connector), &in.Body)
}

type connectorKeyInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	Key       string `path:"key" doc:"The key's ID."`
}

func (s *Server) deleteConnectorKey(ctx context.Context, in *connectorKeyInput) (*struct{}, error) {
	return nil, s.deleteKeyOf(ctx, connectorName(in.Company, in.Connector), in.Key)
}

type putConnectorCertificateInput struct {
	Company   string `path:"company" doc:"The company's ID."`
	Connector string `path:"connector" enum:"orders,order-documents,shipments" doc:"Which one."`
	Body      clientCertificateFile
}

// putConnectorCertificate returns the handler that sets what a connector's requests
// show to receivers that want to know who they come from, within the companies' pace.
func (s *Server) putConnectorCertificate(o *opening) func(context.Context, *putConnectorCertificateInput) (*connectorOutput, error) {
	return func(ctx context.Context, in *putConnectorCertificateInput) (*connectorOutput, error) {
		if _, err := s.putCertificateOf(ctx, connectorName(in.Company, in.Connector), &in.Body, o); err != nil {
			return nil, err
		}
		return s.getConnector(ctx, &connectorInput{in.Company, in.Connector})
	}
}

func (s *Server) deleteConnectorCertificate(ctx context.Context, in *connectorInput) (*struct{}, error) {
	return nil, s.deleteCertificateOf(ctx, connectorName(in.Company, in.Connector))
}
