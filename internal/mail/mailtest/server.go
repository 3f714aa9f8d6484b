// Package mailtest is an SMTP server for tests: the other side of package mail. It
// keeps what it is given, and fails as it is told to.
package mailtest

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server listens on loopback as long as its test lives. The fields are set before
// Start.
type Server struct {
	Cert           *tls.Certificate // nil: it can't encrypt
	Implicit       bool             // it encrypts from the start
	User, Password string           // that it wants; none if they are empty
	Refusal        string           // what it says to who gives others; empty: "535 no"

	ln    net.Listener
	mu    sync.Mutex
	fail  []string // what it answers to the next mails
	mails []Mail
}

// Mail is a mail as it came.
type Mail struct {
	From, To, Data string
	Encrypted      bool
	User           string // who brought it
}

// Start makes the server listen, and returns the port.
func (s *Server) Start(t *testing.T) (port int) {
	t.Helper()
	var err error
	if s.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil { //nolint:noctx // it is for as long as the test
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := s.ln.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = s.ln.Close()
		conns.Wait()
	})
	return s.ln.Addr().(*net.TCPAddr).Port
}

// Fail has the next mails refused with the given answers, such as "451 later". An
// empty one breaks the connection off.
func (s *Server) Fail(answers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = append(s.fail, answers...)
}

// Mails returns the mails that were taken, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// dialogue is a connection.
type dialogue struct {
	*Server
	conn net.Conn
	in   *bufio.Reader
	mail Mail
}

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute)) // so that the test ends
	d := &dialogue{Server: s, conn: conn}
	if s.Implicit {
		d.encrypt()
	}
	d.in = bufio.NewReader(d.conn)
	d.say("220 mail.test ESMTP")
	for {
		line, err := d.in.ReadString('\n')
		if err != nil || !d.answer(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

func (d *dialogue) say(line string) { _, _ = fmt.Fprintf(d.conn, "%s\r\n", line) }

func (d *dialogue) encrypt() {
	d.conn = tls.Server(d.conn, &tls.Config{Certificates: []tls.Certificate{*d.Cert}, MinVersion: tls.VersionTLS12})
	d.in, d.mail.Encrypted = bufio.NewReader(d.conn), true
}

// answer answers a command, and reports whether to go on.
func (d *dialogue) answer(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		d.say("250-mail.test")
		if d.Cert != nil && !d.mail.Encrypted {
			d.say("250-STARTTLS")
		} else if d.User != "" {
			d.say("250-AUTH PLAIN")
		}
		d.say("250 8BITMIME")
	case "STARTTLS":
		d.say("220 go ahead")
		d.encrypt()
	case "AUTH":
		d.login(strings.TrimPrefix(rest, "PLAIN "))
	case "MAIL":
		if d.User != d.mail.User {
			d.say("530 who are you")
			return true
		}
		d.mail.From = address(rest)
		d.say("250 ok")
	case "RCPT":
		d.mail.To = address(rest)
		d.say("250 ok")
	case "DATA":
		return d.take()
	case "QUIT":
		d.say("221 bye")
		return false
	default:
		d.say("502 what")
	}
	return true
}

func address(rest string) string {
	return rest[strings.IndexByte(rest, '<')+1 : strings.IndexByte(rest, '>')]
}

func (d *dialogue) login(given string) {
	plain, _ := base64.StdEncoding.DecodeString(given)
	if string(plain) == "\x00"+d.User+"\x00"+d.Password {
		d.mail.User = d.User
		d.say("235 welcome")
		return
	}
	if d.Refusal != "" {
		d.say(d.Refusal)
		return
	}
	d.say("535 no")
}

// take reads a mail, and takes it over or refuses it.
func (d *dialogue) take() bool {
	d.say("354 go ahead")
	var data strings.Builder
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		data.WriteString(strings.TrimPrefix(line, "."))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.fail) > 0 {
		answer := d.fail[0]
		d.fail = d.fail[1:]
		d.say(answer)
		return answer != ""
	}
	taken := d.mail
	taken.Data = data.String()
	d.mails = append(d.mails, taken)
	d.say("250 taken")
	return true
}
