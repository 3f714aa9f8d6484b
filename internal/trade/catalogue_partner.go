package trade

// orderFields are the fields of every event that has no others of its own.
const orderFields = "OrderId OrderCode"

// partnerEvents returns what buyers and suppliers tell each other of: documents,
// orders and shipments.
func partnerEvents() []block {
	blocks := []block{{
		DocumentEvents, "document", "transactionStatus orderId itscopeOrderId documentId documentUrl transactionId",
		[]row{
			{"ORDER", Document, "Order", "Bestellung"},
			{"ORDERRESPONSE", Document, "Order response", "Auftragsbestätigung"},
			{"DELIVERY", Document, "Dispatch notification", "Lieferschein"},
			{"INVOICE", Document, "Invoice", "Rechnung"},
		},
	}}
	blocks = append(blocks, orderEvents()...)
	return append(blocks, block{ShipmentEvents, "shipment", orderFields, []row{
		{"ShipmentIssuedBySupplier", Shipment, "Shipment issued by supplier", "Sendung vom Lieferanten ausgestellt"},
		{"ShipmentReissuedBySupplier", Shipment, "Shipment reissued by supplier", "Sendung vom Lieferanten erneut ausgestellt"},
		{"ShipmentApprovedByBuyer", Shipment, "Shipment approved by buyer", "Sendung vom Käufer genehmigt"},
		{"ShipmentRejectedByBuyer", Shipment, "Shipment rejected by buyer", "Sendung vom Käufer abgelehnt"},
		{"ShipmentHeaderUpdatedBySupplier", Shipment, "Shipment header updated by supplier", "Kopfdaten der Sendung vom Lieferanten aktualisiert"},
		{"ShipmentDocumentAttachedByBuyer", Shipment, "Shipment document attached by buyer", "Dokument vom Käufer an die Sendung angehängt"},
		{"ShipmentDocumentAttachedBySupplier", Shipment, "Shipment document attached by supplier", "Dokument vom Lieferanten an die Sendung angehängt"},
		{"ShipmentResentByBuyer", Shipment, "Shipment resent by buyer", "Sendung vom Käufer erneut gesendet"},
	}})
}

