package order

import (
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

// SingleOrder is an order for receivers that know one delivery per line.
type SingleOrder struct {
	ID            string               `json:"orderId"`
	BuyerOrder    *trade.BuyerOrder    `json:"buyerOrder,omitzero"`
	SupplierOrder *trade.SupplierOrder `json:"supplierOrder,omitzero"`
	Indicators    trade.Indicators     `json:"indicators"`
	Status        trade.OrderStatus    `json:"status"`
	Version       int64                `json:"version"`
	EventDates    *trade.EventDates    `json:"eventDates,omitzero"`
	Lines         []SingleLine         `json:"lines"`
	Meta          *trade.Meta          `json:"meta,omitzero"`
	LastUpdatedAt time.Time            `json:"lastUpdatedAt,omitzero"`
	More          trade.Unknown        `json:"-"`
}

// SingleLine is one delivery of a line. Lines with the same ID are of one line.
type SingleLine struct {
	ID                string               `json:"id"`
	LineType          trade.LineType       `json:"lineType,omitzero"`
	BuyerLine         *trade.BuyerLine     `json:"buyerLine,omitzero"`
	SupplierLine      *trade.SupplierLine  `json:"supplierLine,omitzero"`
	ConfirmedLine     *SingleConfirmed     `json:"confirmedLine,omitzero"`
	StatusLine        StatusLine           `json:"statusLine"`
	DeliveryHistory   []trade.PastDelivery `json:"deliveryHistory,omitzero"`
	Indicators        trade.Indicators     `json:"indicators"`
	Status            trade.LineStatus     `json:"status"`
	EventDates        *trade.EventDates    `json:"eventDates,omitzero"`
	MergedItemDetails *trade.ItemDetails   `json:"mergedItemDetails,omitzero"`
	LastUpdatedAt     time.Time            `json:"lastUpdatedAt,omitzero"`
	More              trade.Unknown        `json:"-"`
}

// SingleConfirmed is what was agreed on of one delivery.
type SingleConfirmed struct {
	ScheduledDelivery *trade.Delivery    `json:"scheduledDelivery,omitzero"`
	Prices            *trade.Prices      `json:"prices,omitzero"`
	ChargeLines       []trade.ChargeLine `json:"chargeLines,omitzero"`
	More              trade.Unknown      `json:"-"`
}

// StatusLine is a delivery and its prices as issued or confirmed, and as they
// would be with the open requests.
type StatusLine struct {
	ScheduledDelivery             *trade.Delivery    `json:"scheduledDelivery,omitzero"`
	ScheduledDeliveryInclRequests *trade.Delivery    `json:"scheduledDeliveryInclRequests,omitzero"`
	Prices                        *trade.Prices      `json:"prices,omitzero"`
	PricesInclRequests            *trade.Prices      `json:"pricesInclRequests,omitzero"`
	ChargeLines                   []trade.ChargeLine `json:"chargeLines,omitzero"`
}

// single splits the lines of an order.
func single(o trade.Order) *SingleOrder {
	s := SingleOrder{
		ID: o.ID, BuyerOrder: o.BuyerOrder, SupplierOrder: o.SupplierOrder, Indicators: o.Indicators, Status: o.Status, Version: o.Version,
		EventDates: o.EventDates, Meta: o.Meta, LastUpdatedAt: o.LastUpdatedAt, More: o.More,
	}
	for i := range o.Lines {
		s.Lines = append(s.Lines, Split(&o.Lines[i])...)
	}
	return &s
}

// Split returns the lines that a line becomes for receivers that know one delivery
// per line: one for each delivery of its schedules, at least one. The first keeps
// the line's position, and with it charges and delivery history, which are of the
// whole line; the position of the others is empty, since the receiver hasn't given
// them one. If there are several, originalPosition of each is that of the line.
func Split(l *trade.Line) []SingleLine {
	rows := align(l)
	lines := make([]SingleLine, len(rows))
	for i, row := range rows {
		s := SingleLine{
			ID: l.ID, LineType: l.LineType, BuyerLine: l.BuyerLine, SupplierLine: l.SupplierLine, Indicators: l.Indicators, Status: l.Status,
			EventDates: l.EventDates, MergedItemDetails: l.MergedItemDetails, LastUpdatedAt: l.LastUpdatedAt, More: l.More,
		}
		s.StatusLine = StatusLine{
			ScheduledDelivery: row.scheduled, ScheduledDeliveryInclRequests: row.requested,
			Prices: l.Prices, PricesInclRequests: l.PricesIncludingRequests,
		}
		if c := l.ConfirmedLine; c != nil && (i == 0 || row.confirmed != nil || c.Prices != nil) {
			s.ConfirmedLine = &SingleConfirmed{ScheduledDelivery: row.confirmed, Prices: c.Prices, More: c.More}
		}
		if i == 0 {
			s.StatusLine.ChargeLines, s.DeliveryHistory = l.ChargeLines, l.DeliveryHistory
			if s.ConfirmedLine != nil {
				s.ConfirmedLine.ChargeLines = l.ConfirmedLine.ChargeLines
			}
		}
		if len(rows) > 1 && l.BuyerLine != nil {
			buyer := *l.BuyerLine
			buyer.OriginalPosition = buyer.Position
			if i > 0 {
				buyer.Position = ""
			}
			s.BuyerLine = &buyer
		}
		lines[i] = s
	}
	return lines
}

// A row is one delivery, as the schedules of a line have it.
type row struct{ scheduled, requested, confirmed *trade.Delivery }

// align puts side by side what the schedules of a line say of the same delivery:
// by their positions, if every one has its own in each schedule, else in order.
func align(l *trade.Line) []row {
	schedules := l.Schedules()
	byPosition := trade.Positioned(schedules[:])
	var rows []row
	places := make(map[string]int) // of positions in rows
	for i, schedule := range schedules {
		for j := range schedule {
			place := j
			if byPosition {
				at, ok := places[schedule[j].Position]
				if !ok {
					at = len(rows)
					places[schedule[j].Position] = at
				}
				place = at
			}
			if place == len(rows) {
				rows = append(rows, row{})
			}
			*[...]**trade.Delivery{&rows[place].scheduled, &rows[place].requested, &rows[place].confirmed}[i] = &schedule[j]
		}
	}
	if rows == nil {
		return make([]row, 1)
	}
	return rows
}
