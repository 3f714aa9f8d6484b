package trade

import "strings"

// ResendType returns the name of the event by which an entity is told of again
// whose latest event was of the given type: that for just this where there is
// one, else the most general change of such an entity, else the same type. Hooks
// that were told of the one may not be told of the other.
func ResendType(latest EventType) string {
	switch latest.Family {
	case OrderEvents:
		if strings.HasSuffix(latest.Name, "BySupplier") {
			return "OrderResentBySupplier"
		}
		return "OrderResentByBuyer"
	case ShipmentEvents:
		return "ShipmentResentByBuyer"
	case TriggerEvents:
		if change, ok := changes()[latest.Entity]; ok {
			return change
		}
	case DocumentEvents:
	}
	return latest.Name
}

// changes names the most general change of each kind of entity that has one.
func changes() map[EntityKind]string {
	return map[EntityKind]string{
		KindOrder: "OrderChanged", KindShipment: "ShipmentChanged", KindParcel: "ParcelChanged",
		KindInvoice: "InvoiceChanged", KindProduct: "ProductChanged", KindProductPackage: "ProductPackageChanged",
		KindProductGroup: "ProductGroupChanged", KindProductProperty: "ProductPropertyDefChanged",
		KindProductBrand: "ProductBrandChanged", KindPurchaseOrder: "PurchaseOrderChanged",
		KindOrderReturn: "OrderReturnChanged", KindTicket: "TicketChanged", KindCall: "VoipCallChanged",
	}
}
