package retry

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

const maxTarget = 300 // bytes of a redirect's URL that are shown

// explain says in words why an attempt did not deliver.
func explain(a *hook.Attempt) string {
	switch {
	case a.Error != hook.NoError && a.Reason == "":
		return "the attempt failed"
	case a.Error == hook.NoError && redirect(a.Status):
		return explainRedirect(a)
	case gone(a):
		return "the receiver answered 410: it is gone for good and wants no more deliveries; " +
			"if it has moved, correct the hook's URL and enable the hook again"
	case a.Reason != "":
		return a.Reason
	default:
		return fmt.Sprintf("the receiver answered %d", a.Status)
	}
}

func redirect(status int) bool { return status >= 300 && status <= 399 }

// explainRedirect says where a redirect leads to, and what to do about it.
func explainRedirect(a *hook.Attempt) string {
	said := fmt.Sprintf("the receiver answered %d", a.Status)
	target, usable := targetOf(a)
	switch {
	case target == "":
		return said + ", and redirects are never followed; correct the hook's URL"
	case usable:
		return said + ", a redirect to " + target + ", which is never followed; if deliveries belong there, put that URL into the hook"
	default:
		return said + ", a redirect to " + target + ", which is never followed and could not be a hook's URL; correct the hook's URL"
	}
}

// targetOf returns the URL that a redirect leads to (RFC 9110, section 10.2.2), as
// far as it may be shown, "" if there is none, and whether it could be a hook's.
// Its query, which may hold a secret, is left out, and so are user name and
// password: reasons are logged.
func targetOf(a *hook.Attempt) (target string, usable bool) {
	location, ok := field(a.ResponseHead, "Location")
	if !ok || location == "" {
		return "", false
	}
	base, err := url.Parse(a.URL)
	if err != nil {
		return "", false
	}
	u, err := base.Parse(location)
	if err != nil || u.Host == "" {
		return "", false
	}
	u.Fragment, u.RawFragment = "", ""
	usable = hook.CheckURL(u.String()) == nil
	query := u.RawQuery != ""
	u.User, u.RawQuery, u.ForceQuery = nil, "", false
	target = u.String()
	if query {
		target += "?…"
	}
	if len(target) > maxTarget {
		target = strings.ToValidUTF8(target[:maxTarget], "") + "…"
	}
	return strings.ToValidUTF8(target, "\uFFFD"), usable
}
