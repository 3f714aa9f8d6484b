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
			{"ProductCreated", Product, "Product created", "Produkt angelegt"},
			{"ProductChanged", Product, "Product changed", "Produkt geändert"},
			{"ProductDeleted", Product, "Product deleted", "Produkt gelöscht"},
			{"ProductAvailableStockChanged", Product, "Available stock of product changed", "Verfügbarer Bestand des Produkts geändert"},
			{"ProductLocked", Product, "Product locked", "Produkt gesperrt"},
			{"ProductUnlocked", Product, "Product unlocked", "Produkt entsperrt"},
			{"ProductDimensionsChanged", Product, "Product dimensions changed", "Produktabmessungen geändert"},
		}},
		{TriggerEvents, "product_package", "ProductPackageId ProductId ShopGroupId", []row{
			{"ProductPackageCreated", ProductPackage, "Product package created", "Produktpaket angelegt"},
			{"ProductPackageChanged", ProductPackage, "Product package changed", "Produktpaket geändert"},
			{"ProductPackageDeleted", ProductPackage, "Product package deleted", "Produktpaket gelöscht"},
		}},
		{TriggerEvents, "product_selection", "ProductId ProductCode ProductSelectionProductId ShopId", []row{
			{"ProductSelectionProductChanged", Product, "Product in a product selection changed", "Produkt in einer Produktauswahl geändert"},
			{"ProductSelectionProductDeleted", Product, "Product deleted from a product selection", "Produkt aus einer Produktauswahl gelöscht"},
		}},
		{TriggerEvents, "product_group", "ProductGroupId ProductGroupName", []row{
			{"ProductGroupChanged", ProductGroup, "Product group changed", "Produktgruppe geändert"},
			{"ProductGroupDeleted", ProductGroup, "Product group deleted", "Produktgruppe gelöscht"},
		}},
		{TriggerEvents, "order", "OrderId OrderCode CustomerRating", []row{
			{"OrderCustomerRatingChanged", Order, "Customer's rating of order changed", "Kundenbewertung der Bestellung geändert"},
		}},
		{TriggerEvents, "order", "OrderCommentId OrderId OrderCode TicketId TicketCode", []row{
			{"OrderCommentChanged", Order, "Order comment changed", "Kommentar zur Bestellung geändert"},
		}},
		{TriggerEvents, "order", orderFields, []row{
			{"OrderCreated", Order, "Order created", "Bestellung angelegt"},
			{"OrderChanged", Order, "Order changed", "Bestellung geändert"},
		}},
		{TriggerEvents, "invoice", "InvoiceId InvoiceCode OrderId OrderCode", []row{
			{"InvoicePaymentsDone", Invoice, "Invoice paid in full", "Rechnung vollständig bezahlt"},
			{"OrderInvoicesAllPaid", Order, "All invoices of order paid", "Alle Rechnungen der Bestellung bezahlt"},
			{"InvoicePaymentsNotDone", Invoice, "Invoice not paid", "Rechnung nicht bezahlt"},
			{"InvoicePaymentsPartialDone", Invoice, "Invoice paid in part", "Rechnung teilweise bezahlt"},
			{"NonDraftInvoiceSaved", Invoice, "Non-draft invoice saved", "Endgültige Rechnung gespeichert"},
			{"NonDraftCreditInvoiceSaved", Invoice, "Non-draft credit invoice saved", "Endgültige Rechnungskorrektur gespeichert"},
			{"OrderInvoicesCreated", Order, "Invoices of order created", "Rechnungen zur Bestellung erstellt"},
			{"InvoiceChanged", Invoice, "Invoice changed", "Rechnung geändert"},
		}},
		{TriggerEvents, "shop", "ShopId", []row{
			{"NewShopSaved", Shop, "New shop saved", "Neuer Shop gespeichert"},
			{"InitNewShop", Shop, "New shop initialized", "Neuer Shop initialisiert"},
		}},
		{TriggerEvents, "purchase_order", "PurchaseOrderId PurchaseOrderCode SupplierId WarehouseId OrderId OrderCode ShopId", []row{
			{"PurchaseOrderCreated", PurchaseOrder, "Purchase order created", "Einkaufsbestellung angelegt"},
			{"PurchaseOrderDeliveryProvisioned", PurchaseOrder, "Delivery for purchase order provisioned", "Lieferung zur Einkaufsbestellung bereitgestellt"},
			{"PurchaseOrderDeliveryReceived", PurchaseOrder, "Delivery for purchase order received", "Lieferung zur Einkaufsbestellung eingegangen"},
			{"PurchaseOrderHandedOver", PurchaseOrder, "Purchase order handed over", "Einkaufsbestellung übergeben"},
			{"PurchaseOrderProvisioned", PurchaseOrder, "Purchase order provisioned", "Einkaufsbestellung bereitgestellt"},
			{"PurchaseOrderReceived", PurchaseOrder, "Purchase order received", "Einkaufsbestellung eingegangen"},
			{"PurchaseOrderMainStatusChanged", PurchaseOrder, "Main status of purchase order changed", "Hauptstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderSubmitStatusChanged", PurchaseOrder, "Submission status of purchase order changed", "Übermittlungsstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderPaymentStatusChanged", PurchaseOrder, "Payment status of purchase order changed", "Zahlungsstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderProvisionStatusChanged", PurchaseOrder, "Provisioning status of purchase order changed", "Bereitstellungsstatus der Einkaufsbestellung geändert"},
			{"PurchaseOrderCustomStatusChanged", PurchaseOrder, "Custom status of purchase order changed", "Eigener Status der Einkaufsbestellung geändert"},
			{"PurchaseOrderChanged", PurchaseOrder, "Purchase order changed", "Einkaufsbestellung geändert"},
		}},
		{TriggerEvents, "shipment", "ParcelId TrackingCode OrderShipmentId OrderShipmentCode OrderId OrderCode", []row{
			{"ShipmentCreated", Shipment, "Shipment created", "Sendung angelegt"},
			{"ShipmentDelivered", Shipment, "Shipment delivered", "Sendung zugestellt"},
			{"ParcelStatusChange", Parcel, "Parcel status changed", "Paketstatus geändert"},
			{"ParcelPickupDone", Parcel, "Parcel picked up", "Paket abgeholt"},
			{"NewParcelAdded", Parcel, "New parcel added", "Neues Paket hinzugefügt"},
			{"ShipmentPicked", Shipment, "Shipment picked", "Sendung kommissioniert"},
			{"ShipmentPacked", Shipment, "Shipment packed", "Sendung verpackt"},
			{"ShipmentShipped", Shipment, "Shipment shipped", "Sendung versandt"},
			{"OrderShipmentStatusChanged", Shipment, "Status of order shipment changed", "Status der Sendung zur Bestellung geändert"},
			{"OrderFullyShipped", Order, "Order fully shipped", "Bestellung vollständig versandt"},
			{"ShipmentHandover", Shipment, "Shipment handed over", "Sendung übergeben"},
			{"ShipmentChanged", Shipment, "Shipment changed", "Sendung geändert"},
			{"ParcelChanged", Parcel, "Parcel changed", "Paket geändert"},
		}},
		{TriggerEvents, "order_return", "OrderReturnId OrderReturnCode OrderId OrderCode", []row{
			{"MainOrderReturnStatusChanged", OrderReturn, "Main status of return changed", "Hauptstatus der Retoure geändert"},
			{"OrderReturnChanged", OrderReturn, "Return changed", "Retoure geändert"},
			{"OrderReturnCreated", OrderReturn, "Return created", "Retoure angelegt"},
		}},
		{TriggerEvents, "product_property", "Id Code", []row{
			{"ProductPropertyDefChanged", ProductProperty, "Product property definition changed", "Definition einer Produkteigenschaft geändert"},
			{"ProductPropertyDefDeleted", ProductProperty, "Product property definition deleted", "Definition einer Produkteigenschaft gelöscht"},
		}},
		{TriggerEvents, "product_brand", "Id Name", []row{
			{"ProductBrandChanged", ProductBrand, "Product brand changed", "Produktmarke geändert"},
			{"ProductBrandDeleted", ProductBrand, "Product brand deleted", "Produktmarke gelöscht"},
		}},
		{TriggerEvents, "call", "Id", []row{
			{"VoipCallChanged", Call, "VoIP call changed", "VoIP-Anruf geändert"},
		}},
		{TriggerEvents, "ticket", ticketFields, []row{
			{"TicketMainStatusChanged", Ticket, "Main status of ticket changed", "Hauptstatus des Tickets geändert"},
			{"TicketCreated", Ticket, "Ticket created", "Ticket angelegt"},
		}},
		{TriggerEvents, "ticket", handlingFields, []row{
			{"TicketHandlingEmployeeGroupChanged", Ticket, "Employee group handling ticket changed", "Zuständige Mitarbeitergruppe des Tickets geändert"},
			{"TicketHandlingEmployeeChanged", Ticket, "Employee handling ticket changed", "Zuständiger Mitarbeiter des Tickets geändert"},
		}},
		{TriggerEvents, "ticket", ticketFields + " TicketMessageDirection", []row{
			{"TicketIncomingMessage", Ticket, "Incoming ticket message", "Eingehende Ticketnachricht"},
			{"TicketOutcomingMessage", Ticket, "Outgoing ticket message", "Ausgehende Ticketnachricht"},
		}},
		{TriggerEvents, "ticket", ticketFields, []row{
			{"TicketChanged", Ticket, "Ticket changed", "Ticket geändert"},
		}},
	}
}
