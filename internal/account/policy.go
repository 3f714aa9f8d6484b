package account

import (
	"slices"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Action is something that the policy decides about.
type Action string

// The actions. Those of the operator are about all companies or about what a
// company may not decide itself; the others are about one company.
const (
	ListCompanies Action = "company.list"
	PutCompany    Action = "company.put" // add one, or change all of it
	ManageKeysAll Action = "operator.keys"
	ManageStaff   Action = "operator.users" // the operator's own people
	ReadAuditAll  Action = "operator.audit"
	MakePortal    Action = "portal.make"
	ReadMetrics   Action = "operator.metrics"

	ReadCompany   Action = "company.read"
	ChangeCompany Action = "company.change" // name, language, time zone
	PostEvents    Action = "event.post"
	ReadEvents    Action = "event.read"
	PostDocuments Action = "document.post" // and objects, and statuses by hand
	ReadDocuments Action = "document.read" // and objects, and deals
	ChangeOrders  Action = "order.change"  // and shipments
	ReadOrders    Action = "order.read"    // and shipments
	ReadHooks     Action = "hook.read"
	ChangeHooks   Action = "hook.change"
	ReadQueue     Action = "delivery.read"
	OperateQueue  Action = "delivery.operate" // retry, cancel, replay …
	ReadUsers     Action = "user.read"
	ManageUsers   Action = "user.manage"
	ReadKeys      Action = "key.read"
	ManageKeys    Action = "key.manage"
	ReadAudit     Action = "audit.read"
	ReadAlerts    Action = "alert.read"
	ManageAlerts  Action = "alert.manage" // acknowledge and close them

	OwnProfile Action = "profile" // read and change the own name, language, picture, password, sessions
)

// Actions returns all actions.
func Actions() []Action {
	return append(operatorActions(), append(companyActions(), OwnProfile)...)
}

func operatorActions() []Action {
	return []Action{ListCompanies, PutCompany, ManageKeysAll, ManageStaff, ReadAuditAll, MakePortal, ReadMetrics}
}

func companyActions() []Action {
	return []Action{
		ReadCompany, ChangeCompany, PostEvents, ReadEvents, PostDocuments, ReadDocuments, ChangeOrders, ReadOrders, ReadHooks, ChangeHooks, ReadQueue, OperateQueue,
		ReadUsers, ManageUsers, ReadKeys, ManageKeys, ReadAudit, ReadAlerts, ManageAlerts,
	}
}

// may returns what a role may do in its own company.
func may(r Role) []Action {
	switch r {
	case Operator, Admin:
		return companyActions()
	case Member:
		return []Action{ReadCompany, ReadEvents, ReadDocuments, ReadOrders, ReadHooks, ReadQueue, ReadUsers, ReadKeys, ReadAudit, ReadAlerts}
	case Reader:
		return []Action{ReadCompany, ReadEvents, ReadDocuments, ReadOrders, ReadHooks, ReadQueue, ReadAlerts}
	case Producer:
		return []Action{ReadCompany, PostEvents, ReadEvents, PostDocuments, ReadDocuments, ChangeOrders, ReadOrders}
	}
	return nil
}

// Policy decides who may do what.
type Policy struct {
	Modules Modules
}

// Allow returns nil if an actor may take an action, which is about company
// unless it is the operator's or about the own profile. Otherwise it returns a
// *hook.Error: of fault Missing for another company's, whose existence must not
// show, of fault Denied for what the role or the contract doesn't allow. It
// takes a company that isn't there as nil.
//
// The operator is not bound by the modules of a contract.
func (p Policy) Allow(a Actor, do Action, company *trade.Company) error {
	switch {
	case a.Role == "":
		return &hook.Error{
			Fault: hook.Unknown, Msg: "sign in, or send the header Authorization: Bearer KEY",
			German: "Bitte melden Sie sich an oder senden Sie die Kopfzeile Authorization: Bearer SCHLÜSSEL.",
		}
	case do == OwnProfile:
		if a.User.Version() == 0 {
			return denied("only people have a profile; sign in", "Nur Personen haben ein Profil; bitte melden Sie sich an.")
		}
		return nil
	case slices.Contains(operatorActions(), do):
		if a.Role != Operator {
			return denied("only the operator of this server may do that", "Das darf nur der Betreiber dieses Servers.")
		}
		return nil
	case company == nil || a.Role != Operator && a.Company != company.ID:
		return &hook.Error{Fault: hook.Missing, Msg: "there is no such company", German: "Dieses Unternehmen gibt es nicht."}
	case !slices.Contains(may(a.Role), do):
		return denied("the role "+string(a.Role)+" may not do that; ask an admin of the company",
			"Die Rolle "+string(a.Role)+" darf das nicht; fragen Sie einen Administrator des Unternehmens.")
	case (do == ChangeHooks || do == OperateQueue) && a.Role != Operator && !p.Modules.Unlock(company.Modules):
		names, german := p.Modules.Unlocking()
		return denied("the company's contract lacks a module that unlocks webhook settings: "+strings.Join(names, ", "),
			"Dem Vertrag des Unternehmens fehlt ein Modul, das Webhook-Einstellungen freischaltet: "+strings.Join(german, ", "))
	}
	return nil
}

func denied(msg, german string) error {
	return &hook.Error{Fault: hook.Denied, Msg: msg, German: german}
}
