package openjson

import (
	"cmp"
	"errors"
	"slices"

	"github.com/waybillhq/waybill/internal/rawjson"
)

// maxDepth is how many objects and arrays may be within each other in what is unknown:
// more than makes sense, and fewer than readers of XML give up at.
const maxDepth = 100

// canonical writes a JSON value without white space and with sorted names, its
// numbers digit for digit, so that the same values are the same bytes.
func canonical(raw []byte) ([]byte, error) {
	if depth(raw) > maxDepth {
		return nil, errors.New("it has objects and arrays more than 100 deep in each other; write it flatter")
	}
	return appendCanonical(make([]byte, 0, len(raw)), raw), nil
}

func appendCanonical(dst, raw []byte) []byte {
	s := scanner{raw: raw}
	switch s.here() {
	case '{':
		members := s.members()
		slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
		dst = append(dst, '{')
		start := len(dst)
		for i, m := range members {
			if i+1 < len(members) && members[i+1].name == m.name {
				continue // the last counts
			}
			dst = appendCanonical(appendName(dst, start, m.name), m.value)
		}
		return append(dst, '}')
	case '[':
		dst = append(dst, '[')
		start := len(dst)
		for s.begin(); s.more(); {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = appendCanonical(dst, s.value())
		}
		return append(dst, ']')
	case '"':
		text, err := unquote(raw)
		if err != nil { // it is valid, so there is none
			return append(dst, raw...)
		}
		return rawjson.AppendString(dst, text)
	default:
		return append(dst, raw...)
	}
}

// A member is a member of an object, as it is written.
type member struct {
	name  string
	value []byte
}

// members moves past an object, whose members it returns.
func (s *scanner) members() []member {
	var members []member
	for s.begin(); s.more(); {
		name := string(s.key())
		members = append(members, member{name, s.value()})
	}
	return members
}

// appendName appends the name of the next member of an object whose first begins at
// start.
func appendName(dst []byte, start int, name string) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	return append(rawjson.AppendString(dst, name), ':')
}

// depth returns how many objects and arrays of a JSON value are within each other, at
// most.
func depth(raw []byte) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}
