// Package api serves the JSON API: companies, their hooks, events and
// deliveries. It describes itself by an OpenAPI 3.1 document, made from the
// same types that the handlers use. Errors are problem documents (RFC 9457).
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// Server answers API requests. All fields but Provider must be set.
type Server struct {
	Intake      Intake
	Store       Store
	Archive     Archive
	Deliverer   Deliverer
	Gate        Gate
	Policy      account.Policy
	CheckURL    func(raw string) error // whether a hook may have the URL; an error is a *hook.Error about "url"
	Checker     Checker
	Tester      Tester
	Ready       func(ctx context.Context) error // whether events can be accepted
	Tracer      Tracer
	Metrics     http.Handler // serves the metrics, to whoever asks
	Teller      Teller
	Mails       bool     // whether people can be told by e-mail
	Provider    Provider // nil: nobody signs in by OpenID Connect
	PublicURL   string   // what people reach the server by, such as https://waybill.example; without a slash at the end
	MaxEvent    int64    // bytes of one event
	MaxBatch    int64    // bytes of a batch
	MaxDocument int64    // bytes of a document
	Version     string   // of Waybill
	Log         *slog.Logger
}

const (
	companyPath = "/api/v1/companies/{company}"
	triggerPath = companyPath + "/hooks/triggers"
	eventsPath  = companyPath + "/events"
	batchPath   = eventsPath + "/batch"
	resendPath  = companyPath + "/entities/{kind}/{id}/resend"
	staffPath   = "/api/v1/users" // the operator's own people
	mePath      = "/api/v1/me"
)

// Handler returns the API's routes: all of them, in one place. It is safe for
// concurrent use.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	a := humago.New(mux, s.config())
	a.UseMiddleware(unprocessable, s.guard())

	register(a, public("GET /healthz", "health", "Tell that the server runs"), s.health)
	register(a, public("GET /readyz", "ready", "Tell whether events can be accepted", 503), s.ready)
	register(a, metricsOperation(), s.getMetrics)
	register(a, openAPIOperation(), s.openAPI(a))
	register(a, public("GET /api/v1/event-types", "listEventTypes", "List all event types"), s.listEventTypes)
	register(a, public("GET /api/v1/modules", "listModules", "List the modules that contracts can have"), s.listModules)

	opening := newOpening()
	s.registerCompanies(a, opening)
	s.registerDocumentWebhooks(a)
	s.registerConnectors(a, opening)
	s.registerAlerts(a)
	s.registerQueue(a)
	s.registerDocuments(a)
	s.registerObjects(a)
	s.registerOrders(a)
	s.registerPeople(a)
	s.registerOperator(a)
	mux.HandleFunc("GET /portal/{token}", s.followPortal)
	mux.HandleFunc("GET /oidc/begin", s.beginOIDC)
	mux.HandleFunc("GET "+OIDCReturn, s.finishOIDC)

	describeBodies(a.OpenAPI())
	return s.logged(mux)
}

