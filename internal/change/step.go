package change

import (
	"bytes"

	"github.com/waybillhq/waybill/internal/trade"
)

// step returns what happened to the process of a line, "" if nothing did. Terms
// says whether other terms (schedule, prices, charges) are agreed on or issued,
// asked whether one party asks for others.
func step(old, now *trade.Line, by Party, terms, asked bool) string {
	was, is := old.Status.ProcessStatus, now.Status.ProcessStatus
	if was != is {
		if name := ended(was, is); name != "" {
			return name
		}
	}
	wasIn, isIn := old.Status.InProgressStatus, now.Status.InProgressStatus
	if wasIn != isIn {
		if name := begun(isIn); name != "" {
			return name
		}
		if name := answered(old, now, by, terms); name != "" {
			return name
		}
	}
	switch {
	case was != is:
		return moved(old, now, by)
	case now.Status.ProcessStatus == trade.InProgress:
		if open := pending(now.Status.InProgressStatus); open && (terms || asked) {
			return begun(isIn) // once more
		}
	}
	if terms {
		return renewed(now, by)
	}
	return ""
}

// ended names the end of a line's process, or the way back from it.
func ended(was, is trade.ProcessStatus) string {
	switch is {
	case trade.Cancelled:
		return "OrderLinesCancelledByBuyer"
	case trade.Completed:
		return "OrderLinesCompletedByBuyer"
	case trade.Rejected:
		return "OrderLinesRejectedBySupplier"
	default:
	}
	switch was {
	case trade.Cancelled:
		return "CancelledOrderLinesRevertedByBuyer"
	case trade.Completed:
		return "CompletedOrderLinesRevertedByBuyer"
	case trade.Rejected:
		if is != trade.Confirmed {
			return "OrderLinesReissuedByBuyer"
		}
	default:
	}
	return ""
}

// pending reports whether one party waits for the other to answer.
func pending(s trade.InProgressStatus) bool {
	switch s {
	case trade.OpenSupplierProposal, trade.OpenBuyerReopenRequest, trade.OpenSupplierReopenRequest,
		trade.OpenReconfirmationRequest, trade.OpenShipmentRescheduleRequest:
		return true
	default:
		return false
	}
}

// begun names what has come to be in progress.
func begun(s trade.InProgressStatus) string {
	switch s {
	case trade.OpenSupplierProposal:
		return "OrderChangesProposedBySupplier"
	case trade.RejectedSupplierProposal:
		return "OrderChangesProposalRejectedByBuyer"
	case trade.ReissuedRejectedLine:
		return "OrderLinesReissuedByBuyer"
	case trade.OpenBuyerReopenRequest:
		return "OrderLinesReopenRequestedByBuyer"
	case trade.OpenSupplierReopenRequest:
		return "OrderLinesReopenRequestedBySupplier"
	case trade.OpenReconfirmationRequest:
		return "OrderLinesReconfirmationRequestedByBuyer"
	case trade.OpenShipmentRescheduleRequest:
		return "OrderLinesShipmentRescheduleRequestedBySupplier"
	case trade.ApprovedDeliverySchedule:
		return "OrderLinesShipmentRescheduleApprovedByBuyer"
	case trade.RejectedDeliverySchedule:
		return "OrderLinesShipmentRescheduleRejectedByBuyer"
	case trade.RevertedCompletedLine:
		return "CompletedOrderLinesRevertedByBuyer"
	case trade.RevertedCancelledLine:
		return "CancelledOrderLinesRevertedByBuyer"
	}
	return ""
}

// answered names the answer to what was in progress. A request is approved when
// the line is open again, the terms are others, or it says so itself.
func answered(old, now *trade.Line, by Party, terms bool) string {
	confirmed := now.Status.ProcessStatus == trade.Confirmed
	switch old.Status.InProgressStatus {
	case trade.OpenSupplierProposal:
		switch {
		case confirmed:
			return "OrderChangesProposalApprovedByBuyer"
		case by == Supplier:
			return "OrderLinesUpdatedBySupplier"
		}
		return "OrderChangesProposalRejectedByBuyer"
	case trade.OpenBuyerReopenRequest:
		return reopened(Buyer, Supplier, by, zero(now.BuyerLine).Requests, terms || !confirmed)
	case trade.OpenSupplierReopenRequest:
		return reopened(Supplier, Buyer, by, zero(now.SupplierLine).Requests, terms || !confirmed)
	case trade.OpenReconfirmationRequest:
		if confirmed && by != Buyer {
			return "OrderLinesReconfirmedBySupplier"
		}
		return "OrderLinesUpdatedByBuyer"
	case trade.OpenShipmentRescheduleRequest:
		if terms {
			return "OrderLinesShipmentRescheduleApprovedByBuyer"
		}
		return "OrderLinesShipmentRescheduleRejectedByBuyer"
	default:
		return ""
	}
}

// reopened names the end of the request of asker to reopen a line, which is
// for answerer to answer and for asker to withdraw.
func reopened(asker, answerer, by Party, requests *trade.Requests, changed bool) string {
	const request = "OrderLinesReopenRequest"
	status := zero(zero(requests).ReopenRequest).Status
	switch {
	case by == asker, by == "" && status == trade.RequestClosed:
		return asker.by(request + "Reverted")
	case status == trade.RequestApproved, status != trade.RequestRejected && changed:
		return answerer.by(request + "Approved")
	}
	return answerer.by(request + "Rejected")
}

// moved names how a line that wasn't in some known progress has come to another
// process status.
func moved(old, now *trade.Line, by Party) string {
	switch now.Status.ProcessStatus {
	case trade.Confirmed:
		switch {
		case by == Buyer:
			return "OrderLinesConfirmedByBuyer"
		case bytes.Equal(agreed(now), issued(old)):
			return "OrderLinesAcceptedBySupplier"
		}
		return "OrderLinesConfirmedBySupplier"
	case trade.InProgress:
		switch {
		case old.Status.ProcessStatus == trade.Confirmed:
			return by.or(Buyer).by("OrderLinesReopenRequested")
		case by == Buyer:
			return "OrderLinesReissuedByBuyer"
		}
		return "OrderChangesProposedBySupplier"
	default:
		return "OrderLinesReissuedByBuyer" // issued again
	}
}

// renewed names what other terms mean for a line whose status has stayed.
func renewed(now *trade.Line, by Party) string {
	switch now.Status.ProcessStatus {
	case trade.Issued:
		if by == Supplier {
			return "OrderChangesProposedBySupplier"
		}
		return "OrderLinesReissuedByBuyer"
	case trade.Confirmed:
		return by.or(Buyer).by("OrderLinesConfirmed")
	default:
		return by.or(Buyer).by("OrderLinesUpdated")
	}
}
