package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	company = "/api/v1/companies/" + companyID
	again   = 50 * time.Millisecond // between two looks at a delivery's state
	lookup  = 2 * time.Second       // for one of them
)

// play sets the company and its hooks up, tells the story, and returns what is
// wrong with what became of it, one sentence each. An error means that the API
// refused something.
func (d *demo) play(ctx context.Context, target string) (problems []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.limit)
	defer cancel()
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		return nil, err
	}
	if err := d.ledger.say("A server and a receiver have started. " + companyName +
		", a company in " + timeZone + ", asks to be told of its orders.\n\n"); err != nil {
		return nil, err
	}
	if err := d.setUp(ctx, target); err != nil {
		return nil, err
	}
	// Told one after the other, the deliveries arrive in the story's order. When
	// one doesn't come, the rest must not be held up.
	pacing, cancel := context.WithTimeout(ctx, d.limit/3)
	defer cancel()
	var all []told
	for i, s := range scenes() {
		t, err := d.tell(ctx, i, s)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
		d.ledger.wait(pacing, s.eventType)
	}
	for _, t := range all {
		d.ledger.wait(ctx, t.eventType)
	}
	got, _ := d.ledger.all()
	ids, problems := checker{channels: d.channels, zone: zone}.check(all, got)
	for i, id := range ids {
		if id == "" {
			continue
		}
		if reason := d.settled(ctx, id, all[i].eventType); reason != "" {
			problems = append(problems, all[i].eventType+": "+reason)
		}
	}
	return problems, nil
}

// setUp adds the company and its hooks.
func (d *demo) setUp(ctx context.Context, target string) error {
	type auth struct {
		Type   string `json:"type"`
		User   string `json:"user"`
		Secret string `json:"secret"`
	}
	type trigger struct {
		Title      string   `json:"title"`
		EventTypes []string `json:"eventTypes"`
		URL        string   `json:"url"`
		Auth       *auth    `json:"auth,omitempty"`
		Priority   string   `json:"priority"`
		Enabled    bool     `json:"enabled"`
	}
	err := d.client.call(ctx, http.MethodPut, company, map[string]string{"name": companyName, "timeZone": timeZone}, nil)
	if err != nil {
		return err
	}
	wanted := make([][]string, len(d.channels))
	for _, s := range scenes() {
		wanted[s.channel] = append(wanted[s.channel], s.eventType)
	}
	wanted[products] = append(wanted[products], "ProductLocked", "ProductUnlocked") // for whoever explores
	for i, c := range d.channels {
		t := trigger{Title: c.title, EventTypes: wanted[i], URL: target + c.path, Priority: c.priority, Enabled: true}
		if c.user != "" {
			t.Auth = &auth{"basic", c.user, c.password}
		}
		if err := d.client.call(ctx, http.MethodPost, company+"/hooks/triggers", t, nil); err != nil {
			return err
		}
	}
	return nil
}

// tell posts the event of the i-th scene.
func (d *demo) tell(ctx context.Context, i int, s scene) (told, error) {
	if err := d.ledger.say("▸ " + s.says + "\n"); err != nil {
		return told{}, err
	}
	event := struct {
		ID         string          `json:"id"`
		Type       string          `json:"type"`
		EntityID   string          `json:"entityId"`
		Shop       string          `json:"shop,omitempty"`
		OccurredAt time.Time       `json:"occurredAt"`
		Data       json.RawMessage `json:"data"`
	}{
		fmt.Sprintf("nordwind-%04d", i+1), s.eventType, s.entity, s.shop,
		time.Now().UTC().Truncate(time.Millisecond), json.RawMessage(s.data),
	}
	var accepted struct {
		ID         string `json:"id"`
		Deliveries int    `json:"deliveries"`
	}
	if err := d.client.call(ctx, http.MethodPost, company+"/events", event, &accepted); err != nil {
		return told{}, err
	}
	if accepted.Deliveries != 1 {
		return told{}, fmt.Errorf("%s: it causes %d deliveries, want 1", s.eventType, accepted.Deliveries)
	}
	return told{scene: s, eventID: accepted.ID, occurredAt: event.OccurredAt.Format(time.RFC3339Nano)}, nil
}

// settled waits until the API says that the delivery is delivered, and returns
// what it says instead when ctx ends.
func (d *demo) settled(ctx context.Context, id, eventType string) string {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		state, told, err := d.look(ctx, id)
		switch {
		case err != nil:
			return "its delivery cannot be looked up: " + err.Error()
		case told != eventType:
			return "its webhook-id is the delivery of " + told
		case state == "delivered":
			return ""
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "it has arrived, but its delivery is " + state
		}
	}
}

// look returns the state and the event type of a delivery. It has time of its
// own, so that what came of a delivery is known when ctx has ended.
func (d *demo) look(ctx context.Context, id string) (state, eventType string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookup)
	defer cancel()
	var delivery struct {
		State     string `json:"state"`
		EventType string `json:"eventType"`
	}
	err = d.client.call(ctx, http.MethodGet, company+"/deliveries/"+id, nil, &delivery)
	return delivery.State, delivery.EventType, err
}
