package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/trade"
)

// Intake accepts events.
type Intake interface {
	// Accept stores the good ones among the posted events of a company and
	// answers each, in the same order; see intake.Intake.
	Accept(ctx context.Context, company string, posted []intake.Posted) ([]intake.Result, error)
	// Change stores a new state of an order or a shipment with what happened to it, or
	// returns an error of fault hook.Conflict if it isn't as the change expects; see
	// intake.Intake.
	Change(ctx context.Context, c intake.Change) (hook.Revised, error)
}

// Deliverer hears of what is to be sent.
type Deliverer interface {
	// Owe notes that deliveries of hooks wait in the store and are due.
	Owe(hooks []uuid.UUID)
}

// Tester tries hooks out.
type Tester interface {
	// Test sends a sample event, about a state of its entity if the hook needs one, to a
	// hook, which needn't be stored, as a delivery would be sent, and returns what came
	// of it, but for who made it.
	Test(ctx context.Context, h *hook.Hook, sample trade.Event, state *trade.State) (hook.Test, error)
}

// Gate knows who makes a request, and signs people in. What it refuses is an
// error of fault hook.Unknown, hook.TooOften, hook.Missing or hook.Invalid.
type Gate interface {
	// Identify tells who makes a request: nobody, if it brings no credential. One
	// that isn't valid is an error of fault hook.Unknown.
	Identify(r *http.Request) (account.Actor, error)
	// From returns the IP address that a request comes from.
	From(r *http.Request) string
	// Secure reports whether the browser has sent a request by https.
	Secure(r *http.Request) bool
	// Token returns the token in a request's session cookie, "" if it has none.
	Token(r *http.Request) string
	// SignIn begins a session by e-mail address and password, from an address and
	// a User-Agent.
	SignIn(ctx context.Context, c signin.Credentials, from, agent string) (signin.Signed, error)
	// SignInBy begins a session for the person that an identity provider says it is.
	SignInBy(ctx context.Context, p account.User, from, agent string) (signin.Signed, error)
	// RefuseBy notes that the provider did not vouch for a person, and returns why.
	RefuseBy(ctx context.Context, p account.User, from string, why error) error
	// SignOut ends the session with a token, if there is one.
	SignOut(ctx context.Context, token string) error
	// FollowPortal begins a session by the token of a portal link, once.
	FollowPortal(ctx context.Context, token, from, agent string) (signin.Signed, error)
	// Reset sets a password by the token of a password link, once, and ends all
	// sessions of the user.
	Reset(ctx context.Context, token, password, from string) error
	// ChangePassword replaces a user's password, which they must know, and ends
	// their sessions but the one with a token.
	ChangePassword(ctx context.Context, a account.Actor, old, fresh, token string) error
	// MakeLink makes a link for a user.
	MakeLink(ctx context.Context, by account.Actor, u account.User, p account.Purpose) (token string, expires time.Time, err error)
}

