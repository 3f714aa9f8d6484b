package api

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
)

// maxSigningKeys is how many keys a hook may sign with: those that receivers
// know, and those that they are going to.
const maxSigningKeys = 5

type signingKey struct {
	ID     string       `json:"id" readOnly:"true" format:"uuid"`
	Kind   string       `json:"kind" enum:"v1,v1a" doc:"The scheme of Standard Webhooks: v1 is HMAC-SHA256, whose secret the receiver must have; v1a is Ed25519, for which the public key is enough."`
	Secret *hook.Secret `json:"secret,omitempty" writeOnly:"true" maxLength:"200" doc:"The secret (whsec_…) or private key (whsk_…). Left out, one is made."`
	Made   string       `json:"madeSecret,omitempty" readOnly:"true" doc:"The secret that was made, of v1, in the answer to adding the key alone: give it to the receiver."`
	Public string       `json:"publicKey,omitempty" readOnly:"true" doc:"Of v1a: what receivers verify with."`
	SetAt  time.Time    `json:"setAt" readOnly:"true"`
}

func signingKeyOf(k hook.SigningKey) signingKey {
	return signingKey{ID: k.ID, Kind: string(k.Kind), Public: k.Public, SetAt: k.SetAt}
}

type addSigningKeyInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
	Body    signingKey
}

type addSigningKeyOutput struct{ Body signingKey }

func (s *Server) addSigningKey(ctx context.Context, in *addSigningKeyInput) (*addSigningKeyOutput, error) {
	return s.addKeyOf(ctx, hookName{in.Company, hook.Trigger, in.ID}, &in.Body)
}

// addKeyOf adds a key to those that a hook's requests are signed with, so that
// receivers can learn the new one while they still get the old.
func (s *Server) addKeyOf(ctx context.Context, n hookName, in *signingKey) (*addSigningKeyOutput, error) {
	kind := hook.SigningKind(in.Kind)
	key := sign.NewKey(kind)
	given := in.Secret != nil && *in.Secret != ""
	if given {
		var err error
		if key, err = sign.ReadKey("secret", kind, *in.Secret); err != nil {
			return nil, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	key.ID = id.String()
	_, err = s.changeNamed(ctx, n, "", func(h *hook.Hook) error {
		if len(h.Signing.Keys) >= maxSigningKeys {
			return &hook.Error{
				Fault: hook.Conflict, Msg: "the hook has five keys already; remove one that no receiver needs any more",
				German: "Der Webhook hat bereits fünf Schlüssel; entfernen Sie einen, den kein Empfänger mehr braucht.",
			}
		}
		key.SetAt = h.UpdatedAt
		h.Signing.Keys = append(slices.Clip(h.Signing.Keys), key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &addSigningKeyOutput{signingKeyOf(key)}
	if !given && kind == hook.V1 {
		out.Body.Made = string(key.Secret)
	}
	return out, nil
}

type signingKeyInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The trigger's ID."`
	Key     string `path:"key" doc:"The key's ID."`
}

func (s *Server) deleteSigningKey(ctx context.Context, in *signingKeyInput) (*struct{}, error) {
	return nil, s.deleteKeyOf(ctx, hookName{in.Company, hook.Trigger, in.ID}, in.Key)
}

// deleteKeyOf removes a key from those that a hook's requests are signed with.
func (s *Server) deleteKeyOf(ctx context.Context, n hookName, id string) error {
	_, err := s.changeNamed(ctx, n, "", func(h *hook.Hook) error {
		kept := slices.DeleteFunc(slices.Clone(h.Signing.Keys), func(k hook.SigningKey) bool { return k.ID == id })
		if len(kept) == len(h.Signing.Keys) {
			return missing("key")
		}
		h.Signing.Keys = kept
		h.Locked = without(h.Locked, hook.KeySecret(id))
		return nil
	})
	return err
}

type hmacSettings struct {
	_         struct{}     `nullable:"true"`
	Header    string       `json:"header" maxLength:"100" example:"X-Signature" doc:"The name of the header with the signature."`
	Prefix    string       `json:"prefix,omitempty" maxLength:"100" example:"sha256=" doc:"Stands before the signature."`
	Algorithm string       `json:"algorithm,omitempty" enum:"sha256,sha512,sha1" default:"sha256"`
	Encoding  string       `json:"encoding,omitempty" enum:"hex,base64" default:"hex"`
	Secret    *hook.Secret `json:"secret,omitempty" writeOnly:"true" maxLength:"1000" doc:"Its bytes are the key. Never shown. Left out or empty, the stored one is kept."`
	SecretSet bool         `json:"secretSet" readOnly:"true" doc:"Whether there is a secret."`
	SetAt     time.Time    `json:"secretSetAt,omitzero" readOnly:"true" doc:"Since when the secret is this one."`
}

func hmacOf(m hook.HMAC, locked bool) *hmacSettings {
	if !m.Set() {
		return nil
	}
	return &hmacSettings{
		Header: m.Header, Prefix: m.Prefix, Algorithm: m.Algorithm, Encoding: m.Encoding,
		SecretSet: m.Secret != "" || locked, SetAt: m.SetAt,
	}
}

// readHMAC returns what in says, at a time, and whether the stored secret is
// kept. It adds to wrong what is wrong with it. The header may not be taken.
func readHMAC(in *hmacSettings, stored hook.HMAC, locked bool, at time.Time, taken string, wrong *problems) (fresh hook.HMAC, kept bool) {
	if in == nil {
		return hook.HMAC{}, false
	}
	fresh = hook.HMAC{Header: in.Header, Prefix: in.Prefix, Algorithm: in.Algorithm, Encoding: in.Encoding}
	switch {
	case in.Secret != nil && *in.Secret != "":
		fresh.Secret, fresh.SetAt = *in.Secret, at
		if fresh.Secret == stored.Secret {
			fresh.SetAt = stored.SetAt
		}
	case stored.Set():
		fresh.Secret, fresh.SetAt, kept = stored.Secret, stored.SetAt, true
	}
	checked := fresh
	if kept && locked {
		checked.Secret = "locked" // it is there
	}
	if err := sign.CheckHMAC("hmac.", checked, taken); err != nil {
		*wrong = append(*wrong, asProblems(err)...)
	}
	return fresh, kept
}
