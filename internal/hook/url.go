package hook

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	maxURL   = 2048 // bytes of a hook's URL
	maxHost  = 253  // bytes of a host name (RFC 1035, section 3.1, as text)
	maxLabel = 63   // bytes of a label of it
)

// CheckURL reports whether raw can be the URL of a hook: an absolute https URL
// in plain ASCII (RFC 3986) of at most 2048 bytes, with a host, without user
// name, password and fragment. It returns nil or an *Error of fault Invalid
// about the field "url"; its reason never repeats raw, which may hold a password.
// CheckURL looks nothing up: whether the host's addresses may be connected to is
// asked by package send.
func CheckURL(raw string) error {
	if reason := urlProblem(raw); reason != "" {
		return InvalidField("url", "%s", reason)
	}
	return nil
}

// urlProblem returns what is wrong with raw, or "".
func urlProblem(raw string) string {
	switch {
	case raw == "":
		return "is missing; write the receiver's address, such as https://hooks.example/orders"
	case len(raw) > maxURL:
		return "is longer than 2048 characters; shorten it, for instance by moving data from the query into the body"
	case strings.ContainsFunc(raw, outsideURL):
		return "contains a space, a backslash, a control character or a character outside ASCII; " +
			"write such characters percent-encoded, and host names in their xn-- form"
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "cannot be read; it should look like https://hooks.example/orders, " +
			"with a number after a colon and two hexadecimal digits after a percent sign"
	}
	switch {
	case u.Scheme == "http":
		return "begins with http, which anyone on the way can read and change; give the receiver a certificate and use https"
	case u.Scheme != "https" || u.Opaque != "":
		return "does not begin with https://; write it in full, such as https://hooks.example/orders"
	case u.User != nil:
		return "contains a user name or password; put user name and password into the settings of the authentication"
	case strings.Contains(raw, "#"):
		return "contains a fragment, which is never sent; remove the part from the # on"
	}
	if reason := portProblem(u); reason != "" {
		return reason
	}
	return hostProblem(u)
}

// outsideURL reports whether r may not stand in a URL in any place.
func outsideURL(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }

func portProblem(u *url.URL) string {
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return "has a colon but no port after it; write the port, or remove the colon"
		}
		return ""
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "has a port that is not a number from 1 to 65535; correct it, or leave it out for 443"
	}
	return ""
}

func hostProblem(u *url.URL) string {
	host := u.Hostname()
	if host == "" {
		return "has no host; write the receiver's name after https://"
	}
	if strings.HasPrefix(u.Host, "[") {
		if a, err := netip.ParseAddr(host); err != nil || !a.Is6() || a.Zone() != "" {
			return "has brackets around something that is not an IPv6 address; write it like https://[2001:db8::1]/"
		}
		return ""
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return ""
	}
	name := strings.TrimSuffix(host, ".")
	if endsInNumber(name) {
		return "has a host that looks like a number; write the address in dotted form, such as 192.0.2.1"
	}
	if !hostName(name) {
		return "has a host that is not a name; use letters, digits, hyphens and dots, such as hooks.example"
	}
	return ""
}

// endsInNumber reports whether the last label of name is a decimal, octal or
// hexadecimal number. Resolvers differ in what they make of such a name: some
// read 2130706433, 0x7f.1 and 0177.0.0.1 as an address.
func endsInNumber(name string) bool {
	last := strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// hostName reports whether name is made of labels of letters, digits, hyphens
// and underscores. Underscores are not for host names (RFC 1123, section 2.1) but
// resolve, and some receivers have them.
func hostName(name string) bool {
	if len(name) > maxHost {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}
