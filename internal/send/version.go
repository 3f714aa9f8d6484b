package send

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// askTime bounds how long a receiver is asked for the TLS versions it offers.
const askTime = 5 * time.Second

// tooOld reports whether a handshake failed because the receiver's TLS version
// is too old.
func tooOld(err error) bool {
	text := err.Error()
	return strings.Contains(text, "tls: ") && strings.Contains(text, "protocol version")
}

// newest asks the receiver at u, after a handshake that it was too old for, for
// the newest version of TLS that it offers, such as "TLS 1.0", and returns "" if
// it doesn't say. Nothing is sent over the connection but the handshake.
func (d *Dialer) newest(ctx context.Context, u *url.URL) string {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), strconv.Itoa(int(portOf(u)))))
	if err != nil {
		return ""
	}
	defer conn.Close()
	old := tls.Client(conn, &tls.Config{
		ServerName: u.Hostname(),
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
		CipherSuites:       everySuite(),
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent, and nothing believed
	})
	if err := old.HandshakeContext(ctx); err != nil {
		return ""
	}
	return tls.VersionName(old.ConnectionState().Version)
}

// everySuite returns all cipher suites there are, also those that old receivers have.
func everySuite() []uint16 {
	var ids []uint16
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, s.ID)
	}
	return ids
}
