package spec

import (
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// Type is an object or an enumeration that bodies are made of.
type Type struct {
	Name    string
	Words   string // what it is
	Members []Member
	Open    bool     // it can have members that it has no name for
	Values  []string // of an enumeration

	Of  []Alternative // it is one of these
	Tag string        // the member that tells which
}

// Alternative is one of the types that another one can be.
type Alternative struct {
	Type string
	Tags []string // the values of the member that tells which
}

// Member is a member of an object.
type Member struct {
	Name   string
	Words  string // what it is
	Kind   Kind
	Type   string // the Name of the Type, of an Object or Choice
	Many   bool   // an array of them
	Always bool   // it is never left out
	Null   bool   // it can be null
	Format string // of a Text: that of JSON Schema, if it has one
}

// Kind is what a member holds.
type Kind int

// The kinds of members.
const (
	Text   Kind = iota
	Number      // an exact decimal
	Whole       // an integer
	Bool        // true or false
	Date        // a day
	Time        // an instant
	Any         // whatever the platform puts there
	ID          // of the platform: a whole number or a text
	Object      // of a Type
	Choice      // one of the values of a Type
)

// book collects types, each after those that it was found in.
type book struct {
	types []Type
	names map[reflect.Type]string // other names than that of the Go type
	words map[string]string
}

// add adds a struct and what it is made of, and returns its name.
func (b *book) add(t reflect.Type) string {
	name := t.Name()
	if other, ok := b.names[t]; ok {
		name = other
	}
	if slices.ContainsFunc(b.types, func(known Type) bool { return known.Name == name }) {
		return name
	}
	place := len(b.types)
	b.types = append(b.types, Type{Name: name, Words: b.words[name]})
	members, open := openjson.Members(t)
	result := make([]Member, len(members))
	for i, m := range members {
		result[i] = b.member(m.Type)
		result[i].Name, result[i].Always = m.Name, !m.Optional
		result[i].Words = b.describe(name, m.Name)
	}
	b.types[place].Members, b.types[place].Open = result, open
	return name
}

// describe returns what a member is: in its type, or else in any.
func (b *book) describe(typeName, member string) string {
	if words, ok := b.words[typeName+"."+member]; ok {
		return words
	}
	return b.words["."+member]
}

// member says what a value of a Go type is in JSON.
func (b *book) member(t reflect.Type) Member {
	switch t {
	case reflect.TypeFor[trade.Decimal]():
		return Member{Kind: Number}
	case reflect.TypeFor[trade.Date]():
		return Member{Kind: Date}
	case reflect.TypeFor[time.Time]():
		return Member{Kind: Time}
	case reflect.TypeFor[json.RawMessage]():
		return Member{Kind: Any}
	}
	switch t.Kind() {
	case reflect.String:
		if list, ok := reflect.TypeAssert[interface{ Values() []string }](reflect.Zero(t)); ok {
			return Member{Kind: Choice, Type: b.choice(t.Name(), list.Values())}
		}
		return Member{Kind: Text}
	case reflect.Bool:
		return Member{Kind: Bool}
	case reflect.Int64:
		return Member{Kind: Whole}
	case reflect.Pointer:
		return b.member(t.Elem())
	case reflect.Struct:
		return Member{Kind: Object, Type: b.add(t)}
	case reflect.Slice:
		m := b.member(t.Elem())
		m.Many = true
		return m
	default:
		panic("spec: a member of type " + t.String())
	}
}

// choice adds an enumeration and returns its name.
func (b *book) choice(name string, values []string) string {
	if !slices.ContainsFunc(b.types, func(known Type) bool { return known.Name == name }) {
		b.types = append(b.types, Type{Name: name, Words: b.words[name], Values: values})
	}
	return name
}

// set changes a member of a type that was added.
func (b *book) set(typeName, member string, change func(*Member)) {
	for i := range b.types {
		for j := range b.types[i].Members {
			if b.types[i].Name == typeName && b.types[i].Members[j].Name == member {
				change(&b.types[i].Members[j])
			}
		}
	}
}
