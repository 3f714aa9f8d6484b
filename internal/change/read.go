package change

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// maxID bounds the IDs that producers give, in bytes.
const maxID = 200

// ReadOrder reads the whole state of an order as a producer sends it: a JSON
// object with orderId and lines, each with an id of its own, and whatever else an
// order has (see trade.Order). What we have no name for is kept. It returns a
// *hook.Error of fault Invalid that names everything that is wrong and where,
// such as "lines[3].deliverySchedule[0].date".
func ReadOrder(raw []byte) (trade.Order, error) { return ReadOrderOf("", raw) }

// ReadOrderOf reads the state of the order that has an ID, as ReadOrder does. The
// state may leave out the ID but not say another one. An empty ID is any.
func ReadOrderOf(id string, raw []byte) (trade.Order, error) {
	var o trade.Order
	c := checker{problems: openjson.Decode(raw, &o)}
	if len(c.problems) == 0 {
		c.named("orderId", &o.ID, id)
		c.order(&o)
		c.split(&o, len(raw))
	}
	if err := c.err("the order is not valid"); err != nil {
		return trade.Order{}, err
	}
	return o, nil
}

// WriteOrder returns the JSON of an order, which ReadOrder reads.
func WriteOrder(o trade.Order) []byte {
	room := 2 << 10 // roughly, so that a large one is seldom moved
	for i := range o.Lines {
		room += 1<<10 + 200*(len(o.Lines[i].DeliverySchedule)+len(o.Lines[i].DeliveryScheduleIncludingRequests))
	}
	return openjson.Append(make([]byte, 0, room), o)
}

// ReadShipment reads the whole state of a shipment as ReadOrder reads that of an
// order: a JSON object with id and lines, no two of which are about the same
// delivery and the same line of a despatch advice.
func ReadShipment(raw []byte) (trade.Shipment, error) { return ReadShipmentOf("", raw) }

// ReadShipmentOf reads the state of the shipment that has an ID, as ReadOrderOf does
// for orders.
func ReadShipmentOf(id string, raw []byte) (trade.Shipment, error) {
	var s trade.Shipment
	c := checker{problems: openjson.Decode(raw, &s)}
	if len(c.problems) == 0 {
		c.named("id", &s.ID, id)
		c.shipment(&s)
	}
	if err := c.err("the shipment is not valid"); err != nil {
		return trade.Shipment{}, err
	}
	return s, nil
}

// WriteShipment returns the JSON of a shipment, which ReadShipment reads.
func WriteShipment(s trade.Shipment) []byte { return openjson.Append(nil, s) }

// checker notes what is wrong with a state that could be read.
type checker struct{ problems []openjson.Problem }

func (c *checker) wrong(field, format string, args ...any) {
	c.problems = append(c.problems, openjson.Problem{Field: field, Reason: fmt.Sprintf(format, args...)})
}

// err returns what is wrong as an error to show, of at most 20 problems.
func (c *checker) err(msg string) error {
	if len(c.problems) == 0 {
		return nil
	}
	e := &hook.Error{Fault: hook.Invalid, Msg: msg}
	for _, p := range c.problems[:min(20, len(c.problems))] {
		e.Problems = append(e.Problems, hook.Problem{Field: p.Field, Reason: "it " + p.Reason})
	}
	return e
}

// most notes a list that is too long.
func (c *checker) most(field string, n, limit int, what string) {
	if n > limit {
		c.wrong(field, "has %d %s; at most %d are allowed", n, what, limit)
	}
}

// named gives what is read the ID that it must have, and notes if it says another.
func (c *checker) named(field string, id *string, want string) {
	switch {
	case want == "" || *id == want:
	case *id == "":
		*id = want
	default:
		c.wrong(field, "is %s, not the %s that the request is for; leave it out, or send the same", quote(*id), quote(want))
	}
}