func (s *Server) registerCompanies(a huma.API, opening *opening) {
	register(a, secured("GET /api/v1/companies", "listCompanies", "List the companies", account.ListCompanies), s.listCompanies)
	register(a, reading(secured("PUT "+companyPath, "putCompany", "Add a company, or change it", account.PutCompany)), s.putCompany)
	register(a, secured("GET "+companyPath, "getCompany", "Read a company", account.ReadCompany), s.getCompany)
	register(a, reading(secured("PATCH "+companyPath, "changeCompany",
		"Change a company's name, language or time zone", account.ChangeCompany)), s.changeCompany)

	register(a, created(reading(secured("POST "+triggerPath, "addTrigger", "Add a trigger", account.ChangeHooks))), s.addTrigger)
	register(a, secured("GET "+triggerPath, "listTriggers", "List the triggers of a company", account.ReadHooks), s.listTriggers)
	register(a, secured("GET "+triggerPath+"/{id}", "getTrigger", "Read a trigger", account.ReadHooks), s.getTrigger)
	register(a, reading(secured("PUT "+triggerPath+"/{id}", "putTrigger", "Change a trigger", account.ChangeHooks,
		http.StatusConflict, http.StatusPreconditionFailed)), s.putTrigger)
	register(a, secured("DELETE "+triggerPath+"/{id}", "deleteTrigger",
		"Delete a trigger; what waits for it is cancelled", account.ChangeHooks), s.deleteTrigger)
	register(a, reading(secured("POST "+triggerPath+"/{id}/pause", "pauseTrigger",
		"Have a trigger's deliveries wait; events are still accepted", account.ChangeHooks, http.StatusConflict)), s.pauseTrigger)
	register(a, secured("POST "+triggerPath+"/{id}/resume", "resumeTrigger",
		"End a trigger's pause", account.ChangeHooks, http.StatusConflict), s.resumeTrigger)

	register(a, created(reading(secured("POST "+triggerPath+"/{id}/signing-keys", "addSigningKey",
		"Have requests signed with one more key", account.ChangeHooks, http.StatusConflict))), s.addSigningKey)
	register(a, secured("DELETE "+triggerPath+"/{id}/signing-keys/{key}", "deleteSigningKey",
		"Have requests no longer signed with a key", account.ChangeHooks, http.StatusConflict), s.deleteSigningKey)
	register(a, reading(secured("PUT "+triggerPath+"/{id}/client-certificate", "putClientCertificate",
		"Set the certificate that is shown to the receiver", account.ChangeHooks,
		http.StatusConflict, http.StatusTooManyRequests)), s.putCertificate(opening))
	register(a, secured("DELETE "+triggerPath+"/{id}/client-certificate", "deleteClientCertificate",
		"Show the receiver no certificate", account.ChangeHooks, http.StatusConflict), s.deleteCertificate)

	const defaults, authorities = companyPath + "/default-credentials", companyPath + "/trusted-authorities"
	register(a, secured("GET "+authorities, "getTrustedAuthorities", "Read who may vouch for the receivers of a company", account.ReadHooks), s.getAuthorities)
	register(a, reading(secured("PUT "+authorities, "putTrustedAuthorities", "Change who may vouch for the receivers of a company",
		account.PutCompany, http.StatusConflict, http.StatusPreconditionFailed)), s.putAuthorities)
	register(a, secured("GET "+defaults, "getDefaultCredentials", "Read the credentials that hooks of a company can share", account.ReadHooks), s.getDefaults)
	register(a, reading(secured("PUT "+defaults, "putDefaultCredentials", "Change the credentials that hooks of a company can share",
		account.ChangeHooks, http.StatusConflict, http.StatusPreconditionFailed)), s.putDefaults)

	register(a, reading(secured("POST "+companyPath+"/check", "checkReceiver",
		"Check a receiver: its addresses, versions of TLS, certificate, and what to mend", account.ChangeHooks,
		http.StatusTooManyRequests)), s.checkReceiver())

	register(a, secured("GET "+companyPath+"/keys", "listKeys",
		"List the keys of a company, revoked ones too, newest first", account.ReadKeys), s.listKeys)
	register(a, created(reading(secured("POST "+companyPath+"/keys", "addKey", "Make a key", account.ManageKeys))), s.addKey)
	register(a, secured("DELETE "+companyPath+"/keys/{id}", "revokeKey", "Revoke a key, for good", account.ManageKeys), s.revokeKey)
	register(a, secured("GET "+companyPath+"/audit", "listAudit",
		"List what was changed in a company, newest first", account.ReadAudit), s.listAudit)
}

// registerDocumentWebhooks adds who is told of documents, and how to try that out.
func (s *Server) registerDocumentWebhooks(a huma.API) {
	const path = companyPath + "/document-webhooks"
	register(a, secured("GET "+path, "getDocumentWebhooks",
		"Read where a company is told of documents", account.ReadHooks), s.getDocumentWebhooks)
	register(a, reading(secured("PUT "+path, "putDocumentWebhooks", "Change where a company is told of documents, all at once",
		account.ChangeHooks, http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)), s.putDocumentWebhooks)
	register(a, reading(secured("POST "+path+"/{kind}/test", "testDocumentWebhook",
		"Send a sample of a notice to a URL, stored or not, and tell what came of it", account.ChangeHooks,
		http.StatusTooManyRequests)), s.testDocumentWebhook())
	register(a, secured("GET "+path+"/tests", "listDocumentWebhookTests",
		"List the latest tests, newest first", account.ReadHooks), s.listDocumentWebhookTests)
}

