package hook

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Fault sorts errors by what the caller can do about them.
type Fault string

// The faults the API can show. Anything else is ours to mend, not the caller's.
const (
	Invalid  Fault = "invalid"  // correct the input
	Missing  Fault = "missing"  // there is no such thing
	Conflict Fault = "conflict" // it is not in a state for this
	TooLarge Fault = "too_large"
	Busy     Fault = "busy"    // try again later
	Unknown  Fault = "unknown" // say who you are: sign in, or send a key
	Denied   Fault = "denied"  // who you are may not do this
	TooOften Fault = "too_often"
	Internal Fault = "internal" // not shown in detail
)

// Problem is one thing that is wrong with an input.
type Problem struct {
	Field  string // as the caller wrote it, such as "eventTypes[2]"; empty for the whole
	Reason string // what is wrong, and what to do about it, in a sentence
	German string // the same in German; empty for what only programs read
}

// Error is an error fit to show to a caller: it holds no secret and no detail
// of ours. Err, if set, is for the log alone.
type Error struct {
	Fault    Fault
	Msg      string
	German   string // Msg in German; empty for what only programs read
	Problems []Problem
	After    time.Duration // when to try again; 0 if that isn't known
	Err      error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Msg)
	for _, p := range e.Problems {
		b.WriteString("; ")
		if p.Field != "" {
			b.WriteString(p.Field + ": ")
		}
		b.WriteString(p.Reason)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error with the given fault.
func Errorf(f Fault, format string, args ...any) *Error {
	return &Error{Fault: f, Msg: fmt.Sprintf(format, args...)}
}

// InvalidField returns an Error of fault Invalid about one field.
func InvalidField(field, format string, args ...any) *Error {
	return &Error{
		Fault: Invalid, Msg: "the input is not valid",
		Problems: []Problem{{Field: field, Reason: fmt.Sprintf(format, args...)}},
	}
}

// FaultOf reports the fault of err, Internal when it has none.
func FaultOf(err error) Fault {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fault
	}
	return Internal
}
