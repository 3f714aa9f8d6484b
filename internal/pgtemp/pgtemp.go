// Package pgtemp starts throwaway PostgreSQL servers for tests, benchmarks and
// demonstrations, from the binaries that the system has installed.
//
// A throwaway server is as careful with data as a real one: fsync,
// synchronous_commit and full_page_writes are on, so that what a benchmark
// measures and a crash test proves holds for a real server too. Its files lie
// in $TMPDIR or else /var/tmp, because /tmp is often kept in memory, where an
// fsync costs nothing. Everything else is PostgreSQL's default, but for
// max_connections=200, UTC and the collation C.
package pgtemp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser   = "postgres"
	startLimit  = 30 * time.Second // for one start; it usually takes a tenth of a second
	portTries   = 5                // another process may take the free port first
	pollEvery   = 10 * time.Millisecond
	maxSocket   = 107 // bytes of a socket's path, by sockaddr_un
	logTailSize = 2 << 10
)

// Server is a running PostgreSQL server with a cluster of its own. Its methods
// may be called by many goroutines at once.
type Server struct {
	folder   *folder
	process  *process
	bin      binaries
	who      account
	port     int
	password string
	stop     func() error
}

// Start makes a cluster and starts a server on it. ctx bounds the starting
// only; the server runs until Stop, or until this process dies, however it
// dies.
//
// The server listens on a free port of 127.0.0.1, where it asks for a password
// made for it alone, and on a socket in its folder, which only the server's own
// account can enter. When this process runs as root the server runs as postgres
// or, if there is no such account, as nobody, because PostgreSQL refuses root.
//
// Without PostgreSQL 15 or newer the error names the command that installs it.
func Start(ctx context.Context) (*Server, error) {
	bin, err := findBinaries(ctx)
	if err != nil {
		return nil, err
	}
	who, err := serverAccount()
	if err != nil {
		return nil, err
	}
	f, err := newFolder(who)
	if err != nil {
		return nil, err
	}
	s := &Server{folder: f, bin: bin, who: who, password: rand.Text()}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, f.remove())
	}
	s.stop = sync.OnceValue(func() error { return errors.Join(s.process.stop(), f.remove()) })
	return s, nil
}

// Stop disconnects everyone, shuts the server down and removes its files. It
// reports a server that had ended before. Calls after the first return the same.
func (s *Server) Stop() error { return s.stop() }

// Restart shuts the server down, which disconnects everyone, and starts it again on
// the same port.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.process.stop(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	_, err := s.serveOn(ctx, s.port)
	return err
}

// URL returns the URL of a database on the server, with the password in it. It
// does not check that there is such a database; "postgres" always exists.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// NewDatabase makes an empty database with a random name. It returns the
// database's URL and what drops it, along with any connections to it.
func (s *Server) NewDatabase(ctx context.Context) (dbURL string, drop func(context.Context) error, err error) {
	return createDatabase(ctx, s.URL("postgres"))
}

func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := s.initialise(ctx); err != nil {
		return err
	}
	var err error
	for range portTries {
		port, portErr := freePort(ctx)
		if portErr != nil {
			return portErr
		}
		var taken bool
		taken, err = s.serveOn(ctx, port)
		if !taken {
			return err
		}
	}
	return fmt.Errorf("no port stayed free in %d tries: %w", portTries, err)
}

// initialise makes the cluster. Not syncing it is safe: only a crash of the
// machine could lose it, and nobody would look for it afterwards.
func (s *Server) initialise(ctx context.Context) error {
	if err := s.folder.write("password", s.password, s.who); err != nil {
		return err
	}
	cmd := s.folder.command(ctx, s.who, s.bin.initdb,
		"--pgdata="+s.folder.path("data"), "--username="+superuser, "--pwfile="+s.folder.path("password"),
		"--auth-local=trust", "--auth-host=scram-sha-256",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, tail(string(out)))
	}
	return os.Remove(s.folder.path("password"))
}

// serveOn starts the server on a port and waits until it answers. It reports
// whether it failed because the port is taken.
func (s *Server) serveOn(ctx context.Context, port int) (taken bool, err error) {
	s.port = port
	sockets := s.folder.root
	if len(filepath.Join(sockets, ".s.PGSQL.65535")) > maxSocket {
		sockets = "" // it does without
	}
	args := []string{"-D", s.folder.path("data")}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(s.port),
		"unix_socket_directories=" + sockets,
		"unix_socket_permissions=0700",
		"max_connections=200",
		"timezone=UTC",
		"log_timezone=UTC",
		"fsync=on",
		"synchronous_commit=on",
		"full_page_writes=on",
	} {
		args = append(args, "-c", setting)
	}
	//nolint:contextcheck // the server outlives the context of its start
	s.process, err = run(s.folder, s.who, s.bin.postgres, args...)
	if err != nil {
		return false, fmt.Errorf("start postgres: %w", err)
	}
	if err := s.awaitReady(ctx); err != nil {
		log := s.folder.logTail()
		// The server's own end is part of err already.
		_ = s.process.stop()
		return strings.Contains(log, "could not create any TCP/IP sockets"),
			fmt.Errorf("start postgres: %w: %s", err, log)
	}
	return false, nil
}

// awaitReady connects until the server lets it. The password makes sure that
// nobody else's server is taken for ours.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		db, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return db.Close(ctx)
		}
		select {
		case <-s.process.done:
			return fmt.Errorf("it ended: %w", s.process.ended())
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

func freePort(ctx context.Context) (int, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	at, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: %v is not a TCP address", ln.Addr())
	}
	return at.Port, nil
}

// tail returns the end of what a program printed.
func tail(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > logTailSize {
		s = "…" + s[len(s)-logTailSize:]
	}
	return s
}
