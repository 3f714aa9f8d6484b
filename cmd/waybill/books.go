package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/store"
)

// books is the settings of the commands that look into the database by
// themselves. They may run beside a server.
type books struct{ config.Store }

// open calls do with the store and closes it.
func (b *books) open(ctx context.Context, do func(*store.Store) error) error {
	path, err := b.Path()
	if err != nil {
		return err
	}
	s, keys, err := app.OpenGuest(ctx, path, secretsOf(b.Store))
	if err != nil {
		return explain(err, path, "")
	}
	if err = tellKeys(os.Stderr, keys); err == nil {
		err = do(s)
	}
	return errors.Join(err, s.Close())
}

// here is who gives commands: whoever may open the database.
func here() account.Actor {
	return account.Actor{Role: account.Operator, Name: "command line"}
}

// noted is what the audit log says of a command.
func noted(action, target, company string, before, after any) account.Entry {
	return account.NewEntry(here(), action, target, company, before, after, moment())
}

// moment is the time as the store keeps it.
func moment() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// day shows a time in a table.
func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func yes(b bool, word string) string {
	if b {
		return word
	}
	return "-"
}

// needCompany returns an error that says what to do if there is no such company.
func needCompany(s *store.Store, id string) error {
	if _, ok := s.Directory().Companies[id]; id != "" && !ok {
		return fmt.Errorf("there is no company %q; add it with: waybill company add %s --name NAME", id, id)
	}
	return nil
}
