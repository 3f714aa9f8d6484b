package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/store"
)

type rekeyCommand struct {
	config.Store

	Print  bool `help:"Only print the key set with a new key added, or with --forget the newest key alone, to be put into --secrets-key. Whoever has it can read the secrets."`
	Forget bool `help:"Add no key, but forget all keys but the newest. What is sealed with them in another database is lost: run the command without it on every database of the key set first."`
}

// Help is shown below the usage of the command.
func (*rekeyCommand) Help() string {
	return "It may run beside a server, which notices the new key by itself, and can be interrupted at any time: " +
		"run it again, and it goes on. Keep a copy of the key set afterwards. " +
		"Older keys stay in the set, so that other databases can be read with it, until --forget. " +
		"When the keys are given by --secrets-key, put what --print prints there, start all servers anew, " +
		"and then run the command without it."
}

// resealStep is how many secrets are sealed anew in one transaction.
const resealStep = 20

// Run adds a key and seals everything with it, or ends what an earlier run has
// begun; or it forgets the older keys.
func (c *rekeyCommand) Run(ctx context.Context, out io.Writer) error {
	path, err := c.Path()
	if err != nil {
		return err
	}
	s, keys, err := app.OpenGuest(ctx, path, secretsOf(c.Store))
	if err != nil {
		return explain(err, path, "")
	}
	if err = tellKeys(os.Stderr, keys); err == nil {
		err = c.change(ctx, out, s, keys)
	}
	return errors.Join(err, s.Close())
}

func (c *rekeyCommand) change(ctx context.Context, out io.Writer, s *store.Store, keys app.Keys) error {
	switch {
	case c.Forget:
		return forget(ctx, out, s, keys, c.Print)
	case c.Print:
		return printKeys(out, keys.Rotated)
	default:
		return rekey(ctx, out, s, keys)
	}
}

// printKeys writes the text of a key set.
func printKeys(out io.Writer, set func() (string, error)) error {
	text, err := set()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, text)
	return err
}

// forget forgets all keys but the newest, or only prints that one, unless
// something in the database is sealed with another.
func forget(ctx context.Context, out io.Writer, s *store.Store, keys app.Keys, onlyPrint bool) error {
	newest, err := keys.Prefix() // before the look at what is sealed with it
	if err != nil {
		return err
	}
	older, err := keys.Older()
	if err != nil {
		return err
	}
	old, err := s.OldSecrets(ctx)
	switch {
	case err != nil:
		return err
	case old > 0:
		return fmt.Errorf("%d secrets in this database are sealed with an older key still; run waybill rekey without --forget first", old)
	case onlyPrint:
		return printKeys(out, keys.Newest)
	case older == 0:
		_, err = fmt.Fprintln(out, "There is but one key, and so none to forget.")
		return err
	case keys.Path() == "":
		_, err = fmt.Fprintf(out, "To forget the older keys, put what \"waybill rekey --forget --print\" prints into %s, and start all servers anew.\n",
			config.Env("secrets-key"))
		return err
	}
	if err := keys.Forget(newest, time.Now()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Older keys forgotten: %d. Keep a copy of %s as it is now.\n", older, keys.Path())
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
		return errors.Join(err, tellOlder(out, keys))
	default:
		if err := keys.Rotate(newest); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "Added a new key to %s. Keep a copy of it.\n", keys.Path())
	}
	if err != nil {
		return err
	}
	if err := reseal(ctx, out, s); err != nil {
		return err
	}
	return tellOlder(out, keys)
}

// tellOlder says how to forget the keys that nothing is sealed with any more.
func tellOlder(out io.Writer, keys app.Keys) error {
	older, err := keys.Older()
	if err != nil || older == 0 {
		return err
	}
	_, err = fmt.Fprintf(out, "Older keys that still open what they have sealed: %d. When no database of this key set needs them, and an hour has passed,\n"+
		"forget them with \"waybill rekey --forget\".\n", older)
	return err
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
