package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const operatorKey = "operator-key-of-the-tests"

// waybill builds the program once for all tests.
var waybill = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "waybill-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "waybill")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w: %s", err, out)
	}
	return path, nil
})

// node is a server process that can be killed and started again.
type node struct {
	args []string
	cmd  *exec.Cmd
	http http.Client

	stderr io.Writer // nil: the test's log

	mu  sync.Mutex
	url string
}

// startNode starts a server that may deliver to in, and ends it with the test.
func startNode(t *testing.T, database string, in *inbox) *node {
	t.Helper()
	n := newNode(database, in)
	n.begin(t)
	return n
}

// begin starts a new server, and ends it with the test.
func (n *node) begin(t *testing.T) {
	t.Helper()
	n.start(t)
	t.Cleanup(func() { n.stop(t) })
}

func newNode(database string, in *inbox) *node {
	return &node{
		args: []string{
			"serve", "--listen=127.0.0.1:0", "--database=" + database, "--trust=" + in.trust,
			"--secrets-file=" + filepath.Join(filepath.Dir(in.trust), "waybill.key"), "--allow-network=127.0.0.0/8", "--log-level=error",
		},
		http: http.Client{Timeout: 20 * time.Second},
	}
}

// stop ends the server as an operator does, if it hasn't ended.
func (n *node) stop(t *testing.T) {
	t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return // it has
	}
	if err := n.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v, want status 0", err)
	}
}

func (n *node) start(t *testing.T) {
	t.Helper()
	path, err := waybill()
	if err != nil {
		t.Fatal(err)
	}
	n.cmd = exec.Command(path, n.args...)
	n.cmd.Env = append(os.Environ(), "WAYBILL_OPERATOR_KEY="+operatorKey)
	n.cmd.Stderr = t.Output()
	if n.stderr != nil {
		n.cmd.Stderr = n.stderr
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if i := strings.Index(line, "http://"); i >= 0 {
			n.mu.Lock()
			n.url = strings.Fields(line[i:])[0]
			n.mu.Unlock()
			break
		}
		if err != nil {
			t.Fatalf("the server printed no address: %v", err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // ends with the process
}

// kill ends the server with no chance to clean up.
func (n *node) kill(t *testing.T) {
	t.Helper()
	if err := n.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = n.cmd.Wait() // it was killed
}

// call makes an API call.
func (n *node) call(ctx context.Context, method, path, contentType, body string) (int, string, error) {
	n.mu.Lock()
	url := n.url
	n.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, method, url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Authorization", "Bearer "+operatorKey)
	req.Header.Set("Content-Type", contentType)
	resp, err := n.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// addTrigger makes the company acme and a trigger that tells in of its orders.
func (n *node) addTrigger(t *testing.T, in *inbox) {
	t.Helper()
	n.addTriggerThat(t, in, `"enabled":true`)
}

// addTriggerThat is addTrigger with a further setting.
func (n *node) addTriggerThat(t *testing.T, in *inbox, setting string) {
	t.Helper()
	for _, c := range []struct{ method, path, body string }{
		{http.MethodPut, "/api/v1/companies/acme", `{"name":"Acme","timeZone":"Europe/Berlin"}`},
		{
			http.MethodPost, "/api/v1/companies/acme/hooks/triggers",
			fmt.Sprintf(`{"title":"orders","eventTypes":["OrderChanged"],"url":%q,%s}`, in.url+"/orders", setting),
		},
	} {
		status, body, err := n.call(t.Context(), c.method, c.path, "application/json", c.body)
		if err != nil || status != http.StatusCreated {
			t.Fatalf("%s %s = %d %s, %v", c.method, c.path, status, body, err)
		}
	}
}

// awaitTrigger waits until the node has heard of a trigger that another made.
func (n *node) awaitTrigger(t *testing.T) {
	t.Helper()
	for range 200 {
		status, body, err := n.call(t.Context(), http.MethodGet, "/api/v1/companies/acme/hooks/triggers", "", "")
		if err == nil && status == http.StatusOK && strings.Contains(body, "OrderChanged") {
			return
		}
		pause(t, 50*time.Millisecond)
	}
	t.Fatal("the node did not hear of the trigger within 10 s")
}

// writeFile writes a file that lives as long as the test.
func writeFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
