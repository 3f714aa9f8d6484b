package bucket_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/waybillhq/waybill/internal/bucket"
)

// places are what a bucket can be, each of them empty. The S3 server is not ours.
func places(t *testing.T) map[string]string {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "obviously-fake")
	backend := s3mem.New()
	if err := backend.CreateBucket("documents"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return map[string]string{
		"a folder":     "file://" + filepath.Join(t.TempDir(), "a", "b"),
		"an S3 bucket": "s3://documents?region=eu-central-1&use_path_style=true&disable_https=true&endpoint=" + url.QueryEscape(server.URL),
	}
}

func open(t *testing.T, location string) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func write(t *testing.T, b *bucket.Bucket, id uuid.UUID, content []byte) {
	t.Helper()
	w, err := b.Create(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(content, 256<<10) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBucket(t *testing.T) { //nolint:paralleltest // it sets the environment
	for name, location := range places(t) {
		t.Run(name, func(t *testing.T) {
			b := open(t, location)
			t.Run("gives back what was written, from any offset", func(t *testing.T) { testRead(t, b) })
			t.Run("has nothing of what was broken off", func(t *testing.T) { testBrokenOff(t, b) })
			t.Run("removes objects, and what isn't there", func(t *testing.T) { testRemove(t, b) })
		})
	}
}

func testRead(t *testing.T, b *bucket.Bucket) {
	t.Helper()
	id := uuid.New()
	content := make([]byte, 9<<20) // two parts
	_, _ = rand.Read(content)
	write(t, b, id, content)
	for _, from := range []int{0, 1, 8 << 20, len(content) - 1} {
		r, err := b.Open(t.Context(), id, int64(from))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, content[from:]) {
			t.Errorf("from %d: %d bytes, %v, want the other %d", from, len(got), err, len(content)-from)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testBrokenOff(t *testing.T, b *bucket.Bucket) {
	t.Helper()
	id := uuid.New()
	ctx, stop := context.WithCancel(t.Context())
	w, err := b.Create(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := w.Close(); err == nil {
		t.Error("Close = nil, want an error: it was broken off")
	}
	if r, err := b.Open(t.Context(), id, 0); err == nil {
		_ = r.Close()
		t.Error("Open = nil, want an error: there is no such object")
	}
}

func testRemove(t *testing.T, b *bucket.Bucket) {
	t.Helper()
	id := uuid.New()
	write(t, b, id, []byte("some"))
	for range 2 {
		if err := b.Remove(t.Context(), id); err != nil {
			t.Errorf("Remove = %v, want nil", err)
		}
	}
	if r, err := b.Open(t.Context(), id, 0); err == nil {
		_ = r.Close()
		t.Error("Open = nil, want an error: it was removed")
	}
}

// What a process leaves behind that is killed goes when its object is removed.
func TestFolderRemovesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := open(t, "file://"+folder)
	id := uuid.New()
	w, err := b.Create(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := open(t, "file://"+folder).Remove(t.Context(), id); err != nil {
		t.Error(err)
	}
	err = filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is still there", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	_ = w.Close() // its file is gone
}

func TestPlacesThatCannotBeUsed(t *testing.T) { //nolint:paralleltest // it sets the environment
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	none := httptest.NewServer(http.NotFoundHandler())
	defer none.Close()
	for name, location := range map[string]string{
		"a file":              "file://" + file,
		"another scheme":      "ftp://documents",
		"no bucket":           strings.Replace(places(t)["an S3 bucket"], "s3://documents", "s3://others", 1),
		"what can't be read":  "s3://documents?region=%zz",
		"what isn't S3 there": "s3://documents?region=x&use_path_style=true&endpoint=" + url.QueryEscape(none.URL),
	} {
		if b, err := bucket.Open(t.Context(), location); err == nil {
			_ = b.Close()
			t.Errorf("%s: Open = nil, want an error", name)
		}
	}
}
