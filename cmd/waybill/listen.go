package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/waybillhq/waybill/internal/config"
	"github.com/waybillhq/waybill/internal/receiver"
)

type listenCommand struct {
	Addr     string   `default:"127.0.0.1:8443" placeholder:"HOST:PORT" help:"Address to listen on; port 0 picks a free one."`
	User     string   `placeholder:"NAME" help:"User name that senders must give (basic authentication)."`
	Password string   `placeholder:"PASSWORD" help:"Password that senders must give."`
	Answer   string   `default:"200" placeholder:"PLAN" help:"What requests are answered, in order; the last goes on for ever. For example \"503x3,200\", \"200 delay=4s\", \"200 flaky=0.2\", \"hang\", \"cut\"."`
	Host     []string `placeholder:"NAME" help:"More host names or addresses for the certificate, besides localhost and the address."`
	CertDir  string   `default:"waybill-listen" placeholder:"FOLDER" help:"Where the authority that issues the certificate is kept."`
}

// Help is shown below the usage of the command.
func (*listenCommand) Help() string {
	return "It speaks HTTPS, with a certificate from an authority of its own that is made at the first start. " +
		"The command says how to have a server trust it."
}

// Run receives until ctx ends.
func (c *listenCommand) Run(ctx context.Context, out io.Writer) error {
	plan, err := receiver.ParsePlan(c.Answer)
	if err != nil {
		return &config.Wrong{Name: "answer", Flag: true, Value: c.Answer, Reason: err.Error()}
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return &config.Wrong{
			Name: "addr", Flag: true, Value: c.Addr,
			Reason: "it is not a host and a port; write them like 127.0.0.1:8443",
		}
	}
	authority, err := receiver.OpenAuthority(c.CertDir)
	if err != nil {
		return &config.Wrong{Name: "cert-dir", Flag: true, Value: c.CertDir, Reason: err.Error()}
	}
	names := c.names(host)
	cert, err := authority.Issue(names...)
	if err != nil {
		return err
	}
	srv, err := receiver.Listen(ctx, c.Addr, cert, &receiver.Handler{
		User: c.User, Password: c.Password, Plan: plan,
		Seen: func(r receiver.Received) { _ = receiver.Show(out, r) }, // the sender is answered whether it is shown or not
	})
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return &config.Wrong{Name: "addr", Flag: true, Value: c.Addr, Reason: listenReason(e)}
	}
	if err != nil {
		return err
	}
	srv.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := c.greet(out, srv.URL(), host, plan, names); err != nil {
		return err
	}
	return srv.Run(ctx)
}

// names returns what the certificate is for.
func (c *listenCommand) names(host string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	for _, name := range append([]string{host}, c.Host...) {
		if ip := net.ParseIP(name); name != "" && (ip == nil || !ip.IsUnspecified()) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (c *listenCommand) greet(out io.Writer, url, host string, plan receiver.Plan, names []string) error {
	_, err := fmt.Fprintf(out, `Listening on %s, answering %s. The certificate is for %s.
Let a server send to it by starting it with

    waybill serve --trust %s%s

and give a hook a URL such as %s/orders. Press Ctrl-C to end.

`, url, plan, strings.Join(names, ", "), receiver.CertificateFile(c.CertDir), allowFlag(host), url)
	return err
}

// allowFlag returns the flag without which a server would not send to host,
// with a space before it, or nothing if it needs none.
func allowFlag(host string) string {
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "localhost" || host == "" || err == nil && addr.IsUnspecified():
		return " --allow-network 127.0.0.0/8 --allow-network ::1/128"
	case err == nil && addr.Is4() && addr.IsLoopback():
		return " --allow-network 127.0.0.0/8"
	case err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()):
		return " --allow-network " + netip.PrefixFrom(addr.WithZone(""), addr.BitLen()).String()
	}
	return ""
}
