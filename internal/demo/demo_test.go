package demo_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/demo"
)

// screen hands on what is written to it.
type screen chan string

func (s screen) Write(p []byte) (int, error) {
	s <- string(p)
	return len(p), nil
}

func options(out io.Writer, once bool) demo.Options {
	return demo.Options{Once: once, Out: out, Log: slog.New(slog.DiscardHandler), Version: "test"}
}

func TestRunOnce(t *testing.T) {
	var out strings.Builder
	t.Setenv("TMPDIR", t.TempDir())
	if err := demo.Run(t.Context(), options(&out, true)); err != nil {
		t.Fatalf("Run = %v, want nil; it wrote\n%s", err, out.String())
	}
	for _, want := range []string{
		"POST /documents  →  200 OK", "POST /orders  →  200 OK", "POST /products  →  200 OK",
		`"eventType": "DELIVERY",`, `"transactionStatus": "ADVISED",`, "All 11 deliveries arrived intact",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("Run wrote no %q", want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("Run left %v behind", left)
	}
}

func TestRunStaysUntilItIsStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	shown := make(screen)
	done := make(chan error, 1)
	go func() { done <- demo.Run(ctx, options(shown, false)) }()
	var text strings.Builder
	for {
		select {
		case line := <-shown:
			text.WriteString(line)
			if strings.Contains(line, "Press Ctrl-C") {
				stop()
			}
		case err := <-done:
			if err != nil || !strings.Contains(text.String(), "/api/v1/companies/nordwind/events") {
				t.Errorf("Run = %v, want nil and a line to try; it wrote\n%s", err, text.String())
			}
			return
		}
	}
}

func TestRunOnceFailsWhenItIsStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	shown := make(screen, 1000)
	done := make(chan error, 1)
	go func() { done <- demo.Run(ctx, options(shown, true)) }()
	<-shown
	stop()
	if err := <-done; err == nil {
		t.Error("Run = nil, want an error, since not everything was delivered")
	}
}
