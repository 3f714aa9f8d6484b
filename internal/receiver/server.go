package receiver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	grace       = time.Second // for answers under way when a server ends
	headTimeout = 10 * time.Second
	idleTimeout = 3 * time.Minute // longer than senders keep connections, so that they end them
)

// Server is an HTTPS server that listens. It speaks HTTP/1.1 and HTTP/2.
type Server struct {
	// Log, if set before Run, hears of connections that fail, such as those of
	// clients that do not trust the certificate. Otherwise they pass unheard.
	Log *slog.Logger

	ln   net.Listener
	cert tls.Certificate
	h    http.Handler
}

// Listen opens addr, such as "127.0.0.1:8443"; port 0 picks a free one. Clients
// can connect from then on and are served once Run is called.
func Listen(ctx context.Context, addr string, cert tls.Certificate, h http.Handler) (*Server, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	return &Server{ln: ln, cert: cert, h: h}, nil
}

// URL returns where the server is reached from this machine, such as
// "https://127.0.0.1:8443", without a path.
func (s *Server) URL() string {
	host, port := "localhost", 0
	if a, ok := s.ln.Addr().(*net.TCPAddr); ok {
		port = a.Port
		if !a.IP.IsUnspecified() {
			host = a.IP.String()
		}
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// Run serves until ctx ends, closes everything and returns nil; or returns what
// made it stop earlier. Requests that hang or are delayed are cut off when ctx
// ends. Call it once.
func (s *Server) Run(ctx context.Context) error {
	logger := log.New(io.Discard, "", 0)
	if s.Log != nil {
		logger = slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)
	}
	srv := &http.Server{
		Handler:           s.h,
		ReadHeaderTimeout: headTimeout,
		IdleTimeout:       idleTimeout,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12},
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          logger,
	}
	served := make(chan error, 1)
	go func() { served <- srv.ServeTLS(s.ln, "", "") }()
	select {
	case err := <-served:
		return errors.Join(fmt.Errorf("serve webhooks: %w", err), srv.Close())
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := srv.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if stopped := <-served; !errors.Is(stopped, http.ErrServerClosed) {
		err = errors.Join(err, stopped)
	}
	return err
}
