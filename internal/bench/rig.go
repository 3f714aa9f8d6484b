package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
)

// company is whom the benchmark's events belong to.
const company = "bench"

// databases makes a fresh database for each scenario.
type databases struct {
	folder string
	server *pgtemp.Server // nil for SQLite
	made   int
}

func openDatabases(ctx context.Context, engine string) (*databases, error) {
	folder, err := os.MkdirTemp("", "waybill-bench-")
	if err != nil {
		return nil, err
	}
	d := &databases{folder: folder}
	if engine == "postgres" {
		if d.server, err = pgtemp.Start(ctx); err != nil {
			return nil, errors.Join(err, os.RemoveAll(folder))
		}
	}
	return d, nil
}

// fresh returns the setting that names an empty database.
func (d *databases) fresh(ctx context.Context) (string, error) {
	d.made++
	if d.server == nil {
		return filepath.Join(d.folder, strconv.Itoa(d.made)+".db"), nil
	}
	url, _, err := d.server.NewDatabase(ctx) // it goes with the server
	return url, err
}

func (d *databases) close() {
	if d.server != nil {
		_ = d.server.Stop() // the measurements are made
	}
	_ = os.RemoveAll(d.folder)
}

// rig is a server with a receiver, both in processes of their own.
type rig struct {
	receiver, server *process
	receiverURL      string
	apiURL           string
	key              string
	api              *http.Client // to the server
	direct           *http.Client // to the receiver
	publishers       publisherPool
}

func startRig(ctx context.Context, db *databases) (_ *rig, err error) {
	r := &rig{key: "bench-" + rand.Text(), api: plainClient(nil)}
	defer func() {
		if err != nil {
			r.kill()
		}
	}()
	if r.receiver, err = startProcess(ctx, nil, "bench-receiver"); err != nil {
		return nil, err
	}
	var hello hello
	if err := json.Unmarshal([]byte(r.receiver.firstLine), &hello); err != nil {
		return nil, fmt.Errorf("the receiver said %q: %w", r.receiver.firstLine, err)
	}
	r.receiverURL = hello.URL
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(hello.Authority))
	r.direct = plainClient(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12})

	trust := filepath.Join(db.folder, fmt.Sprintf("authority-%d.pem", db.made))
	if err := os.WriteFile(trust, []byte(hello.Authority), 0o600); err != nil {
		return nil, err
	}
	database, err := db.fresh(ctx)
	if err != nil {
		return nil, err
	}
	secrets, err := seal.New()
	if err != nil {
		return nil, err
	}
	env := []string{"WAYBILL_OPERATOR_KEY=" + r.key, "WAYBILL_DATABASE=" + database, "WAYBILL_SECRETS_KEY=" + secrets.Text()}
	r.server, err = startProcess(ctx, env, "serve", "--listen=127.0.0.1:0", "--trust="+trust,
		"--allow-network=127.0.0.0/8", "--log-level=error")
	if err != nil {
		return nil, err
	}
	r.apiURL, err = findURL(r.server.firstLine)
	return r, err
}

// plainClient is the standard library's HTTP client with enough connections kept.
func plainClient(tlsConfig *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: tlsConfig, MaxIdleConnsPerHost: 256, MaxIdleConns: 1024, DisableCompression: true,
	}, Timeout: 2 * time.Minute}
}

func (r *rig) kill() {
	r.publishers.close()
	for _, p := range []*process{r.server, r.receiver} {
		if p != nil {
			p.kill()
		}
	}
}

// stop ends both processes and returns what the server used.
func (r *rig) stop() (usage, error) {
	r.publishers.close()
	use, err := r.server.stop()
	_, receiverErr := r.receiver.stop()
	return use, errors.Join(err, receiverErr)
}

// addHooks makes the company and a hook for each of the first n event types,
// whose receiver answers at once.
func (r *rig) addHooks(ctx context.Context, n int, signed bool) error {
	if err := r.call(ctx, http.MethodPut, "/api/v1/companies/"+company, map[string]any{"name": "Bench", "timeZone": "UTC"}); err != nil {
		return err
	}
	for i := range n {
		if _, err := r.addHook(ctx, i, healthyPath+strconv.Itoa(i), signed); err != nil {
			return err
		}
	}
	return nil
}

const triggers = "/api/v1/companies/" + company + "/hooks/triggers"

// addHook makes a hook for the event type with the given number, and returns its ID.
func (r *rig) addHook(ctx context.Context, number int, path string, signed bool) (string, error) {
	hook := map[string]any{"title": path, "eventTypes": []string{eventTypes()[number]}, "url": r.receiverURL + path}
	if signed {
		hook["auth"] = map[string]any{"type": "basic", "user": "bench", "secret": rand.Text()}
	}
	var made struct{ ID string }
	if err := r.make(ctx, triggers, hook, &made); err != nil || !signed {
		return made.ID, err
	}
	return made.ID, r.call(ctx, http.MethodPost, triggers+"/"+made.ID+"/signing-keys", map[string]any{"kind": "v1"})
}

// make makes an API call that makes something, and reads what was made.
func (r *rig) make(ctx context.Context, path string, what, made any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return r.send(ctx, http.MethodPost, path, "application/json", body, func(answer io.Reader) error {
		return json.NewDecoder(answer).Decode(made)
	})
}

// call makes an API call whose answer doesn't matter beyond that it is good.
func (r *rig) call(ctx context.Context, method, path string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return r.send(ctx, method, path, "application/json", raw, nil)
}

// send makes an API call and hands a good answer to read, if that is given.
func (r *rig) send(ctx context.Context, method, path, contentType string, body []byte, read func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, method, r.apiURL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.key)
	req.Header.Set("Content-Type", contentType)
	resp, err := r.api.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode > 299 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
		return fmt.Errorf("%s %s answered %d: %s", method, path, resp.StatusCode, text)
	}
	if read != nil {
		return read(resp.Body)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
