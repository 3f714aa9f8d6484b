package rawjson

import (
	"encoding/json"
	"fmt"
)

// A scanner walks over the members of a JSON object.
type scanner struct {
	data []byte
	pos  int
}

// next skips white space and returns the byte after it, which it leaves unread,
// or 0 at the end.
func (s *scanner) next() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// member reads a member and returns its decoded name and its value as written.
func (s *scanner) member() (key, value []byte, err error) {
	if s.next() != '"' {
		return nil, nil, s.invalid()
	}
	quoted, escaped := s.text()
	if quoted == nil || s.next() != ':' {
		return nil, nil, s.invalid()
	}
	key = quoted[1 : len(quoted)-1]
	if escaped {
		var name string
		if err := json.Unmarshal(quoted, &name); err != nil {
			return nil, nil, s.invalid()
		}
		key = []byte(name)
	}
	s.pos++
	if value = s.value(); len(value) == 0 {
		return nil, nil, s.invalid()
	}
	return key, value, nil
}

// value reads a value of any kind; the result is empty if there is none.
func (s *scanner) value() []byte {
	switch s.next() {
	case '"':
		text, _ := s.text()
		return text
	case '{', '[':
		return s.nested()
	}
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		switch s.data[s.pos] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return s.data[start:s.pos]
		}
	}
	return nil // an object goes on after a value
}

// nested reads an object or array; the result is nil if it has no end.
func (s *scanner) nested() []byte {
	start, depth := s.pos, 0
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case '"':
			if text, _ := s.text(); text == nil {
				return nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.pos++
		if depth == 0 {
			return s.data[start:s.pos]
		}
	}
	return nil
}

// text reads a string with its quotes and reports whether it has escapes; the
// result is nil if it has no end.
func (s *scanner) text() (quoted []byte, escaped bool) {
	start := s.pos
	for i := start + 1; i < len(s.data); i++ {
		switch s.data[i] {
		case '"':
			s.pos = i + 1
			return s.data[start:s.pos], escaped
		case '\\':
			escaped = true
			i++
		}
	}
	return nil, escaped
}

func (s *scanner) invalid() error {
	return fmt.Errorf("not valid JSON, at byte %d", s.pos)
}
