package api

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

type key struct {
	ID        string    `json:"id" format:"uuid"`
	Name      string    `json:"name" doc:"What it is for."`
	Role      string    `json:"role" enum:"operator,admin,producer,reader"`
	Prefix    string    `json:"prefix" doc:"How it begins, to recognise it by."`
	CreatedAt time.Time `json:"createdAt"`
	UsedAt    time.Time `json:"usedAt,omitzero" doc:"When it was last used, to about a minute."`
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"When it ceases to be valid, if it does."`
	RevokedAt time.Time `json:"revokedAt,omitzero" doc:"When it was revoked, if it was."`
	Key       string    `json:"key,omitempty" doc:"The key itself. It is shown only when it is made: keep it safe."`
}

func keyOf(k account.Key) key {
	return key{
		ID: k.ID.String(), Name: k.Name, Role: string(k.Role), Prefix: k.Prefix,
		CreatedAt: k.CreatedAt, UsedAt: k.UsedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt,
	}
}

type newKey struct {
	Name      string    `json:"name" example:"ERP of the warehouse" doc:"What it is for; at most 200 bytes."`
	Role      string    `json:"role,omitempty" example:"producer" doc:"producer, which posts events; reader, which reads them, the queue and the hooks; or admin, which does everything of the company. Keys of the operator's are always operator."`
	ExpiresAt time.Time `json:"expiresAt,omitzero" doc:"When it is to cease to be valid; never, if left out."`
}

type keyInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The key's ID."`
}

type addKeyInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Body    newKey
}

type keyOutput struct {
	Body key
}

type keysOutput struct {
	Body struct {
		Items []key `json:"items" nullable:"false"`
	} `nameHint:"Keys"`
}

func (s *Server) listKeys(ctx context.Context, in *companyInput) (*keysOutput, error) {
	ks, err := s.Store.ListKeys(ctx, in.Company)
	if err != nil {
		return nil, err
	}
	out := &keysOutput{}
	out.Body.Items = make([]key, len(ks))
	for i, k := range ks {
		out.Body.Items[i] = keyOf(k)
	}
	return out, nil
}

func (s *Server) addKey(ctx context.Context, in *addKeyInput) (*keyOutput, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an ID: %w", err)
	}
	k := account.Key{
		ID: id, Company: in.Company, Role: account.Role(in.Body.Role), Name: in.Body.Name, CreatedAt: now(),
		ExpiresAt: in.Body.ExpiresAt.Truncate(time.Microsecond),
	}
	if in.Company == "" && k.Role == "" {
		k.Role = account.Operator
	}
	if err := account.CheckKey(k, k.CreatedAt); err != nil {
		return nil, err
	}
	text := account.NewKey(k.Role)
	k.Prefix, k.Digest = account.PrefixOf(text), account.Digest(text)
	if err := s.Store.AddKey(ctx, k, note(ctx, "key.add", id.String(), k.Company, nil, account.ShownKey(k))); err != nil {
		return nil, err
	}
	out := &keyOutput{Body: keyOf(k)}
	out.Body.Key = text
	return out, nil
}

func (s *Server) revokeKey(ctx context.Context, in *keyInput) (*struct{}, error) {
	id, err := parseID(in.ID, "key")
	if err != nil {
		return nil, err
	}
	return nil, s.Store.RevokeKey(ctx, in.Company, id, now(), note(ctx, "key.revoke", id.String(), in.Company, nil, nil))
}
