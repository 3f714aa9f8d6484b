package storetest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
)

// Subscribe adds a user of a company, or of the operator if it is empty, who is
// told of alerts as s says.
func Subscribe(t *testing.T, st *store.Store, company, email string, s hook.Subscription) account.User {
	t.Helper()
	u := account.User{ID: NewID(), Company: company, Email: email, Name: "Kim", Language: "en", Role: account.Member, CreatedAt: start()}
	if company == "" {
		u.Role = account.Operator
	}
	if err := st.AddUser(t.Context(), u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if err := st.PutSubscription(t.Context(), u.ID, s, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return u
}

// AddChannel adds a channel of Company for all alerts.
func AddChannel(t *testing.T, st *store.Store, kind hook.ChannelKind, url string) hook.Channel {
	t.Helper()
	at := time.Now().UTC().Truncate(time.Microsecond)
	c := hook.Channel{
		ID: NewID(), Company: Company, Version: 1, Kind: kind, Title: "test", Enabled: true, Language: "en",
		Choice: hook.Choice{Severity: hook.Information}, URL: hook.Secret(url), CreatedAt: at, UpdatedAt: at,
	}
	if err := st.AddChannel(t.Context(), c, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return c
}

// Raise raises an alert of Company about a subject at a time, and returns it.
func Raise(t *testing.T, st *store.Store, subject string, severity hook.Severity, at time.Time) hook.Alert {
	t.Helper()
	_, err := st.RaiseAlert(t.Context(), hook.Alert{
		Company: Company, Kind: hook.DeliveryFailed, Subject: subject, Severity: severity,
		Text: "look at " + subject, German: "Sehen Sie nach " + subject + ".", LastAt: at,
	})
	if err != nil {
		t.Fatal(err)
	}
	as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: Company, Subject: subject, Limit: 1})
	if err != nil || len(as) != 1 {
		t.Fatalf("Alerts = %v, %v, want one", as, err)
	}
	return as[0]
}

func testSubscriptions(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	want := hook.Subscription{
		Choice: hook.Choice{Severity: hook.Failure, Kinds: []hook.AlertKind{hook.HookDisabled, hook.DeliveryFailed}}, Often: hook.Daily, Hour: 7,
	}
	kim := Subscribe(t, st, Company, "kim@acme.example", want)
	if got, err := st.Subscription(t.Context(), kim.ID); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("Subscription = %+v, %v, want %+v", got, err, want)
	}
	other := Subscribe(t, st, "", "op@operator.example", hook.Subscription{Choice: hook.Choice{Severity: hook.Warning}, Often: hook.Never})
	if got, err := st.Subscription(t.Context(), NewID()); err != nil || got.Often != hook.Never {
		t.Errorf("Subscription of one who has said nothing = %+v, %v, want never", got, err)
	}
	if err := st.PutSubscription(t.Context(), NewID(), want, account.Entry{}); !errors.Is(err, store.ErrNoUser) {
		t.Errorf("PutSubscription of nobody = %v, want ErrNoUser", err)
	}
	users, _, err := st.Recipients(t.Context())
	if err != nil || len(users) != 1 || users[0].User != kim.ID || users[0].Email != kim.Email || users[0].Company != Company || users[0].Language != "en" {
		t.Errorf("Recipients = %+v, %v, want Kim", users, err)
	}
	if err := st.PutSubscription(t.Context(), other.ID, want, account.Entry{}); err != nil {
		t.Error(err)
	}
	gone := kim
	gone.Disabled = true
	if _, err := st.ChangeUser(t.Context(), kim, gone); err != nil {
		t.Fatal(err)
	}
	if users, _, err = st.Recipients(t.Context()); err != nil || len(users) != 1 || users[0].User != other.ID || users[0].Company != "" {
		t.Errorf("with Kim disabled, Recipients = %+v, %v, want the operator's", users, err)
	}
}

