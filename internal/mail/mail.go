// Package mail sends e-mail over SMTP (RFC 5321), encrypted by STARTTLS (RFC
// 3207) or from the start.
package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/waybillhq/waybill/internal/hook"
)

// Security says how a connection is encrypted.
type Security string

// The kinds of security.
const (
	StartTLS Security = "starttls" // after the greeting; it must succeed
	TLS      Security = "tls"      // from the start
	NoTLS    Security = "none"     // not at all; for a server on the same machine
)

// Options are the settings of a Client. Host and From must be set.
type Options struct {
	Host     string
	Port     int // 0: 465 with TLS, 587 with StartTLS, 25 with NoTLS
	Security Security
	User     string // empty: without authentication
	Password hook.Secret
	From     string         // an address, with or without a name (RFC 5322, section 3.4)
	Roots    *x509.CertPool // who may vouch for the server; nil means the system's
	Timeout  time.Duration  // of a mail; 0 means 20 s
}

// Client sends mails through one server, each over a connection of its own. It is
// safe for concurrent use.
type Client struct {
	o    Options
	port int
}

// New returns a Client. It makes no connection.
func New(o Options) *Client {
	port := map[Security]int{TLS: 465, NoTLS: 25}[o.Security]
	o.Timeout = cmp.Or(o.Timeout, 20*time.Second)
	return &Client{o: o, port: cmp.Or(o.Port, port, 587)}
}

// Send has the server take a mail over. The error holds no secret, but what the
// server answered, which is for the operator.
func (c *Client) Send(ctx context.Context, m hook.Mail) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	if err := c.send(ctx, m); err != nil {
		return fmt.Errorf("send a mail through %s port %d: %s", c.o.Host, c.port, c.hide(err.Error()))
	}
	return nil
}

func (c *Client) send(ctx context.Context, m hook.Mail) error {
	msg, err := c.message(m)
	if err != nil {
		return err
	}
	d := &dialing{tls: c.o.Security == TLS, config: c.config()}
	client, err := mail.NewClient(c.o.Host, append(c.options(), mail.WithDialContextFunc(d.dial))...)
	if err != nil {
		return err
	}
	defer d.end()
	defer context.AfterFunc(ctx, d.end)()
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	if err := client.SendWithSMTPClient(conn, msg); err != nil && !msg.IsDelivered() {
		return err
	}
	_ = client.CloseWithSMTPClient(conn) // the mail is with the server, whatever it says now
	return nil
}

// dialing makes the connection of a mail, and ends it: package mail leaves it open
// when the greetings fail, and bounds the time of each command but not of all.
type dialing struct {
	tls    bool
	config *tls.Config

	mu    sync.Mutex
	conn  net.Conn
	ended bool
}

func (d *dialing) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dial := (&net.Dialer{}).DialContext
	if d.tls {
		dial = (&tls.Dialer{Config: d.config}).DialContext
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn = conn; d.ended {
		_ = conn.Close()
	}
	return conn, nil
}

func (d *dialing) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended = true; d.conn != nil {
		_ = d.conn.Close()
	}
}

func (c *Client) config() *tls.Config {
	config := hook.TLS(c.o.Roots)
	config.ServerName = c.o.Host
	return config
}

func (c *Client) options() []mail.Option {
	o := []mail.Option{
		mail.WithPort(c.port), mail.WithTimeout(c.o.Timeout), mail.WithTLSConfig(c.config()), mail.WithoutNoop(), mail.WithoutRset(),
	}
	switch c.o.Security {
	case TLS: // which the connection has already: that is found out, and STARTTLS no longer offered
		o = append(o, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case NoTLS:
		o = append(o, mail.WithTLSPolicy(mail.NoTLS))
	default:
		o = append(o, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.o.User != "" {
		o = append(o, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.o.User), mail.WithPassword(string(c.o.Password)))
	}
	return o
}

// message writes m, as one that no person has written (RFC 3834, section 5).
func (c *Client) message(m hook.Mail) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(c.o.From); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	from := c.o.From[strings.LastIndexByte(c.o.From, '@')+1:]
	msg.SetMessageIDWithValue(m.ID + "@" + strings.Trim(from, "> "))
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.Subject(strings.Join(strings.Fields(m.Subject), " "))
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return msg, nil
}

// hide removes the password from a text.
func (c *Client) hide(text string) string {
	if c.o.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, string(c.o.Password), c.o.Password.String())
}
