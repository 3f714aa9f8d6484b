package trade

import (
	"encoding/json"
	"time"
)

// What an order or a shipment may have at most.
const (
	MaxLines      = 500 // of an order or a shipment
	MaxDocuments  = 100 // of a header or a line, of one party
	MaxDeliveries = 100 // in a delivery schedule

	MaxSplit = 128 << 20 // bytes of an order as it is sent to those who know one delivery per line
)

// Order is what buyer and supplier have said about an order, as it is now. Its
// JSON is what receivers know as an order event with all lines. Version,
// LastUpdatedAt, Status and the indicator of overdue deliveries are given by
// Waybill, see package change.
type Order struct {
	ID            string         `json:"orderId"`
	BuyerOrder    *BuyerOrder    `json:"buyerOrder,omitzero"`
	SupplierOrder *SupplierOrder `json:"supplierOrder,omitzero"`
	Indicators    Indicators     `json:"indicators"`
	Status        OrderStatus    `json:"status"`
	Version       int64          `json:"version"` // counts the states from 1
	EventDates    *EventDates    `json:"eventDates,omitzero"`
	Lines         []Line         `json:"lines"` // unique by ID; their order means nothing
	Meta          *Meta          `json:"meta,omitzero"`
	LastUpdatedAt time.Time      `json:"lastUpdatedAt,omitzero"`
	More          Unknown        `json:"-"`
}

// BuyerOrder is the buyer's part of an order.
type BuyerOrder struct {
	CompanyID             string            `json:"companyId,omitzero"`
	SupplierAccountNumber string            `json:"supplierAccountNumber,omitzero"`
	PurchaseOrderNumber   string            `json:"purchaseOrderNumber,omitzero"`
	Description           string            `json:"description,omitzero"`
	Destination           *Destination      `json:"destination,omitzero"`
	Contact               *Contact          `json:"contact,omitzero"`
	Properties            []Property        `json:"properties,omitzero"`
	Notes                 []string          `json:"notes,omitzero"`
	Labels                []json.RawMessage `json:"labels,omitzero"`
	Documents             []Attachment      `json:"documents,omitzero"`
	OrderType             OrderType         `json:"orderType,omitzero"`
	Terms                 *OrderTerms       `json:"terms,omitzero"`
	More                  Unknown           `json:"-"`
}

// SupplierOrder is the supplier's part of an order.
type SupplierOrder struct {
	CompanyID          string       `json:"companyId,omitzero"`
	BuyerAccountNumber string       `json:"buyerAccountNumber,omitzero"`
	Description        string       `json:"description,omitzero"`
	Contact            *Contact     `json:"contact,omitzero"`
	Properties         []Property   `json:"properties,omitzero"`
	Notes              []string     `json:"notes,omitzero"`
	Documents          []Attachment `json:"documents,omitzero"`
	More               Unknown      `json:"-"`
}

// Indicators are what is to be seen at a glance. An order is overdue when one of
// its lines is.
type Indicators struct {
	DeliveryOverdue bool    `json:"deliveryOverdue"`
	More            Unknown `json:"-"`
}

// OrderStatus is made of the statuses of an order's lines.
type OrderStatus struct {
	ProcessStatus   ProcessStatus   `json:"processStatus,omitzero"`
	LogisticsStatus LogisticsStatus `json:"logisticsStatus,omitzero"`
	More            Unknown         `json:"-"`
}

// Line is a line of an order.
type Line struct {
	ID               string         `json:"id"`
	LineType         LineType       `json:"lineType,omitzero"`
	BuyerLine        *BuyerLine     `json:"buyerLine,omitzero"`
	SupplierLine     *SupplierLine  `json:"supplierLine,omitzero"`
	ConfirmedLine    *ConfirmedLine `json:"confirmedLine,omitzero"`    // what was agreed on
	DeliverySchedule []Delivery     `json:"deliverySchedule,omitzero"` // as issued or confirmed, without open requests

	DeliveryScheduleIncludingRequests []Delivery `json:"deliveryScheduleIncludingRequests,omitzero"`

	Prices                  *Prices        `json:"prices,omitzero"` // as issued or confirmed, without open requests
	PricesIncludingRequests *Prices        `json:"pricesIncludingRequests,omitzero"`
	ChargeLines             []ChargeLine   `json:"chargeLines,omitzero"`
	DeliveryHistory         []PastDelivery `json:"deliveryHistory,omitzero"` // what was received, in the order in which it was told
	Indicators              Indicators     `json:"indicators"`
	Status                  LineStatus     `json:"status"`
	EventDates              *EventDates    `json:"eventDates,omitzero"`
	MergedItemDetails       *ItemDetails   `json:"mergedItemDetails,omitzero"`
	LastUpdatedAt           time.Time      `json:"lastUpdatedAt,omitzero"`
	More                    Unknown        `json:"-"`
}

