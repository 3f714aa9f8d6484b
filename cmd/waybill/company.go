package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/trade"
)

type companyCommand struct {
	Add    companyAddCommand    `cmd:"" help:"Add a company."`
	Change companyChangeCommand `cmd:"" help:"Change a company; what is not given stays."`
	List   companyListCommand   `cmd:"" help:"List the companies."`
}

// companyFlags are what can be said of a company.
type companyFlags struct {
	books
	config.Contracts
	ID       string   `arg:"" help:"The company's ID: 1 to 64 lower-case letters, digits and hyphens."`
	Name     string   `placeholder:"NAME" help:"What people call it."`
	Language string   `placeholder:"LANGUAGE" help:"Of its people: en or de."`
	TimeZone string   `placeholder:"ZONE" help:"IANA name, such as Europe/Berlin; decides local times in what receivers get."`
	Includes []string `placeholder:"MODULE" help:"Modules of its contract, all of them; --includes= for none."`
	Shop     []string `placeholder:"ID=NAME" help:"Its shops, all of them; they get its language and time zone; --shop= for none."`
}

type companyAddCommand struct{ companyFlags }

type companyChangeCommand struct{ companyFlags }

// Run adds the company.
func (c *companyAddCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		if _, ok := s.Directory().Companies[c.ID]; ok {
			return fmt.Errorf("there is a company %q already; change it with: waybill company change %s", c.ID, c.ID)
		}
		return c.put(ctx, s, trade.Company{ID: c.ID, Language: "en", TimeZone: "UTC", CreatedAt: moment()}, out)
	})
}

// Run changes the company.
func (c *companyChangeCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		if err := needCompany(s, c.ID); err != nil {
			return err
		}
		return c.put(ctx, s, s.Directory().Companies[c.ID], out)
	})
}

// put stores the company with what was given.
func (c *companyFlags) put(ctx context.Context, s *store.Store, old trade.Company, out io.Writer) error {
	company := old
	set(&company.Name, c.Name)
	set(&company.Language, c.Language)
	set(&company.TimeZone, c.TimeZone)
	// What is empty was given so; nil would leave what is stored.
	if c.Includes != nil {
		company.Modules = slices.AppendSeq([]string{}, slices.Values(c.Includes))
		slices.Sort(company.Modules)
	}
	if c.Shop != nil {
		company.Shops = []trade.Shop{}
	}
	for _, text := range c.Shop {
		id, name, _ := strings.Cut(text, "=")
		company.Shops = append(company.Shops, trade.Shop{ID: id, Name: name, Language: company.Language, TimeZone: company.TimeZone})
	}
	known, err := c.Known()
	if err == nil {
		err = account.CheckCompany(company, modulesOf(known))
	}
	if err != nil {
		return err
	}
	action, before := "company.add", any(nil)
	if old.Name != "" {
		action, before = "company.change", account.ShownCompany(old)
	}
	added, err := s.PutCompany(ctx, company, noted(action, company.ID, company.ID, before, account.ShownCompany(company)))
	if err != nil {
		return err
	}
	did := "changed"
	if added {
		did = "added"
	}
	_, err = fmt.Fprintf(out, "The company %s is %s.\n", company.ID, did)
	return err
}

func set(to *string, value string) {
	if value != "" {
		*to = value
	}
}

type companyListCommand struct{ books }

// Run writes a table of the companies.
func (c *companyListCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		companies := s.Directory().Companies
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) // keeps an error of out until Flush
		_, _ = fmt.Fprintln(table, "COMPANY\tNAME\tLANGUAGE\tTIME ZONE\tSHOPS\tMODULES")
		for _, id := range slices.Sorted(maps.Keys(companies)) {
			k := companies[id]
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", k.ID, k.Name, k.Language, k.TimeZone, len(k.Shops), strings.Join(k.Modules, ", "))
		}
		return table.Flush()
	})
}

// modulesOf turns the modules of the settings into those of the policy.
func modulesOf(written []config.Module) account.Modules {
	if len(written) == 0 {
		return account.DefaultModules()
	}
	var modules account.Modules
	for _, m := range written {
		modules = append(modules, account.Module{ID: m.ID, Label: trade.Text{EN: m.English, DE: m.German}, Unlocks: m.Unlocks})
	}
	return modules
}