func testChannels(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	c := AddChannel(t, st, hook.WebhookChannel, "https://chat.example/secret-1")
	get := func() hook.Channel {
		t.Helper()
		got, err := st.Channel(t.Context(), Company, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff(c, get()); diff != "" {
		t.Errorf("the channel differs (-want +got):\n%s", diff)
	}
	next := c
	next.Version, next.Title, next.Key, next.Enabled = 2, "other", "whsec_c2VjcmV0", false
	next.Choice.Kinds = []hook.AlertKind{hook.HookDisabled}
	if err := st.ChangeChannel(t.Context(), next, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(next, get()); diff != "" || get().URL != c.URL {
		t.Errorf("the changed channel differs (-want +got):\n%s", diff)
	}
	if err := st.ChangeChannel(t.Context(), next, account.Entry{}); !errors.Is(err, store.ErrChannelChanged) {
		t.Errorf("the same version again = %v, want ErrChannelChanged", err)
	}
	next.Version, next.URL, next.Key, next.Enabled = 3, "https://chat.example/secret-2", "", true
	if err := st.ChangeChannel(t.Context(), next, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if got := get(); got.URL != next.URL || got.Key != "" {
		t.Errorf("URL and key are %s and %s, want the new and none", string(got.URL), string(got.Key))
	}
	for _, id := range []uuid.UUID{c.ID, NewID()} {
		if _, err := st.Channel(t.Context(), "globex", id); !errors.Is(err, store.ErrNoChannel) {
			t.Errorf("Channel of another company = %v, want ErrNoChannel", err)
		}
		if err := st.DeleteChannel(t.Context(), "globex", id, start(), account.Entry{}); !errors.Is(err, store.ErrNoChannel) {
			t.Errorf("DeleteChannel of another company = %v, want ErrNoChannel", err)
		}
	}
	if _, cs, err := st.Recipients(t.Context()); err != nil || len(cs) != 1 || cs[0].ID != c.ID {
		t.Errorf("Recipients = %v, %v, want the channel", cs, err)
	}
	if err := st.DeleteChannel(t.Context(), Company, c.ID, start(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	if cs, err := st.Channels(t.Context(), Company); err != nil || len(cs) != 0 {
		t.Errorf("Channels = %v, %v, want none", cs, err)
	}
}

// decide has recipients told of all that is untold, due at a time.
func decide(t *testing.T, st *store.Store, due time.Time, recipients ...uuid.UUID) []hook.Alert {
	t.Helper()
	as, err := st.Untold(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var ns []hook.Notification
	for _, r := range recipients {
		ns = append(ns, hook.Notification{Recipient: r, DueAt: due})
	}
	for _, a := range as {
		if err := st.AddNotifications(t.Context(), a, ns); err != nil {
			t.Error(err)
		}
	}
	return as
}

func testUntold(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	c := AddChannel(t, st, hook.SlackChannel, "https://chat.example/")
	expect := func(when string, untold, due bool) {
		t.Helper()
		gotUntold, gotDue, err := st.Pending(t.Context(), start())
		if err != nil || gotUntold != untold || gotDue != due {
			t.Errorf("%s, Pending = %t, %t, %v, want %t, %t", when, gotUntold, gotDue, err, untold, due)
		}
	}
	expect("at first", false, false)
	a := Raise(t, st, "h", hook.Warning, start())
	expect("when an alert was raised", true, false)
	as := decide(t, st, start().Add(time.Minute), c.ID)
	if len(as) != 1 || as[0].ID != a.ID || as[0].Turn != 1 {
		t.Errorf("untold are %+v, want the alert", as)
	}
	expect("when it was decided", false, false)
	Raise(t, st, "h", hook.Warning, start())
	expect("when it was raised again", false, false)
	// Another node has read the alert before, and decides too late.
	if err := st.AddNotifications(t.Context(), as[0], []hook.Notification{{Recipient: c.ID, DueAt: start()}}); err != nil {
		t.Error(err)
	}
	expect("when another node was late", false, false)
	Raise(t, st, "h", hook.Failure, start())
	expect("when it got worse", true, false)
	decide(t, st, start(), c.ID)
	expect("when that was decided", false, true)
	m := claimMessage(t, st, start(), true)
	if len(m.Notifications) != 1 || m.Notifications[0].Turn != 2 {
		t.Errorf("claimed are %+v, want one of the second turn", m.Notifications)
	}
}

func claimMessage(t *testing.T, st *store.Store, now time.Time, want bool) hook.Message {
	t.Helper()
	m, ok, err := st.ClaimMessage(t.Context(), now, now.Add(time.Minute), 100)
	if err != nil || ok != want {
		t.Fatalf("ClaimMessage = %+v, %t, %v, want %t", m, ok, err, want)
	}
	return m
}

func testMessages(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	c := AddChannel(t, st, hook.SlackChannel, "https://chat.example/secret")
	a, b := Raise(t, st, "a", hook.Warning, start()), Raise(t, st, "b", hook.Failure, start())
	decide(t, st, start(), c.ID)
	m := claimMessage(t, st, start(), true)
	if len(m.Notifications) != 2 || m.Channel == nil || m.Channel.URL != c.URL || m.Subscriber != nil {
		t.Fatalf("claimed is %+v, want two alerts for the channel", m)
	}
	for i, want := range []hook.Alert{a, b} {
		n := m.Notifications[i]
		if diff := cmp.Diff(want, n.Alert); diff != "" || !n.Since.Equal(start()) || n.Recipient != c.ID {
			t.Errorf("notification %d = %+v, differs (-want +got):\n%s", i, n, diff)
		}
	}
	claimMessage(t, st, start(), false)
	again := claimMessage(t, st, start().Add(time.Minute), true) // the first node has died
	// What the first says now is too late.
	if err := st.Drop(t.Context(), m.Notifications); err != nil {
		t.Error(err)
	}
	failed := &hook.Alert{Company: Company, Kind: hook.NotificationFailed, Subject: c.ID.String(), Severity: hook.Warning, Text: "x", German: "y", LastAt: start()}
	again.Notifications[0].DueAt, again.Notifications[1].DueAt = start().Add(time.Hour), time.Time{}
	if err := st.NotTold(t.Context(), again, start().Add(2*time.Minute), "answered 500", failed); err != nil {
		t.Fatal(err)
	}
	if got, err := st.Channel(t.Context(), Company, c.ID); err != nil || got.Failure != "answered 500" || !got.FailedAt.Equal(start().Add(2*time.Minute)) {
		t.Errorf("the channel is %+v, %v, want its failure", got, err)
	}
	claimMessage(t, st, start().Add(59*time.Minute), false)
	m = claimMessage(t, st, start().Add(time.Hour), true)
	if len(m.Notifications) != 1 || m.Notifications[0].Alert.ID != a.ID || m.Notifications[0].Attempt != 3 {
		t.Errorf("claimed are %+v, want the one that was not given up", m.Notifications)
	}
	if err := st.Told(t.Context(), m, start().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, err := st.Channel(t.Context(), Company, c.ID); err != nil || got.Failure != "" || !got.FailedAt.IsZero() || !got.SentAt.Equal(start().Add(time.Hour)) {
		t.Errorf("the channel is %+v, %v, want no failure", got, err)
	}
	as, err := st.Alerts(t.Context(), hook.AlertQuery{Company: Company, Kind: hook.NotificationFailed, Limit: 9})
	if err != nil || len(as) != 1 || as[0].State() != hook.AlertClosed {
		t.Errorf("alerts about the channel are %+v, %v, want one that is closed", as, err)
	}
	claimMessage(t, st, start().Add(24*time.Hour), false)
	testMailMessages(t, st)
}

// testMailMessages goes on with users.
func testMailMessages(t *testing.T, st *store.Store) {
	kim := Subscribe(t, st, Company, "kim@acme.example", hook.Subscription{Choice: hook.Choice{Severity: hook.Warning}, Often: hook.AtOnce})
	Raise(t, st, "c", hook.Warning, start())
	decide(t, st, start(), kim.ID, NewID())
	for range 2 {
		m := claimMessage(t, st, start(), true)
		switch {
		case m.Subscriber == nil: // nobody has the other ID
			if m.Channel != nil || st.Drop(t.Context(), m.Notifications) != nil {
				t.Errorf("claimed is %+v, want nobody", m)
			}
		case m.Subscriber.User != kim.ID || m.Subscriber.Email != kim.Email:
			t.Errorf("claimed is %+v, want Kim", m.Subscriber)
		default:
			m.Notifications[0].DueAt = start().Add(time.Hour)
			if err := st.NotTold(t.Context(), m, start(), "no", nil); err != nil {
				t.Error(err)
			}
		}
	}
	if s, err := st.Subscription(t.Context(), kim.ID); err != nil || !s.FailedAt.Equal(start()) {
		t.Errorf("the subscription is %+v, %v, want that it failed", s, err)
	}
	m := claimMessage(t, st, start().Add(time.Hour), true)
	if err := st.Told(t.Context(), m, start().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if s, err := st.Subscription(t.Context(), kim.ID); err != nil || !s.FailedAt.IsZero() || !s.SentAt.Equal(start().Add(time.Hour)) {
		t.Errorf("the subscription is %+v, %v, want that a mail was sent", s, err)
	}
	claimMessage(t, st, start().Add(24*time.Hour), false)
}

func testTellersTogether(t *testing.T, st *store.Store) {
	AddHook(t, st, eventType, "https://receiver.example/")
	var recipients []uuid.UUID
	for range 5 {
		recipients = append(recipients, AddChannel(t, st, hook.SlackChannel, "https://chat.example/").ID)
	}
	for _, subject := range []string{"a", "b", "c", "d"} {
		Raise(t, st, subject, hook.Failure, start())
	}
	var mu sync.Mutex
	told := make(map[[2]uuid.UUID]int)
	var nodes sync.WaitGroup
	for range 3 {
		nodes.Go(func() {
			decide(t, st, start(), recipients...)
			for {
				m, ok, err := st.ClaimMessage(t.Context(), start(), start().Add(time.Minute), 3)
				if err != nil {
					t.Error(err)
				}
				if !ok {
					return
				}
				mu.Lock()
				for _, n := range m.Notifications {
					told[[2]uuid.UUID{n.Recipient, n.Alert.ID}]++
				}
				mu.Unlock()
			}
		})
	}
	nodes.Wait()
	for {
		m, ok, err := st.ClaimMessage(t.Context(), start(), start().Add(time.Minute), 100)
		if err != nil || !ok {
			break
		}
		for _, n := range m.Notifications { // that the others left to each other
			told[[2]uuid.UUID{n.Recipient, n.Alert.ID}]++
		}
	}
	if len(told) != 20 {
		t.Errorf("%d notifications were claimed, want 20", len(told))
	}
	for _, n := range told {
		if n != 1 {
			t.Errorf("a notification was claimed %d times, want once", n)
		}
	}
}
