package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"github.com/waybillhq/waybill/internal/hook"
)

const maxDetail = 500 // bytes of what the log gets

// clean returns an error with the text of err, cut to maxDetail, and without the
// given secrets, which the provider may have repeated in its answer. It wraps
// nothing, because what it would wrap may hold the whole answer.
func clean(doing string, err error, secrets ...string) error {
	text := err.Error()
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		text = strconv.Quote(refused.ErrorCode) + " " + strconv.Quote(refused.ErrorDescription)
		if refused.Response != nil {
			text = refused.Response.Status + " " + text
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, hook.Secret(secret).String())
			text = strings.ReplaceAll(text, url.QueryEscape(secret), hook.Secret(secret).String())
		}
	}
	return fmt.Errorf("%s: %s", doing, strings.ToValidUTF8(text[:min(len(text), maxDetail)], ""))
}

// unreachable reports whether err is that of a request without an answer.
func unreachable(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// redeeming sorts the errors of the token endpoint (RFC 6749, section 5.2).
func redeeming(err error, secrets ...string) error {
	detail := clean("redeem the code", err, secrets...)
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case unreachable(err), ok && refused.Response != nil && refused.Response.StatusCode >= 500:
		return unavailable(detail)
	case clientRefused(err):
		return misconfigured(detail)
	case !ok || refused.ErrorCode == "invalid_grant":
		return unverified(detail)
	}
	return misconfigured(detail)
}

func verifying(doing string, err error, secrets ...string) error {
	detail := clean(doing, err, secrets...)
	if unreachable(err) {
		return unavailable(detail)
	}
	return unverified(detail)
}

// refusal sorts the errors that the provider sends by way of the browser (RFC
// 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6).
func refusal(code, description string) error {
	detail := clean("the provider refused", fmt.Errorf("%q %q", code, description))
	switch code {
	case "access_denied":
		return &hook.Error{
			Fault: hook.Denied, Msg: "the sign-in was cancelled, or the sign-in service did not allow it",
			German: "Die Anmeldung wurde abgebrochen, oder der Anmeldedienst hat sie nicht erlaubt.", Err: detail,
		}
	case "server_error", "temporarily_unavailable":
		return unavailable(detail)
	case "login_required", "interaction_required", "consent_required", "account_selection_required":
		return unverified(detail)
	}
	return misconfigured(detail)
}

func notBegun() error {
	return &hook.Error{
		Fault: hook.Unknown, Msg: "this sign-in was not begun in this browser, or another one was begun after it; sign in again",
		German: "Diese Anmeldung wurde nicht in diesem Browser begonnen, oder es wurde danach eine andere begonnen; bitte melden Sie sich erneut an.",
	}
}

func tooLate() error {
	return &hook.Error{
		Fault: hook.Unknown, Msg: "the sign-in took longer than ten minutes; sign in again",
		German: "Die Anmeldung hat länger als zehn Minuten gedauert; bitte melden Sie sich erneut an.",
	}
}

func unavailable(detail error) error {
	return &hook.Error{
		Fault: hook.Busy, Msg: "the sign-in service can't be reached at the moment; try again in a few minutes",
		German: "Der Anmeldedienst ist zurzeit nicht erreichbar; bitte versuchen Sie es in einigen Minuten erneut.", Err: detail,
	}
}

func unverified(detail error) error {
	return &hook.Error{
		Fault: hook.Unknown, Msg: "the answer of the sign-in service is not valid, or it was used already; sign in again",
		German: "Die Antwort des Anmeldedienstes ist nicht gültig oder wurde schon verwendet; bitte melden Sie sich erneut an.", Err: detail,
	}
}

func misconfigured(detail error) error {
	return &hook.Error{
		Fault: hook.Denied, Msg: "this server and the sign-in service are not set up for each other; tell the operator of this server",
		German: "Dieser Server und der Anmeldedienst sind nicht aufeinander eingerichtet; bitte sagen Sie es dem Betreiber dieses Servers.", Err: detail,
	}
}

func noEmail() error {
	return &hook.Error{
		Fault: hook.Denied, Msg: "the sign-in service does not say what your e-mail address is; ask whoever manages your account there",
		German: "Der Anmeldedienst nennt Ihre E-Mail-Adresse nicht; fragen Sie, wer dort Ihr Konto verwaltet.",
		Err:    errors.New("the claim email is missing or is no e-mail address"),
	}
}

func emailNotVerified() error {
	return &hook.Error{
		Fault: hook.Denied, Msg: "the sign-in service has not verified your e-mail address; verify it there and sign in again",
		German: "Der Anmeldedienst hat Ihre E-Mail-Adresse nicht bestätigt; bestätigen Sie sie dort und melden Sie sich erneut an.",
		Err:    errors.New("the claim email_verified is not true"),
	}
}

func noRole(claim string) error {
	return &hook.Error{
		Fault: hook.Denied, Msg: "the sign-in service gives you no role here; ask whoever manages your account there",
		German: "Der Anmeldedienst gibt Ihnen hier keine Rolle; fragen Sie, wer dort Ihr Konto verwaltet.",
		Err:    fmt.Errorf("the claim %s is missing or has no value that means a role", claim),
	}
}

func noCompany(claim string) error {
	return &hook.Error{
		Fault: hook.Denied, Msg: "the sign-in service does not say which company you belong to; ask whoever manages your account there",
		German: "Der Anmeldedienst sagt nicht, zu welchem Unternehmen Sie gehören; fragen Sie, wer dort Ihr Konto verwaltet.",
		Err:    fmt.Errorf("the claim %s is missing or is not the ID of one company", claim),
	}
}
