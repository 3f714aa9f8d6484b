package trade

// orderFields are the fields of every event that has no others of its own.
const orderFields = "OrderId OrderCode"

// partnerEvents returns what buyers and suppliers tell each other of: documents,
// orders and shipments.
func partnerEvents() []block {
	blocks := []block{{
		DocumentEvents, "document", "transactionStatus orderId itscopeOrderId documentId documentUrl transactionId",
		[]row{
			{"ORDER", KindDocument, "Order", "Bestellung"},
			{"ORDERRESPONSE", KindDocument, "Order response", "Auftragsbestätigung"},
			{"DELIVERY", KindDocument, "Dispatch notification", "Lieferschein"},
			{"INVOICE", KindDocument, "Invoice", "Rechnung"},
		},
	}}
	blocks = append(blocks, orderEvents()...)
	return append(blocks, block{ShipmentEvents, "shipment", orderFields, []row{
		{"ShipmentIssuedBySupplier", KindShipment, "Shipment issued by supplier", "Sendung vom Lieferanten ausgestellt"},
		{"ShipmentReissuedBySupplier", KindShipment, "Shipment reissued by supplier", "Sendung vom Lieferanten erneut ausgestellt"},
		{"ShipmentApprovedByBuyer", KindShipment, "Shipment approved by buyer", "Sendung vom Käufer genehmigt"},
		{"ShipmentRejectedByBuyer", KindShipment, "Shipment rejected by buyer", "Sendung vom Käufer abgelehnt"},
		{"ShipmentHeaderUpdatedBySupplier", KindShipment, "Shipment header updated by supplier", "Kopfdaten der Sendung vom Lieferanten aktualisiert"},
		{"ShipmentDocumentAttachedByBuyer", KindShipment, "Shipment document attached by buyer", "Dokument vom Käufer an die Sendung angehängt"},
		{"ShipmentDocumentAttachedBySupplier", KindShipment, "Shipment document attached by supplier", "Dokument vom Lieferanten an die Sendung angehängt"},
		{"ShipmentResentByBuyer", KindShipment, "Shipment resent by buyer", "Sendung vom Käufer erneut gesendet"},
	}})
}

