package pgtemp

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// Variable names the environment variable that holds the URL of a PostgreSQL
// server to test on instead of a throwaway one. Its user must be allowed to
// create databases.
const Variable = "WAYBILL_TEST_POSTGRES"

const dropLimit = 30 * time.Second

// TB is the part of testing.TB that Database needs. It is declared here so that
// programs which use this package do not link package testing.
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(f func())
	Error(args ...any)
	Fatal(args ...any)
}

// shared is the server that all tests of a process use.
//
//nolint:gochecknoglobals // tests of a package have nothing else in common
var shared sharedServer

type sharedServer struct {
	mu     sync.Mutex
	begun  bool
	server *Server
	err    error
}

// Database returns the URL of an empty database that is dropped when the test
// ends. It lies in the server that WAYBILL_TEST_POSTGRES names, or else in a
// throwaway server that all tests of the process share; see Main.
func Database(t TB) string {
	t.Helper()
	adminURL := os.Getenv(Variable)
	if adminURL == "" {
		s, err := shared.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		adminURL = s.URL("postgres")
	}
	dbURL, drop, err := createDatabase(t.Context(), adminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), dropLimit)
		defer cancel()
		if err := drop(ctx); err != nil {
			t.Error(err)
		}
	})
	return dbURL
}

// Main runs a package's tests and stops the server they shared, if they used
// one. It returns the exit status:
//
//	func TestMain(m *testing.M) { os.Exit(pgtemp.Main(m)) }
//
// In a package without it the server ends with the process all the same, but its
// files stay until the next server is started.
func Main(m interface{ Run() int }) int {
	status := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the tests' PostgreSQL server:", err)
		return max(status, 1)
	}
	return status
}

func (s *sharedServer) get(ctx context.Context) (*Server, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		s.begun = true
		s.server, s.err = Start(context.WithoutCancel(ctx)) // for the other tests too
	}
	return s.server, s.err
}

func (s *sharedServer) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	return s.server.Stop()
}