// Store is the part of the store that the API needs. What is not there is an
// error of fault hook.Missing. What changes something notes the entry in the
// audit log, in the same transaction.
type Store interface {
	// Directory returns the companies and hooks at this moment.
	Directory() *hook.Directory
	// Reload reads the directory if another node has changed it.
	Reload(ctx context.Context) error
	// PutCompany adds or replaces a company and reports whether it was added. Nil
	// modules and shops, and the time it was created, stay as they are stored.
	PutCompany(ctx context.Context, c trade.Company, e account.Entry) (added bool, err error)
	// AddHook stores a new hook, with Version 1.
	AddHook(ctx context.Context, h hook.Hook, e account.Entry) error
	// ChangeHook stores the next version of a hook, or returns an error of fault
	// hook.Conflict if another version is there already.
	ChangeHook(ctx context.Context, h hook.Hook, e account.Entry) error
	// DeleteHook removes a hook of a company.
	DeleteHook(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) error
	// PutDocumentHooks stores all document hooks of a company together, or returns
	// an error of fault hook.Conflict if other versions, or others, are there already.
	PutDocumentHooks(ctx context.Context, company string, hs []hook.Hook, e account.Entry) error
	// PutConnector stores a connector, or returns an error of fault hook.Conflict if
	// another version, or another one of its kind, is there already.
	PutConnector(ctx context.Context, h hook.Hook, e account.Entry) error
	// AddTest stores a test of a hook, and forgets older ones.
	AddTest(ctx context.Context, t hook.Test, e account.Entry) error
	// Tests lists tests of hooks, newest first.
	Tests(ctx context.Context, q hook.TestQuery) ([]hook.Test, error)
	// PutDefaults stores what the hooks of a company have in common, or returns an
	// error of fault hook.Conflict if another version is there already.
	PutDefaults(ctx context.Context, company string, d hook.Defaults, e account.Entry) error
	// Healths tells how the receivers of a company's hooks are, of all or of one.
	Healths(ctx context.Context, company string, one uuid.UUID) ([]hook.Health, error)
	// Alerts lists alerts, newest first.
	Alerts(ctx context.Context, q hook.AlertQuery) ([]hook.Alert, error)
	// Alert returns an alert of a company.
	Alert(ctx context.Context, company string, id uuid.UUID) (hook.Alert, error)
	// AcknowledgeAlert stores that a person looks at an alert of a company, and
	// returns it, or an error of fault hook.Conflict if it is closed.
	AcknowledgeAlert(ctx context.Context, company string, id uuid.UUID, k hook.Acknowledgement, e account.Entry) (hook.Alert, error)
	// CloseAlertBy closes an alert of a company, and returns it, or an error of
	// fault hook.Conflict if it is closed.
	CloseAlertBy(ctx context.Context, company string, id uuid.UUID, by string, at time.Time, e account.Entry) (hook.Alert, error)
	// Deliveries lists deliveries, newest first.
	Deliveries(ctx context.Context, q hook.DeliveryQuery) ([]hook.Delivery, error)
	// Delivery returns a delivery of a company.
	Delivery(ctx context.Context, company string, id uuid.UUID) (hook.Delivery, error)
	// Attempts returns the attempts of a delivery of a company, by number.
	Attempts(ctx context.Context, company string, delivery uuid.UUID) ([]hook.Attempt, error)
	// Event returns an event of a company.
	Event(ctx context.Context, company string, id uuid.UUID) (trade.Event, error)
	// EventDeliveries returns the deliveries that an event of a company caused.
	EventDeliveries(ctx context.Context, company string, event uuid.UUID) ([]hook.Delivery, error)

	Operations
	People
	Programs
	Channels
}

// Operations is the part of the store about what is done with deliveries.
type Operations interface {
	// Operate carries out a command for a delivery of a company and returns it as it
	// is then, or the new one of a replay. It returns an error of fault
	// hook.Conflict if the delivery's state is not one for that.
	Operate(ctx context.Context, company string, id uuid.UUID, c hook.Command, now time.Time, e account.Entry) (hook.Delivery, error)
	// LatestEvent returns the latest event of an entity of a company.
	LatestEvent(ctx context.Context, company string, entity trade.Entity) (trade.Event, error)
	// State returns the newest state of an entity of a company.
	State(ctx context.Context, company string, e trade.Entity) (trade.State, error)
	// StateVersion returns a version of an entity of a company.
	StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error)
	// States lists the newest states of entities.
	States(ctx context.Context, q trade.StateQuery) ([]trade.State, error)
	// CountDeliveries tells how many deliveries an operation would touch.
	CountDeliveries(ctx context.Context, q hook.DeliveryQuery, o hook.Operation) (hook.Counts, error)
	// Document returns a document of a company.
	Document(ctx context.Context, company string, id uuid.UUID) (trade.Document, error)
	// Documents lists documents of a company, newest first.
	Documents(ctx context.Context, q trade.DocumentQuery) ([]trade.Document, error)
	// Deals lists deals of a company, newest first.
	Deals(ctx context.Context, q trade.DealQuery) ([]trade.Deal, error)
	// AddJob stores a new job, or returns the one of an earlier request with the same
	// idempotency key.
	AddJob(ctx context.Context, r hook.JobRequest, e account.Entry) (hook.JobReceipt, error)
	// JobByKey returns the job of an earlier request with an idempotency key.
	JobByKey(ctx context.Context, company, key string, fingerprint []byte) (hook.JobReceipt, error)
	// Job returns a job of a company.
	Job(ctx context.Context, company string, id uuid.UUID) (hook.DeliveryJob, error)
	// Jobs lists the jobs of a company, newest first.
	Jobs(ctx context.Context, q hook.JobQuery) ([]hook.DeliveryJob, error)
	// CancelJob ends a job of a company, or returns an error of fault hook.Conflict
	// if it has ended.
	CancelJob(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) (hook.DeliveryJob, error)
	// Note stores an entry by itself.
	Note(ctx context.Context, es ...account.Entry) error
}

