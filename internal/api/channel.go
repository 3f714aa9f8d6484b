package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
)

const maxChannels = 20 // of a company

type channel struct {
	ID        string       `json:"id" readOnly:"true" format:"uuid"`
	Version   int          `json:"version" readOnly:"true" doc:"Counts the changes; the ETag."`
	Kind      string       `json:"kind" enum:"webhook,slack,teams" doc:"What takes it: webhook, whatever takes our JSON; slack, an incoming webhook of Slack or what is compatible; teams, one of Microsoft Teams."`
	Title     string       `json:"title" minLength:"1" maxLength:"200"`
	Enabled   *bool        `json:"enabled,omitempty" default:"true"`
	Language  string       `json:"language,omitempty" enum:"en,de" default:"en" doc:"Of what slack and teams show; webhooks get both."`
	Severity  string       `json:"severity,omitempty" enum:"information,warning,error" default:"warning" doc:"The least of which it is told."`
	Kinds     []string     `json:"kinds" required:"false" nullable:"false" maxItems:"20" example:"[\"hook.disabled\"]" doc:"Of which kinds of alerts it is told; none: of all."`
	URL       *hook.Secret `json:"url,omitempty" writeOnly:"true" maxLength:"2048" example:"https://hooks.slack.example/services/T0/B0/x" doc:"Where to post to: only https, and where hooks may reach. Who knows it can post there, so it is never shown. Left out or empty, the stored one is kept."`
	Host      string       `json:"host" readOnly:"true" example:"https://hooks.slack.example/…" doc:"The part of the URL that is shown."`
	Secret    *hook.Secret `json:"secret,omitempty" writeOnly:"true" maxLength:"1000" doc:"Of kind webhook: what requests are signed with as Standard Webhooks says, whsec_ and the base64 of 24 to 64 bytes. Never shown. Left out or empty, the stored one is kept."`
	Signed    *bool        `json:"signed,omitempty" doc:"Whether requests are signed; false forgets the secret."`
	SentAt    time.Time    `json:"sentAt,omitzero" readOnly:"true" doc:"When it was told something last."`
	FailedAt  time.Time    `json:"failedAt,omitzero" readOnly:"true" doc:"When that failed, if nothing was told since."`
	Failure   string       `json:"failure,omitempty" readOnly:"true" doc:"Why, in words."`
	CreatedAt time.Time    `json:"createdAt" readOnly:"true"`
	UpdatedAt time.Time    `json:"updatedAt" readOnly:"true"`
}

func channelOf(c hook.Channel) channel {
	host := "…"
	if h := hook.HostOf(string(c.URL)); h != "" {
		host = "https://" + h + "/…"
	}
	signed := c.Key != "" || slices.Contains(c.Locked, hook.MACSecret)
	return channel{
		ID: c.ID.String(), Version: c.Version, Kind: string(c.Kind), Title: c.Title, Enabled: &c.Enabled, Language: c.Language,
		Severity: string(c.Choice.Severity), Kinds: textsOf(c.Choice.Kinds), Host: host, Signed: &signed,
		SentAt: c.SentAt, FailedAt: c.FailedAt, Failure: c.Failure, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

type channelInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The channel's ID."`
}

type addChannelInput struct {
	Company string `path:"company" doc:"The company's ID."`
	Body    channel
}

type putChannelInput struct {
	Company string `path:"company" doc:"The company's ID."`
	ID      string `path:"id" doc:"The channel's ID."`
	IfMatch string `header:"If-Match" doc:"The ETag of the version to be replaced. Without it, the last one to write wins."`
	Body    channel
}

type channelOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location" hidden:"true"`
	Body     channel
}

func answerChannel(c hook.Channel) *channelOutput {
	return &channelOutput{ETag: channelTag(c), Body: channelOf(c)}
}

func channelTag(c hook.Channel) string { return strconv.Quote(strconv.Itoa(c.Version)) }

type channelsOutput struct {
	Body struct {
		Items []channel `json:"items" nullable:"false"`
	} `nameHint:"Channels"`
}

// channel returns a channel of a company, or an error of fault Missing.
func (s *Server) channel(ctx context.Context, company, id string) (hook.Channel, error) {
	parsed, err := parseID(id, "notification channel")
	if err != nil {
		return hook.Channel{}, err
	}
	return s.Store.Channel(ctx, company, parsed)
}

func (s *Server) listChannels(ctx context.Context, in *companyInput) (*channelsOutput, error) {
	cs, err := s.Store.Channels(ctx, in.Company)
	out := &channelsOutput{}
	out.Body.Items = make([]channel, 0, len(cs))
	for _, c := range cs {
		out.Body.Items = append(out.Body.Items, channelOf(c))
	}
	return out, err
}

func (s *Server) getChannel(ctx context.Context, in *channelInput) (*channelOutput, error) {
	c, err := s.channel(ctx, in.Company, in.ID)
	return answerChannel(c), err
}

