package openjson

import "bytes"

// A scanner moves through a JSON text that is known to be valid.
type scanner struct {
	raw []byte
	pos int // at the first byte of a value, when one is to be read
}

func (s *scanner) here() byte { return s.raw[s.pos] }

// space moves past white space.
func (s *scanner) space() {
	for s.pos < len(s.raw) {
		switch s.raw[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// begin moves into an object or array.
func (s *scanner) begin() { s.pos++ }

// more moves to the next member or element and reports whether there is one; else it
// moves past the object's or array's end.
func (s *scanner) more() bool {
	s.space()
	if s.here() == ',' {
		s.pos++
		s.space()
	}
	if c := s.here(); c == '}' || c == ']' {
		s.pos++
		return false
	}
	return true
}

// key moves past a member's name, which it returns, to its value.
func (s *scanner) key() []byte {
	raw := s.text()
	s.space()
	s.pos++ // the colon
	s.space()
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	name, err := unquote(raw)
	if err != nil {
		return raw
	}
	return []byte(name)
}

// text moves past a text, which it returns with its quotation marks.
func (s *scanner) text() []byte {
	from := s.pos
	for s.pos++; ; {
		rest := s.raw[s.pos:]
		end := bytes.IndexByte(rest, '"')
		escape := bytes.IndexByte(rest[:end], '\\')
		if escape < 0 {
			s.pos += end + 1
			return s.raw[from:s.pos]
		}
		s.pos += escape + 2
	}
}

// value moves past a value of any kind, which it returns.
func (s *scanner) value() []byte {
	from := s.pos
	depth := 0
	for {
		switch s.here() {
		case '"':
			s.text()
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':', ' ', '\t', '\r', '\n':
			s.pos++
		default:
			s.word()
		}
		if depth == 0 {
			return s.raw[from:s.pos]
		}
	}
}

// word moves past a number, true, false or null.
func (s *scanner) word() {
	for ; s.pos < len(s.raw); s.pos++ {
		switch s.raw[s.pos] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return
		}
	}
}
