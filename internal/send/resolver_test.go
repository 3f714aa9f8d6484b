package send_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer is a DNS server on loopback. Each look-up of a name gets the next
// of its answers; the last goes on for ever. An answer is addresses and at most
// one alias, such as "alias.test 127.0.0.1", with spaces between them.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][]string
	every   string         // the answer for all other names; empty: they aren't found
	asked   map[string]int // questions for addresses, by name and type
}

// resolver starts a name server and returns what asks it.
func resolver(tb testing.TB, answers map[string][]string) *net.Resolver {
	tb.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &nameServer{answers: answers, asked: make(map[string]int)}
	var serving sync.WaitGroup
	serving.Go(func() { s.serve(conn) })
	tb.Cleanup(func() {
		if err := conn.Close(); err != nil {
			tb.Error(err)
		}
		serving.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve(conn net.PacketConn) {
	buf := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return
		}
		if packed := s.reply(buf[:n]); packed != nil {
			_, _ = conn.WriteTo(packed, from) // the test may have ended
		}
	}
}

// reply returns the message that answers one, or nil if that isn't a question.
func (s *nameServer) reply(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	if !s.answer(&m) {
		m.RCode = dnsmessage.RCodeNameError
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// talk answers the questions that come over a connection, each after its length
// (RFC 1035, section 4.2.2), and closes it at its end.
func (s *nameServer) talk(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		reply := s.reply(question)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// answer fills m in and reports whether there is such a name.
func (s *nameServer) answer(m *dnsmessage.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	name := strings.ToLower(q.Name.String())
	answers, ok := s.answers[strings.TrimSuffix(name, ".")]
	if !ok && s.every == "" {
		return false
	}
	if !ok {
		answers = []string{s.every}
	}
	key := q.Type.String() + name
	text := answers[min(s.asked[key], len(answers)-1)]
	s.asked[key]++
	owner := q.Name
	for field := range strings.FieldsSeq(text) {
		header := dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET}
		a, err := netip.ParseAddr(field)
		switch {
		case err != nil:
			alias := dnsmessage.MustNewName(field + ".")
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.CNAMEResource{CNAME: alias}})
			owner = alias
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return true
}
