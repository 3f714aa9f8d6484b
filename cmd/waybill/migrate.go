package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
)

type migrateCommand struct{ config.Store }

// Run brings the schema up to date and writes its version.
func (c *migrateCommand) Run(ctx context.Context, out io.Writer) error {
	path, err := c.Path()
	if err != nil {
		return err
	}
	s, keys, err := app.OpenStore(ctx, path, secretsOf(c.Store))
	if err != nil {
		return explain(err, path, "")
	}
	told := tellKeys(os.Stderr, keys)
	v, err := s.SchemaVersion(ctx)
	if err = errors.Join(told, err, s.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: the schema is up to date, version %d\n", config.ShownDatabase(path), v)
	return err
}
