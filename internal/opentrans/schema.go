package opentrans

import (
	"reflect"
	"strings"
	"sync"
)

// flag is a Boolean of BMEcat: true or false, in any case when it is read.
type flag string

// count is a number of things.
type count int

// content is what an element holds.
type content int

const (
	elements content = iota // that its node names
	anything                // elements of any name, with text
	text
	decimal
	dateTime
	boolean
	number
)

// element is one element of the schema, at its place within another.
type element struct {
	name     string // as encoding/xml matches it: with bme before those of BMEcat
	index    int    // among its siblings
	content  content
	many     bool // it may be repeated
	first    bool // … and the first one counts
	required bool
	written  bool // it is not read
	attrs    []string
	children map[string]*element // by local name: none occurs in both namespaces
	order    []*element
}

// local returns e's name and the namespace it belongs to.
func (e *element) local() (namespace, name string) {
	if name, ok := strings.CutPrefix(e.name, bme); ok {
		return BMEcatNamespace, name
	}
	return Namespace, e.name
}

//nolint:gochecknoglobals // built on first use from the types and never changed after.
var schema = sync.OnceValue(func() map[string]*element {
	roots := make(map[string]*element)
	for _, k := range Kinds() {
		e := &element{name: k.Root()}
		e.fill(reflect.TypeOf(newWire(k)).Elem())
		roots[e.name] = e
	}
	return roots
})

// fill reads from the tags of a struct what e holds.
func (e *element) fill(t reflect.Type) {
	for f := range t.Fields() {
		if f.Anonymous {
			e.fill(f.Type)
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("xml"), ",")
		switch {
		case f.Name == "XMLName" || strings.HasPrefix(name, "xmlns"):
		case strings.HasPrefix(option, "attr"):
			e.attrs = append(e.attrs, name)
		case option == "chardata":
			e.content = text
		case option == "any":
			e.content = anything
			child := &element{name: "UDX", content: text, many: true}
			e.order = []*element{child}
		default:
			e.add(name, f)
		}
	}
}

// add adds the child that a field of a struct stands for.
func (e *element) add(name string, f reflect.StructField) {
	child := &element{name: name, index: len(e.order)}
	for word := range strings.FieldsSeq(f.Tag.Get("ot")) {
		switch word {
		case "required":
			child.required = true
		case "first":
			child.first = true
		case "written":
			child.written = true
		}
	}
	t := f.Type
	if t.Kind() == reflect.Slice {
		child.many, t = true, t.Elem()
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[Decimal]():
		child.content = decimal
	case t == reflect.TypeFor[DateTime]():
		child.content = dateTime
	case t == reflect.TypeFor[flag]():
		child.content = boolean
	case t == reflect.TypeFor[count]():
		child.content = number
	case t.Kind() == reflect.String:
		child.content = text
	default:
		child.fill(t)
	}
	if e.children == nil {
		e.children = make(map[string]*element)
	}
	_, local := child.local()
	e.children[local] = child
	e.order = append(e.order, child)
}
