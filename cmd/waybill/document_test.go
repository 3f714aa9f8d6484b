package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/pgtemp"
)

// The numbers that the server is meant for are 1000 documents of 1 MiB and one of 500:
// make bench-documents.
var (
	documents     = flag.Int("documents", 40, "how many documents the test of documents brings")
	documentSize  = flag.Int64("document-size", 300<<10, "bytes of each")
	largeDocument = flag.Int64("large-document", 24<<20, "bytes of one that is large")
	documentKills = flag.Int("document-kills", 8, "how often the server is killed while documents are brought")
)

// mostMemory is what the server may have resident, whatever is brought.
const mostMemory = 128 << 20

const documentDetails = "/api/v1/companies/acme/documents?kind=INVOICE&buyer=acme&orderId=4711&opaque=true&transactionId="

// documentEngines are where documents are kept.
func documentEngines() []string { return []string{"sqlite", "postgres", "sqlite with a folder"} }

// Documents go up and come down unchanged, in bounded memory.
func TestDocumentsInBoundedMemory(t *testing.T) {
	t.Parallel()
	for _, engine := range documentEngines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			n, _ := startForDocuments(t, engine)
			var wg sync.WaitGroup
			for w := range 4 {
				wg.Go(func() {
					for i := w; i < *documents; i += 4 {
						n.upAndDown(t, fmt.Sprintf("t-%d", i), uint64(i), *documentSize)
					}
				})
			}
			wg.Wait()
			n.upAndDown(t, "large", 4711, *largeDocument)
			most := n.mostResident(t)
			t.Logf("%s: %d documents of %d bytes and one of %d, with at most %d MiB resident", engine, *documents, *documentSize, *largeDocument, most>>20)
			if most > mostMemory {
				t.Errorf("the server had %d MiB resident, want at most %d", most>>20, mostMemory>>20)
			}
		})
	}
}

// startForDocuments starts a server that takes documents of any size, with acme and a
// receiver that is told of invoices.
func startForDocuments(t *testing.T, engine string) (*node, *tidings) {
	t.Helper()
	database := filepath.Join(t.TempDir(), "waybill.db")
	if engine == "postgres" {
		database = pgtemp.Database(t)
	}
	in := newTidings(t)
	n := newNode(database, &inbox{trust: in.trust})
	n.args = append(n.args, "--max-document=1GiB")
	if engine == "sqlite with a folder" {
		n.args = append(n.args, "--documents-url=file://"+t.TempDir())
	}
	n.http.Timeout = 10 * time.Minute
	n.begin(t)
	n.addTriggerThat(t, &inbox{url: in.url}, `"enabled":true`)
	status, body, err := n.call(t.Context(), http.MethodPost, "/api/v1/companies/acme/hooks/triggers", "application/json",
		fmt.Sprintf(`{"title":"invoices","eventTypes":["INVOICE"],"url":%q}`, in.url+"/invoices"))
	if err != nil || status != http.StatusCreated {
		t.Fatalf("add a trigger = %d %s, %v", status, body, err)
	}
	return n, in
}

// noise is a stream of random bytes that is the same for the same seed. It hashes what
// is read.
type noise struct {
	io.Reader
	sum hash.Hash
}

func newNoise(seed uint64, size int64) *noise {
	var key [32]byte
	copy(key[:], strconv.FormatUint(seed, 10))
	sum := sha256.New()
	return &noise{io.TeeReader(io.LimitReader(rand.NewChaCha8(key), size), sum), sum}
}

// put uploads a document and returns its ID.
func (n *node) put(ctx context.Context, transaction string, seed uint64, size int64) (id, sum string, err error) {
	n.mu.Lock()
	url := n.url
	n.mu.Unlock()
	content := newNoise(seed, size)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+documentDetails+transaction, content)
	if err != nil {
		return "", "", err
	}
	req.ContentLength = size
	req.Header.Set("Authorization", "Bearer "+operatorKey)
	req.Header.Set("Content-Type", "application/pdf")
	resp, err := n.http.Do(req)
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	var made struct{ ID, SHA256 string }
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("answered %d %s", resp.StatusCode, text)
	}
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if want := hex.EncodeToString(content.sum.Sum(nil)); err == nil && made.SHA256 != want {
		err = fmt.Errorf("the SHA-256 is %s, want %s", made.SHA256, want)
	}
	return made.ID, made.SHA256, err
}

// get downloads a document and returns its SHA-256.
func (n *node) get(ctx context.Context, id string) (string, error) {
	n.mu.Lock()
	url := n.url
	n.mu.Unlock()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/companies/acme/documents/"+id+"/content", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+operatorKey)
	resp, err := n.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, resp.Body); err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("answered %d", resp.StatusCode)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (n *node) upAndDown(t *testing.T, transaction string, seed uint64, size int64) {
	t.Helper()
	id, sum, err := n.put(t.Context(), transaction, seed, size)
	if err != nil {
		t.Errorf("%s: %v", transaction, err)
		return
	}
	if got, err := n.get(t.Context(), id); err != nil || got != sum {
		t.Errorf("%s came down with SHA-256 %s, %v, want %s", transaction, got, err, sum)
	}
}

// mostResident returns how many bytes the server had in memory at most.
func (n *node) mostResident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		t.Fatal("memory is measured where Linux tells of it; run this test there:", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no VmHWM in %s", text)
	return 0
}

// tidings is a receiver that remembers of which documents it was told.
type tidings struct {
	url, trust string

	mu   sync.Mutex
	told map[string]int // by documentId
}

func newTidings(t *testing.T) *tidings {
	t.Helper()
	in := &tidings{told: make(map[string]int)}
	in.url, in.trust = startReceiver(t, in)
	return in
}

