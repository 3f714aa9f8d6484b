package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/render/order"
	"github.com/waybillhq/waybill/internal/trade"
)

// fillConnector writes into h what in says, or returns everything that is wrong with
// it. What h says of secrets is what was stored before, but UpdatedAt is the time of
// this change.
func (s *Server) fillConnector(h *hook.Hook, in *connector) error {
	var wrong problems
	s.checkConnectorURL(h.Kind, in, &wrong)
	in.checkForm(h.Kind, &wrong)
	names := in.readEventNames(h.Kind, &wrong)
	auth, kept := s.readConnectorAuth(h, in, &wrong)
	hmac, same := readHMAC(in.HMAC, h.Signing.HMAC, slices.Contains(h.Locked, hook.HMACSecret), h.UpdatedAt, "", &wrong)
	asked := retrySettings(in.Retry)
	rules := readRetry(&asked, &wrong)
	limits, disable := readLimits(&in.Limits, &wrong), readDisable(in.Disable, &wrong)
	if err := wrong.err(); err != nil {
		return err
	}
	h.Enabled, h.EventTypes, h.URL = in.Enabled, names, in.URL
	h.Connector = hook.Connector{Method: in.Method, Format: hook.Format(in.Format), Single: in.Single, Simple: in.Simple}
	h.Auth, h.HTTP2, h.Signing.HMAC, h.Retry = auth, in.HTTP2, hmac, rules
	h.Queue = hook.Queue{Ordered: in.Ordered}
	h.Limits, h.Disable = limits, disable
	h.Priority = hook.Priority(slices.Index(priorities(), in.Priority))
	if !kept {
		h.Locked = without(h.Locked, hook.AuthSecret)
	}
	if !same {
		h.Locked = without(h.Locked, hook.HMACSecret)
	}
	return nil
}

// placeOf returns what the ID takes the place of in the URLs of GET connectors.
func placeOf(kind hook.Kind) string {
	if kind.EntityKind() == trade.KindShipment {
		return order.ShipmentPlace
	}
	return order.OrderPlace
}

// checkConnectorURL finds what is wrong with the URL.
func (s *Server) checkConnectorURL(kind hook.Kind, in *connector, wrong *problems) {
	const field = "webhookUrl"
	place := placeOf(kind)
	switch {
	case in.URL == "" && in.Enabled:
		wrong.add(field, "it is missing; write the receiver's address, such as https://erp.example/orders, or switch the connector off",
			"Die Angabe fehlt; geben Sie die Adresse des Empfängers an, etwa https://erp.example/orders, oder schalten Sie den Connector aus.")
	case in.URL == "":
	case in.Method == http.MethodGet:
		// Where it leads is checked with some ID in the place.
		err := order.CheckTemplate(in.URL, place)
		if err == nil {
			err = s.CheckURL(strings.ReplaceAll(in.URL, place, "1"))
		}
		if err != nil {
			for _, p := range asProblems(err) {
				wrong.add(field, p.Reason, p.German)
			}
		}
	case strings.Contains(in.URL, order.OrderPlace) || strings.Contains(in.URL, order.ShipmentPlace):
		wrong.add(field, "it has a place for an ID, such as "+place+", which only the method GET fills in; remove it, since the body says what it is about, or choose GET",
			"Sie enthält einen Platzhalter für eine ID wie "+place+", den nur die Methode GET ausfüllt; entfernen Sie ihn, da im Inhalt steht, worum es geht, oder wählen Sie GET.")
	case strings.ContainsAny(in.URL, "{}"):
		wrong.add(field, "it has braces, which nothing is put into; write them as %7B and %7D",
			"Sie enthält geschweifte Klammern, in die nichts eingesetzt wird; schreiben Sie sie als %7B und %7D.")
	default:
		s.checkURLOf(field, in.URL, wrong)
	}
}

