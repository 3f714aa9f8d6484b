package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
)

// reach says whose an operation is, and so what strangers get of it.
type reach int

const (
	open     reach = iota // shows nothing of any company
	company               // 404 to another company
	operator              // 403 to all companies
	self                  // about whoever asks: 403 to keys
)

// route is how the tenant test calls an operation: with a path that names
// things of acme, see world.things, and a body that would do something.
type route struct {
	reach
	path, body string
}

// routes has every operation of the OpenAPI document. A new one needs an entry.
func routes() map[string]route {
	const (
		companies = "/api/v1/companies"
		user      = `{"email":"taken-over@rival.example","name":"Kim Example","role":"admin"}`
	)
	return map[string]route{
		"health":         {open, "/healthz", ""},
		"ready":          {open, "/readyz", ""},
		"openAPI":        {open, "/api/v1/openapi.json", ""},
		"listEventTypes": {open, "/api/v1/event-types", ""},
		"listModules":    {open, "/api/v1/modules", ""},
		"signIn":         {open, "/api/v1/session", `{"email":"nobody@rival.example","password":"wrong"}`},
		"choosePassword": {open, "/api/v1/password", `{"token":"wrong","password":"a long enough one 1"}`},

		"listCompanies":         {operator, companies, ""},
		"listStaff":             {operator, "/api/v1/users", ""},
		"addStaff":              {operator, "/api/v1/users", `{"email":"spy@rival.example","name":"Spy"}`},
		"getStaff":              {operator, "/api/v1/users/STAFF", ""},
		"changeStaff":           {operator, "/api/v1/users/STAFF", `{"name":"Taken Over"}`},
		"getStaffPicture":       {operator, "/api/v1/users/STAFF/picture", ""},
		"makeStaffPasswordLink": {operator, "/api/v1/users/STAFF/password-link", ""},
		"listOperatorKeys":      {operator, "/api/v1/keys", ""},
		"addOperatorKey":        {operator, "/api/v1/keys", `{"name":"spy"}`},
		"revokeOperatorKey":     {operator, "/api/v1/keys/STAFFKEY", ""},
		"listAuditAll":          {operator, "/api/v1/audit", ""},
		"getMetrics":            {operator, "/metrics", ""},

		"putCompany":                 {company, acme, `{"name":"Taken Over"}`},
		"getCompany":                 {company, acme, ""},
		"changeCompany":              {company, acme, `{"name":"Taken Over"}`},
		"postEvent":                  {company, acme + "/events", goodEvent},
		"postEvents":                 {company, acme + "/events/batch", goodEvent},
		"getEvent":                   {company, acme + "/events/EVENT", ""},
		"listTriggers":               {company, triggers, ""},
		"addTrigger":                 {company, triggers, goodTrigger},
		"getTrigger":                 {company, triggers + "/TRIGGER", ""},
		"putTrigger":                 {company, triggers + "/TRIGGER", strings.Replace(goodTrigger, "Orders", "Taken over", 1)},
		"deleteTrigger":              {company, triggers + "/TRIGGER", ""},
		"pauseTrigger":               {company, triggers + "/TRIGGER/pause", `{}`},
		"resumeTrigger":              {company, triggers + "/TRIGGER/resume", ""},
		"addSigningKey":              {company, triggers + "/TRIGGER/signing-keys", `{"kind":"v1"}`},
		"deleteSigningKey":           {company, triggers + "/TRIGGER/signing-keys/SIGNINGKEY", ""},
		"putClientCertificate":       {company, triggers + "/TRIGGER/client-certificate", `{"certificate":"none"}`},
		"deleteClientCertificate":    {company, triggers + "/TRIGGER/client-certificate", ""},
		"getTrustedAuthorities":      {company, acme + "/trusted-authorities", ""},
		"putTrustedAuthorities":      {company, acme + "/trusted-authorities", `{"certificates":""}`},
		"getDefaultCredentials":      {company, acme + "/default-credentials", ""},
		"putDefaultCredentials":      {company, acme + "/default-credentials", `{"auth":{"type":"none"},"hosts":[]}`},
		"getDocumentWebhooks":        {company, documents, ""},
		"putDocumentWebhooks":        {company, documents, goodDocuments},
		"testDocumentWebhook":        {company, documents + "/INVOICE/test", `{"url":"https://hooks.example/"}`},
		"listDocumentWebhookTests":   {company, documents + "/tests", ""},
		"listConnectors":             {company, connectors, ""},
		"getConnector":               {company, connectors + "/orders", ""},
		"putConnector":               {company, connectors + "/orders", goodConnector},
		"deleteConnector":            {company, connectors + "/orders", ""},
		"testConnector":              {company, connectors + "/orders/test", goodConnector},
		"listConnectorTests":         {company, connectors + "/orders/tests", ""},
		"pauseConnector":             {company, connectors + "/orders/pause", `{}`},
		"resumeConnector":            {company, connectors + "/orders/resume", ""},
		"addConnectorKey":            {company, connectors + "/orders/signing-keys", `{"kind":"v1"}`},
		"deleteConnectorKey":         {company, connectors + "/orders/signing-keys/SIGNINGKEY", ""},
		"putConnectorCertificate":    {company, connectors + "/orders/client-certificate", `{"certificate":"none"}`},
		"deleteConnectorCertificate": {company, connectors + "/orders/client-certificate", ""},
		"listDeliveries":             {company, acme + "/deliveries", ""},
		"getDelivery":                {company, acme + "/deliveries/DELIVERY", ""},
		"retryDelivery":              {company, acme + "/deliveries/DELIVERY/retry", ""},
		"cancelDelivery":             {company, acme + "/deliveries/DELIVERY/cancel", ""},
		"changePriority":             {company, acme + "/deliveries/DELIVERY/priority", `{"priority":"low"}`},
		"replayDelivery":             {company, acme + "/deliveries/DELIVERY/replay", ""},
		"resendEntity":               {company, acme + "/entities/order/ENTITY/resend", ""},
		"addDeliveryJob":             {company, acme + "/delivery-jobs", `{"operation":"cancel","filter":{"state":"waiting"}}`},
		"listDeliveryJobs":           {company, acme + "/delivery-jobs", ""},
		"getDeliveryJob":             {company, acme + "/delivery-jobs/JOB", ""},
		"cancelDeliveryJob":          {company, acme + "/delivery-jobs/JOB/cancel", ""},
		"listUsers":                  {company, acme + "/users", ""},
		"addUser":                    {company, acme + "/users", user},
		"getUser":                    {company, acme + "/users/USER", ""},
		"changeUser":                 {company, acme + "/users/USER", `{"name":"Taken Over"}`},
		"getUserPicture":             {company, acme + "/users/USER/picture", ""},
		"makePasswordLink":           {company, acme + "/users/USER/password-link", ""},
		"makePortalLink":             {company, acme + "/users/USER/portal-link", ""},
		"listKeys":                   {company, acme + "/keys", ""},
		"addKey":                     {company, acme + "/keys", `{"name":"spy","role":"reader"}`},
		"revokeKey":                  {company, acme + "/keys/KEY", ""},
		"listAlerts":                 {company, acme + "/alerts", ""},
		"getAlert":                   {company, acme + "/alerts/ALERT", ""},
		"acknowledgeAlert":           {company, acme + "/alerts/ALERT/acknowledge", `{"note":"taken over"}`},
		"listChannels":               {company, channels, ""},
		"addChannel":                 {company, channels, goodChannel},
		"getChannel":                 {company, channels + "/CHANNEL", ""},
		"putChannel":                 {company, channels + "/CHANNEL", strings.Replace(goodChannel, "Chat", "Taken over", 1)},
		"deleteChannel":              {company, channels + "/CHANNEL", ""},
		"testChannel":                {company, channels + "/CHANNEL/test", ""},
		"closeAlert":                 {company, acme + "/alerts/ALERT/close", ""},
		"listAudit":                  {company, acme + "/audit", ""},
		"checkReceiver":              {company, acme + "/check", `{"url":"https://hooks.example/orders"}`},
		"postDocument":               {company, acme + "/documents?" + goodDetails, "<INVOICE/>"},
		"listDocuments":              {company, acme + "/documents", ""},
		"getDocument":                {company, acme + "/documents/DOCUMENT", ""},
		"getDocumentContent":         {company, acme + "/documents/DOCUMENT/content", ""},
		"listDeals":                  {company, acme + "/deals", ""},
		"changeStatus":               {company, acme + "/orders/4711/status", `{"status":"PROCESSING","transactionId":"t-1"}`},
		"postObject":                 {company, acme + "/objects?filename=a.pdf", "%PDF-1.7"},
		"getObject":                  {company, acme + "/objects/OBJECT", ""},
		"deleteObject":               {company, acme + "/objects/OBJECT", ""},
		"putOrder":                   {company, acme + "/orders/4711", goodOrder},
		"patchOrder":                 {company, acme + "/orders/HELDORDER", `{"buyerOrder":{"description":"taken over"}}`},
		"getOrder":                   {company, acme + "/orders/HELDORDER", ""},
		"listOrders":                 {company, acme + "/orders", ""},
		"putShipment":                {company, acme + "/shipments/4711", goodShipment},
		"patchShipment":              {company, acme + "/shipments/HELDSHIPMENT", `{"transportMode":"taken over"}`},
		"getShipment":                {company, acme + "/shipments/HELDSHIPMENT", ""},
		"listShipments":              {company, acme + "/shipments", ""},

		"getNotifications": {self, "/api/v1/me/notifications", ""},
		"putNotifications": {self, "/api/v1/me/notifications", `{"often":"hourly"}`},

		"getMe":          {self, "/api/v1/me", ""},
		"changeMe":       {self, "/api/v1/me", `{"name":"Kim Example"}`},
		"changePassword": {self, "/api/v1/me/password", `{"old":"wrong","new":"a long enough one 1"}`},
		"getPicture":     {self, "/api/v1/me/picture", ""},
		"putPicture":     {self, "/api/v1/me/picture", "no picture"},
		"deletePicture":  {self, "/api/v1/me/picture", ""},
		"listSessions":   {self, "/api/v1/me/sessions", ""},
		"endSession":     {self, "/api/v1/me/sessions/SESSION", ""},
		"signOut":        {self, "/api/v1/session", ""},
	}
}

