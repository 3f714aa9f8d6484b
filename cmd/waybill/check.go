package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/hook"
)

type checkCommand struct {
	config.Check
	URL  string `arg:"" help:"The receiver's URL, such as https://hooks.example/orders."`
	JSON bool   `help:"Write the report as JSON."`
}

// Help is shown below the usage of the command.
func (*checkCommand) Help() string {
	return "It connects as a server with the same settings would, but makes no request. " +
		"It ends with status 0 if Waybill would deliver there, and with 1 if not."
}

// Run checks the receiver.
func (c *checkCommand) Run(ctx context.Context, out io.Writer) error {
	way, err := c.Way()
	if err != nil {
		return err
	}
	var o app.Options
	setWay(&o, way)
	checker, err := app.NewChecker(o)
	if err != nil {
		return err
	}
	report, err := checker.Check(ctx, c.URL, hook.Defaults{})
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		err = report.Write(out)
	}
	if err == nil && !report.Delivers {
		err = errors.New("nothing would be delivered to this receiver")
	}
	return err
}
