package rawjson

import "errors"

// ErrNotArray is returned for data that is a string, number, object, literal or
// nothing at all.
var ErrNotArray = errors.New("not a JSON array")

// Elements calls visit with each element of the JSON array data, in order, as it
// is written and not checked. The errors read well after "data is".
func Elements(data []byte, visit func(value []byte)) error {
	s := scanner{data: data}
	if s.next() != '[' {
		return ErrNotArray
	}
	s.pos++
	for more := s.next() != ']'; more; {
		value := s.value()
		if len(value) == 0 {
			return s.invalid()
		}
		visit(value)
		switch s.next() {
		case ',':
			s.pos++
		case ']':
			more = false
		default:
			return s.invalid()
		}
	}
	s.pos++ // the closing bracket
	if s.next(); s.pos < len(data) {
		return s.invalid()
	}
	return nil
}