// state is what the operator sees of acme and of the operator's own.
func (w *world) state(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{
		acme, triggers, acme + "/deliveries", acme + "/delivery-jobs", acme + "/users", acme + "/keys", acme + "/audit", acme + "/alerts", channels, documents, documents + "/tests", connectors, connectors + "/orders/tests",
		acme + "/documents", acme + "/deals",
		acme, triggers, acme + "/deliveries", acme + "/delivery-jobs", acme + "/users", acme + "/keys", acme + "/audit", acme + "/alerts", channels, documents, documents + "/tests",
		acme + "/documents", acme + "/deals", acme + "/orders", acme + "/orders/NW-1", acme + "/shipments", acme + "/shipments/SHP-1",
		"/api/v1/users", "/api/v1/keys", "/api/v1/companies",
	} {
		all.Write(w.do(t, "GET", path, "").body)
	}
	return all.String()
}

// Every operation is tried by another company's keys of each role and users.
func TestCompaniesDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addRival(t)
	things := w.things(t)
	w.putConnector(t, "orders", goodConnector)
	admin := w.addUser(t, "rival", "admin@rival.example", account.Admin)
	member := w.addUser(t, "rival", "member@rival.example", account.Member)
	strangers := map[string][]string{
		"an admin's key":    w.addKey(t, "rival", account.Admin),
		"a reader's key":    w.addKey(t, "rival", account.Reader),
		"a producer's key":  w.addKey(t, "rival", account.Producer),
		"an admin, a user":  w.signIn(t, admin),
		"a member, a user":  w.signIn(t, member),
		"nobody":            {noKey},
		"a key, made up":    {"Authorization: Bearer " + account.NewKey(account.Admin)},
		"a session made up": {noKey, "Cookie: " + sessionCookie + "=" + account.NewToken()},
	}
	before := w.state(t)
	table := routes()
	for path, item := range w.document(t).Paths {
		for method, op := range item {
			r, ok := table[op.ID]
			if !ok {
				t.Errorf("%s has no entry in routes; say whose it is", op.ID)
				continue
			}
			if (r.reach == company) != strings.Contains(path, "{company}") {
				t.Errorf("%s is entered as another's than its path %s says", op.ID, path)
			}
			for name, headers := range strangers {
				w.tryStranger(t, op.ID, strings.ToUpper(method), r, things, name, headers)
			}
		}
	}
	if after := w.state(t); after != before {
		t.Errorf("strangers changed what acme or the operator has:\n%s\nwas\n%s", after, before)
	}
}

