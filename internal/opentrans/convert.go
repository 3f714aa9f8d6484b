package opentrans

import (
	"encoding/xml"
	"strings"
)

// Names of the extensions in which a document carries what openTRANS has no place
// for. Others may not begin like them.
const (
	ownExtension      = "UDX.WAYBILL."
	udxPlatform       = ownExtension + "PLATFORM_ORDER_ID"
	udxTransaction    = ownExtension + "TRANSACTION_ID"
	udxStatus         = ownExtension + "STATUS"
	supplierSpecific  = "supplier_specific"
	office            = "office" // the type of telephone numbers
	standardOrder     = "standard"
	surcharge         = "surcharge"
	allowance         = "allowance"
	roleBuyer         = "buyer"
	roleSupplier      = "supplier"
	roleDelivery      = "delivery"
	roleFinalDelivery = "final_delivery"
	roleDeliverer     = "deliverer"
	roleIssuer        = "invoice_issuer"
	roleRecipient     = "invoice_recipient"
)

// each returns what f makes of each element; of none, nil.
func each[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}

// maybe returns what f makes of *a, nil if there is none.
func maybe[A, B any](a *A, f func(A) B) *B {
	if a == nil {
		return nil
	}
	b := f(*a)
	return &b
}

// orNil returns a, or nil if there is nothing in it.
func orNil[A comparable](a A) *A {
	var zero A
	if a == zero {
		return nil
	}
	return &a
}

func newRoot() rootXML {
	return rootXML{XMLNS: Namespace, BMEcat: BMEcatNamespace, Version: version}
}

func (d *Document) takeControl(x *controlXML) {
	if x != nil {
		d.Generator, d.GeneratedAt = x.Generator, x.GeneratedAt
	}
}

func controlOf(d *Document) *controlXML {
	return orNil(controlXML{Generator: d.Generator, GeneratedAt: d.GeneratedAt})
}

// takeExtensions takes the header's extensions, and out of them what has a field.
func (d *Document) takeExtensions(x *udxXML) {
	for _, e := range extensions(x) {
		switch e.Name {
		case udxPlatform:
			d.PlatformOrderID = e.Value
		case udxTransaction:
			d.TransactionID = e.Value
		case udxStatus:
			d.Status = e.Value
		default:
			d.Extensions = append(d.Extensions, e)
		}
	}
}

// extensionsOf returns the header's extensions; the platform's ID of the order is
// one where the schema has no place for it.
func extensionsOf(d *Document, withPlatform bool) *udxXML {
	own := []Extension{{Name: udxTransaction, Value: d.TransactionID}, {Name: udxStatus, Value: d.Status}}
	if withPlatform {
		own = append([]Extension{{Name: udxPlatform, Value: d.PlatformOrderID}}, own...)
	}
	var all []Extension
	for _, e := range own {
		if e.Value != "" {
			all = append(all, e)
		}
	}
	return udx(append(all, d.Extensions...))
}

func extensions(x *udxXML) []Extension {
	if x == nil {
		return nil
	}
	return each(x.Fields, func(f udxFieldXML) Extension { return Extension{Name: f.XMLName.Local, Value: f.Value} })
}

func udx(in []Extension) *udxXML {
	if len(in) == 0 {
		return nil
	}
	return &udxXML{Fields: each(in, func(e Extension) udxFieldXML {
		return udxFieldXML{XMLName: xml.Name{Local: e.Name}, Value: e.Value}
	})}
}

func remark(x remarkXML) Remark    { return Remark{Type: x.Type, Text: x.Value} }
func remarkOf(r Remark) remarkXML  { return remarkXML{Type: r.Type, Value: r.Text} }
func typedID(x typedXML) TypedID   { return TypedID(x) }
func typedIDOf(t TypedID) typedXML { return typedXML(t) }
func tax(x taxXML) Tax             { return Tax(x) }
func taxOf(t Tax) taxXML           { return taxXML(t) }

func period(x periodXML) Period   { return Period(x) }
func periodOf(p Period) periodXML { return periodXML(p) }

func party(x partyXML) Party {
	return Party{Roles: each(x.Roles, strings.ToLower), IDs: each(x.IDs, typedID), Address: maybe(x.Address, address)}
}

func partyOf(p Party) partyXML {
	return partyXML{IDs: each(p.IDs, typedIDOf), Roles: p.Roles, Address: maybe(p.Address, addressOf)}
}

func address(x addressXML) Address {
	return Address{
		Name: x.Name, Name2: x.Name2, Name3: x.Name3, Department: x.Department, Contacts: each(x.Contacts, contact),
		Street: x.Street, Zip: x.Zip, City: x.City, State: x.State, Country: x.Country, CountryCode: x.CountryCode,
		VATID: x.VATID, TaxNumber: x.TaxNumber, Phone: value(x.Phone), Fax: value(x.Fax), Email: x.Email, URL: x.URL,
	}
}

func addressOf(a Address) addressXML {
	return addressXML{
		Name: a.Name, Name2: a.Name2, Name3: a.Name3, Department: a.Department, Contacts: each(a.Contacts, contactOf),
		Street: a.Street, Zip: a.Zip, City: a.City, State: a.State, Country: a.Country, CountryCode: a.CountryCode,
		VATID: a.VATID, TaxNumber: a.TaxNumber, Phone: typed(office, a.Phone), Fax: typed(office, a.Fax), Email: a.Email, URL: a.URL,
	}
}

func contact(x contactXML) Contact {
	c := Contact{Name: x.Name, FirstName: x.FirstName, Title: x.Title, Phone: value(x.Phone), Fax: value(x.Fax)}
	if x.Emails != nil {
		c.Emails = x.Emails.Emails
	}
	return c
}

func contactOf(c Contact) contactXML {
	x := contactXML{Name: c.Name, FirstName: c.FirstName, Title: c.Title, Phone: typed(office, c.Phone), Fax: typed(office, c.Fax)}
	if len(c.Emails) > 0 {
		x.Emails = &emailsXML{Emails: c.Emails}
	}
	return x
}

func value(x *typedXML) string {
	if x == nil {
		return ""
	}
	return x.Value
}

func typed(kind, value string) *typedXML {
	if value == "" {
		return nil
	}
	return &typedXML{Type: kind, Value: value}
}

// reference returns the first ID of the first party that has the first of the
// roles that any has, nil if there is none.
func reference(d *Document, roles ...string) *typedXML {
	for _, role := range roles {
		if p, ok := d.Party(role); ok && len(p.IDs) > 0 {
			id := typedIDOf(p.IDs[0])
			return &id
		}
	}
	return nil
}

func orderPartiesOf(d *Document) orderPartiesXML {
	x := orderPartiesXML{
		Buyer: reference(d, roleBuyer), Supplier: reference(d, roleSupplier), InvoiceRecipient: reference(d, roleRecipient),
	}
	if _, ok := d.Party(roleDelivery); ok {
		shipment := shipmentPartiesOf(d)
		x.Shipment = &shipment
	}
	return x
}

func shipmentPartiesOf(d *Document) shipmentPartiesXML {
	return shipmentPartiesXML{
		Delivery:      reference(d, roleDelivery, roleBuyer),
		FinalDelivery: reference(d, roleFinalDelivery), Deliverer: reference(d, roleDeliverer),
	}
}
