package spec

import (
	"encoding/xml"
	"strings"

	"github.com/waybillhq/waybill/internal/render/order"
)

const aboutXML = `tXML: order webhooks as plain XML. Elements stand in this order. Elements that a platform adds to an object come after those that are declared here. XML Schema 1.0 can't allow them, since an element that it declares could be one of them; if your platform adds any, declare them too, or don't validate.`

// The parts of an XML Schema (W3C XML Schema 1.0) that tXML needs.
type (
	xsdSchema struct {
		XMLName xml.Name    `xml:"xs:schema"`
		XS      string      `xml:"xmlns:xs,attr"`
		About   *xsdAbout   `xml:"xs:annotation"`
		Root    xsdElement  `xml:"xs:element"`
		Objects []xsdObject `xml:"xs:complexType"`
		Choices []xsdChoice `xml:"xs:simpleType"`
	}
	xsdAbout struct {
		Words string `xml:"xs:documentation"`
	}
	xsdObject struct {
		Name    string      `xml:"name,attr"`
		About   *xsdAbout   `xml:"xs:annotation,omitempty"`
		Members xsdSequence `xml:"xs:sequence"`
	}
	xsdSequence struct {
		Elements []xsdElement
		Any      *xsdAny
	}
	xsdElement struct {
		XMLName   xml.Name  `xml:"xs:element"`
		Name      string    `xml:"name,attr"`
		Type      string    `xml:"type,attr"`
		MinOccurs string    `xml:"minOccurs,attr,omitempty"`
		MaxOccurs string    `xml:"maxOccurs,attr,omitempty"`
		About     *xsdAbout `xml:"xs:annotation,omitempty"`
	}
	xsdAny struct {
		XMLName   xml.Name `xml:"xs:any"`
		Process   string   `xml:"processContents,attr"`
		MinOccurs string   `xml:"minOccurs,attr"`
		MaxOccurs string   `xml:"maxOccurs,attr"`
	}
	xsdChoice struct {
		Name   string         `xml:"name,attr"`
		About  *xsdAbout      `xml:"xs:annotation,omitempty"`
		Values xsdRestriction `xml:"xs:restriction"`
	}
	xsdRestriction struct {
		Base   string     `xml:"base,attr"`
		Values []xsdValue `xml:"xs:enumeration"`
	}
	xsdValue struct {
		Value string `xml:"value,attr"`
	}
)

// OrderXSD returns the XML Schema of tXML. It declares what there is a name for, in
// order; objects without any such members may have all.
func OrderXSD() []byte {
	s := xsdSchema{XS: "http://www.w3.org/2001/XMLSchema", About: &xsdAbout{aboutXML}, Root: xsdElement{Name: order.Root, Type: order.Root}}
	for _, t := range orderTypes() {
		if t.Values != nil {
			c := xsdChoice{Name: t.Name, About: &xsdAbout{t.Words}, Values: xsdRestriction{Base: "xs:string"}}
			for _, v := range t.Values {
				c.Values.Values = append(c.Values.Values, xsdValue{v})
			}
			s.Choices = append(s.Choices, c)
			continue
		}
		o := xsdObject{Name: t.Name, About: &xsdAbout{t.Words}}
		for i := range t.Members {
			o.Members.Elements = append(o.Members.Elements, t.Members[i].element())
		}
		if len(t.Members) == 0 {
			o.Members.Any = &xsdAny{Process: "lax", MinOccurs: "0", MaxOccurs: "unbounded"}
		}
		s.Objects = append(s.Objects, o)
	}
	raw, err := xml.MarshalIndent(s, "", "  ")
	plain := strings.NewReplacer("&#39;", "'", "&#xA;", "\n", "&#34;", `"`) // which need no escape between tags
	return []byte(xml.Header + plain.Replace(string(must(raw, err))) + "\n")
}

// element returns what a member is in tXML.
func (m *Member) element() xsdElement {
	e := xsdElement{Name: m.Name, Type: m.xmlType()}
	if m.Many {
		e.Name, e.MaxOccurs = order.Element(m.Name), "unbounded"
	}
	if !m.Always || m.Many { // of an empty array there is no element
		e.MinOccurs = "0"
	}
	if m.Words != "" {
		e.About = &xsdAbout{strings.TrimSpace(m.Words)}
	}
	return e
}

func (m *Member) xmlType() string {
	switch m.Kind {
	case Number:
		return "xs:decimal"
	case Whole:
		return "xs:integer"
	case Bool:
		return "xs:boolean"
	case Date:
		return "xs:date"
	case Time:
		return "xs:dateTime"
	case Any:
		return "xs:anyType"
	case Object, Choice:
		return m.Type
	case Text, ID:
	}
	return "xs:string"
}
