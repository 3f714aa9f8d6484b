package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/store"
)

type userCommand struct {
	Create  userCreateCommand  `cmd:"" help:"Add a user, and make the link by which they choose a password."`
	List    userListCommand    `cmd:"" help:"List the users of a company, or the operator's own people."`
	Reset   userResetCommand   `cmd:"" help:"Make a link by which a user chooses a new password."`
	Disable userDisableCommand `cmd:"" help:"Keep a user from signing in, and end their sessions; with --enable, let them again."`
}

type userCreateCommand struct {
	linkFlags
	Email    string `arg:"" help:"E-mail address, by which they sign in."`
	Name     string `required:"" placeholder:"NAME" help:"The person's name."`
	Company  string `placeholder:"ID" help:"The company they belong to. Without it, they are one of the operator's people."`
	Role     string `placeholder:"ROLE" help:"admin or member of the company; the operator's people are operator."`
	Language string `placeholder:"LANGUAGE" help:"en or de. Without it, the company's."`
}

// linkFlags are those of commands that make links.
type linkFlags struct {
	books
	config.Links
}

// open calls do with the store and what begins a link, and closes the store.
func (c *linkFlags) open(ctx context.Context, do func(s *store.Store, site string) error) error {
	site, err := c.Site()
	if err != nil {
		return err
	}
	return c.books.open(ctx, func(s *store.Store) error { return do(s, site) })
}

// Run adds the user and writes the link.
func (c *userCreateCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store, site string) error {
		u, err := c.user()
		u.Language = cmp.Or(u.Language, s.Directory().Companies[u.Company].Language, "en")
		if err == nil {
			err = errors.Join(account.CheckUser(u), needCompany(s, u.Company))
		}
		if err != nil {
			return err
		}
		if err := s.AddUser(ctx, u, noted("user.add", u.ID.String(), u.Company, nil, account.ShownUser(u))); err != nil {
			return err
		}
		return link(ctx, s, u, site, out)
	})
}

func (c *userCreateCommand) user() (account.User, error) {
	email, err := account.NormalEmail(c.Email)
	if err != nil {
		return account.User{}, err
	}
	id, err := uuid.NewV7()
	role := account.Role(c.Role)
	switch {
	case role == "" && c.Company == "":
		role = account.Operator
	case role == "":
		role = account.Member
	}
	return account.User{
		ID: id, Company: c.Company, Email: email, Name: c.Name, Language: c.Language, Role: role, CreatedAt: moment(),
	}, err
}

// link makes a link for a password, which begins with site, and writes it.
func link(ctx context.Context, s *store.Store, u account.User, site string, out io.Writer) error {
	token, expires, err := signin.New(signin.Options{Store: s}).MakeLink(ctx, here(), u, account.SetPassword)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "With this link, %s chooses a password. It works once, until %s:\n\n    %s/password?token=%s\n\n",
		u.Email, day(expires), site, token)
	return err
}

type userListCommand struct {
	books
	Company string `placeholder:"ID" help:"The company. Without it, the operator's own people."`
}

// Run writes a table of the users.
func (c *userListCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		if err := needCompany(s, c.Company); err != nil {
			return err
		}
		us, err := s.Users(ctx, c.Company)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0) // keeps an error of out until Flush
		_, _ = fmt.Fprintln(table, "E-MAIL\tNAME\tROLE\tLANGUAGE\tPASSWORD\tDISABLED\tSINCE")
		for _, u := range us {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.Email, u.Name, u.Role, u.Language,
				yes(u.Password != "", "set"), yes(u.Disabled, "yes"), day(u.CreatedAt))
		}
		return table.Flush()
	})
}

type userResetCommand struct {
	linkFlags
	userFlags
}

// maxNamesakes is how many users with one e-mail address are named.
const maxNamesakes = 10

// userFlags say which user a command is about.
type userFlags struct {
	Email   string  `arg:"" help:"The user's e-mail address."`
	Company *string `placeholder:"ID" help:"The company they belong to, if several have a user with the address; --company= for the operator's people."`
}

// Run writes a link for a new password.
func (c *userResetCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store, site string) error {
		u, err := c.find(ctx, s)
		if err != nil {
			return err
		}
		return link(ctx, s, u, site, out)
	})
}

type userDisableCommand struct {
	books
	userFlags
	Enable bool `help:"Let them sign in again."`
}

// Run disables the user, or enables them.
func (c *userDisableCommand) Run(ctx context.Context, out io.Writer) error {
	return c.open(ctx, func(s *store.Store) error {
		u, err := c.find(ctx, s)
		if err != nil {
			return err
		}
		old := u
		u.Disabled = !c.Enable
		if _, err := s.ChangeUser(ctx, old, u, noted("user.change", u.ID.String(), u.Company, account.ShownUser(old), account.ShownUser(u))); err != nil {
			return err
		}
		state := "cannot sign in any more, and is signed out everywhere"
		if c.Enable {
			state = "can sign in"
		}
		_, err = fmt.Fprintf(out, "%s %s.\n", u.Email, state)
		return err
	})
}

// find returns the user whom the flags mean.
func (c *userFlags) find(ctx context.Context, s *store.Store) (account.User, error) {
	email, err := account.NormalEmail(c.Email)
	if err != nil {
		return account.User{}, err
	}
	if c.Company != nil {
		u, err := s.UserByEmail(ctx, *c.Company, email)
		if errors.Is(err, store.ErrNoUser) {
			err = noUser(email)
		}
		return u, err
	}
	users, err := s.UsersByEmail(ctx, email, maxNamesakes)
	switch {
	case err != nil:
		return account.User{}, err
	case len(users) == 0:
		return account.User{}, noUser(email)
	case len(users) > 1:
		var which []string
		for _, u := range users {
			which = append(which, "--company="+u.Company)
		}
		return account.User{}, fmt.Errorf("there are several users %s; say which one: %s", email, strings.Join(which, " or "))
	}
	return users[0], nil
}

func noUser(email string) error {
	return fmt.Errorf("there is no user %s; list them with: waybill user list --company ID", email)
}
