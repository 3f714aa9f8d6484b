package trade

// Fields that several blocks of trigger events share.
const (
	ticketFields   = "TicketId TicketCode OrderId OrderCode ShopId"
	handlingFields = "TicketId TicketCode OrderId OrderCode " +
		"HandlingEmployeeGroupId HandlingEmployeeId OldHandlingEmployeeGroupId OldHandlingEmployeeId"
)

// triggerEvents returns what a shop's trigger can name.
func triggerEvents() []block {
	return []block{
		{TriggerEvents, "product", "ProductId ProductCode ShopGroupId", []row{
			{"ProductCreated", KindProduct, "Product created", "Produkt angelegt"},
			{"ProductChanged", KindProduct, "Product changed", "Produkt geändert"},
			{"ProductDeleted", KindProduct, "Product deleted", "Produkt gelöscht"},
			{"ProductAvailableStockChanged", KindProduct, "Available stock of product changed", "Verfügbarer Bestand des Produkts geändert"},
			{"ProductLocked", KindProduct, "Product locked", "Produkt gesperrt"},
			{"ProductUnlocked", KindProduct, "Product unlocked", "Produkt entsperrt"},
			{"ProductDimensionsChanged", KindProduct, "Product dimensions changed", "Produktabmessungen geändert"},
		}},
		{TriggerEvents, "product_package", "ProductPackageId ProductId ShopGroupId", []row{
			{"ProductPackageCreated", KindProductPackage, "Product package created", "Produktpaket angelegt"},
			{"ProductPackageChanged", KindProductPackage, "Product package changed", "Produktpaket geändert"},
			{"ProductPackageDeleted", KindProductPackage, "Product package deleted", "Produktpaket gelöscht"},
		}},
		{TriggerEvents, "product_selection", "ProductId ProductCode ProductSelectionProductId ShopId", []row{
			{"ProductSelectionProductChanged", KindProduct, "Product in a product selection changed", "Produkt in einer Produktauswahl geändert"},
			{"ProductSelectionProductDeleted", KindProduct, "Product deleted from a product selection", "Produkt aus einer Produktauswahl gelöscht"},
		}},
		{TriggerEvents, "product_group", "ProductGroupId ProductGroupName", []row{
			{"ProductGroupChanged", KindProductGroup, "Product group changed", "Produktgruppe geändert"},
			{"ProductGroupDeleted", KindProductGroup, "Product group deleted", "Produktgruppe gelöscht"},
		}},
		{TriggerEvents, "order", "OrderId OrderCode CustomerRating", []row{
			{"OrderCustomerRatingChanged", KindOrder, "Customer's rating of order changed", "Kundenbewertung der Bestellung geändert"},
		}},
		{TriggerEvents, "order", "OrderCommentId OrderId OrderCode TicketId TicketCode", []row{
			{"OrderCommentChanged", KindOrder, "Order comment changed", "Kommentar zur Bestellung geändert"},
		}},
		{TriggerEvents, "order", orderFields, []row{
			{"OrderCreated", KindOrder, "Order created", "Bestellung angelegt"},
			{"OrderChanged", KindOrder, "Order changed", "Bestellung geändert"},
		}},
		{TriggerEvents, "invoice", "InvoiceId InvoiceCode OrderId OrderCode", []row{
			{"InvoicePaymentsDone", KindInvoice, "Invoice paid in full", "Rechnung vollständig bezahlt"},
			{"OrderInvoicesAllPaid", KindOrder, "All invoices of order paid", "Alle Rechnungen der Bestellung bezahlt"},
			{"InvoicePaymentsNotDone", KindInvoice, "Invoice not paid", "Rechnung nicht bezahlt"},
			{"InvoicePaymentsPartialDone", KindInvoice, "Invoice paid in part", "Rechnung teilweise bezahlt"},
			{"NonDraftInvoiceSaved", KindInvoice, "Non-draft invoice saved", "Endgültige Rechnung gespeichert"},
			{"NonDraftCreditInvoiceSaved", KindInvoice, "Non-draft credit invoice saved", "Endgültige Rechnungskorrektur gespeichert"},
			{"OrderInvoicesCreated", KindOrder, "Invoices of order created", "Rechnungen zur Bestellung erstellt"},
			{"InvoiceChanged", KindInvoice, "Invoice changed", "Rechnung geändert"},
		}},
		{TriggerEvents, "shop", "ShopId", []row{
			{"NewShopSaved", KindShop, "New shop saved", "Neuer Shop gespeichert"},
			{"InitNewShop", KindShop, "New shop initialized", "Neuer Shop initialisiert"},
		}},
		{TriggerEvents, "purchase_order", "PurchaseOrderId PurchaseOrderCode SupplierId WarehouseId OrderId OrderCode ShopId", []row{
			{"PurchaseOrderCreated", KindPurchaseOrder, "Purchase order created", "Einkaufsbestellung angelegt"},
			{"PurchaseOrderDeliveryProvisioned", KindPurchaseOrder, "Delivery for purchase order provisioned", "Lieferung zur Einkaufsbestellung bereitgestellt"},
			{"PurchaseOrderDeliveryReceived", KindPurchaseOrder, "Delivery for purchase order received", "Lieferung zur Einkaufsbestellung eingegangen"},
			{"PurchaseOrderHandedOver", KindPurchaseOrder, "Purchase order handed over", "Einkaufsbestellung übergeben"},
			{"PurchaseOrderProvisioned", KindPurchaseOrder, "Purchase order provisioned", "Einkaufsbestellung bereitgestellt"},
			{"PurchaseOrderReceived", KindPurchaseOrder, "Purchase order received", "Einkaufsbestellung eingegangen"},
			{"PurchaseOrderMainStatusChanged", KindPurchaseOrder, "Main status of purchase order changed", "Hauptstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderSubmitStatusChanged", KindPurchaseOrder, "Submission status of purchase order changed", "Übermittlungsstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderPaymentStatusChanged", KindPurchaseOrder, "Payment status of purchase order changed", "Zahlungsstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderProvisionStatusChanged", KindPurchaseOrder, "Provisioning status of purchase order changed", "Bereitstellungsstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderCustomStatusChanged", KindPurchaseOrder, "Custom status of purchase order changed", "Eigener Status der Einkaufsbestellung geändert"},
			{"PurchaseOrderChanged", KindPurchaseOrder, "Purchase order changed", "Einkaufsbestellung geändert"},
		}},
		{TriggerEvents, "shipment", "ParcelId TrackingCode OrderShipmentId OrderShipmentCode OrderId OrderCode", []row{
			{"ShipmentCreated", KindShipment, "Shipment created", "Sendung angelegt"},
			{"ShipmentDelivered", KindShipment, "Shipment delivered", "Sendung zugestellt"},
			{"ParcelStatusChange", KindParcel, "Parcel status changed", "Paketstatus geändert"},
			{"ParcelPickupDone", KindParcel, "Parcel picked up", "Paket abgeholt"},
			{"NewParcelAdded", KindParcel, "New parcel added", "Neues Paket hinzugefügt"},
			{"ShipmentPicked", KindShipment, "Shipment picked", "Sendung kommissioniert"},
			{"ShipmentPacked", KindShipment, "Shipment packed", "Sendung verpackt"},
			{"ShipmentShipped", KindShipment, "Shipment shipped", "Sendung versandt"},
			{"OrderShipmentStatusChanged", KindShipment, "Status of order shipment changed", "Status der Sendung zur Bestellung geändert"},
			{"OrderFullyShipped", KindOrder, "Order fully shipped", "Bestellung vollständig versandt"},
			{"ShipmentHandover", KindShipment, "Shipment handed over", "Sendung übergeben"},
			{"ShipmentChanged", KindShipment, "Shipment changed", "Sendung geändert"},
			{"ParcelChanged", KindParcel, "Parcel changed", "Paket geändert"},
		}},
		{TriggerEvents, "order_return", "OrderReturnId OrderReturnCode OrderId OrderCode", []row{
			{"MainOrderReturnStatusChanged", KindOrderReturn, "Main status of return changed", "Hauptstatus der Retoure geändert"},
			{"OrderReturnChanged", KindOrderReturn, "Return changed", "Retoure geändert"},
			{"OrderReturnCreated", KindOrderReturn, "Return created", "Retoure angelegt"},
		}},
		{TriggerEvents, "product_property", "Id Code", []row{
			{"ProductPropertyDefChanged", KindProductProperty, "Product property definition changed", "Definition einer Produkteigenschaft geändert"},
			{"ProductPropertyDefDeleted", KindProductProperty, "Product property definition deleted", "Definition einer Produkteigenschaft gelöscht"},
		}},
		{TriggerEvents, "product_brand", "Id Name", []row{
			{"ProductBrandChanged", KindProductBrand, "Product brand changed", "Produktmarke geändert"},
			{"ProductBrandDeleted", KindProductBrand, "Product brand deleted", "Produktmarke gelöscht"},
		}},
		{TriggerEvents, "call", "Id", []row{
			{"VoipCallChanged", KindCall, "VoIP call changed", "VoIP-Anruf geändert"},
		}},
		{TriggerEvents, "ticket", ticketFields, []row{
			{"TicketMainStatusChanged", KindTicket, "Main status of ticket changed", "Hauptstatus des Tickets geändert"},
			{"TicketCreated", KindTicket, "Ticket created", "Ticket angelegt"},
		}},
		{TriggerEvents, "ticket", handlingFields, []row{
			{"TicketHandlingEmployeeGroupChanged", KindTicket, "Employee group handling ticket changed", "Zuständige Mitarbeitergruppe des Tickets geändert"},
			{"TicketHandlingEmployeeChanged", KindTicket, "Employee handling ticket changed", "Zuständiger Mitarbeiter des Tickets geändert"},
		}},
		{TriggerEvents, "ticket", ticketFields + " TicketMessageDirection", []row{
			{"TicketIncomingMessage", KindTicket, "Incoming ticket message", "Eingehende Ticketnachricht"},
			{"TicketOutcomingMessage", KindTicket, "Outgoing ticket message", "Ausgehende Ticketnachricht"},
		}},
		{TriggerEvents, "ticket", ticketFields, []row{
			{"TicketChanged", KindTicket, "Ticket changed", "Ticket geändert"},
		}},
	}
}
