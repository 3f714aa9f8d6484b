package oidc

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	maxSubject = 255 // bytes, by OpenID Connect Core 1.0, section 2
	maxName    = 200 // bytes, as account.CheckUser has it
)

// Person is who signed in, as the provider says.
//
// Subject alone says that it is the same person as before. Whoever knows an
// e-mail address from elsewhere should take the person for that user only if the
// user has the same company and no other subject.
type Person struct {
	Subject  string // "ISSUER SUBJECT"
	Email    string // as account.NormalEmail returns it
	Name     string // never empty, at most 200 bytes
	Language string // "en" or "de"
	Company  string // could be a company's ID, see trade.CheckCompanyID; empty for Operator
	Role     account.Role
}

// person reads claims as the options say. With an error it returns what is known
// of the person; see Finish.
func (o *Options) person(subject string, c claims) (Person, error) {
	if subject == "" || len(subject) > maxSubject || strings.ContainsFunc(subject, unicode.IsControl) {
		return Person{}, unverified(errors.New("the ID token has no subject, or none that may be one"))
	}
	known := Person{Subject: o.Issuer + " " + subject}
	email, err := account.NormalEmail(c.text("email"))
	if err != nil {
		return known, noEmail()
	}
	known.Email = email
	if c.no("email_verified") || !o.AnyEmail && !c.yes("email_verified") {
		return known, emailNotVerified()
	}
	role, ok := o.role(c.texts(o.RoleClaim))
	if !ok {
		return known, noRole(o.RoleClaim)
	}
	who := known
	who.Name, who.Language, who.Role = c.name(email), c.language(), role
	if role == account.Operator {
		return who, nil
	}
	companies := c.texts(o.CompanyClaim)
	if len(companies) != 1 || !trade.CheckCompanyID(companies[0]) {
		return known, noCompany(o.CompanyClaim)
	}
	who.Company = companies[0]
	return who, nil
}

// role returns the role that may do most of those that values mean.
func (o *Options) role(values []string) (account.Role, bool) {
	for _, role := range []account.Role{account.Operator, account.Admin, account.Member} {
		if slices.ContainsFunc(values, func(v string) bool { return o.Roles[v] == role }) {
			return role, true
		}
	}
	return "", false
}

// claims are what the provider says of a user (OpenID Connect Core 1.0, section
// 5.1), by name. What isn't of the kind that is asked for is taken as not there.
type claims map[string]json.RawMessage

// have reports whether all of the names are there.
func (c claims) have(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return len(c[name]) == 0 })
}

// add adds those of more that aren't there yet, but nothing about whether an
// e-mail address is verified that is about another address. What is said to be
// unverified without an address stays so unless more knows better.
func (c claims) add(more claims) {
	if !c.have("email") && (!c.no("email_verified") || more.yes("email_verified")) {
		delete(c, "email_verified")
	} else if c.text("email") != more.text("email") {
		delete(more, "email_verified")
	}
	for name, value := range more {
		if !c.have(name) {
			c[name] = value
		}
	}
}

func (c claims) text(name string) string {
	var s string
	if json.Unmarshal(c[name], &s) != nil {
		return ""
	}
	return s
}

// texts returns a list, or one text as a list.
func (c claims) texts(name string) []string {
	if s := c.text(name); s != "" {
		return []string{s}
	}
	var list []string
	if json.Unmarshal(c[name], &list) != nil {
		return nil
	}
	return list
}

// yes takes the text "true" too, which some providers send.
func (c claims) yes(name string) bool {
	return string(c[name]) == "true" || c.text(name) == "true"
}

// no reports whether something is said of it, and not that it is so.
func (c claims) no(name string) bool {
	return c.have(name) && string(c[name]) != "null" && !c.yes(name)
}

func (c claims) name(otherwise string) string {
	for _, name := range []string{
		c.text("name"), c.text("given_name") + " " + c.text("family_name"), c.text("preferred_username"), otherwise,
	} {
		if name = printable(name); name != "" {
			return name
		}
	}
	return printable(otherwise)
}

// printable returns s without control characters and spaces around it, cut
// between characters to maxName.
func printable(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s))
	if len(s) <= maxName {
		return s
	}
	end := maxName
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimSpace(s[:end])
}

// language takes German in any country, and everything else for English. The
// claim is a language tag, which some write with an underscore.
func (c claims) language() string {
	tag := strings.ToLower(c.text("locale"))
	if primary, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-"); primary == "de" {
		return "de"
	}
	return "en"
}
