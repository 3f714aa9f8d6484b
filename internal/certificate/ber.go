package certificate

import "encoding/asn1"

const maxDepth = 32 // of values within values

// Tags of values, with the bit for those that consist of others.
const (
	tagOctets      = 0x04
	tagName        = 0x06
	tagSequence    = 0x30
	tagConstructed = 0x20
	tagExplicit    = 0xa0 // [0], consisting of others
	tagImplicit    = 0x80 // [0], not so
)

// toDER returns a PKCS#12 structure as DER, for which each value has one form
// only. Firefox writes BER: lengths that are not known at the beginning, and
// octet strings in several parts (X.690, sections 8.1.3.6 and 8.7.3). It leaves
// the inside of octet strings alone.
func toDER(in []byte) ([]byte, bool) {
	v, rest, ok := readValue(in, 0)
	if !ok || len(rest) > 0 {
		return nil, false
	}
	out, err := v.der()
	return out, err == nil
}

// value is one value of BER.
type value struct {
	tag    byte
	inside []byte // in DER
	parts  bool   // it consists of octet strings alone
	joined []byte // what they hold together
}

func (v value) der() ([]byte, error) {
	return asn1.Marshal(asn1.RawValue{
		Class: int(v.tag >> 6), Tag: int(v.tag & 0x1f), IsCompound: v.tag&tagConstructed != 0, Bytes: v.inside,
	})
}

// readValue reads the first value and returns what comes after it.
func readValue(in []byte, depth int) (v value, rest []byte, ok bool) {
	if depth > maxDepth || len(in) < 2 || in[0]&0x1f == 0x1f {
		return value{}, nil, false
	}
	v.tag = in[0]
	length, in, ok := readLength(in[1:])
	if !ok || length > len(in) {
		return value{}, nil, false
	}
	switch {
	case v.tag&tagConstructed == 0:
		if length < 0 {
			return value{}, nil, false
		}
		v.inside = in[:length]
		return v, in[length:], true
	case length < 0:
		rest, ok = v.fill(in, true, depth)
		return v, rest, ok
	default:
		_, ok = v.fill(in[:length], false, depth)
		return v, in[length:], ok
	}
}

// readLength reads a length; -1 is one that isn't known.
func readLength(in []byte) (length int, rest []byte, ok bool) {
	first := int(in[0])
	in = in[1:]
	switch {
	case first < 0x80:
		return first, in, true
	case first == 0x80:
		return -1, in, true
	case first-0x80 > 3 || first-0x80 > len(in): // no input is that long
		return 0, nil, false
	}
	for _, b := range in[:first-0x80] {
		length = length<<8 | int(b)
	}
	return length, in[first-0x80:], true
}

// fill reads the values of which v consists, up to the end of in or, if that is
// open, to the mark that stands for it; and returns what comes after that.
func (v *value) fill(in []byte, open bool, depth int) (rest []byte, ok bool) {
	var values []value
	for open || len(in) > 0 {
		if open && len(in) >= 2 && in[0] == 0 && in[1] == 0 {
			in = in[2:]
			break
		}
		var next value
		if next, in, ok = readValue(in, depth+1); !ok {
			return nil, false
		}
		values = append(values, next)
	}
	// An encrypted content, told by what stands before it, is an octet string
	// that is called [0] (RFC 5652, section 6.1).
	if v.tag == tagSequence && len(values) == 3 && values[0].tag == tagName && values[1].tag == tagSequence &&
		values[2].tag == tagExplicit && values[2].parts {
		values[2] = value{tag: tagImplicit, inside: values[2].joined}
	}
	v.parts = true
	for _, next := range values {
		der, err := next.der()
		if err != nil {
			return nil, false
		}
		v.inside = append(v.inside, der...)
		v.parts = v.parts && next.tag == tagOctets
		v.joined = append(v.joined, next.inside...)
	}
	if v.tag == tagOctets|tagConstructed {
		if !v.parts {
			return nil, false
		}
		v.tag, v.inside = tagOctets, v.joined
	}
	return in, true
}
