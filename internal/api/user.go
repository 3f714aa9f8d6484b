package api

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

type user struct {
	ID          string    `json:"id" format:"uuid"`
	Company     string    `json:"company,omitempty" doc:"The company's ID; none for the operator's people."`
	Email       string    `json:"email" doc:"In lower case; how they sign in."`
	Name        string    `json:"name"`
	Language    string    `json:"language" enum:"en,de"`
	Role        string    `json:"role" enum:"operator,admin,member"`
	Disabled    bool      `json:"disabled" doc:"Whether they are kept from signing in."`
	PasswordSet bool      `json:"passwordSet" doc:"Whether they have chosen a password."`
	Picture     bool      `json:"picture" doc:"Whether they have a picture of their own; else their initials are shown."`
	CreatedAt   time.Time `json:"createdAt"`
}

func userOf(u account.User) user {
	return user{
		ID: u.ID.String(), Company: u.Company, Email: u.Email, Name: u.Name, Language: u.Language, Role: string(u.Role),
		Disabled: u.Disabled, PasswordSet: u.Password != "", Picture: u.Picture, CreatedAt: u.CreatedAt,
	}
}

type newUser struct {
	Email    string `json:"email" example:"kim@acme.example" doc:"At most 254 bytes; how they sign in."`
	Name     string `json:"name" example:"Kim Example" doc:"At most 200 bytes."`
	Language string `json:"language,omitempty" default:"en" example:"de" doc:"en or de."`
	Role     string `json:"role,omitempty" example:"member" doc:"admin, who changes everything of the company, or member, who reads it. The operator's people are always operator."`
}

type userChange struct {
	Email    *string `json:"email,omitempty" example:"kim@acme.example"`
	Name     *string `json:"name,omitempty" example:"Kim Example" doc:"At most 200 bytes."`
	Language *string `json:"language,omitempty" example:"de" doc:"en or de."`
	Role     *string `json:"role,omitempty" example:"admin" doc:"admin or member; nobody changes their own."`
	Disabled *bool   `json:"disabled,omitempty" doc:"Whether they are kept from signing in. It ends their sessions."`
}

type userInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The user's ID."`
}

type addUserInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Body    newUser
}

type changeUserInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The user's ID."`
	Body    userChange
}

type userOutput struct {
	Location string `header:"Location" hidden:"true"`
	Body     user
}

type usersOutput struct {
	Body struct {
		Items []user `json:"items" nullable:"false"`
	} `nameHint:"Users"`
}

// note returns the entry of a change that a handler makes. Before and after are
// what account.Shown… returns, nil if there is none.
func note(ctx context.Context, action, target, company string, before, after any) account.Entry {
	return account.NewEntry(actorOf(ctx), action, target, company, before, after, now())
}

// user returns a user of a company, "" being the operator, or an error of fault
// Missing.
func (s *Server) user(ctx context.Context, company, id string) (account.User, error) {
	parsed, err := parseID(id, "user")
	if err != nil {
		return account.User{}, err
	}
	u, err := s.Store.User(ctx, parsed)
	if err == nil && u.Company != company {
		err = missing("user")
	}
	if err != nil {
		return account.User{}, err
	}
	return u, nil
}

func (s *Server) listUsers(ctx context.Context, in *companyInput) (*usersOutput, error) {
	us, err := s.Store.Users(ctx, in.Company)
	if err != nil {
		return nil, err
	}
	out := &usersOutput{}
	out.Body.Items = make([]user, len(us))
	for i, u := range us {
		out.Body.Items[i] = userOf(u)
	}
	return out, nil
}

func (s *Server) getUser(ctx context.Context, in *userInput) (*userOutput, error) {
	u, err := s.user(ctx, in.Company, in.ID)
	return &userOutput{Body: userOf(u)}, err
}