// registerConnectors adds how a company is told of orders and shipments.
func (s *Server) registerConnectors(a huma.API, opening *opening) {
	const all = companyPath + "/connectors"
	const one = all + "/{connector}"
	register(a, secured("GET "+all, "listConnectors", "List the connectors of a company: all that there can be", account.ReadHooks), s.listConnectors)
	register(a, secured("GET "+one, "getConnector", "Read a connector", account.ReadHooks), s.getConnector)
	register(a, reading(secured("PUT "+one, "putConnector", "Set up a connector, or change it, as a whole", account.ChangeHooks,
		http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired)), s.putConnector)
	register(a, secured("DELETE "+one, "deleteConnector",
		"Forget the settings of a connector; what waits for it is cancelled", account.ChangeHooks), s.deleteConnector)
	register(a, reading(secured("POST "+one+"/test", "testConnector",
		"Send a sample to what was entered, or to what is stored, and tell what came of it", account.ChangeHooks,
		http.StatusConflict, http.StatusTooManyRequests)), s.testConnector())
	register(a, secured("GET "+one+"/tests", "listConnectorTests", "List the latest tests, newest first", account.ReadHooks), s.listConnectorTests)
	register(a, reading(secured("POST "+one+"/pause", "pauseConnector",
		"Have a connector's deliveries wait; events are still accepted", account.ChangeHooks, http.StatusConflict)), s.pauseConnector)
	register(a, secured("POST "+one+"/resume", "resumeConnector", "End a connector's pause", account.ChangeHooks, http.StatusConflict), s.resumeConnector)
	register(a, created(reading(secured("POST "+one+"/signing-keys", "addConnectorKey",
		"Have a connector's requests signed with one more key", account.ChangeHooks, http.StatusConflict))), s.addConnectorKey)
	register(a, secured("DELETE "+one+"/signing-keys/{key}", "deleteConnectorKey",
		"Have a connector's requests no longer signed with a key", account.ChangeHooks, http.StatusConflict), s.deleteConnectorKey)
	register(a, reading(secured("PUT "+one+"/client-certificate", "putConnectorCertificate", "Set the certificate that a connector's receiver is shown",
		account.ChangeHooks, http.StatusConflict, http.StatusTooManyRequests)), s.putConnectorCertificate(opening))
	register(a, secured("DELETE "+one+"/client-certificate", "deleteConnectorCertificate",
		"Show a connector's receiver no certificate", account.ChangeHooks, http.StatusConflict), s.deleteConnectorCertificate)
}

// registerAlerts adds what people should look at, and who is told of that.
func (s *Server) registerAlerts(a huma.API) {
	register(a, secured("GET "+companyPath+"/alerts", "listAlerts",
		"List what people should look at, newest first", account.ReadAlerts), s.listAlerts)
	register(a, secured("GET "+companyPath+"/alerts/{id}", "getAlert", "Read an alert", account.ReadAlerts), s.getAlert)
	register(a, reading(secured("POST "+companyPath+"/alerts/{id}/acknowledge", "acknowledgeAlert",
		"Say that one looks at an alert", account.ManageAlerts, http.StatusConflict)), s.acknowledgeAlert)
	register(a, secured("POST "+companyPath+"/alerts/{id}/close", "closeAlert",
		"Close an alert", account.ManageAlerts, http.StatusConflict), s.closeAlert)

	const channels = companyPath + "/notification-channels"
	register(a, secured("GET "+channels, "listChannels", "List where a company is told of alerts", account.ReadHooks), s.listChannels)
	register(a, created(reading(secured("POST "+channels, "addChannel", "Add a notification channel", account.ChangeHooks, http.StatusConflict))), s.addChannel)
	register(a, secured("GET "+channels+"/{id}", "getChannel", "Read a notification channel", account.ReadHooks), s.getChannel)
	register(a, reading(secured("PUT "+channels+"/{id}", "putChannel", "Change a notification channel", account.ChangeHooks,
		http.StatusConflict, http.StatusPreconditionFailed)), s.putChannel)
	register(a, secured("DELETE "+channels+"/{id}", "deleteChannel", "Delete a notification channel", account.ChangeHooks), s.deleteChannel)
	register(a, secured("POST "+channels+"/{id}/test", "testChannel", "Tell a notification channel that it works", account.ChangeHooks,
		http.StatusTooManyRequests), s.testChannel())

	register(a, secured("GET "+mePath+"/notifications", "getNotifications", "Read of which alerts one is told by e-mail", account.OwnProfile), s.getNotifications)
	register(a, reading(secured("PUT "+mePath+"/notifications", "putNotifications",
		"Change of which alerts one is told by e-mail", account.OwnProfile)), s.putNotifications)
}

