package opentrans

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

const maxProblems = 20 // that are told of at once

// Check says what is wrong with d: what its kind needs and d lacks, what its kind
// hasn't and d has, what can't stand in XML or is not what its field is for, and sums
// that don't add up, with both numbers. It fails with a *hook.Error whose problems
// name the fields as they are called in JSON, such as lines[1].quantity.
func Check(d Document) error {
	s, ok := shapeOf(d.Kind)
	if !ok {
		return hook.InvalidField("kind", "%s", unknownKind(d.Kind))
	}
	c := checker{kind: d.Kind}
	c.shape(reflect.ValueOf(d), s.document, "")
	for i, l := range d.Lines {
		c.shape(reflect.ValueOf(l), s.line, "lines["+strconv.Itoa(i)+"].")
	}
	if d.Totals != nil && s.totals != "" {
		c.shape(reflect.ValueOf(*d.Totals), s.totals, "totals.")
	}
	c.value(reflect.ValueOf(d), field{})
	if len(c.problems) == 0 { // what follows relies on it
		c.codes(d)
		c.parties(d)
		c.lines(d)
		c.sums(d)
	}
	if len(c.problems) == 0 {
		return nil
	}
	return &hook.Error{Fault: hook.Invalid, Msg: "the document is not valid", Problems: c.problems}
}

func unknownKind(k Kind) string {
	if k == "" {
		return "it is missing; write ORDER, ORDERRESPONSE, DELIVERY, INVOICE or QUOTATION"
	}
	if known := kindOf(strings.ToUpper(string(k))); known != "" {
		return fmt.Sprintf("%s is not a kind of document; write %s", quote(string(k)), known)
	}
	return fmt.Sprintf("%s is not a kind of document%s; write ORDER, ORDERRESPONSE, DELIVERY, INVOICE or QUOTATION",
		quote(string(k)), meant(string(k), each(Kinds(), func(k Kind) string { return string(k) })))
}

// checker collects what is wrong with a document.
type checker struct {
	kind     Kind
	path     []string // to what is being looked at
	problems []hook.Problem
}

func (c *checker) add(path, format string, args ...any) {
	if len(c.problems) < maxProblems {
		c.problems = append(c.problems, hook.Problem{Field: path, Reason: fmt.Sprintf(format, args...)})
	}
}

// shape looks for fields that must be there, and for those that must not.
func (c *checker) shape(v reflect.Value, spec, prefix string) {
	words := strings.Fields(spec)
	for i, f := range fields()[v.Type()] {
		switch there := !v.Field(i).IsZero(); {
		case slices.Contains(words, f.name+"!"):
			if !there {
				c.add(prefix+f.name, "it is missing; every %s has it", c.kind)
			}
		case there && !slices.Contains(words, f.name):
			c.add(prefix+f.name, "no %s has it; leave it out", c.kind)
		}
	}
}

// value looks at every text, number and time in v. What is required and missing was
// noted of documents and lines, and is noted of what is in them.
func (c *checker) value(v reflect.Value, f field) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.value(v.Elem(), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.path = append(c.path, "["+strconv.Itoa(i)+"]")
			if v.Index(i).IsZero() {
				c.here("it is empty; leave it out")
			}
			c.value(v.Index(i), f)
			c.path = c.path[:len(c.path)-1]
		}
	case reflect.Struct:
		t := v.Type()
		whole := t == reflect.TypeFor[Document]() || t == reflect.TypeFor[Line]()
		for i, f := range fields()[t] {
			c.path = append(c.path, "."+f.name)
			if f.required && !whole && v.Field(i).IsZero() {
				c.here("it is missing; add it")
			}
			c.value(v.Field(i), f)
			c.path = c.path[:len(c.path)-1]
		}
	case reflect.String:
		if v.Len() > 0 {
			c.text(v, f)
		}
	default:
	}
}

func (c *checker) here(format string, args ...any) {
	c.add(strings.TrimPrefix(strings.Join(c.path, ""), "."), format, args...)
}

func (c *checker) text(v reflect.Value, f field) {
	s := v.String()
	switch v.Type() {
	case reflect.TypeFor[Decimal]():
		if d, ok := ParseDecimal(s); !ok || string(d) != s {
			c.here("%s", notDecimal(s))
		}
		return
	case reflect.TypeFor[DateTime]():
		if _, ok := DateTime(s).Time(); !ok {
			c.here("%s", notDateTime(s))
		}
		return
	}
	switch n := utf8.RuneCountInString(s); {
	case !utf8.ValidString(s):
		c.here("it is not UTF-8; send it in UTF-8")
	case strings.TrimSpace(s) != s:
		c.here("there is white space around it; take it out")
	case strings.ContainsFunc(s, notXML):
		c.here("there is a character in it that XML can't have; take it out")
	case f.max > 0 && n > f.max:
		c.here("it has %d characters, and can have %d; shorten it", n, f.max)
	case f.enum != "":
		c.oneOf(s, f.enum)
	}
}