func (s *Server) addChannel(ctx context.Context, in *addChannelInput) (*channelOutput, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an ID: %w", err)
	}
	c := hook.Channel{ID: id, Company: in.Company, Version: 1, CreatedAt: now()}
	c.UpdatedAt = c.CreatedAt
	if err := s.fillChannel(&c, &in.Body); err != nil {
		return nil, err
	}
	there, err := s.Store.Channels(ctx, in.Company)
	if err != nil {
		return nil, err
	}
	if len(there) >= maxChannels {
		return nil, &hook.Error{
			Fault: hook.Conflict, Msg: fmt.Sprintf("the company has %d notification channels already; delete one first", maxChannels),
			German: fmt.Sprintf("Das Unternehmen hat bereits %d Benachrichtigungskanäle; löschen Sie zuerst einen.", maxChannels),
		}
	}
	if err := s.Store.AddChannel(ctx, c, note(ctx, "channel.add", id.String(), c.Company, nil, channelOf(c))); err != nil {
		return nil, err
	}
	out := answerChannel(c)
	out.Location = "/api/v1/companies/" + c.Company + "/notification-channels/" + id.String()
	return out, nil
}

func (s *Server) putChannel(ctx context.Context, in *putChannelInput) (*channelOutput, error) {
	old, err := s.channel(ctx, in.Company, in.ID)
	if err != nil {
		return nil, err
	}
	next := old
	next.Version, next.UpdatedAt = old.Version+1, now()
	next.FailedAt, next.Failure = time.Time{}, ""
	if err := s.fillChannel(&next, &in.Body); err != nil {
		return nil, err
	}
	if !matches(in.IfMatch, channelTag(old)) {
		return nil, newProblem(http.StatusPreconditionFailed,
			"the notification channel was changed meanwhile; read it again, and send the new ETag as If-Match")
	}
	e := note(ctx, "channel.change", in.ID, in.Company, channelOf(old), channelOf(next))
	return answerChannel(next), s.Store.ChangeChannel(ctx, next, e)
}

func (s *Server) deleteChannel(ctx context.Context, in *channelInput) (*struct{}, error) {
	c, err := s.channel(ctx, in.Company, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Store.DeleteChannel(ctx, in.Company, c.ID, now(), note(ctx, "channel.delete", in.ID, in.Company, channelOf(c), nil))
}

// fillChannel writes into c what in says, or returns everything that is wrong with
// it.
func (s *Server) fillChannel(c *hook.Channel, in *channel) error {
	var wrong problems
	wrong.text("title", in.Title)
	locked := c.Locked
	if in.URL != nil && *in.URL != "" {
		c.URL, locked = *in.URL, without(locked, hook.URLSecret)
	}
	if !slices.Contains(locked, hook.URLSecret) {
		if err := s.CheckURL(string(c.URL)); err != nil {
			wrong = append(wrong, asProblems(err)...)
		}
	}
	c.Kind = hook.ChannelKind(in.Kind)
	locked = readKey(c, in, locked, &wrong)
	kinds := readKinds(in.Kinds, &wrong)
	if err := wrong.err(); err != nil {
		return err
	}
	c.Locked, c.Title, c.Enabled, c.Language = locked, in.Title, *in.Enabled, in.Language
	c.Choice = hook.Choice{Severity: hook.Severity(in.Severity), Kinds: kinds}
	return nil
}

// readKey writes into c what its requests are signed with, and returns what of
// locked still is.
func readKey(c *hook.Channel, in *channel, locked []string, wrong *problems) []string {
	given := in.Secret != nil && *in.Secret != ""
	stored := c.Key != "" || slices.Contains(locked, hook.MACSecret)
	switch {
	case c.Kind != hook.WebhookChannel && (given || in.Signed != nil && *in.Signed):
		wrong.add("secret", "only a channel of the kind webhook is signed; leave it out, or choose that kind",
			"Nur ein Kanal der Art webhook wird signiert; lassen Sie das Geheimnis weg oder wählen Sie diese Art.")
	case c.Kind != hook.WebhookChannel || in.Signed != nil && !*in.Signed:
		c.Key = ""
		return without(locked, hook.MACSecret)
	case given:
		key, err := sign.ReadKey("secret", hook.V1, *in.Secret)
		if err != nil {
			*wrong = append(*wrong, asProblems(err)...)
		}
		c.Key = key.Secret
		return without(locked, hook.MACSecret)
	case in.Signed != nil && !stored:
		wrong.add("secret", "it is missing; write what requests are to be signed with", "Das Geheimnis fehlt; schreiben Sie, womit signiert werden soll.")
	}
	return locked
}

type testOutput struct {
	Body struct {
		Sent   bool   `json:"sent" doc:"Whether the channel took it."`
		Reason string `json:"reason,omitempty" doc:"Why not, and what to do about it."`
	} `nameHint:"ChannelTest"`
}

// testChannel returns the handler that tests channels, within the companies' pace.
func (s *Server) testChannel() func(context.Context, *channelInput) (*testOutput, error) {
	var pace pace
	return func(ctx context.Context, in *channelInput) (*testOutput, error) {
		c, err := s.channel(ctx, in.Company, in.ID)
		if err != nil {
			return nil, err
		}
		if wait := pace.wait(in.Company, time.Now()); wait > 0 {
			return nil, &hook.Error{
				Fault: hook.TooOften, After: wait, Msg: "channels were tested too often just now; wait a moment and try again",
				German: "Es wurden gerade zu viele Kanäle getestet; warten Sie einen Moment und versuchen Sie es erneut.",
			}
		}
		out := &testOutput{}
		out.Body.Reason = s.Teller.Test(ctx, c)
		out.Body.Sent = out.Body.Reason == ""
		return out, nil
	}
}