func (s *Server) registerQueue(a huma.API) {
	register(a, postEventOperation(), s.postEvent)
	register(a, postBatchOperation(), s.postBatch)
	register(a, secured("GET "+companyPath+"/events/{id}", "getEvent", "Read an event", account.ReadEvents), s.getEvent)
	register(a, secured("GET "+companyPath+"/deliveries", "listDeliveries",
		"List the deliveries of a company, newest first", account.ReadQueue), s.listDeliveries)
	register(a, secured("GET "+companyPath+"/deliveries/{id}", "getDelivery",
		"Read a delivery with its attempts", account.ReadQueue), s.getDelivery)

	const one = companyPath + "/deliveries/{id}"
	register(a, secured("POST "+one+"/retry", "retryDelivery",
		"Send a delivery now; one that has failed or was cancelled waits again", account.OperateQueue, http.StatusConflict), s.retryDelivery)
	register(a, secured("POST "+one+"/cancel", "cancelDelivery", "Cancel a delivery that waits", account.OperateQueue, http.StatusConflict), s.cancelDelivery)
	register(a, reading(secured("POST "+one+"/priority", "changePriority",
		"Give a delivery that waits another priority", account.OperateQueue, http.StatusConflict)), s.changePriority)
	register(a, created(secured("POST "+one+"/replay", "replayDelivery",
		"Deliver the same event to the same hook again, as a new delivery", account.OperateQueue, http.StatusConflict)), s.replayDelivery)
	register(a, accepted(secured("POST "+resendPath, "resendEntity",
		"Tell all hooks that want it of an entity again", account.OperateQueue)), s.resend)

	register(a, addJobOperation(), s.addJob)
	register(a, secured("GET "+jobsPath, "listDeliveryJobs", "List the jobs of a company, newest first", account.ReadQueue), s.listJobs)
	register(a, secured("GET "+jobsPath+"/{id}", "getDeliveryJob", "Read a job, and how far it has come", account.ReadQueue), s.getJob)
	register(a, secured("POST "+jobsPath+"/{id}/cancel", "cancelDeliveryJob",
		"End a job; what it has done stays done", account.OperateQueue, http.StatusConflict), s.cancelJob)
}

func (s *Server) registerPeople(a huma.API) {
	const users = companyPath + "/users"
	register(a, secured("GET "+users, "listUsers", "List the users of a company", account.ReadUsers), s.listUsers)
	register(a, created(reading(secured("POST "+users, "addUser", "Add a user", account.ManageUsers, http.StatusConflict))), s.addUser)
	register(a, secured("GET "+users+"/{id}", "getUser", "Read a user", account.ReadUsers), s.getUser)
	register(a, reading(secured("PATCH "+users+"/{id}", "changeUser", "Change a user, or disable them",
		account.ManageUsers, http.StatusConflict)), s.changeUser)
	register(a, showing(secured("GET "+users+"/{id}/picture", "getUserPicture", "See a user", account.ReadUsers)), s.getUserPicture)
	register(a, created(secured("POST "+users+"/{id}/password-link", "makePasswordLink",
		"Make a link by which a user chooses a password", account.ManageUsers, http.StatusConflict)), s.makePasswordLink)
	register(a, created(secured("POST "+users+"/{id}/portal-link", "makePortalLink",
		"Make a link that signs a user in", account.MakePortal, http.StatusConflict)), s.makePortalLink)

	register(a, reading(public("POST /api/v1/session", "signIn", "Sign in", http.StatusUnauthorized, http.StatusForbidden,
		http.StatusUnprocessableEntity, http.StatusTooManyRequests)), s.signIn)
	register(a, secured("DELETE /api/v1/session", "signOut", "Sign out", account.OwnProfile), s.signOut)
	register(a, reading(public("POST /api/v1/password", "choosePassword", "Choose a password by a link",
		http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity)), s.choosePassword)

	register(a, secured("GET "+mePath, "getMe", "Read the own profile", account.OwnProfile), s.getMe)
	register(a, reading(secured("PATCH "+mePath, "changeMe", "Change the own name or language", account.OwnProfile)), s.changeMe)
	register(a, reading(secured("POST "+mePath+"/password", "changePassword", "Change the own password",
		account.OwnProfile, http.StatusConflict, http.StatusTooManyRequests)), s.changePassword)
	register(a, showing(secured("GET "+mePath+"/picture", "getPicture", "See the own picture", account.OwnProfile)), s.getPicture)
	register(a, reading(secured("PUT "+mePath+"/picture", "putPicture", "Set the own picture", account.OwnProfile)), s.putPicture)
	register(a, secured("DELETE "+mePath+"/picture", "deletePicture", "Remove the own picture", account.OwnProfile), s.deletePicture)
	register(a, secured("GET "+mePath+"/sessions", "listSessions",
		"List where one is signed in, newest first", account.OwnProfile), s.listSessions)
	register(a, secured("DELETE "+mePath+"/sessions/{id}", "endSession", "Sign out elsewhere", account.OwnProfile), s.endSession)
}