func (c *checker) oneOf(s, enum string) {
	if known := values(enum); !slices.Contains(known, s) {
		c.here("%s is not known there%s; write one of %s", quote(s), meant(s, known), strings.Join(known, ", "))
	}
}

// notXML reports whether r can't stand in XML 1.0, not even by its number (section 2.2).
func notXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}

// codes looks at texts that have a form.
func (c *checker) codes(d Document) {
	if d.Type != "" {
		c.path = []string{"type"}
		c.oneOf(d.Type, string(d.Kind))
	}
	if d.Currency != "" && !letters(d.Currency, 3, 'A', 'Z') {
		c.add("currency", "%s is no currency; write its three letters, such as EUR", quote(d.Currency))
	}
	if d.Language != "" && !letters(d.Language, 3, 'a', 'z') {
		c.add("language", "%s is no language; write its three letters, such as deu", quote(d.Language))
	}
	for i, p := range d.Parties {
		if p.Address == nil || p.Address.CountryCode == "" {
			continue
		}
		if code, _, _ := strings.Cut(p.Address.CountryCode, "-"); !letters(code, 2, 'A', 'Z') { // DE or DE-NI
			c.add(fmt.Sprintf("parties[%d].address.countryCode", i), "%s is no country; write its two letters, such as DE", quote(p.Address.CountryCode))
		}
	}
	c.extensions(d.Extensions, "")
	for _, e := range d.Extensions {
		if e.Name == udxPlatform || e.Name == udxTransaction || e.Name == udxStatus {
			c.add("extensions", "%s has a field of its own; write platformOrderId, transactionId or status", e.Name)
		}
	}
	for i, l := range d.Lines {
		c.extensions(l.Extensions, fmt.Sprintf("lines[%d].", i))
	}
}

func letters(s string, n int, from, to byte) bool {
	for i := range len(s) {
		if s[i] < from || s[i] > to {
			return false
		}
	}
	return len(s) == n
}

func (c *checker) extensions(in []Extension, prefix string) {
	for i, e := range in {
		rest, ok := strings.CutPrefix(e.Name, "UDX.")
		if !ok || rest == "" || len(e.Name) > 100 || strings.Trim(strings.ToUpper(rest), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
			c.add(fmt.Sprintf("%sextensions[%d].name", prefix, i),
				"%s is no name of an extension; begin it with UDX. and go on with letters, digits, points, hyphens and underscores", quote(e.Name))
		}
	}
}

// parties looks for those whom openTRANS wants to be named.
func (c *checker) parties(d Document) {
	need := func(roles ...string) {
		for _, role := range roles {
			if _, ok := d.Party(role); ok {
				return
			}
		}
		c.add("parties", "none has the role %s; add it to the one that has it", strings.Join(roles, " or "))
	}
	switch d.Kind {
	case Invoice:
		need(roleIssuer, roleSupplier)
		need(roleRecipient, roleBuyer)
	case Delivery:
		need(roleSupplier)
		need(roleDelivery, roleBuyer)
	default:
		need(roleBuyer)
		need(roleSupplier)
	}
}

// lines looks at what belongs together in lines.
func (c *checker) lines(d Document) {
	seen := make(map[string]int, len(d.Lines))
	for i, l := range d.Lines {
		field := fmt.Sprintf("lines[%d].", i)
		if first, ok := seen[l.ID]; ok {
			c.add(field+"id", "%s is the ID of lines[%d] too; give each line its own", quote(l.ID), first)
		}
		seen[l.ID] = i
		p := l.Product
		if p.SupplierPID == "" && len(p.InternationalPID) == 0 && len(p.BuyerPID) == 0 && p.Manufacturer == nil && p.Description == "" {
			c.add(field+"product", "nothing says which product it is; add supplierPid, internationalPids, buyerPids, manufacturer or description")
		}
		if l.Quantity.rat().Sign() < 0 && d.Kind != Invoice {
			c.add(field+"quantity", "%s is less than 0; write how many units", l.Quantity)
		}
		if l.DeliveryDate != nil && len(l.PartialDeliveries) > 0 {
			c.add(field+"partialDeliveries", "there is a deliveryDate too; leave one of them out")
		}
	}
	if first := d.orderOfLines(); d.Kind == Delivery && first != d.OrderID {
		c.add("orderId", "it is %s, but the first line is of the order %s; write the same", quote(d.OrderID), quote(first))
	}
	if d.Kind == Invoice && d.OrderID == "" && (d.PlatformOrderID+d.SupplierOrderID+string(d.OrderDate) != "" || d.orderOfLines() != "") {
		c.add("orderId", "it is missing, though there is more about the order; add it")
	}
}

// nearest returns a question about the field that was probably meant.
func nearest(name string, list []field) string {
	if near := trade.NearestOf(name, names(list)); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}