// id notes an ID that is missing, too long, or can't be shown.
func (c *checker) id(field, id string) {
	switch {
	case id == "":
		c.wrong(field, "is missing; give an id of your own, of 1 to %d bytes", maxID)
	case len(id) > maxID:
		c.wrong(field, "has %d bytes; at most %d are allowed", len(id), maxID)
	case strings.ContainsFunc(id, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		c.wrong(field, "has a control character or one that is not Unicode; remove it")
	}
}

func (c *checker) order(o *trade.Order) {
	c.id("orderId", o.ID)
	c.most("buyerOrder.documents", len(zero(o.BuyerOrder).Documents), trade.MaxDocuments, "documents")
	c.most("supplierOrder.documents", len(zero(o.SupplierOrder).Documents), trade.MaxDocuments, "documents")
	if len(o.Lines) == 0 {
		c.wrong("lines", "has no line; an order has at least one")
	}
	c.most("lines", len(o.Lines), trade.MaxLines, "lines")
	seen := make(map[string]int, len(o.Lines))
	for i := range o.Lines {
		l := &o.Lines[i]
		at := "lines[" + strconv.Itoa(i) + "]"
		c.id(at+".id", l.ID)
		if first, ok := seen[l.ID]; ok && l.ID != "" {
			c.wrong(at+".id", "is %s, as in lines[%d]; give each line an id of its own", quote(l.ID), first)
		} else {
			seen[l.ID] = i
		}
		c.line(at, l)
	}
}

// split notes that an order, which was read from so many bytes, would become too large
// for receivers that know one delivery per line: they are sent each line once for each of
// its deliveries.
func (c *checker) split(o *trade.Order, bytes int) {
	if bytes*3*trade.MaxDeliveries <= trade.MaxSplit {
		return // whatever its lines are
	}
	total := 0
	for i := range o.Lines {
		l := &o.Lines[i]
		line := openjson.Append(nil, l, "deliverySchedule", "deliveryScheduleIncludingRequests", "deliveryHistory", "chargeLines")
		total += len(line) * l.Deliveries()
	}
	if total > trade.MaxSplit {
		c.wrong("lines", "would have %d MiB if they were split by delivery; at most %d are allowed: put what is long into a document", total>>20, trade.MaxSplit>>20)
	}
}

func (c *checker) line(at string, l *trade.Line) {
	c.most(at+".buyerLine.documents", len(buyerDocuments(l)), trade.MaxDocuments, "documents")
	c.most(at+".supplierLine.documents", len(supplierDocuments(l)), trade.MaxDocuments, "documents")
	for _, s := range []struct {
		name     string
		schedule []trade.Delivery
	}{
		{".deliverySchedule", l.DeliverySchedule},
		{".deliveryScheduleIncludingRequests", l.DeliveryScheduleIncludingRequests},
		{".confirmedLine.deliverySchedule", zero(l.ConfirmedLine).DeliverySchedule},
		{".buyerLine.requests.reopenRequest.deliverySchedule", zero(zero(zero(l.BuyerLine).Requests).ReopenRequest).DeliverySchedule},
		{".supplierLine.requests.proposal.deliverySchedule", zero(zero(zero(l.SupplierLine).Requests).Proposal).DeliverySchedule},
		{".supplierLine.requests.reopenRequest.deliverySchedule", zero(zero(zero(l.SupplierLine).Requests).ReopenRequest).DeliverySchedule},
	} {
		c.most(at+s.name, len(s.schedule), trade.MaxDeliveries, "deliveries")
		for i, d := range s.schedule {
			if strings.HasPrefix(string(d.Quantity), "-") {
				c.wrong(at+s.name+"["+strconv.Itoa(i)+"].quantity", "is less than zero; take the quantity that is to come")
			}
		}
	}
}

func (c *checker) shipment(s *trade.Shipment) {
	c.id("id", s.ID)
	c.most("supplierShipment.documents", len(zero(s.SupplierShipment).Documents), trade.MaxDocuments, "documents")
	c.most("buyerShipment.documents", len(zero(s.BuyerShipment).Documents), trade.MaxDocuments, "documents")
	c.most("lines", len(s.Lines), trade.MaxLines, "lines")
	seen := make(map[trade.LineKey]int, len(s.Lines))
	for i := range s.Lines {
		key := s.Lines[i].Key()
		if first, ok := seen[key]; ok {
			c.wrong("lines["+strconv.Itoa(i)+"]", "is about the same delivery and line of the despatch advice as lines[%d]; "+
				"put them together, or give them different despatchAdviceLinePosition", first)
		} else {
			seen[key] = i
		}
	}
}

// quote shows what a producer sent, shortened.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	b, err := json.Marshal(s)
	if err != nil {
		return `"…"`
	}
	return string(b)
}
