package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/store"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Make an API key, and show it once."`
	List   keyListCommand   `cmd:"" help:"List the API keys of a company, or the operator's."`
	Revoke keyRevokeCommand `cmd:"" help:"Make an API key useless at once."`
}

// keyOwner says whose keys are meant.
type keyOwner struct {
	books
	Company string `placeholder:"ID" help:"The company the key is of. Without it, the operator."`
}

type keyCreateCommand struct {
	keyOwner
	Name    string        `arg:"" help:"What it is for."`
	Role    string        `placeholder:"ROLE" help:"What it may do: producer, reader or admin of the company; the operator's keys are operator."`
	Expires time.Duration `placeholder:"DURATION" help:"It ends after so long, such as 8760h for a year. Without it, never."`
}

// Run makes the key and writes it.
func (c *keyCreateCommand) Run(ctx context.Context, out io.Writer) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	k := account.Key{ID: id, Company: c.Company, Name: c.Name, Role: account.Role(c.Role), CreatedAt: moment()}
	if k.Role == "" && k.Company == "" {
		k.Role = account.Operator
	}
	if c.Expires != 0 {
		k.ExpiresAt = k.CreatedAt.Add(c.Expires)
	}
	key := account.NewKey(k.Role)
	k.Prefix, k.Digest = account.PrefixOf(key), account.Digest(key)
	return c.open(ctx, func(s *store.Store) error {
		if err := needCompany(s, k.Company); err != nil {
			return err
		}
		if err := account.CheckKey(k, k.CreatedAt); err != nil {
			return err
		}
		if err := s.AddKey(ctx, k, noted("key.add", k.ID.String(), k.Company, nil, account.ShownKey(k))); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "This is the key. It is shown this once and stored nowhere: keep it.\n\n    %s\n\n", key)
		return err
	})
}

type keyListCommand struct{ keyOwner }

// Run writes a table of the keys.
func (c *keyListCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		if err := needCompany(s, c.Company); err != nil {
			return err
		}
		ks, err := s.ListKeys(ctx, c.Company)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) // keeps an error of out until Flush
		_, _ = fmt.Fprintln(table, "KEY\tNAME\tROLE\tMADE\tLAST USED\tEXPIRES\tREVOKED")
		for _, k := range ks {
			_, _ = fmt.Fprintf(table, "%s…\t%s\t%s\t%s\t%s\t%s\t%s\n", k.Prefix, k.Name, k.Role,
				day(k.CreatedAt), day(k.UsedAt), day(k.ExpiresAt), day(k.RevokedAt))
		}
		return table.Flush()
	})
}

type keyRevokeCommand struct {
	keyOwner
	Key string `arg:"" help:"The beginning of the key, as the list shows it."`
}

// Run revokes the key.
func (c *keyRevokeCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		ks, err := s.ListKeys(ctx, c.Company)
		if err != nil {
			return err
		}
		var found []account.Key
		for _, k := range ks {
			if k.RevokedAt.IsZero() && k.Prefix == strings.TrimSuffix(c.Key, "…") {
				found = append(found, k)
			}
		}
		if len(found) != 1 {
			return fmt.Errorf("%d keys that are not revoked begin with %q; write what waybill key list shows", len(found), c.Key)
		}
		k := found[0]
		now := moment()
		if err := s.RevokeKey(ctx, c.Company, k.ID, now, noted("key.revoke", k.ID.String(), k.Company, account.ShownKey(k), nil)); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "The key %s… is revoked.\n", k.Prefix)
		return err
	})
}
