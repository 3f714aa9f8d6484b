package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/waybillhq/waybill/internal/demo"
)

type demoCommand struct {
	Once bool `help:"End when all is delivered, with status 0 if it arrived intact and 1 if not."`
}

// Run plays the demo.
func (c demoCommand) Run(ctx context.Context, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return demo.Run(ctx, demo.Options{Once: c.Once, Out: out, Log: log, Version: version()})
}
