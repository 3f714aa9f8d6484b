package opentrans

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// What a meter refuses to read.
var (
	errLongToken = errors.New("a text, tag or comment is too long")
	errTooLarge  = errors.New("the document is too large")
)

// meter reads at most so many bytes of a document, and so many at once for a token,
// which a decoder would keep in memory whole.
type meter struct {
	in    *bufio.Reader
	left  int64 // of the document
	token int   // of the token
	limit int   // of each token
	err   error // what the reader failed with, but for its end
}

func newMeter(r io.Reader, l Limits) *meter {
	return &meter{in: bufio.NewReader(r), left: l.Bytes, token: l.Text, limit: l.Text}
}

// next begins a token.
func (m *meter) next() { m.token = m.limit }

func (m *meter) ReadByte() (byte, error) {
	b, err := m.in.ReadByte()
	switch {
	case err != nil:
		return 0, m.failed(err)
	case m.left == 0:
		return 0, errTooLarge
	case m.token == 0:
		return 0, errLongToken
	}
	m.left--
	m.token--
	return b, nil
}

func (m *meter) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if m.token == 0 {
		return 0, errLongToken
	}
	if m.left == 0 {
		if _, err := m.in.Peek(1); err != nil {
			return 0, m.failed(err)
		}
		return 0, errTooLarge
	}
	n, err := m.in.Read(p[:min(int64(len(p)), m.left, int64(m.token))])
	m.left -= int64(n)
	m.token -= n
	return n, m.failed(err)
}

func (m *meter) failed(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return err
}

// charset returns a reader that gives UTF-8 for what is in the named encoding. It
// knows those in which each byte is the character of that number: the ones that
// need no table, so that there is nothing to get wrong.
func charset(name string, in io.Reader) (io.Reader, error) {
	bytes, ok := in.(io.ByteReader)
	if !ok {
		return nil, errors.New("no reader of bytes")
	}
	switch strings.ToUpper(name) {
	case "US-ASCII":
		return &singleByte{in: bytes, max: 0x7f}, nil
	case "ISO-8859-1":
		return &singleByte{in: bytes, max: 0xff}, nil
	}
	return nil, encodingError(name)
}

// encodingError is the name of an encoding that is not read.
type encodingError string

func (e encodingError) Error() string { return "encoding " + string(e) }

var errNotASCII = errors.New("a byte is not ASCII")

// singleByte turns bytes up to max into UTF-8.
type singleByte struct {
	in     io.ByteReader
	max    byte
	second byte // of the character that was begun; 0 if none was
}

func (s *singleByte) ReadByte() (byte, error) {
	if b := s.second; b != 0 {
		s.second = 0
		return b, nil
	}
	b, err := s.in.ReadByte()
	if err != nil || b < 0x80 {
		return b, err
	}
	if b > s.max {
		return 0, errNotASCII
	}
	s.second = 0x80 | b&0x3f
	return 0xc0 | b>>6, nil
}

func (s *singleByte) Read(p []byte) (int, error) {
	for i := range p {
		b, err := s.ReadByte()
		if err != nil {
			return i, err
		}
		p[i] = b
	}
	return len(p), nil
}
