package trade

// ProcessStatus says how far buyer and supplier have agreed on an order or one of
// its lines. That of an order is made of those of its lines.
type ProcessStatus string

// The process statuses of orders and lines.
const (
	Issued     ProcessStatus = "Issued"     // by the buyer; the supplier hasn't answered
	InProgress ProcessStatus = "InProgress" // there is something to settle, see InProgressStatus
	Confirmed  ProcessStatus = "Confirmed"  // agreed on
	Rejected   ProcessStatus = "Rejected"   // by the supplier
	Completed  ProcessStatus = "Completed"  // by the buyer
	Cancelled  ProcessStatus = "Cancelled"  // by the buyer
)

// Values returns the process statuses that there are.
func (ProcessStatus) Values() []string {
	return []string{"Issued", "InProgress", "Confirmed", "Rejected", "Completed", "Cancelled"}
}

// InProgressStatus says of a line in progress what there is to settle. A line in
// another process status has none.
type InProgressStatus string

// What can be in progress.
const (
	OpenSupplierProposal          InProgressStatus = "OpenSupplierProposal"
	RejectedSupplierProposal      InProgressStatus = "RejectedSupplierProposal"
	ReissuedRejectedLine          InProgressStatus = "ReissuedRejectedLine"
	OpenBuyerReopenRequest        InProgressStatus = "OpenBuyerReopenRequest"
	OpenSupplierReopenRequest     InProgressStatus = "OpenSupplierReopenRequest"
	OpenReconfirmationRequest     InProgressStatus = "OpenBuyerReconfirmationRequest"
	OpenShipmentRescheduleRequest InProgressStatus = "OpenSupplierShipmentRescheduleRequest"
	ApprovedDeliverySchedule      InProgressStatus = "ApprovedDeliverySchedule"
	RejectedDeliverySchedule      InProgressStatus = "RejectedDeliverySchedule"
	RevertedCompletedLine         InProgressStatus = "RevertedCompletedLine"
	RevertedCancelledLine         InProgressStatus = "RevertedCancelledLine"
)

// Values returns what can be in progress.
func (InProgressStatus) Values() []string {
	return []string{
		"OpenSupplierProposal", "RejectedSupplierProposal", "ReissuedRejectedLine", "OpenBuyerReopenRequest",
		"OpenSupplierReopenRequest", "OpenBuyerReconfirmationRequest", "OpenSupplierShipmentRescheduleRequest",
		"ApprovedDeliverySchedule", "RejectedDeliverySchedule", "RevertedCompletedLine", "RevertedCancelledLine",
	}
}

// LogisticsStatus says how far the whole quantity of an order, a line or a
// delivery has come on its way.
type LogisticsStatus string

// The logistics statuses, from the first to the last but for the cancelled one.
const (
	Open               LogisticsStatus = "Open"
	Produced           LogisticsStatus = "Produced"
	ReadyToShip        LogisticsStatus = "ReadyToShip"
	Shipped            LogisticsStatus = "Shipped"
	Delivered          LogisticsStatus = "Delivered"
	LogisticsCancelled LogisticsStatus = "Cancelled"
)

// Values returns the logistics statuses that there are, in the order in which
// goods go through them.
func (LogisticsStatus) Values() []string {
	return []string{"Open", "Produced", "ReadyToShip", "Shipped", "Delivered", "Cancelled"}
}

// RequestStatus says what became of a request of one party to the other.
type RequestStatus string

// The statuses of requests.
const (
	RequestOpen     RequestStatus = "Open"
	RequestApproved RequestStatus = "Approved"
	RequestRejected RequestStatus = "Rejected"
	RequestClosed   RequestStatus = "Closed" // it matters no more
)

// Values returns the statuses of requests that there are.
func (RequestStatus) Values() []string { return []string{"Open", "Approved", "Rejected", "Closed"} }

// LineType says what a line of an order is about.
type LineType string

// Values returns the types of lines that there are.
func (LineType) Values() []string { return []string{"Item", "Service", "Charge"} }

// OrderType says what an order is for.
type OrderType string

// Values returns the types of orders that there are.
func (OrderType) Values() []string { return []string{"Purchase", "Forecast", "RFQ"} }

// ShipmentStatus says whether the buyer agrees with a shipment.
type ShipmentStatus string

// The process statuses of shipments.
const (
	ShipmentIssued   ShipmentStatus = "Issued"
	ShipmentApproved ShipmentStatus = "Approved"
	ShipmentRejected ShipmentStatus = "Rejected"
)

// Values returns the process statuses of shipments that there are.
func (ShipmentStatus) Values() []string { return []string{"Issued", "Approved", "Rejected"} }
