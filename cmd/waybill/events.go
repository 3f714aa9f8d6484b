package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/waybillhq/waybill/internal/trade"
)

type eventsCommand struct {
	JSON   bool   `name:"json" help:"Write one JSON object a line, with the labels, fields and a sample."`
	Family string `enum:",document,order,shipment,trigger" default:"" placeholder:"FAMILY" help:"Only one family: document, order, shipment or trigger."`
}

// Run writes the catalogue of event types.
func (c eventsCommand) Run(out io.Writer) error {
	var chosen []trade.EventType
	for _, t := range trade.Catalogue() {
		if c.Family == "" || c.Family == string(t.Family) {
			chosen = append(chosen, t)
		}
	}
	if c.JSON {
		return writeTypes(out, chosen)
	}
	// The table keeps an error of out until Flush.
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "EVENT TYPE\tFAMILY\tGROUP\tABOUT\tMEANING")
	for _, t := range chosen {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", t.Name, t.Family, t.Group, t.Entity, t.Label.EN)
	}
	return table.Flush()
}

// writeTypes writes types as JSON lines, with the names that the API uses.
func writeTypes(out io.Writer, types []trade.EventType) error {
	type label struct {
		EN string `json:"en"`
		DE string `json:"de"`
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for _, t := range types {
		err := e.Encode(struct {
			Name   string           `json:"name"`
			Label  label            `json:"label"`
			Family trade.Family     `json:"family"`
			Group  string           `json:"group"`
			Entity trade.EntityKind `json:"entityKind"`
			Fields []string         `json:"fields"`
			Sample json.RawMessage  `json:"sample"`
		}{t.Name, label(t.Label), t.Family, t.Group, t.Entity, t.Fields, t.Sample})
		if err != nil {
			return err
		}
	}
	return nil
}
