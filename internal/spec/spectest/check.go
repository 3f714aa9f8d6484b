package spectest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/waybillhq/waybill/internal/spec"
)

// nowhere refuses to load schemas from elsewhere.
type nowhere struct{}

// Load returns an error.
func (nowhere) Load(url string) (any, error) { return nil, errors.New("the document refers to " + url) }

// Named returns the specification with a name.
func Named(tb testing.TB, name string) spec.Spec {
	tb.Helper()
	all := spec.All()
	i := slices.IndexFunc(all, func(s spec.Spec) bool { return s.Name == name })
	if i < 0 {
		tb.Fatalf("there is no specification %s", name)
	}
	return all[i]
}

// Schema is a schema of one of our documents.
type Schema struct{ compiled *jsonschema.Schema }

// Component returns the schema of a type of a document, such as OrderWebhook of
// order-webhook. A closed one takes no member that has no name.
func Component(tb testing.TB, name, typeName string, closed bool) Schema {
	tb.Helper()
	return At(tb, name, "/components/schemas/"+typeName, closed)
}

// At returns the schema at a JSON pointer of a document.
func At(tb testing.TB, name, pointer string, closed bool) Schema {
	tb.Helper()
	s := Named(tb, name)
	raw, err := s.JSON()
	if err != nil {
		tb.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		tb.Fatal(err)
	}
	if closed {
		closeObjects(document)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertFormat()
	const url = "https://waybill.example/openapi.json"
	if err := c.AddResource(url, document); err != nil {
		tb.Fatal(err)
	}
	compiled, err := c.Compile(url + "#" + pointer)
	if err != nil {
		tb.Fatal(err)
	}
	return Schema{compiled}
}

// closeObjects has the types of a document take only members that they name.
func closeObjects(document any) {
	for _, schema := range document.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any) {
		if object := schema.(map[string]any); object["type"] == "object" && object["properties"] != nil {
			object["additionalProperties"] = false
		}
	}
}

// Check returns an error unless the body is as the schema says.
func (s Schema) Check(body []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if err := s.compiled.Validate(v); err != nil {
		return fmt.Errorf("%w\n%.2000s", err, body)
	}
	return nil
}

// XML holds tXML against our XML Schema, with xmllint.
type XML struct{ dir string }

// NewXML returns what holds tXML against our XML Schema.
func NewXML(tb testing.TB) XML {
	tb.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		tb.Fatalf("%v; type: scripts/need xmllint", err)
	}
	x := XML{tb.TempDir()}
	if err := os.WriteFile(x.schema(), spec.OrderXSD(), 0o600); err != nil {
		tb.Fatal(err)
	}
	return x
}

func (x XML) schema() string { return filepath.Join(x.dir, "order-webhook.xsd") }

// Check returns an error unless all bodies are as the schema says. Members that have
// no name are not.
func (x XML) Check(tb testing.TB, bodies ...[]byte) error {
	tb.Helper()
	args := []string{"--nonet", "--noout", "--schema", x.schema()}
	dir := tb.TempDir()
	for i, body := range bodies {
		file := filepath.Join(dir, fmt.Sprintf("%d.xml", i))
		if err := os.WriteFile(file, body, 0o600); err != nil {
			tb.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.CommandContext(tb.Context(), "xmllint", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("xmllint: %w\n%.2000s", err, out)
	}
	return nil
}
