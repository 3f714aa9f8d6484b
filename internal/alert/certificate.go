package alert

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/certificate"
	"github.com/waybillhq/waybill/internal/hook"
)

// certificates returns which alerts about the ends of client certificates are to
// be raised at now, and which of those that are open have no cause any more: the
// certificate was replaced or removed, or the hook is gone.
func certificates(d *hook.Directory, open []hook.Alert, now time.Time) (raise, closed []hook.Alert) {
	for id, h := range d.Hooks {
		if w := certificate.Expiry(h.Client, now); w != certificate.NoWarning {
			raise = append(raise, ends(id, h, w, now))
		}
	}
	for _, a := range open {
		id, err := uuid.Parse(a.Subject)
		h := d.Hooks[id]
		if err != nil || h == nil || int(certificate.Expiry(h.Client, now)) < a.Level {
			closed = append(closed, a)
		}
	}
	return raise, closed
}

// ends words the alert about a hook's certificate.
func ends(id uuid.UUID, h *hook.Hook, w certificate.Warning, now time.Time) hook.Alert {
	a := hook.Alert{
		Company: h.Company, Kind: hook.CertificateEnds, Subject: id.String(), Severity: hook.Warning, Level: int(w), LastAt: now,
	}
	end := h.Client.NotAfter.UTC()
	if w == certificate.Expired {
		a.Severity = hook.Failure
		a.Text = fmt.Sprintf("the client certificate of the hook %q (%s) ended on %s; upload a new one",
			h.Title, h.Client.Subject, end.Format("2 January 2006"))
		a.German = fmt.Sprintf("Das Client-Zertifikat des Webhooks „%s“ (%s) ist am %s abgelaufen; laden Sie ein neues hoch.",
			h.Title, h.Client.Subject, end.Format("02.01.2006"))
		return a
	}
	a.Text = fmt.Sprintf("the client certificate of the hook %q (%s) ends %s, on %s; upload a new one before then",
		h.Title, h.Client.Subject, in(end.Sub(now)), end.Format("2 January 2006"))
	a.German = fmt.Sprintf("Das Client-Zertifikat des Webhooks „%s“ (%s) läuft %s ab, am %s; laden Sie vorher ein neues hoch.",
		h.Title, h.Client.Subject, inGerman(end.Sub(now)), end.Format("02.01.2006"))
	return a
}

const day = 24 * time.Hour

func in(left time.Duration) string {
	switch days := int((left + day - 1) / day); days {
	case 0, 1:
		return "within a day"
	default:
		return fmt.Sprintf("in %d days", days)
	}
}

func inGerman(left time.Duration) string {
	switch days := int((left + day - 1) / day); days {
	case 0, 1:
		return "binnen eines Tages"
	default:
		return fmt.Sprintf("in %d Tagen", days)
	}
}
