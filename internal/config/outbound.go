package config

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Outbound is the settings of how receivers are reached, as they are written.
// Its fields are flags for github.com/alecthomas/kong.
type Outbound struct {
	Trust          []string `env:"WAYBILL_TRUST" placeholder:"FILE" help:"Files with PEM certificates of authorities that are trusted besides the system's."`
	AllowNetwork   []string `env:"WAYBILL_ALLOW_NETWORK" placeholder:"CIDR" help:"Networks that hooks may reach although they are not on the public internet, such as 10.1.0.0/16."`
	DenyNetwork    []string `env:"WAYBILL_DENY_NETWORK" placeholder:"CIDR" help:"Networks that hooks may not reach, whether they are public or allowed."`
	AllowPort      []string `env:"WAYBILL_ALLOW_PORT" placeholder:"PORT" help:"The only ports that hooks may reach. Without it, all but well-known ones of other services, such as 22 and 25."`
	Proxy          string   `env:"WAYBILL_PROXY" placeholder:"URL" help:"Proxy that hooks are reached through, http://USER:PASSWORD@HOST:PORT or socks5://… The proxies of the environment, such as HTTPS_PROXY, are not used. Flags can be seen by others on the machine: prefer environment or file."`
	SourceAddress  string   `env:"WAYBILL_SOURCE_ADDRESS" placeholder:"ADDRESS" help:"Address of this machine that hooks are reached from, so that receivers can let it in."`
	ConnectTimeout string   `default:"10s" env:"WAYBILL_CONNECT_TIMEOUT" placeholder:"DURATION" help:"Time for making a connection, within the time for the attempt."`
}

// Check is the settings of a command that reaches receivers as the server does,
// as they are written. Its fields are flags for github.com/alecthomas/kong.
type Check struct {
	Config File `env:"WAYBILL_CONFIG" placeholder:"FILE" help:"JSON file with settings of the server."`
	Outbound
}

// Way is how receivers are reached, read and checked.
type Way struct {
	Trust          []string // files
	AllowNetworks  []netip.Prefix
	DenyNetworks   []netip.Prefix
	AllowPorts     []uint16   // none: all but those of other services
	Proxy          Proxy      // without an Address there is none
	SourceAddress  netip.Addr // the zero value: the system chooses
	ConnectTimeout time.Duration
}

// Proxy is a proxy that receivers are reached through.
type Proxy struct {
	Scheme   string // http or socks5
	Address  string // host and port
	User     string
	Password Password
}

// Password is a text that must never be shown. Formatting and logging hide it;
// convert it to a string to use it.
type Password string

// String hides the password.
func (Password) String() string { return "[secret]" }

// GoString hides the password from %#v.
func (p Password) GoString() string { return p.String() }

// LogValue hides the password from logs.
func (p Password) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText hides the password from JSON and other encodings.
func (p Password) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Way reads what was written, as Server.Settings does.
func (o *Outbound) Way() (Way, error) {
	var r reader
	w := r.way(o)
	return w, errors.Join(r.wrong...)
}

func (r *reader) way(o *Outbound) Way {
	return Way{
		Trust:          r.certificates("trust", o.Trust),
		AllowNetworks:  r.networks("allow-network", o.AllowNetwork),
		DenyNetworks:   r.networks("deny-network", o.DenyNetwork),
		AllowPorts:     r.ports("allow-port", o.AllowPort),
		Proxy:          r.proxy("proxy", o.Proxy),
		SourceAddress:  r.ownAddress("source-address", o.SourceAddress),
		ConnectTimeout: r.duration("connect-timeout", o.ConnectTimeout, 100*time.Millisecond, time.Hour),
	}
}

func (r *reader) ports(name string, values []string) []uint16 {
	var ports []uint16
	for _, value := range values {
		if value == "" {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
		if err != nil || n == 0 {
			r.refuse(name, value, "it is not a port; write a number from 1 to 65535, such as 443")
		}
		ports = append(ports, uint16(n))
	}
	return ports
}

func (r *reader) ownAddress(name, value string) netip.Addr {
	if value == "" {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(value)
	if err != nil || a.IsUnspecified() || a.IsMulticast() {
		r.refuse(name, value, "it is not an address of a machine; write one that this machine has, such as 192.0.2.9")
	}
	return a
}

func (r *reader) proxy(name, value string) Proxy {
	if value == "" {
		return Proxy{}
	}
	u, err := url.Parse(value)
	if err != nil {
		r.refuse(name, "…", "it cannot be read; write http://USER:PASSWORD@HOST:PORT, "+
			"with special characters of the password percent-encoded")
		return Proxy{}
	}
	shown := u.Scheme + "://" + u.Host
	switch {
	case u.Scheme != "http" && u.Scheme != "socks5":
		r.refuse(name, shown, "there is no such kind of proxy; write http://HOST:PORT or socks5://HOST:PORT")
	case u.Hostname() == "" || u.Port() == "" || u.Port() == "0" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		r.refuse(name, shown, "it is not a host and a port; write them like http://proxy.internal:3128, without anything after the port")
	}
	password, _ := u.User.Password()
	return Proxy{Scheme: u.Scheme, Address: net.JoinHostPort(u.Hostname(), u.Port()), User: u.User.Username(), Password: Password(password)}
}
