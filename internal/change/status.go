package change

import (
	"slices"

	"github.com/waybillhq/waybill/internal/trade"
)

// settle fills in the statuses of an order's lines, from those before where the
// state has none, and makes of them what is said of the whole order.
func settle(old map[string]*trade.Line, now *trade.Order) {
	overdue := false
	for i := range now.Lines {
		l := &now.Lines[i]
		settleLine(&l.Status, zero(old[l.ID]).Status, l.DeliverySchedule)
		overdue = overdue || l.Indicators.DeliveryOverdue
	}
	now.Indicators.DeliveryOverdue = overdue
	now.Status.ProcessStatus = Process(now.Lines)
	now.Status.LogisticsStatus = Logistics(now.Lines)
}

func settleLine(s *trade.LineStatus, before trade.LineStatus, schedule []trade.Delivery) {
	if s.ProcessStatus == "" {
		s.ProcessStatus = before.ProcessStatus
		if s.InProgressStatus == "" {
			s.InProgressStatus = before.InProgressStatus
		}
	}
	if s.ProcessStatus == "" {
		s.ProcessStatus = trade.Issued
	}
	if s.ProcessStatus != trade.InProgress {
		s.InProgressStatus = ""
	}
	if s.LogisticsStatus == "" {
		s.LogisticsStatus = scheduled(schedule)
	}
	if s.LogisticsStatus == "" {
		s.LogisticsStatus = before.LogisticsStatus
	}
	if s.LogisticsStatus == "" {
		s.LogisticsStatus = trade.Open
	}
}

// Process returns the process status of an order with the given lines. Cancelled
// lines are left out of account, unless all are. What all others are, the order
// is; it is confirmed when some are confirmed and the others completed; anything
// else is in progress. Without lines it is issued.
func Process(lines []trade.Line) trade.ProcessStatus {
	seen := make(map[trade.ProcessStatus]bool)
	for i := range lines {
		seen[lines[i].Status.ProcessStatus] = true
	}
	if len(seen) > 1 {
		delete(seen, trade.Cancelled)
	}
	switch {
	case len(seen) == 0:
		return trade.Issued
	case len(seen) == 1:
		for status := range seen {
			return status
		}
	case len(seen) == 2 && seen[trade.Confirmed] && seen[trade.Completed]:
		return trade.Confirmed
	}
	return trade.InProgress
}

// Logistics returns the logistics status of an order with the given lines: how far
// the whole quantity has come, which is as far as its last line. Cancelled lines
// are left out of account, unless all are. Without lines it is open.
func Logistics(lines []trade.Line) trade.LogisticsStatus {
	statuses := make([]trade.LogisticsStatus, len(lines))
	for i := range lines {
		statuses[i] = lines[i].Status.LogisticsStatus
	}
	if len(statuses) == 0 {
		return trade.Open
	}
	return least(statuses)
}

// scheduled returns how far the whole quantity of a schedule has come, "" if no
// delivery says.
func scheduled(schedule []trade.Delivery) trade.LogisticsStatus {
	said := false
	statuses := make([]trade.LogisticsStatus, len(schedule))
	for i, d := range schedule {
		statuses[i] = d.Status
		said = said || d.Status != ""
	}
	if !said {
		return ""
	}
	return least(statuses)
}

// least returns the status that is the least far; cancelled counts as the farthest.
func least(statuses []trade.LogisticsStatus) trade.LogisticsStatus {
	ranks := trade.Open.Values()
	first := len(ranks) - 1
	for _, s := range statuses {
		first = min(first, max(0, slices.Index(ranks, string(s))))
	}
	return trade.LogisticsStatus(ranks[first])
}