func orderEvents() []block {
	return []block{
		{OrderEvents, "issue", orderFields, []row{
			{"OrderIssuedByBuyer", KindOrder, "Order issued by buyer", "Bestellung vom Käufer ausgestellt"},
			{"OrderLinesIssuedByBuyer", KindOrder, "Order lines issued by buyer", "Bestellpositionen vom Käufer ausgestellt"},
			{"OrderLinesReissuedByBuyer", KindOrder, "Order lines reissued by buyer", "Bestellpositionen vom Käufer erneut ausgestellt"},
			{"OrderLinesUpdatedByBuyer", KindOrder, "Order lines updated by buyer", "Bestellpositionen vom Käufer aktualisiert"},
		}},
		{OrderEvents, "confirm", orderFields, []row{
			{"OrderLinesAcceptedBySupplier", KindOrder, "Order lines accepted by supplier", "Bestellpositionen vom Lieferanten angenommen"},
			{"OrderLinesRejectedBySupplier", KindOrder, "Order lines rejected by supplier", "Bestellpositionen vom Lieferanten abgelehnt"},
			{"OrderLinesConfirmedByBuyer", KindOrder, "Order lines confirmed by buyer", "Bestellpositionen vom Käufer bestätigt"},
			{"OrderLinesConfirmedBySupplier", KindOrder, "Order lines confirmed by supplier", "Bestellpositionen vom Lieferanten bestätigt"},
		}},
		{OrderEvents, "proposal", orderFields, []row{
			{"OrderChangesProposedBySupplier", KindOrder, "Order changes proposed by supplier", "Bestelländerungen vom Lieferanten vorgeschlagen"},
			{"OrderChangesProposalApprovedByBuyer", KindOrder, "Proposed order changes approved by buyer", "Vorgeschlagene Bestelländerungen vom Käufer genehmigt"},
			{"OrderChangesProposalRejectedByBuyer", KindOrder, "Proposed order changes rejected by buyer", "Vorgeschlagene Bestelländerungen vom Käufer abgelehnt"},
		}},
		{OrderEvents, "update", orderFields, []row{
			{"OrderLinesUpdatedBySupplier", KindOrder, "Order lines updated by supplier", "Bestellpositionen vom Lieferanten aktualisiert"},
			{"OrderLinesItemDetailsChanged", KindOrder, "Item details of order lines changed", "Artikeldetails von Bestellpositionen geändert"},
		}},
		{OrderEvents, "reopen", orderFields, []row{
			{"OrderLinesReopenRequestedByBuyer", KindOrder, "Reopening of order lines requested by buyer", "Wiedereröffnung von Bestellpositionen vom Käufer angefragt"},
			{"OrderLinesReopenRequestRevertedByBuyer", KindOrder, "Request to reopen order lines withdrawn by buyer", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Käufer zurückgezogen"},
			{"OrderLinesReopenRequestApprovedBySupplier", KindOrder, "Request to reopen order lines approved by supplier", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Lieferanten genehmigt"},
			{"OrderLinesReopenRequestRejectedBySupplier", KindOrder, "Request to reopen order lines rejected by supplier", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Lieferanten abgelehnt"},
			{"OrderLinesReopenRequestedBySupplier", KindOrder, "Reopening of order lines requested by supplier", "Wiedereröffnung von Bestellpositionen vom Lieferanten angefragt"},
			{"OrderLinesReopenRequestRevertedBySupplier", KindOrder, "Request to reopen order lines withdrawn by supplier", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Lieferanten zurückgezogen"},
			{"OrderLinesReopenRequestApprovedByBuyer", KindOrder, "Request to reopen order lines approved by buyer", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Käufer genehmigt"},
			{"OrderLinesReopenRequestRejectedByBuyer", KindOrder, "Request to reopen order lines rejected by buyer", "Anfrage zur Wiedereröffnung von Bestellpositionen vom Käufer abgelehnt"},
		}},
		{OrderEvents, "reconfirm", orderFields, []row{
			{"OrderLinesReconfirmationRequestedByBuyer", KindOrder, "Reconfirmation of order lines requested by buyer", "Erneute Bestätigung von Bestellpositionen vom Käufer angefragt"},
			{"OrderLinesReconfirmedBySupplier", KindOrder, "Order lines reconfirmed by supplier", "Bestellpositionen vom Lieferanten erneut bestätigt"},
		}},
		{OrderEvents, "cancel", orderFields, []row{
			{"OrderLinesCancelledByBuyer", KindOrder, "Order lines cancelled by buyer", "Bestellpositionen vom Käufer storniert"},
			{"CancelledOrderLinesRevertedByBuyer", KindOrder, "Cancellation of order lines reverted by buyer", "Stornierung von Bestellpositionen vom Käufer rückgängig gemacht"},
			{"OrderLinesCompletedByBuyer", KindOrder, "Order lines completed by buyer", "Bestellpositionen vom Käufer abgeschlossen"},
			{"CompletedOrderLinesRevertedByBuyer", KindOrder, "Completion of order lines reverted by buyer", "Abschluss von Bestellpositionen vom Käufer rückgängig gemacht"},
		}},
		{OrderEvents, "logistics", orderFields, []row{
			{"OrderLinesMarkedAsOpenByBuyer", KindOrder, "Order lines marked as open by buyer", "Bestellpositionen vom Käufer als offen markiert"},
			{"OrderLinesMarkedAsOpenBySupplier", KindOrder, "Order lines marked as open by supplier", "Bestellpositionen vom Lieferanten als offen markiert"},
			{"OrderLinesShippedByBuyer", KindOrder, "Order lines marked as shipped by buyer", "Bestellpositionen vom Käufer als versandt markiert"},
			{"OrderLinesMarkedAsDeliveredByBuyer", KindOrder, "Order lines marked as delivered by buyer", "Bestellpositionen vom Käufer als geliefert markiert"},
			{"OrderLinesMarkedAsDeliveredBySupplier", KindOrder, "Order lines marked as delivered by supplier", "Bestellpositionen vom Lieferanten als geliefert markiert"},
			{"OrderLinesDeliveryHistoryAppendedByBuyer", KindOrder, "Delivery history of order lines extended by buyer", "Lieferhistorie von Bestellpositionen vom Käufer ergänzt"},
			{"OrderLinesDeliveryHistorySetByBuyer", KindOrder, "Delivery history of order lines set by buyer", "Lieferhistorie von Bestellpositionen vom Käufer festgelegt"},
			{"OrderLinesDeliveryScheduleLogisticsUpdatedByBuyer", KindOrder, "Logistics of the delivery schedule updated by buyer", "Logistikdaten des Lieferplans vom Käufer aktualisiert"},
			{"OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier", KindOrder, "Logistics of the delivery schedule updated by supplier", "Logistikdaten des Lieferplans vom Lieferanten aktualisiert"},
		}},
		{OrderEvents, "reschedule", orderFields, []row{
			{"OrderLinesShipmentRescheduleRequestedBySupplier", KindOrder, "Rescheduling of shipments requested by supplier", "Terminverschiebung von Sendungen vom Lieferanten angefragt"},
			{"OrderLinesShipmentRescheduleApprovedByBuyer", KindOrder, "Rescheduling of shipments approved by buyer", "Terminverschiebung von Sendungen vom Käufer genehmigt"},
			{"OrderLinesShipmentRescheduleRejectedByBuyer", KindOrder, "Rescheduling of shipments rejected by buyer", "Terminverschiebung von Sendungen vom Käufer abgelehnt"},
		}},
		{OrderEvents, "contacts", orderFields, []row{
			{"OrderContactReassignedByBuyer", KindOrder, "Order contact reassigned by buyer", "Ansprechpartner der Bestellung vom Käufer geändert"},
			{"OrderContactReassignedBySupplier", KindOrder, "Order contact reassigned by supplier", "Ansprechpartner der Bestellung vom Lieferanten geändert"},
		}},
		{OrderEvents, "maintenance", orderFields, []row{
			{"OrderResentByBuyer", KindOrder, "Order resent by buyer", "Bestellung vom Käufer erneut gesendet"},
			{"OrderResentBySupplier", KindOrder, "Order resent by supplier", "Bestellung vom Lieferanten erneut gesendet"},
		}},
		{OrderEvents, "documents", orderFields, []row{
			{"OrderDocumentsAttachedByBuyer", KindOrder, "Order documents attached by buyer", "Dokumente vom Käufer an die Bestellung angehängt"},
			{"OrderDocumentsAttachedBySupplier", KindOrder, "Order documents attached by supplier", "Dokumente vom Lieferanten an die Bestellung angehängt"},
		}},
	}
}
