package store_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// The log begins anew when it has been copied, so that it doesn't grow with
// what is written.
func TestTheLogStaysShort(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "waybill.db")
	st, err := store.OpenSQLite(t.Context(), path, storetest.Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- st.Watch(ctx, slog.New(slog.DiscardHandler), func([]uuid.UUID) {}) }()

	data := make([]byte, 1<<20)
	for written := 0; written < 400<<20; written += len(data) {
		e := storetest.Event("OrderChanged", "1", time.Now())
		e.Data = data
		if _, err := st.Accept(t.Context(), storetest.NewID(), []hook.Acceptance{{Event: e}}); err != nil {
			t.Fatal(err)
		}
	}
	wal, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if wal.Size() > 240<<20 {
		t.Errorf("after 400 MiB the log has %d MiB, want a part of it", wal.Size()>>20)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
}
