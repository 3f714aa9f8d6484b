// Package account is the vocabulary of who may do what: users, their roles and
// sessions, API keys, links, the modules of a contract, what is noted of a
// change, and the one policy that decides. It is pure but for chance: it reads
// no clock and touches no network or disk.
package account

import (
	"time"

	"github.com/google/uuid"
)

// Role says what somebody may do: a user or the holder of a key.
type Role string

// The roles.
const (
	Operator Role = "operator" // runs this server: everything, in every company
	Admin    Role = "admin"    // changes everything of the own company
	Member   Role = "member"   // reads everything of the own company, changes the own profile; users only
	Producer Role = "producer" // posts events, entities and documents of the own company; keys only
	Reader   Role = "reader"   // reads what happens in the own company; keys only
)

// User is a person.
type User struct {
	ID        uuid.UUID
	Company   string // empty for the operator's people
	Email     string // in lower case; how they sign in
	Name      string
	Language  string // "en" or "de"
	Role      Role   // Operator, Admin or Member
	Password  string // its hash, see HashPassword; empty if they cannot sign in by password
	Subject   string // "ISSUER SUBJECT" of OpenID Connect, once they signed in that way
	Disabled  bool
	Picture   bool // whether there is one
	CreatedAt time.Time
}

// Session is a browser in which a user is signed in.
type Session struct {
	ID        uuid.UUID
	User      uuid.UUID
	Digest    string // of the cookie's token, see Digest
	From      string // IP address at sign-in
	Agent     string // User-Agent at sign-in, at most 200 bytes
	CreatedAt time.Time
	SeenAt    time.Time // to about a minute
	ExpiresAt time.Time
}

// Key is a credential of a program.
type Key struct {
	ID        uuid.UUID
	Company   string // empty for the operator's keys
	Role      Role   // Operator, Admin, Producer or Reader
	Name      string // what it is for
	Prefix    string // the first characters of it, to recognise it by
	Digest    string // see Digest
	CreatedAt time.Time
	UsedAt    time.Time // to about a minute; zero if never
	ExpiresAt time.Time // zero if it doesn't
	RevokedAt time.Time // zero if it isn't
}

// Valid reports whether a key may be used at a time.
func (k *Key) Valid(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// Purpose says what a link is good for.
type Purpose string

// The purposes of links.
const (
	SetPassword Purpose = "password" // to choose a password, without knowing the old one
	Portal      Purpose = "portal"   // to be signed in, from a platform's own portal
)

// Link lets whoever has its token act as a user, once.
type Link struct {
	Digest    string // of the token, see Digest
	Purpose   Purpose
	User      uuid.UUID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Actor is who makes a request. The zero value is nobody.
type Actor struct {
	Role    Role
	Company string    // empty for the operator
	User    uuid.UUID // of a user; else uuid.Nil
	Key     uuid.UUID // of a key; uuid.Nil also for the key in the settings
	Name    string    // the user's e-mail address or the key's name, for the audit log
	From    string    // IP address
}

// Entry is what is noted of a change, for ever: who did what, when, from where.
// Before and After hold no secrets.
type Entry struct {
	ID      uuid.UUID // version 7
	At      time.Time
	Company string // whose log it is in; empty for the operator's alone
	Actor   string // the Actor's Name
	ActorID uuid.UUID
	Role    Role
	From    string // IP address; empty for the command line
	Action  string // such as "hook.change"
	Target  string // ID of what was changed
	Before  string // JSON object; empty if it was not there before
	After   string // JSON object; empty if it is not there any more
}

// AuditQuery asks for entries, newest first. A field with its zero value asks
// for all of them, but for Limit, which must be set.
type AuditQuery struct {
	Company  string // ignored if Everyone is set
	Everyone bool   // all companies' and the operator's own
	Action   string // exact, or a prefix that ends with "."
	Actor    string
	Target   string
	From, To time.Time // To is not included
	Before   uuid.UUID
	Limit    int
}

// Keys are all API keys that are not revoked, at one moment, by Digest. It is
// shared and never changed.
type Keys map[string]*Key
