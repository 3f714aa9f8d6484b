package pgtemp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A copy of the test binary with this variable set is a program that starts a
// server, says where, and waits to be killed.
const victimVariable = "WAYBILL_PGTEMP_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		victim()
		os.Exit(1)
	}
	os.Exit(Main(m))
}

func victim() {
	s, err := Start(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Println(s.folder.root)
	fmt.Println(s.URL("postgres"))
	_, err = io.Copy(io.Discard, os.Stdin) // until the test is gone too
	fmt.Fprintln(os.Stderr, "not killed:", err)
}

func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func connect(t *testing.T, dbURL string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dbURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	return db
}

func TestServerKeepsWhatItPromises(t *testing.T) {
	t.Parallel()
	s := start(t)
	db := connect(t, s.URL("postgres"))
	for setting, want := range map[string]string{
		"fsync":              "on",
		"synchronous_commit": "on",
		"full_page_writes":   "on",
		"max_connections":    "200",
		"listen_addresses":   "127.0.0.1",
		"server_encoding":    "UTF8",
		"TimeZone":           "UTC",
	} {
		var got string
		if err := db.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestServerAsksForItsPassword(t *testing.T) {
	t.Parallel()
	s := start(t)
	u, err := url.Parse(s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(superuser, "wrong")
	if db, err := pgx.Connect(t.Context(), u.String()); err == nil {
		_ = db.Close(t.Context())
		t.Error("connected with a wrong password")
	}
}

func TestServerListensOnASocketOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t)
	if os.Geteuid() != 0 {
		info, err := os.Stat(s.folder.root)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Fatalf("Stat = %v, %v, want mode 0700", info, err)
		}
	}
	q := url.Values{"host": {s.folder.root}, "port": {strconv.Itoa(s.port)}, "user": {superuser}}
	db := connect(t, "postgres:///postgres?"+q.Encode())
	if err := db.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	s := start(t)
	db := connect(t, s.URL("postgres")) // a fast shutdown does not wait for it
	if err := s.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
	if err := db.Ping(t.Context()); err == nil {
		t.Error("the connection outlived the server")
	}
	if _, err := os.Stat(s.folder.root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Stat(folder) = %v, want that it is gone", err)
	}
	if err := s.Stop(); err != nil {
		t.Errorf("second Stop = %v", err)
	}
}

func TestStopReportsAServerThatHadEnded(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.process.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.process.done
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "had ended before") {
		t.Errorf("Stop = %v, want that it had ended before", err)
	}
	if _, err := os.Stat(s.folder.root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Stat(folder) = %v, want that it is gone", err)
	}
}

func TestStartGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Start = %v, %v, want context.Canceled", s, err)
	}
}

func TestServeSaysThatThePortIsTaken(t *testing.T) {
	t.Parallel()
	s := start(t)
	f, err := newFolder(s.who)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.remove() })
	other := &Server{folder: f, bin: s.bin, who: s.who, password: "other"}
	if err := other.initialise(t.Context()); err != nil {
		t.Fatal(err)
	}
	taken, err := other.serveOn(t.Context(), s.port)
	if !taken || err == nil {
		t.Errorf("serveOn(a taken port) = %v, %v, want true and an error", taken, err)
	}
}

func TestRestartKeepsWhatThereIs(t *testing.T) {
	t.Parallel()
	s := start(t)
	database, _, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := s.URL("x")
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.URL("x"); got != before {
		t.Errorf("after the restart the URL is %s, want %s", got, before)
	}
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatalf("the database is not there after the restart: %v", err)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNewDatabase(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, drop, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := s.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Errorf("two databases are one: %s", first)
	}
	db := connect(t, first)
	if _, err := db.Exec(t.Context(), "CREATE TABLE t (n int)"); err != nil {
		t.Error(err)
	}
	if _, err := connect(t, second).Exec(t.Context(), "SELECT * FROM t"); err == nil {
		t.Error("the second database has the first one's table")
	}
	if err := drop(t.Context()); err != nil { // with db still connected
		t.Errorf("drop = %v", err)
	}
	if db, err := pgx.Connect(t.Context(), first); err == nil {
		_ = db.Close(t.Context())
		t.Error("the dropped database is still there")
	}
}

//nolint:tparallel // the subtest must have ended when we look for its database
func TestDatabase(t *testing.T) {
	t.Parallel()
	var dbURL string
	t.Run("is empty and usable", func(t *testing.T) {
		dbURL = Database(t)
		var tables int
		const count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
		if err := connect(t, dbURL).QueryRow(t.Context(), count).Scan(&tables); err != nil || tables != 0 {
			t.Errorf("it has %d tables (%v), want 0", tables, err)
		}
	})
	if db, err := pgx.Connect(t.Context(), dbURL); err == nil {
		_ = db.Close(t.Context())
		t.Error("the database outlived its test")
	}
}

func TestDatabaseLiesInTheServerThatIsNamed(t *testing.T) {
	named, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = named.Stop() })
	t.Setenv(Variable, named.URL("postgres"))
	u, err := url.Parse(Database(t))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("127.0.0.1:%d", named.port); u.Host != want {
		t.Errorf("the database is at %s, want %s", u.Host, want)
	}
}

func TestServerDiesWithItsParent(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), victimVariable+"=1")
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var said []string
	for len(said) < 2 && lines.Scan() {
		said = append(said, lines.Text())
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); len(said) < 2 {
		t.Fatalf("the parent said %q (%v, %v)", said, err, lines.Err())
	}
	root, dbURL := said[0], said[1]
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server still listens at "+u.Host, func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	who, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, root+" was not swept away", func() bool {
		sweep(filepath.Dir(root), who)
		_, err := os.Stat(root)
		return errors.Is(err, os.ErrNotExist)
	})
}

func TestSweepSparesTheLiving(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	sweep(filepath.Dir(s.folder.root), who)
	if err := connect(t, s.URL("postgres")).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.folder.path("lock")); err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, complaint string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !done() {
		select {
		case <-limit:
			t.Fatal(complaint)
		case <-tick.C:
		}
	}
}
