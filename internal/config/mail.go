package config

import (
	"net/mail"
	"strconv"
	"strings"
)

// SMTP is the settings of e-mail, as they are written. Its fields are flags for
// github.com/alecthomas/kong.
type SMTP struct {
	SMTPHost     string `name:"smtp-host" env:"WAYBILL_SMTP_HOST" placeholder:"HOST" help:"Mail server that sends what people want to be told of. Without it, there is no e-mail."`
	SMTPPort     string `name:"smtp-port" env:"WAYBILL_SMTP_PORT" placeholder:"PORT" help:"Its port. Without it, 587 with starttls, 465 with tls, 25 with none."`
	SMTPSecurity string `name:"smtp-security" default:"starttls" env:"WAYBILL_SMTP_SECURITY" placeholder:"HOW" help:"How the connection is encrypted: starttls, tls from its start, or none, for a server on this machine."`
	SMTPUser     string `name:"smtp-user" env:"WAYBILL_SMTP_USER" placeholder:"USER" help:"Who this server is to it. Without it, nobody."`
	SMTPPassword string `name:"smtp-password" env:"WAYBILL_SMTP_PASSWORD" placeholder:"PASSWORD" help:"What it proves that with. Flags can be seen by others on the machine: prefer environment or file."`
	SMTPFrom     string `name:"smtp-from" env:"WAYBILL_SMTP_FROM" placeholder:"ADDRESS" help:"Whom mails come from, such as waybill@shop.example or Waybill <waybill@shop.example>."`
}

// Mail is the settings of e-mail, read and checked.
type Mail struct {
	Host     string // empty: there is none
	Port     int    // 0: the one for Security
	Security string // starttls, tls or none
	User     string
	Password Password
	From     string
}

func (r *reader) mail(s *SMTP) Mail {
	m := Mail{
		Host: s.SMTPHost, Security: r.choice("smtp-security", s.SMTPSecurity, "starttls", "tls", "none"),
		User: s.SMTPUser, Password: Password(s.SMTPPassword), From: s.SMTPFrom,
	}
	if m.Host == "" {
		return Mail{}
	}
	if strings.ContainsAny(m.Host, ":/@ ") {
		r.refuse("smtp-host", m.Host, "it is not a host; write its name alone, such as mail.shop.example, and the port into --smtp-port")
	}
	if s.SMTPPort != "" {
		port, err := strconv.ParseUint(s.SMTPPort, 10, 16)
		if err != nil || port == 0 {
			r.refuse("smtp-port", s.SMTPPort, "it is not a port; write a number from 1 to 65535, such as 587")
		}
		m.Port = int(port)
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		r.refuse("smtp-from", m.From, "it is not an e-mail address; write whom mails come from, such as waybill@shop.example")
	}
	switch {
	case m.User != "" && m.Security == "none":
		r.refuse("smtp-security", m.Security, "anyone on the way could read the password of --smtp-user; choose starttls or tls, or leave out the user")
	case m.User == "" && m.Password != "":
		r.refuse("smtp-user", "", "it is empty though there is a password; write the user that it belongs to")
	}
	return m
}
