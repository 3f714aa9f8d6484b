package account

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// CheckCompany returns nil if c can be stored, or a *hook.Error of fault Invalid
// that names every field that is wrong, as the API does.
func CheckCompany(c trade.Company, known Modules) error {
	var wrong problems
	if !trade.CheckCompanyID(c.ID) {
		wrong.add("company", "it cannot be a company's ID; use 1 to 64 lower-case letters, digits and hyphens, with none of the hyphens at an end",
			"Das kann keine Kennung eines Unternehmens sein; verwenden Sie 1 bis 64 Kleinbuchstaben, Ziffern und Bindestriche, keinen davon am Rand.")
	}
	wrong.text("name", c.Name)
	wrong.language("language", c.Language)
	wrong.timeZone("timeZone", c.TimeZone)
	for i, id := range c.Modules {
		if !known.Known(id) {
			wrong.add(fmt.Sprintf("modules[%d]", i), "there is no such module; the modules are "+strings.Join(known.IDs(), ", "),
				"Dieses Modul gibt es nicht; die Module sind "+strings.Join(known.IDs(), ", ")+".")
		}
	}
	seen := make(map[string]bool)
	for i, s := range c.Shops {
		field := fmt.Sprintf("shops[%d].", i)
		if s.ID == "" || len(s.ID) > 200 || strings.ContainsFunc(s.ID, unicode.IsControl) || seen[s.ID] {
			wrong.add(field+"id", "it is empty, too long or there twice; use the platform's own ID of the shop, of at most 200 bytes",
				"Sie fehlt, ist zu lang oder doppelt; verwenden Sie die Kennung des Shops auf der Plattform, höchstens 200 Bytes.")
		}
		seen[s.ID] = true
		wrong.text(field+"name", s.Name)
		wrong.language(field+"language", s.Language)
		wrong.timeZone(field+"timeZone", s.TimeZone)
	}
	return wrong.err()
}

// CheckUser returns nil if u can be stored, or a *hook.Error of fault Invalid
// that names every field that is wrong. NormalEmail has checked the e-mail
// address.
func CheckUser(u User) error {
	var wrong problems
	wrong.text("name", u.Name)
	wrong.language("language", u.Language)
	roles := []string{string(Admin), string(Member)}
	if u.Company == "" {
		roles = []string{string(Operator)}
	}
	if !slices.Contains(roles, string(u.Role)) {
		wrong.add("role", "there is no such role here; choose "+strings.Join(roles, " or "),
			"Diese Rolle gibt es hier nicht; wählen Sie "+strings.Join(roles, " oder ")+".")
	}
	return wrong.err()
}

// CheckKey returns nil if k can be stored, or a *hook.Error of fault Invalid
// that names every field that is wrong.
func CheckKey(k Key, now time.Time) error {
	var wrong problems
	wrong.text("name", k.Name)
	roles := []string{string(Producer), string(Reader), string(Admin)}
	if k.Company == "" {
		roles = []string{string(Operator)}
	}
	if !slices.Contains(roles, string(k.Role)) {
		wrong.add("role", "there is no such role for a key here; choose "+strings.Join(roles, " or "),
			"Diese Rolle gibt es hier für Schlüssel nicht; wählen Sie "+strings.Join(roles, " oder ")+".")
	}
	if !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now) {
		wrong.add("expiresAt", "it is over already; choose a time to come, or leave it out",
			"Der Zeitpunkt ist schon vorbei; wählen Sie einen künftigen oder lassen Sie ihn weg.")
	}
	return wrong.err()
}

// problems collects what is wrong with an input.
type problems []hook.Problem

func (p *problems) add(field, reason, german string) {
	*p = append(*p, hook.Problem{Field: field, Reason: reason, German: german})
}

// text notes it if a text for people is blank, long, or has control characters.
func (p *problems) text(field, value string) {
	const most = 200
	switch {
	case strings.TrimSpace(value) == "":
		p.add(field, "it is blank; write something", "Das Feld ist leer; schreiben Sie etwas hinein.")
	case len(value) > most:
		p.add(field, "it is longer than 200 bytes; shorten it", "Der Text ist länger als 200 Bytes; kürzen Sie ihn.")
	case strings.ContainsFunc(value, unicode.IsControl):
		p.add(field, "it has a line break or another control character; remove it",
			"Der Text enthält einen Zeilenumbruch oder ein anderes Steuerzeichen; entfernen Sie es.")
	}
}

func (p *problems) language(field, value string) {
	if value != "en" && value != "de" {
		p.add(field, "there is no such language here; choose en or de", "Diese Sprache gibt es hier nicht; wählen Sie en oder de.")
	}
}

func (p *problems) timeZone(field, value string) {
	if _, err := time.LoadLocation(value); err != nil || value == "Local" || value == "" {
		p.add(field, "there is no such time zone; use an IANA name such as Europe/Berlin",
			"Diese Zeitzone gibt es nicht; verwenden Sie einen IANA-Namen wie Europe/Berlin.")
	}
}

// err returns what was noted as one error, nil if nothing was.
func (p *problems) err() error {
	if len(*p) == 0 {
		return nil
	}
	return &hook.Error{
		Fault: hook.Invalid, Msg: "the input is not valid", German: "Die Eingabe ist nicht gültig.", Problems: *p,
	}
}
