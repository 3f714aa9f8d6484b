package spec

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

const schemas = "#/components/schemas/"

// schema returns the JSON Schema of a type.
func (t *Type) schema() *huma.Schema {
	if t.Values != nil {
		return &huma.Schema{Type: huma.TypeString, Description: t.Words, Enum: enum(t.Values)}
	}
	if t.Of != nil {
		return t.union()
	}
	s := &huma.Schema{Type: huma.TypeObject, Description: t.Words}
	if len(t.Members) > 0 {
		s.Properties = make(map[string]*huma.Schema, len(t.Members))
	}
	if t.Open {
		s.AdditionalProperties = true
	}
	for i := range t.Members {
		m := &t.Members[i]
		s.Properties[m.Name] = m.schema()
		if m.Always {
			s.Required = append(s.Required, m.Name)
		}
	}
	return s
}

// union returns the schema of a type that is one of others.
func (t *Type) union() *huma.Schema {
	s := &huma.Schema{Description: t.Words, Discriminator: &huma.Discriminator{PropertyName: t.Tag, Mapping: make(map[string]string)}}
	for _, a := range t.Of {
		s.OneOf = append(s.OneOf, &huma.Schema{Ref: schemas + a.Type})
		for _, tag := range a.Tags {
			s.Discriminator.Mapping[tag] = schemas + a.Type
		}
	}
	return s
}

func enum(values []string) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

// schema returns the JSON Schema of a member.
func (m *Member) schema() *huma.Schema {
	s := m.one()
	if m.Many {
		s = &huma.Schema{Type: huma.TypeArray, Items: s}
	}
	s.Description, s.Nullable = m.Words, m.Null && s.Type != ""
	if m.Null && s.OneOf != nil {
		s.OneOf = append(s.OneOf, &huma.Schema{Type: "null"})
	}
	return s
}

// one returns the JSON Schema of what a member is, or has many of.
func (m *Member) one() *huma.Schema {
	switch m.Kind {
	case Number:
		return &huma.Schema{Type: huma.TypeNumber}
	case Whole:
		return &huma.Schema{Type: huma.TypeInteger}
	case Bool:
		return &huma.Schema{Type: huma.TypeBoolean}
	case Date:
		return &huma.Schema{Type: huma.TypeString, Format: "date"}
	case Time:
		return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
	case Any:
		return &huma.Schema{}
	case ID:
		return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeInteger}, {Type: huma.TypeString}}}
	case Object, Choice:
		return &huma.Schema{Ref: schemas + m.Type}
	case Text:
	}
	return &huma.Schema{Type: huma.TypeString, Format: m.Format}
}

// registry holds the schemas of types.
func registry(types []Type) huma.Registry { //nolint:ireturn // what huma's document wants
	r := huma.NewMapRegistry(schemas, func(t reflect.Type, _ string) string { return t.Name() })
	for i := range types {
		r.Map()[types[i].Name] = types[i].schema()
	}
	return r
}