// checkForm finds what the kind of connector or its method doesn't have.
func (in *connector) checkForm(kind hook.Kind, wrong *problems) {
	get := in.Method == http.MethodGet
	if hook.Format(in.Format) == hook.TXML {
		switch {
		case kind == hook.Shipments:
			wrong.add("format", "there is no plain XML of shipments; choose JSON", "Für Sendungen gibt es kein XML; wählen Sie JSON.")
		case get:
			wrong.add("format", "a GET has no body that could be plain XML; choose JSON, or the method POST",
				"Ein GET hat keinen Inhalt, der XML sein könnte; wählen Sie JSON oder die Methode POST.")
		}
	}
	if in.Single {
		switch {
		case kind != hook.Orders:
			wrong.add("singleDeliveryPerOrderLine", "only the connector orders sends lines with deliveries; set it to false, or leave it out",
				"Nur der Connector orders sendet Positionen mit Lieferungen; setzen Sie die Angabe auf false, oder lassen Sie sie weg.")
		case get:
			wrong.add("singleDeliveryPerOrderLine", "a GET has no body whose lines could be split; set it to false, or choose the method POST",
				"Ein GET hat keinen Inhalt, dessen Positionen aufgeteilt werden könnten; setzen Sie die Angabe auf false, oder wählen Sie die Methode POST.")
		}
	}
	if in.Simple && !in.Single {
		wrong.add("simpleOrderEvent", "it is the older name of orders with a single delivery per line; set singleDeliveryPerOrderLine to true as well, or leave it out",
			"So hießen Bestellungen mit einer Lieferung je Position; setzen Sie auch singleDeliveryPerOrderLine auf true, oder lassen Sie die Angabe weg.")
	}
}

// readEventNames returns the event types that the connector is to be told of, and
// adds to wrong what is wrong with them.
func (in *connector) readEventNames(kind hook.Kind, wrong *problems) []string {
	const field = "enabledEventNames"
	own := kind.EventNames()
	if in.EventNames == nil {
		return kind.DefaultEventNames()
	}
	for i, name := range in.EventNames {
		at := fmt.Sprintf("%s[%d]", field, i)
		if !slices.Contains(own, name) {
			reason, german := notOwn(kind, name, own)
			wrong.add(at, reason, german)
		} else if slices.Index(in.EventNames, name) < i {
			wrong.add(at, "it is there twice; remove it", "Er steht doppelt da; entfernen Sie ihn.")
		}
	}
	if len(in.EventNames) == 0 && in.Enabled {
		wrong.add(field, "none is chosen, so nothing would ever be sent; choose some, leave this out for the default set, or switch the connector off",
			"Es ist keines gewählt, sodass nie etwas gesendet würde; wählen Sie welche, lassen Sie die Angabe für die Standardauswahl weg, oder schalten Sie den Connector aus.")
	}
	return in.EventNames
}

// notOwn says why a name is none of a connector's own events.
func notOwn(kind hook.Kind, name string, own []string) (reason, german string) {
	for _, other := range hook.Connectors() {
		if slices.Contains(other.EventNames(), name) {
			return "it is an event of the connector " + string(other) + ", not of " + string(kind) + "; remove it here",
				"Das ist ein Ereignis des Connectors " + string(other) + ", nicht von " + string(kind) + "; entfernen Sie es hier."
		}
	}
	if _, ok := trade.TypeOf(name); ok {
		return "no connector tells of it; remove it here, and set up a trigger for it",
			"Davon berichtet kein Connector; entfernen Sie es hier, und richten Sie dafür einen Trigger ein."
	}
	reason, german = "there is no such event; ", "Dieses Ereignis gibt es nicht; "
	if near := trade.NearestOf(name, own); near != "" {
		reason, german = reason+"did you mean "+near+"? ", german+"meinten Sie "+near+"? "
	}
	return reason + "GET /api/v1/event-types lists all", german + "GET /api/v1/event-types nennt alle."
}