// People is the part of the store about users. A company of "" is the operator.
type People interface {
	// AddUser stores a new user, or returns an error of fault hook.Conflict if
	// another one of the company has the e-mail address.
	AddUser(ctx context.Context, u account.User, e account.Entry) error
	// ChangeProfile replaces a user's name and language.
	ChangeProfile(ctx context.Context, id uuid.UUID, name, language string, e account.Entry) error
	// ChangeUser replaces a user as they were read, but for password and picture,
	// and returns what is stored then; disabling one ends their sessions. It may
	// return the same error as AddUser, and one of that fault if the user was
	// changed since they were read.
	ChangeUser(ctx context.Context, read, u account.User, notes ...account.Entry) (account.User, error)
	// User returns a user of any company.
	User(ctx context.Context, id uuid.UUID) (account.User, error)
	// Users lists the users of a company by e-mail address.
	Users(ctx context.Context, company string) ([]account.User, error)
	// Subscription returns what a user is told of.
	Subscription(ctx context.Context, user uuid.UUID) (hook.Subscription, error)
	// PutSubscription replaces what a user is told of.
	PutSubscription(ctx context.Context, user uuid.UUID, n hook.Subscription, e account.Entry) error
	// SetPicture replaces a user's picture; nil removes it.
	SetPicture(ctx context.Context, user uuid.UUID, mediaType string, picture []byte, e account.Entry) error
	// Picture returns a user's picture.
	Picture(ctx context.Context, user uuid.UUID) (mediaType string, picture []byte, err error)
	// Sessions lists a user's sessions at a time, newest first.
	Sessions(ctx context.Context, user uuid.UUID, now time.Time) ([]account.Session, error)
	// EndSession ends a session of a user.
	EndSession(ctx context.Context, user, id uuid.UUID, e account.Entry) error
}

// Channels is the part of the store about where companies are told of alerts.
type Channels interface {
	// AddChannel stores a new channel, with Version 1.
	AddChannel(ctx context.Context, c hook.Channel, e account.Entry) error
	// ChangeChannel stores the next version of a channel, or returns an error of
	// fault hook.Conflict if another version is there already.
	ChangeChannel(ctx context.Context, c hook.Channel, e account.Entry) error
	// DeleteChannel removes a channel of a company.
	DeleteChannel(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) error
	// Channel returns a channel of a company.
	Channel(ctx context.Context, company string, id uuid.UUID) (hook.Channel, error)
	// Channels lists the channels of a company, by age.
	Channels(ctx context.Context, company string) ([]hook.Channel, error)
}

// Programs is the part of the store about keys and about what was done. A
// company of "" is the operator.
type Programs interface {
	// AddKey stores a new key.
	AddKey(ctx context.Context, k account.Key, e account.Entry) error
	// ListKeys lists the keys of a company, revoked ones too, newest first.
	ListKeys(ctx context.Context, company string) ([]account.Key, error)
	// RevokeKey revokes a key of a company.
	RevokeKey(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) error
	// Audit lists entries of the audit log, newest first.
	Audit(ctx context.Context, q account.AuditQuery) ([]account.Entry, error)
}
