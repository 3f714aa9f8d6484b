package mail_test

import (
	"crypto/x509"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	stdmail "net/mail"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/mail"
	"github.com/waybillhq/waybill/internal/mail/mailtest"
	"github.com/waybillhq/waybill/internal/receiver"
)

const password = "a-password-9871"

// one is a mail with what is hard to write down.
var one = hook.Mail{
	ID: "019a-1", To: "kim@acme.example", Subject: "Fehler: „Größe“\r\nBcc: all@acme.example",
	Text: "Grüße\n.\n" + strings.Repeat("lang ", 300), HTML: "<p>Grüße &amp; mehr</p>",
}

// encrypting returns a server that can encrypt, and who vouches for it.
func encrypting(t *testing.T) (*mailtest.Server, *x509.CertPool) {
	t.Helper()
	authority, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	return &mailtest.Server{Cert: &cert, User: "waybill", Password: password}, roots
}

func TestMailsArriveAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, security := range []mail.Security{mail.StartTLS, mail.TLS} {
		s, roots := encrypting(t)
		s.Implicit = security == mail.TLS
		c := mail.New(mail.Options{
			Host: "127.0.0.1", Port: s.Start(t), Security: security, User: s.User, Password: password,
			From: "Waybill <waybill@shop.example>", Roots: roots,
		})
		if err := c.Send(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		mails := s.Mails()
		if len(mails) != 1 || !mails[0].Encrypted || mails[0].User != "waybill" || mails[0].From != "waybill@shop.example" || mails[0].To != one.To {
			t.Fatalf("%s: there came %+v, want one from Waybill to Kim, encrypted", security, mails)
		}
		check(t, mails[0].Data)
	}
}

// check holds a mail, as it came, against one.
func check(t *testing.T, data string) {
	t.Helper()
	m, err := stdmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if want := "Fehler: „Größe“ Bcc: all@acme.example"; err != nil || subject != want || m.Header.Get("Bcc") != "" {
		t.Errorf("the subject is %q, %v, and Bcc %q, want %q in one line", subject, err, m.Header.Get("Bcc"), want)
	}
	for name, want := range map[string]string{
		"From": `"Waybill" <waybill@shop.example>`, "To": "<kim@acme.example>", "Message-Id": "<019a-1@shop.example>", "Auto-Submitted": "auto-generated",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []struct{ kind, text string }{{"text/plain", one.Text}, {"text/html", one.HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(quotedprintable.NewReader(p))
		if kind := p.Header.Get("Content-Type"); !strings.HasPrefix(kind, want.kind) || err != nil || strings.ReplaceAll(string(got), "\r\n", "\n") != want.text {
			t.Errorf("a part of %s = %q, %v, want %s of %q", kind, got, err, want.kind, want.text)
		}
	}
}

func TestWhatCannotBeSentIsSaidWithoutSecrets(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*mailtest.Server, *mail.Options)
		fail   []string
		want   string
	}{
		"a wrong password":       {func(_ *mailtest.Server, o *mail.Options) { o.Password = "other-than-" + password }, nil, "535"},
		"a password repeated":    {func(s *mailtest.Server, _ *mail.Options) { s.Refusal, s.Password = "535 "+password+" is wrong", "x" }, nil, "[secret] is wrong"},
		"an unknown authority":   {func(_ *mailtest.Server, o *mail.Options) { o.Roots = nil }, nil, "certificate"},
		"no encryption":          {func(s *mailtest.Server, _ *mail.Options) { s.Cert = nil }, nil, "STARTTLS"},
		"a mail that is refused": {func(*mailtest.Server, *mail.Options) {}, []string{"550 not here"}, "not here"},
		"a connection broken":    {func(*mailtest.Server, *mail.Options) {}, []string{""}, "send a mail through 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, roots := encrypting(t)
			s.Fail(tt.fail...)
			o := mail.Options{Host: "127.0.0.1", Security: mail.StartTLS, User: s.User, Password: password, From: "waybill@shop.example", Roots: roots}
			tt.change(s, &o)
			o.Port = s.Start(t)
			err := mail.New(o).Send(t.Context(), one)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), password) {
				t.Errorf("Send = %v, want an error with %q and without the password", err, tt.want)
			}
			if n := len(s.Mails()); n != 0 {
				t.Errorf("%d mails were taken, want none", n)
			}
		})
	}
}

func TestNoPasswordIsSentInClear(t *testing.T) {
	t.Parallel()
	s := &mailtest.Server{}
	o := mail.Options{Host: "127.0.0.1", Port: s.Start(t), Security: mail.NoTLS, From: "waybill@shop.example"}
	if err := mail.New(o).Send(t.Context(), one); err != nil || len(s.Mails()) != 1 || s.Mails()[0].Encrypted {
		t.Errorf("without authentication, Send = %v and %d mails came, want one", err, len(s.Mails()))
	}
}
