// Package rawjson reads members of a JSON object (RFC 8259) as they are
// written, without decoding them, and appends strings to JSON text. It is what
// the renderers of bodies share. It is pure.
package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrNotObject is returned for data that is a string, number, array, literal or
// nothing at all.
var ErrNotObject = errors.New("not a JSON object")

// Pick finds the named members of the JSON object data, in one pass. It sets
// found[i] to the value of names[i] as it is written there, or to nil if there
// is no such member; found must be as long as names. A member of exactly the
// name goes before one that differs in case. If a name is repeated, the last
// member of it counts; of those that differ in case, the first. Names are ASCII.
//
// What is found is valid JSON in valid UTF-8 whatever data is, and mostly a part
// of data. Of the values passed over only the end is sought: that data is valid
// was checked when it was accepted. The errors read well after "data is".
func Pick(data []byte, names []string, found [][]byte) error {
	clear(found)
	err := Members(data, func(key, value []byte) { keep(key, value, names, found) })
	if err != nil {
		return err
	}
	return check(names, found)
}

// Members calls visit with the name and the value of each member of the JSON
// object data, in order, as Pick finds them: the name decoded, the value as it
// is written there and not checked. The errors are those of Pick.
func Members(data []byte, visit func(key, value []byte)) error {
	s := scanner{data: data}
	if s.next() != '{' {
		return ErrNotObject
	}
	s.pos++
	for more := s.next() != '}'; more; {
		key, value, err := s.member()
		if err != nil {
			return err
		}
		visit(key, value)
		switch s.next() {
		case ',':
			s.pos++
		case '}':
			more = false
		default:
			return s.invalid()
		}
	}
	s.pos++ // the closing brace
	if s.next(); s.pos < len(data) {
		return s.invalid()
	}
	return nil
}

// keep notes value if a name like key is wanted.
func keep(key, value []byte, names []string, found [][]byte) {
	for i, name := range names {
		if len(name) != len(key) {
			continue
		}
		if name == string(key) || (found[i] == nil && strings.EqualFold(name, string(key))) {
			found[i] = value
			return
		}
	}
}

// check returns an error if a value is not valid JSON, and mends its UTF-8.
func check(names []string, found [][]byte) error {
	for i, value := range found {
		if value == nil {
			continue
		}
		if !json.Valid(value) {
			return fmt.Errorf("not valid JSON: see the value of %q", names[i])
		}
		if !utf8.Valid(value) {
			found[i] = bytes.ToValidUTF8(value, []byte("\uFFFD"))
		}
	}
	return nil
}
