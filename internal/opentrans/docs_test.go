package opentrans

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/opentrans.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// blocks returns the blocks of code in a language.
func blocks(page, language string) []string {
	var found []string
	for _, part := range strings.Split(page, "```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "```")
		found = append(found, block)
	}
	return found
}

// TestExamplesInTheDocumentation reads each example, and expects that it has all
// fields that its kind can have.
func TestExamplesInTheDocumentation(t *testing.T) {
	t.Parallel()
	var kinds []Kind
	for _, block := range blocks(page(t), "json") {
		d, err := ReadJSON(strings.NewReader(block), Limits{})
		if err != nil {
			t.Errorf("%v in\n%s", err, block)
			continue
		}
		kinds = append(kinds, d.Kind)
		s, _ := shapeOf(d.Kind)
		lines := make(map[string]bool)
		for _, l := range d.Lines {
			lines = merge(lines, set(reflect.ValueOf(l)))
		}
		wantAll(t, d.Kind, "", s.document, set(reflect.ValueOf(d)))
		wantAll(t, d.Kind, "lines[].", s.line, lines)
		if s.totals != "" {
			wantAll(t, d.Kind, "totals.", s.totals, set(reflect.ValueOf(*d.Totals)))
		}
		if d.Kind == Delivery {
			var b bytes.Buffer
			if err := Write(&b, d); err != nil {
				t.Fatal(err)
			}
			if want := blocks(page(t), "xml"); len(want) != 1 || want[0] != b.String() {
				t.Errorf("the delivery is written as\n%swhich the page has otherwise", b.String())
			}
		}
	}
	if !slices.Equal(kinds, Kinds()) {
		t.Errorf("there are examples of %q, want one of each kind", kinds)
	}
}

// set returns the names of the fields of v that are not empty.
func set(v reflect.Value) map[string]bool {
	found := make(map[string]bool)
	for i, f := range fields()[v.Type()] {
		if !v.Field(i).IsZero() {
			found[f.name] = true
		}
	}
	return found
}

func merge(a, b map[string]bool) map[string]bool {
	for name := range b {
		a[name] = true
	}
	return a
}

func wantAll(t *testing.T, k Kind, prefix, spec string, found map[string]bool) {
	t.Helper()
	for word := range strings.FieldsSeq(spec) {
		if name := strings.TrimSuffix(word, "!"); !found[name] {
			t.Errorf("the example of %s has no %s%s", k, prefix, name)
		}
	}
}

// TestTableInTheDocumentation compares the table of fields with what kinds have, and
// looks for the elements that it names.
func TestTableInTheDocumentation(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("(?m)^\\| `([^`|]+)` \\|[^|]*\\|([^|]*)\\|([^|]*)\\|([^|]*)\\|([^|]*)\\|([^|]*)\\|$")
	elements := elementNames()
	rows := make(map[string][]string)
	for _, m := range row.FindAllStringSubmatch(page(t), -1) {
		rows[m[1]] = m[2:]
		for _, name := range regexp.MustCompile(`[A-Z][A-Z0-9_]+\b`).FindAllString(strings.Join(m[2:], " "), -1) {
			if !elements[name] && !strings.Contains(strings.Join(m[2:], " "), "UDX.WAYBILL."+name) && name != "UDX" && name != "WAYBILL" {
				t.Errorf("%s is said to be in %s, which is not read", m[1], name)
			}
		}
	}
	for i, k := range Kinds() {
		s, _ := shapeOf(k)
		wantColumn(t, k, rows, i, "", reflect.TypeFor[Document](), s.document)
		wantColumn(t, k, rows, i, "lines[].", reflect.TypeFor[Line](), s.line)
		wantColumn(t, k, rows, i, "totals.", reflect.TypeFor[Totals](), s.totals)
	}
}

func wantColumn(t *testing.T, k Kind, rows map[string][]string, column int, prefix string, of reflect.Type, spec string) {
	t.Helper()
	words := strings.Fields(spec)
	for _, f := range fields()[of] {
		cells, ok := rows[prefix+f.name]
		if !ok {
			t.Errorf("the table has no %s%s", prefix, f.name)
			continue
		}
		cell := strings.TrimSpace(cells[column])
		want := "left out"
		switch {
		case slices.Contains(words, f.name+"!"):
			want = "bold"
		case slices.Contains(words, f.name):
			want = "plain"
		}
		got := "plain"
		switch {
		case cell == "":
			got = "left out"
		case strings.HasPrefix(cell, "**"):
			got = "bold"
		}
		if got != want {
			t.Errorf("%s%s of %s is %s, want %s", prefix, f.name, k, got, want)
		}
	}
}

// elementNames returns the names of all elements that are read.
func elementNames() map[string]bool {
	found := make(map[string]bool)
	var walk func(e *element)
	walk = func(e *element) {
		_, name := e.local()
		found[name] = true
		for _, child := range e.order {
			if !child.written {
				walk(child)
			}
		}
	}
	for _, e := range schema() {
		walk(e)
	}
	return found
}

// TestDocumentationNamesEveryField looks for the fields of parts, and for the elements
// that are said to be theirs.
func TestDocumentationNamesEveryField(t *testing.T) {
	t.Parallel()
	_, parts, _ := strings.Cut(page(t), "### Parts of fields")
	parts, _, _ = strings.Cut(parts, "## Sums")
	for of, list := range fields() {
		for _, f := range list {
			if !strings.Contains(page(t), "`"+f.name+"`") && !strings.Contains(page(t), "."+f.name+"`") {
				t.Errorf("the page doesn't name %s of %s", f.name, of)
			}
		}
	}
	elements := elementNames()
	for _, name := range regexp.MustCompile(`\b[A-Z]+_[A-Z0-9_]+\b`).FindAllString(parts, -1) {
		if !elements[name] {
			t.Errorf("the page names %s, which is not read", name)
		}
	}
}