// An admin who adds somebody learns nothing of another company's people, and can't
// keep them out.
func TestAnEmailAddressElsewhereDoesNotShow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addRival(t)
	kim := w.addUser(t, "acme", "kim@acme.example", account.Member)
	password := w.addPassword(t, kim)
	admin := w.signIn(t, w.addUser(t, "rival", "admin@rival.example", account.Admin))
	var answers []string
	for _, email := range []string{"kim@acme.example", "nobody@acme.example"} {
		u := w.mustDo(t, 201, "POST", rival+"/users", `{"email":"`+email+`","name":"Kim","role":"member"}`, admin...)
		for _, own := range []string{"id", "email", "createdAt"} {
			delete(u, own)
		}
		answers = append(answers, fmt.Sprint(u))
	}
	if answers[0] != answers[1] {
		t.Errorf("the answers differ: %q", answers)
	}
	in := w.mustDo(t, 200, "POST", "/api/v1/session", `{"email":"kim@acme.example","password":"`+password+`"}`, noKey)
	if u := in["user"].(map[string]any); u["company"] != "acme" {
		t.Errorf("signed in is %v, want acme's", u)
	}
	in = w.mustDo(t, 200, "POST", "/api/v1/session", `{"email":"kim@acme.example","password":"`+password+`","company":"acme"}`, noKey)
	if u := in["user"].(map[string]any); u["id"] != kim.ID.String() {
		t.Errorf("signed in is %v, want acme's", u)
	}
	w.mustDo(t, 401, "POST", "/api/v1/session", `{"email":"kim@acme.example","password":"`+password+`","company":"rival"}`, noKey)
}

