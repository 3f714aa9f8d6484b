package order

import (
	"fmt"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

// The places that an ID takes in the URL of a GET webhook.
const (
	OrderPlace    = "{orderId}"
	ShipmentPlace = "{shipmentId}"
)

// CheckTemplate reports whether raw can be the URL of a GET webhook: one of a hook
// (see hook.CheckURL) with the given place in its path or query, and no other
// braces. It returns nil or a *hook.Error of fault Invalid about the field "url".
func CheckTemplate(raw, place string) error {
	if err := hook.CheckURL(strings.ReplaceAll(raw, place, "1")); err != nil {
		return err
	}
	_, rest, _ := strings.Cut(raw, "://")
	host := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host = rest[:i]
	}
	switch {
	case !strings.Contains(raw, place):
		return hook.InvalidField("url", "has no %s, so the receiver wouldn't know what to fetch; put it into the path or query", place)
	case strings.Contains(host, place):
		return hook.InvalidField("url", "has %s in its host; put it into the path or query", place)
	case strings.ContainsAny(strings.ReplaceAll(raw, place, ""), "{}"):
		return hook.InvalidField("url", "has braces around something other than %s; write others as %%7B and %%7D", place)
	}
	return nil
}

// URL returns the template with the ID in its place, all but unreserved characters
// percent-encoded (RFC 3986, section 2.1), so that it stays one segment of a path
// or one value of a query. It fails, saying why in words, for the IDs "." and "..",
// which would name another path.
func URL(template, place, id string) (string, error) {
	if id == "." || id == ".." || id == "" {
		return "", fmt.Errorf("the ID %q can't be a part of a URL", id)
	}
	return strings.ReplaceAll(template, place, encode(id)), nil
}

func encode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