// ServeHTTP takes a notice.
func (in *tidings) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var said struct{ DocumentID string }
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.told[said.DocumentID]++
}

func (in *tidings) all() map[string]bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	ids := make(map[string]bool)
	for id := range in.told {
		ids[id] = true
	}
	return ids
}

// However often the server is killed while documents are brought, there is an event for
// each document and a document for each event, those that were answered are there, and
// what was only half brought is not.
func TestDocumentsSurviveCrashes(t *testing.T) {
	t.Parallel()
	for _, engine := range documentEngines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			n, in := startForDocuments(t, engine)
			answered := n.bringWhileKilled(t)
			stored := n.listed(t)
			for id, sum := range answered {
				if stored[id] != sum {
					t.Errorf("document %s, which was answered, is stored with SHA-256 %q, want %s", id, stored[id], sum)
				}
			}
			for id, sum := range stored {
				if got, err := n.get(t.Context(), id); err != nil || got != sum {
					t.Errorf("document %s holds what has SHA-256 %s, %v, want %s", id, got, err, sum)
				}
			}
			deadline := time.Now().Add(time.Minute)
			for len(in.all()) < len(stored) && time.Now().Before(deadline) {
				pause(t, 50*time.Millisecond)
			}
			told := in.all()
			for id := range stored {
				if !told[id] {
					t.Errorf("nobody was told of document %s", id)
				}
			}
			for id := range told {
				if stored[id] == "" {
					t.Errorf("the receiver was told of %s, which is not there", id)
				}
			}
			n.checkOrphans(t, len(stored))
			t.Logf("%s: %d kills, %d documents answered, %d stored, %d told", engine, *documentKills, len(answered), len(stored), len(told))
			if len(answered) < *documentKills {
				t.Errorf("only %d documents were answered over %d kills, which proves little", len(answered), *documentKills)
			}
		})
	}
}

// bringWhileKilled brings documents while the server is killed, and returns the SHA-256
// of those that were answered, by ID.
func (n *node) bringWhileKilled(t *testing.T) map[string]string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	answered := make(map[string]string)
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id, sum, err := n.put(context.WithoutCancel(ctx), fmt.Sprintf("w%d-%d", w, i), uint64(w<<32|i), int64(100+rand.IntN(3<<20)))
				if err == nil {
					mu.Lock()
					answered[id] = sum
					mu.Unlock()
					continue
				}
				select {
				case <-ctx.Done():
				case <-time.After(5 * time.Millisecond):
				}
			}
		})
	}
	for range *documentKills {
		pause(t, time.Duration(200+rand.IntN(600))*time.Millisecond)
		n.kill(t)
		n.start(t)
	}
	pause(t, 300*time.Millisecond)
	stop()
	wg.Wait()
	return answered
}

// listed returns the SHA-256 of all documents that are stored, by ID.
func (n *node) listed(t *testing.T) map[string]string {
	t.Helper()
	stored := make(map[string]string)
	cursor := ""
	for {
		status, text, err := n.call(t.Context(), http.MethodGet, "/api/v1/companies/acme/documents?limit=200"+cursor, "", "")
		var page struct {
			Items []struct{ ID, SHA256, EventID string }
			Next  string
		}
		if err == nil {
			err = json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&page)
		}
		if err != nil || status != http.StatusOK {
			t.Fatal(errors.Join(err, fmt.Errorf("list documents: %d %s", status, text)))
		}
		for _, d := range page.Items {
			if stored[d.ID] = d.SHA256; d.EventID == "" {
				t.Errorf("document %s has no event", d.ID)
			}
		}
		if page.Next == "" {
			return stored
		}
		cursor = "&cursor=" + page.Next
	}
}

// setting returns what a flag of the server's is, "" if it isn't there.
func (n *node) setting(name string) string {
	for _, arg := range n.args {
		if value, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			return value
		}
	}
	return ""
}

// checkOrphans looks into the database, and the folder, for what belongs to nothing.
func (n *node) checkOrphans(t *testing.T, stored int) {
	t.Helper()
	driver, database := "sqlite", "file:"+n.setting("database")+"?mode=ro"
	if strings.HasPrefix(n.setting("database"), "postgres") {
		driver, database = "pgx", n.setting("database")
	}
	db, err := sql.Open(driver, database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	count := func(query string) (rows int) {
		if err := db.QueryRowContext(t.Context(), query).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	for what, query := range map[string]string{
		"pieces that belong to no content": `SELECT count(*) FROM content_chunk WHERE content_id NOT IN (SELECT id FROM content)
    AND content_id NOT IN (SELECT id FROM content_removal)`,
		"contents that belong to no document": `SELECT count(*) FROM content WHERE stored AND id NOT IN (SELECT id FROM document)`,
		"documents without their event":       `SELECT count(*) FROM document WHERE event_id NOT IN (SELECT id FROM event)`,
	} {
		if rows := count(query); rows != 0 {
			t.Errorf("there are %d %s, want none", rows, what)
		}
	}
	if driver != "sqlite" {
		return // what a node has left is given up when its lease ends, after minutes
	}
	const left = `SELECT (SELECT count(*) FROM content WHERE NOT stored) + (SELECT count(*) FROM content_removal)`
	for deadline := time.Now().Add(time.Minute); count(left) > 0 && time.Now().Before(deadline); {
		pause(t, 50*time.Millisecond)
	}
	if rows := count(left); rows != 0 {
		t.Errorf("%d contents that were half brought are still there", rows)
	}
	folder, ok := strings.CutPrefix(n.setting("documents-url"), "file://")
	if !ok {
		return
	}
	files := 0
	err = filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files != stored {
		t.Errorf("the folder has %d files, %v, want one for each of %d documents", files, err, stored)
	}
}