func orderEvents() []block {
	return []block{
		{OrderEvents, "issue", orderFields, []row{
			{"OrderIssuedByBuyer", Order, "Order issued by buyer", "Bestellung vom Käufer ausgestellt"},
			{"OrderLinesIssuedByBuyer", Order, "Order lines issued by buyer", "Bestellpositionen vom Käufer ausgestellt"},
			{"OrderLinesReissuedByBuyer", Order, "Order lines reissued by buyer", "Bestellpositionen vom Käufer erneut ausgestellt"},
			{"OrderLinesUpdatedByBuyer", Order, "Order lines updated by buyer", "Bestellpositionen vom Käufer aktualisiert"},
		}},
		{OrderEvents, "confirm", orderFields, []row{
			{"OrderLinesAcceptedBySupplier", Order, "Order lines accepted by supplier", "Bestellpositionen vom Lieferanten angenommen"},
			{"OrderLinesRejectedBySupplier", Order, "Order lines rejected by supplier", "Bestellpositionen vom Lieferanten abgelehnt"},
			{"OrderLinesConfirmedByBuyer", Order, "Order lines confirmed by buyer", "Bestellpositionen vom Käufer bestätigt"},
			{"OrderLinesConfirmedBySupplier", Order, "Order lines confirmed by supplier", "Bestellpositionen vom Lieferanten bestätigt"},
		}},
		{OrderEvents, "proposal", orderFields, []row{
			{"OrderChangesProposedBySupplier", Order, "Order changes proposed by supplier", "Bestelländerungen vom Lieferanten vorgeschlagen"},
			{"OrderChangesProposalApprovedByBuyer", Order, "Proposed order changes approved by buyer", "Vorgeschlagene Bestelländerungen vom Käufer genehmigt"},
			{"OrderChangesProposalRejectedByBuyer", Order, "Proposed order changes rejected by buyer", "Vorgeschlagene Bestelländerungen vom Käufer abgelehnt"},
		}},
		{OrderEvents, "update", orderFields, []row{
			{"OrderLinesUpdatedBySupplier", Order, "Order lines updated by supplier", "Bestellpositionen vom Lieferanten aktualisiert"},
			{"OrderLinesItemDetailsChanged", Order, "Item details of order lines changed", "Artikeldetails von Bestellpositionen geändert"},
		}},
		{OrderEvents, "reopen", orderFields, []row{
			{"OrderLinesReopenRequestedByBuyer", Order, "Reopening of order lines requested by buyer", "Wiedereröffnung von Bestellpositionen vom Käufer angefragt"},
			{"OrderLinesReopenRequestRevertedByBuyer", Order, "Request to reopen order lines withdrawn by buyer", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Käufer zurückgezogen"},
			{"OrderLinesReopenRequestApprovedBySupplier", Order, "Request to reopen order lines approved by supplier", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Lieferanten genehmigt"},
			{"OrderLinesReopenRequestRejectedBySupplier", Order, "Request to reopen order lines rejected by supplier", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Lieferanten abgelehnt"},
			{"OrderLinesReopenRequestedBySupplier", Order, "Reopening of order lines requested by supplier", "Wiedereröffnung von Bestellpositionen vom Lieferanten angefragt"},
			{"OrderLinesReopenRequestRevertedBySupplier", Order, "Request to reopen order lines withdrawn by supplier", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Lieferanten zurückgezogen"},
			{"OrderLinesReopenRequestApprovedByBuyer", Order, "Request to reopen order lines approved by buyer", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Käufer genehmigt"},
			{"OrderLinesReopenRequestRejectedByBuyer", Order, "Request to reopen order lines rejected by buyer", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Käufer abgelehnt"},
		}},
		{OrderEvents, "reconfirm", orderFields, []row{
			{"OrderLinesReconfirmationRequestedByBuyer", Order, "Reconfirmation of order lines requested by buyer", "Erneute Bestätigung von Bestellpositionen vom Käufer angefragt"},
			{"OrderLinesReconfirmedBySupplier", Order, "Order lines reconfirmed by supplier", "Bestellpositionen vom Lieferanten erneut bestätigt"},
		}},
		{OrderEvents, "cancel", orderFields, []row{
			{"OrderLinesCancelledByBuyer", Order, "Order lines cancelled by buyer", "Bestellpositionen vom Käufer storniert"},
			{"CancelledOrderLinesRevertedByBuyer", Order, "Cancellation of order lines reverted by buyer", "Stornierung von Bestellpositionen vom Käufer rückgängig gemacht"},
			{"OrderLinesCompletedByBuyer", Order, "Order lines completed by buyer", "Bestellpositionen vom Käufer abgeschlossen"},
			{"CompletedOrderLinesRevertedByBuyer", Order, "Completion of order lines reverted by buyer", "Abschluss von Bestellpositionen vom Käufer rückgängig gemacht"},
		}},
		{OrderEvents, "logistics", orderFields, []row{
			{"OrderLinesMarkedAsOpenByBuyer", Order, "Order lines marked as open by buyer", "Bestellpositionen vom Käufer als offen markiert"},
			{"OrderLinesMarkedAsOpenBySupplier", Order, "Order lines marked as open by supplier", "Bestellpositionen vom Lieferanten als offen markiert"},
			{"OrderLinesShippedByBuyer", Order, "Order lines marked as shipped by buyer", "Bestellpositionen vom Käufer als versandt markiert"},
			{"OrderLinesMarkedAsDeliveredByBuyer", Order, "Order lines marked as delivered by buyer", "Bestellpositionen vom Käufer als geliefert markiert"},
			{"OrderLinesMarkedAsDeliveredBySupplier", Order, "Order lines marked as delivered by supplier", "Bestellpositionen vom Lieferanten als geliefert markiert"},
			{"OrderLinesDeliveryHistoryAppendedByBuyer", Order, "Delivery history of order lines extended by buyer", "Lieferhistorie von Bestellpositionen vom Käufer ergänzt"},
			{"OrderLinesDeliveryHistorySetByBuyer", Order, "Delivery history of order lines set by buyer", "Lieferhistorie von Bestellpositionen vom Käufer festgelegt"},
			{"OrderLinesDeliveryScheduleLogisticsUpdatedByBuyer", Order, "Logistics of the delivery schedule updated by buyer", "Logistikdaten des Lieferplans vom Käufer aktualisiert"},
			{"OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier", Order, "Logistics of the delivery schedule updated by supplier", "Logistikdaten des Lieferplans vom Lieferanten aktualisiert"},
		}},
		{OrderEvents, "reschedule", orderFields, []row{
			{"OrderLinesShipmentRescheduleRequestedBySupplier", Order, "Rescheduling of shipments requested by supplier", "Terminverschiebung von Sendungen vom Lieferanten angefragt"},
			{"OrderLinesShipmentRescheduleApprovedByBuyer", Order, "Rescheduling of shipments approved by buyer", "Terminverschiebung von Sendungen vom Käufer genehmigt"},
			{"OrderLinesShipmentRescheduleRejectedByBuyer", Order, "Rescheduling of shipments rejected by buyer", "Terminverschiebung von Sendungen vom Käufer abgelehnt"},
		}},
		{OrderEvents, "contacts", orderFields, []row{
			{"OrderContactReassignedByBuyer", Order, "Order contact reassigned by buyer", "Ansprechpartner der Bestellung vom Käufer geändert"},
			{"OrderContactReassignedBySupplier", Order, "Order contact reassigned by supplier", "Ansprechpartner der Bestellung vom Lieferanten geändert"},
		}},
		{OrderEvents, "maintenance", orderFields, []row{
			{"OrderResentByBuyer", Order, "Order resent by buyer", "Bestellung vom Käufer erneut gesendet"},
			{"OrderResentBySupplier", Order, "Order resent by supplier", "Bestellung vom Lieferanten erneut gesendet"},
		}},
		{OrderEvents, "documents", orderFields, []row{
			{"OrderDocumentsAttachedByBuyer", Order, "Order documents attached by buyer", "Dokumente vom Käufer an die Bestellung angehängt"},
			{"OrderDocumentsAttachedBySupplier", Order, "Order documents attached by supplier", "Dokumente vom Lieferanten an die Bestellung angehängt"},
		}},
	}
}