// registerOperator adds what is the operator's own: people, keys and the log.
func (s *Server) registerOperator(a huma.API) {
	register(a, secured("GET "+staffPath, "listStaff", "List the operator's people", account.ManageStaff), s.listStaff)
	register(a, created(reading(secured("POST "+staffPath, "addStaff", "Add one of the operator's people",
		account.ManageStaff, http.StatusConflict))), s.addStaff)
	register(a, secured("GET "+staffPath+"/{id}", "getStaff", "Read one of the operator's people", account.ManageStaff), s.getStaff)
	register(a, reading(secured("PATCH "+staffPath+"/{id}", "changeStaff", "Change one of the operator's people, or disable them",
		account.ManageStaff, http.StatusConflict)), s.changeStaff)
	register(a, showing(secured("GET "+staffPath+"/{id}/picture", "getStaffPicture",
		"See one of the operator's people", account.ManageStaff)), s.getStaffPicture)
	register(a, created(secured("POST "+staffPath+"/{id}/password-link", "makeStaffPasswordLink",
		"Make a link by which one of the operator's people chooses a password", account.ManageStaff, http.StatusConflict)), s.makeStaffPasswordLink)

	register(a, secured("GET /api/v1/keys", "listOperatorKeys",
		"List the operator's keys, revoked ones too, newest first", account.ManageKeysAll), s.listOperatorKeys)
	register(a, created(reading(secured("POST /api/v1/keys", "addOperatorKey", "Make a key of the operator's", account.ManageKeysAll))), s.addOperatorKey)
	register(a, secured("DELETE /api/v1/keys/{id}", "revokeOperatorKey", "Revoke a key of the operator's, for good", account.ManageKeysAll), s.revokeOperatorKey)
	register(a, secured("GET /api/v1/audit", "listAuditAll",
		"List what was changed by anyone, newest first", account.ReadAuditAll), s.listAuditAll)
}

// register adds a route whose handler returns errors of any kind; they become
// problem documents. It panics if the operation is restricted without saying to
// what action, or the other way round.
func register[I, O any](a huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	action, _ := op.Metadata[actionKey].(account.Action)
	if (len(op.Security) > 0) != slices.Contains(account.Actions(), action) {
		panic(op.OperationID + " must be public or declare a known action")
	}
	huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, problemOf(err)
		}
		return out, nil
	})
}

// company returns a company of the directory, or an error of fault Missing.
func (s *Server) company(id string) (trade.Company, error) {
	c, ok := s.Store.Directory().Companies[id]
	if !ok {
		return trade.Company{}, missing("company")
	}
	return c, nil
}

// parseID reads an ID out of a path. What isn't an ID names nothing.
func parseID(text, what string) (uuid.UUID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil, missing(what)
	}
	return id, nil
}

// missing says that there is no such thing, or that it is another company's.
func missing(what string) error {
	return &hook.Error{Fault: hook.Missing, Msg: "there is no such " + what, German: "Das gibt es hier nicht."}
}

// now is the time as the store keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