// BuyerLine is the buyer's part of a line.
type BuyerLine struct {
	Position         string            `json:"position,omitzero"`
	OriginalPosition string            `json:"originalPosition,omitzero"` // of the line that this one was split from
	Description      string            `json:"description,omitzero"`
	Item             *Item             `json:"item,omitzero"`
	Requests         *Requests         `json:"requests,omitzero"`
	Terms            *LineTerms        `json:"terms,omitzero"`
	ProjectNumber    string            `json:"projectNumber,omitzero"`
	ProductionNumber string            `json:"productionNumber,omitzero"`
	SalesOrderNumber string            `json:"salesOrderNumber,omitzero"`
	Indicators       *BuyerIndicators  `json:"indicators,omitzero"`
	Properties       []Property        `json:"properties,omitzero"`
	Notes            []string          `json:"notes,omitzero"`
	Labels           []json.RawMessage `json:"labels,omitzero"`
	Documents        []Attachment      `json:"documents,omitzero"`
	More             Unknown           `json:"-"`
}

// SupplierLine is the supplier's part of a line.
type SupplierLine struct {
	SalesOrderNumber   string       `json:"salesOrderNumber,omitzero"`
	SalesOrderPosition string       `json:"salesOrderPosition,omitzero"`
	Description        string       `json:"description,omitzero"`
	Requests           *Requests    `json:"requests,omitzero"`
	Properties         []Property   `json:"properties,omitzero"`
	Notes              []string     `json:"notes,omitzero"`
	Documents          []Attachment `json:"documents,omitzero"`
	More               Unknown      `json:"-"`
}

// ConfirmedLine is what buyer and supplier have agreed on.
type ConfirmedLine struct {
	DeliverySchedule []Delivery   `json:"deliverySchedule,omitzero"`
	Prices           *Prices      `json:"prices,omitzero"`
	ChargeLines      []ChargeLine `json:"chargeLines,omitzero"`
	More             Unknown      `json:"-"`
}

// LineStatus is how far a line has come.
type LineStatus struct {
	ProcessStatus    ProcessStatus    `json:"processStatus,omitzero"`
	InProgressStatus InProgressStatus `json:"inProgressStatus,omitzero"`
	LogisticsStatus  LogisticsStatus  `json:"logisticsStatus,omitzero"`
	More             Unknown          `json:"-"`
}

// Requests are what one party asks of the other about a line.
type Requests struct {
	Proposal      *Request `json:"proposal,omitzero"`
	ReopenRequest *Request `json:"reopenRequest,omitzero"`
	More          Unknown  `json:"-"`
}

// Request asks for another schedule, prices or charges.
type Request struct {
	DeliverySchedule []Delivery    `json:"deliverySchedule,omitzero"`
	Prices           *Prices       `json:"prices,omitzero"`
	ChargeLines      []ChargeLine  `json:"chargeLines,omitzero"`
	Reason           string        `json:"reason,omitzero"`
	Status           RequestStatus `json:"status,omitzero"`
	More             Unknown       `json:"-"`
}

// Delivery is an entry of a delivery schedule: how much is to come on which day.
type Delivery struct {
	Position      string          `json:"position,omitzero"` // in the schedule
	Date          Date            `json:"date,omitzero"`
	Quantity      Decimal         `json:"quantity,omitzero"`
	Status        LogisticsStatus `json:"status,omitzero"`
	ETD           Date            `json:"etd,omitzero"` // estimated departure
	ETA           Date            `json:"eta,omitzero"` // estimated arrival
	TransportMode string          `json:"transportMode,omitzero"`
	LastUpdatedAt time.Time       `json:"lastUpdatedAt,omitzero"`
	More          Unknown         `json:"-"`
}

// PastDelivery is an entry of a delivery history: what came on which day.
type PastDelivery struct {
	Position string  `json:"position,omitzero"`
	Date     Date    `json:"date,omitzero"`
	Quantity Decimal `json:"quantity,omitzero"`
	More     Unknown `json:"-"`
}

// Schedules returns the delivery schedules of a line: as issued or confirmed, with the
// open requests, and as agreed on.
func (l *Line) Schedules() [3][]Delivery {
	var confirmed []Delivery
	if l.ConfirmedLine != nil {
		confirmed = l.ConfirmedLine.DeliverySchedule
	}
	return [...][]Delivery{l.DeliverySchedule, l.DeliveryScheduleIncludingRequests, confirmed}
}

// Positioned reports whether each delivery has a position of its own in its
// schedule: then those of the same position are the same delivery, else those of the
// same place.
func Positioned(schedules [][]Delivery) bool {
	for _, schedule := range schedules {
		seen := make(map[string]bool, len(schedule))
		for _, d := range schedule {
			if d.Position == "" || seen[d.Position] {
				return false
			}
			seen[d.Position] = true
		}
	}
	return true
}

// Deliveries returns how many different deliveries the schedules of a line have.
func (l *Line) Deliveries() int {
	schedules := l.Schedules()
	n := 0
	positions := make(map[string]bool)
	for _, schedule := range schedules {
		n = max(n, len(schedule))
		for _, d := range schedule {
			positions[d.Position] = true
		}
	}
	if Positioned(schedules[:]) {
		n = len(positions)
	}
	return n
}
