package api

import (
	"context"
	"time"
)

// The operator's own people, keys and log are handled like a company's; their
// company is "".

type staffInput struct {
	ID string `path:"id" doc:"The user's ID."`
}

type addStaffInput struct {
	Body newUser
}

type changeStaffInput struct {
	ID   string `path:"id" doc:"The user's ID."`
	Body userChange
}

func (s *Server) listStaff(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	return s.listUsers(ctx, &companyInput{})
}

func (s *Server) getStaff(ctx context.Context, in *staffInput) (*userOutput, error) {
	return s.getUser(ctx, &userInput{ID: in.ID})
}

func (s *Server) addStaff(ctx context.Context, in *addStaffInput) (*userOutput, error) {
	return s.addUser(ctx, &addUserInput{Body: in.Body})
}

func (s *Server) changeStaff(ctx context.Context, in *changeStaffInput) (*userOutput, error) {
	return s.changeUser(ctx, &changeUserInput{ID: in.ID, Body: in.Body})
}

func (s *Server) getStaffPicture(ctx context.Context, in *staffInput) (*pictureOutput, error) {
	return s.getUserPicture(ctx, &userInput{ID: in.ID})
}

func (s *Server) makeStaffPasswordLink(ctx context.Context, in *staffInput) (*passwordLinkOutput, error) {
	return s.makePasswordLink(ctx, &userInput{ID: in.ID})
}

type addOperatorKeyInput struct {
	Body newKey
}

type operatorKeyInput struct {
	ID string `path:"id" doc:"The key's ID."`
}

func (s *Server) listOperatorKeys(ctx context.Context, _ *struct{}) (*keysOutput, error) {
	return s.listKeys(ctx, &companyInput{})
}

func (s *Server) addOperatorKey(ctx context.Context, in *addOperatorKeyInput) (*keyOutput, error) {
	return s.addKey(ctx, &addKeyInput{Body: in.Body})
}

func (s *Server) revokeOperatorKey(ctx context.Context, in *operatorKeyInput) (*struct{}, error) {
	return s.revokeKey(ctx, &keyInput{ID: in.ID})
}

type auditAllInput struct {
	Action string    `query:"action" doc:"Such as hook.change; with a full stop at its end, such as hook., all that begin so."`
	Actor  string    `query:"actor" doc:"The e-mail address of a user or the name of a key."`
	Target string    `query:"target" doc:"ID of what was changed."`
	From   time.Time `query:"from" doc:"Done then or later (RFC 3339)."`
	To     time.Time `query:"to" doc:"Done before then (RFC 3339)."`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many, at most."`
	Cursor string    `query:"cursor" doc:"The next of the page before."`
}

func (s *Server) listAuditAll(ctx context.Context, in *auditAllInput) (*auditOutput, error) {
	return s.listAudit(ctx, &auditInput{
		Action: in.Action, Actor: in.Actor, Target: in.Target, From: in.From, To: in.To, Limit: in.Limit, Cursor: in.Cursor,
	})
}
