package opentrans

import (
	"encoding/xml"
	"fmt"
	"io"
)

// Write writes d as openTRANS 2.1 in UTF-8, the same bytes for the same document:
// its elements are in the order of the schema, with the prefix bme for those of
// BMEcat. It fails with what Check finds before anything is written, and else with
// w's error. What it writes, Read reads as d.
func Write(w io.Writer, d Document) error {
	if err := Check(d); err != nil {
		return err
	}
	x := newWire(d.Kind)
	x.take(&d)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(x); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
