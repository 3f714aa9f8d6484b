package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/store"
)

type rekeyCommand struct {
	config.Store

	Print bool `help:"Only print the key set with a new key added, to be put into --secrets-key. Whoever has it can read the secrets."`
}

// Help is shown below the usage of the command.
func (*rekeyCommand) Help() string {
	return "It may run beside a server, which notices the new key by itself, and can be interrupted at any time: " +
		"run it again, and it goes on. Keep a copy of the key set afterwards. " +
		"When the keys are given by --secrets-key, put what --print prints there, start all servers anew, " +
		"and then run the command without it."
}

// resealStep is how many secrets are sealed anew in one transaction.
const resealStep = 20

// Run adds a key and seals everything with it, or ends what an earlier run has
// begun.
func (c *rekeyCommand) Run(ctx context.Context, out io.Writer) error {
	path, err := c.Path()
	if err != nil {
		return err
	}
	s, keys, err := app.OpenGuest(ctx, path, secretsOf(c.Store))
	if err != nil {
		return explain(err, path, "")
	}
	if c.Print {
		err = printKeys(out, keys)
	} else {
		err = rekey(ctx, out, s, keys)
	}
	return errors.Join(err, s.Close())
}

// printKeys writes the text of a key set with one more key.
func printKeys(out io.Writer, keys app.Keys) error {
	text, err := keys.Rotated()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, text)
	return err
}

func rekey(ctx context.Context, out io.Writer, s *store.Store, keys app.Keys) error {
	newest, err := keys.Prefix() // before the look at what is sealed with it
	if err != nil {
		return err
	}
	old, err := s.OldSecrets(ctx)
	switch {
	case err != nil:
		return err
	case old > 0:
		_, err = fmt.Fprintf(out, "Sealed with an older key still: %d. Sealing these with the newest.\n", old)
	case keys.Path() == "":
		_, err = fmt.Fprintf(out, "All secrets are sealed with the newest key. To replace it, put what \"waybill rekey --print\" prints into %s,\n"+
			"start all servers anew, and run \"waybill rekey\" again.\n", config.Env("secrets-key"))
		return err
	default:
		if err := keys.Rotate(newest, time.Now()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "Added a new key to %s. Keep a copy of it.\n", keys.Path())
	}
	if err != nil {
		return err
	}
	return reseal(ctx, out, s)
}

// reseal seals what isn't with the newest key, step by step.
func reseal(ctx context.Context, out io.Writer, s *store.Store) error {
	total := 0
	for more := true; more; {
		var done int
		var err error
		if done, more, err = s.Reseal(ctx, resealStep); err != nil {
			return err
		}
		total += done
		if _, err := fmt.Fprintf(out, "Sealed %d.\n", total); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, "All secrets are sealed with the newest key.")
	return err
}