func (s *Server) addUser(ctx context.Context, in *addUserInput) (*userOutput, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an ID: %w", err)
	}
	u := account.User{
		ID: id, Company: in.Company, Email: in.Body.Email, Name: in.Body.Name,
		Language: in.Body.Language, Role: account.Role(in.Body.Role), CreatedAt: now(),
	}
	if in.Company == "" && u.Role == "" {
		u.Role = account.Operator
	}
	if u.Email, err = checkUser(u); err != nil {
		return nil, err
	}
	if err := s.Store.AddUser(ctx, u, note(ctx, "user.add", id.String(), u.Company, nil, account.ShownUser(u))); err != nil {
		return nil, err
	}
	out := &userOutput{Location: "/api/v1/users/" + id.String(), Body: userOf(u)}
	if u.Company != "" {
		out.Location = "/api/v1/companies/" + u.Company + "/users/" + id.String()
	}
	return out, nil
}

// checkUser returns the e-mail address of a user as it is stored, or everything
// that is wrong with the user.
func checkUser(u account.User) (email string, err error) {
	var wrong problems
	email, err = account.NormalEmail(u.Email)
	for _, err := range []error{err, account.CheckUser(u)} {
		if err == nil {
			continue
		}
		for _, e := range problemOf(err).Errors {
			wrong.add(e.Field, e.Reason, e.german)
		}
	}
	return email, wrong.err()
}

func (s *Server) changeUser(ctx context.Context, in *changeUserInput) (*userOutput, error) {
	u, err := s.user(ctx, in.Company, in.ID)
	if err != nil {
		return nil, err
	}
	next := u
	set(&next.Email, in.Body.Email)
	set(&next.Name, in.Body.Name)
	set(&next.Language, in.Body.Language)
	set((*string)(&next.Role), in.Body.Role)
	set(&next.Disabled, in.Body.Disabled)
	if next.Email, err = checkUser(next); err != nil {
		return nil, err
	}
	// So a company is not left without an admin by a slip.
	if (next.Role != u.Role || next.Disabled) && u.ID == actorOf(ctx).User {
		return nil, &hook.Error{
			Fault: hook.Denied, Msg: "nobody changes their own role or disables themselves; ask another admin",
			German: "Niemand ändert die eigene Rolle oder sperrt sich selbst; fragen Sie einen anderen Administrator.",
		}
	}
	return s.storeUser(ctx, "user.change", u, next)
}

// storeUser stores a user that was changed and checked, and answers them.
func (s *Server) storeUser(ctx context.Context, action string, old, next account.User) (*userOutput, error) {
	e := note(ctx, action, next.ID.String(), next.Company, account.ShownUser(old), account.ShownUser(next))
	stored, err := s.Store.ChangeUser(ctx, old, next, e)
	if err != nil {
		return nil, err
	}
	return &userOutput{Body: userOf(stored)}, nil
}

type passwordLink struct {
	URL       string    `json:"url" format:"uri" doc:"To be opened by the user, once. It is as good as a password: send it to nobody else."`
	Token     string    `json:"token" doc:"The part of the URL that POST /api/v1/password takes."`
	ExpiresAt time.Time `json:"expiresAt"`
}

type passwordLinkOutput struct {
	Body passwordLink
}

func (s *Server) makePasswordLink(ctx context.Context, in *userInput) (*passwordLinkOutput, error) {
	token, expires, err := s.makeLink(ctx, in, account.SetPassword)
	if err != nil {
		return nil, err
	}
	return &passwordLinkOutput{Body: passwordLink{
		URL: s.PublicURL + "/password?token=" + token, Token: token, ExpiresAt: expires,
	}}, nil
}

// makeLink makes a link for a user.
func (s *Server) makeLink(ctx context.Context, in *userInput, p account.Purpose) (token string, expires time.Time, err error) {
	u, err := s.user(ctx, in.Company, in.ID)
	if err != nil {
		return "", time.Time{}, err
	}
	return s.Gate.MakeLink(ctx, actorOf(ctx), u, p)
}