func (w *world) tryStranger(t *testing.T, id, method string, r route, things map[string]string, name string, headers []string) {
	t.Helper()
	person := strings.HasSuffix(name, "a user")
	unknown := name == "nobody" || strings.HasSuffix(name, "made up")
	if r.reach == self && person && id != "endSession" {
		return // what people do to themselves
	}
	if id == "postEvents" {
		headers = append([]string{"Content-Type: application/x-ndjson"}, headers...)
	}
	if strings.HasPrefix(id, "patch") {
		headers = append([]string{mergePatch}, headers...)
	}
	want := map[reach]int{company: 404, operator: 403, self: 403}[r.reach]
	switch {
	case unknown:
		want = 401
	case id == "endSession" && person:
		want = 404
	}
	a := w.do(t, method, fill(r.path, things), r.body, headers...)
	if r.reach == open {
		if id != "openAPI" && strings.Contains(strings.ToLower(string(a.body)), "acme") {
			t.Errorf("%s shows %s to %s", id, a.body, name)
		}
		return
	}
	if a.status != want {
		t.Errorf("%s by %s = %d %s, want %d", id, name, a.status, a.body, want)
	}
	if r.reach != company || unknown {
		return
	}
	// What there isn't looks the same as what is another's, and an ID of
	// another's names nothing in the own company.
	nobody := w.do(t, method, fill(strings.Replace(r.path, "acme", "nobody", 1), things), r.body, headers...)
	if string(nobody.body) != string(a.body) || nobody.status != a.status {
		t.Errorf("%s by %s shows that acme is there: %s, of a company that isn't %s", id, name, a.body, nobody.body)
	}
	if path := fill(r.path, things); path != r.path {
		own := w.do(t, method, strings.Replace(path, "acme", "rival", 1), r.body, headers...)
		if own.status != 404 && own.status != 403 {
			t.Errorf("%s by %s with acme's ID in the own company = %d %s, want 404", id, name, own.status, own.body)
		}
		if strings.Contains(name, "admin") && id != "makePortalLink" && own.status != 404 {
			t.Errorf("%s by %s with acme's ID in the own company = %d %s, want 404", id, name, own.status, own.body)
		}
	}
}
