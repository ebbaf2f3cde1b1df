package line

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// LINE's messages that decide what a status means; there are no codes.
// https://developers.line.biz/en/reference/messaging-api/#error-messages (read 2026-08-07)
const (
	saysMonthlyLimit = "monthly limit"
	saysNotSent      = "Failed to send messages"
	saysBadBody      = "The request body has"
	saysBadTo        = "The property, 'to',"
	saysAccepted     = "already accepted"
)

// sendResult says what an answer to a push means, after LINE's "Status codes" and "Error messages" (CHAN-11). Since LINE knows a
// retry key for 24 hours, whatever leaves it open whether the message was taken is Transient: the same key is sent again, and answered
// with 409 if it was.
func sendResult(r answer, to channels.Peer, secrets channels.Credentials) channels.SendResult {
	result := channels.SendResult{Outcome: channels.Refused, Code: channels.CodePlatformError, Status: r.status, RequestID: r.header.Get(requestIDHeader)}
	said := r.problem()
	if r.err != nil && !(r.status >= 300 && errors.Is(r.err, errCut)) {
		return unanswered(result, r)
	}
	switch status := r.status; {
	case status >= 200 && status < 300:
		return accepted(result, r)
	case status == http.StatusConflict:
		if strings.Contains(said.Message, saysAccepted) || r.header.Get(acceptedRequestIDHeader) != "" {
			return accepted(result, r)
		}
		result.Outcome = channels.Transient
		result.Reason = "LINE reported a conflict"
	case status >= 500:
		result.Outcome = channels.Transient
		result.Reason = "LINE had an internal problem"
	case status >= 300 && status < 400:
		result.Outcome = channels.Transient
		result.Reason = "something between us and LINE redirected the request"
	case status == http.StatusTooManyRequests && strings.Contains(said.Message, saysMonthlyLimit):
		result.Code = channels.CodeQuotaExceeded
		result.Reason = "this month's message quota of the LINE account is used up"
	case status == http.StatusTooManyRequests:
		result.Outcome, result.Code = channels.Transient, channels.CodeRateLimited
		result.RetryAfter = retryAfter(r.header)
		result.Reason = "LINE's rate limit was reached"
	case status == http.StatusUnauthorized:
		result.Code, result.AccountLost = channels.CodeCredentialsRevoked, true
		result.Reason = "LINE no longer accepts the account's channel access token: connect the account again"
	case status == http.StatusForbidden:
		result.Code = channels.CodeNotEntitled
		result.Reason = "the LINE account is not entitled to do this"
	case status == http.StatusRequestEntityTooLarge:
		result.Code = channels.CodeTooLarge
		result.Reason = "the message is larger than LINE takes"
	case status == http.StatusUnsupportedMediaType:
		result.Code = channels.CodeInvalidContent
		result.Reason = "LINE does not take this kind of content"
	case status == http.StatusBadRequest:
		badRequest(&result, said, to)
	default:
		result.Reason = "LINE refused the message"
	}
	result.Reason = withDetail(result.Reason, said, secrets)
	return result
}

// badRequest tells the two meanings of 400 apart: nobody to write to, or nothing that could be written.
func badRequest(result *channels.SendResult, said problem, to channels.Peer) {
	switch {
	case strings.Contains(said.Message, saysNotSent):
		result.Code = channels.CodeRecipientGone
		result.Reason = "LINE does not let this account write to this person"
		if to.Type != channels.PeerUser {
			result.GroupGone = true
			result.Reason = "the account is not in this group"
		}
	case strings.Contains(said.Message, saysBadTo):
		result.Code = channels.CodeRecipientGone
		result.Reason = "LINE knows no such recipient"
	case strings.Contains(said.Message, saysBadBody), len(said.Details) > 0:
		result.Code = channels.CodeInvalidContent
		result.Reason = "LINE does not accept the content of the message"
	default:
		result.Reason = "LINE refused the message"
	}
}

// accepted reads the ids of what LINE took. A 2xx that cannot be read is taken all the same: only the id is unknown then.
func accepted(result channels.SendResult, r answer) channels.SendResult {
	var body struct {
		SentMessages []struct {
			ID         string `json:"id"`
			QuoteToken string `json:"quoteToken"`
		} `json:"sentMessages"`
	}
	if r.into(&body) == nil && len(body.SentMessages) > 0 {
		result.PlatformMessageID, result.QuoteToken = body.SentMessages[0].ID, body.SentMessages[0].QuoteToken
	}
	result.Outcome, result.Code = channels.Sent, ""
	return result
}

// unanswered says what the lack of an answer means.
func unanswered(result channels.SendResult, r answer) channels.SendResult {
	result.Outcome, result.Code = channels.Transient, channels.CodeUnreachable
	switch {
	case errors.Is(r.err, errNoToken):
		result.Outcome, result.Code, result.AccountLost = channels.Refused, channels.CodeCredentialsRevoked, true
		result.Reason = "the account has no usable channel access token: connect the account again"
	case errors.Is(r.err, errBadAddress):
		result.Outcome, result.Code = channels.Refused, channels.CodeChannelUnavailable
		result.Reason = "the address of LINE's API in the account's settings is no address"
	case !r.sent:
		result.Reason = "no connection to LINE: nothing was sent"
	case isTimeout(r.err):
		result.Reason = "LINE did not answer in time; whether it took the message is asked by sending it again under the same key"
	default:
		result.Reason = "the connection broke before LINE's answer; whether it took the message is asked by sending it again under the same key"
	}
	return result
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// retryAfter reads the header LINE does not promise but may one day give. Dates are not read: they would need a clock.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(header.Get("Retry-After")))
	if err != nil || seconds < 0 || seconds > 24*60*60 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// detailLimit bounds how much of LINE's own words is shown.
const detailLimit = 300

// withDetail adds LINE's own words to a sentence, without the secrets should LINE ever repeat one.
func withDetail(sentence string, said problem, secrets channels.Credentials) string {
	words := said.Message
	for _, d := range said.Details[:min(len(said.Details), 3)] {
		words += "; " + d.Property + ": " + d.Message
	}
	for name, secret := range secrets {
		if name != ChannelID && secret != "" {
			words = strings.ReplaceAll(words, secret, "…")
		}
	}
	if words == "" {
		return sentence
	}
	if runes := []rune(words); len(runes) > detailLimit {
		words = string(runes[:detailLimit]) + "…"
	}
	return sentence + " (" + strings.ToValidUTF8(words, "\uFFFD") + ")"
}

// fetchFault says what a failed call means to who wanted to read something; nil for a 2xx. what names the thing that was asked for.
func fetchFault(r answer, what string) error {
	if errors.Is(r.err, errNoToken) {
		return fault.Wrap(r.err, fault.Unauthenticated, "connect the LINE account again").WithCode(channels.CodeCredentialsRevoked, nil)
	}
	if r.err != nil && r.status < 300 {
		return fault.Wrap(r.err, fault.Unavailable, "LINE cannot be reached: try later").WithCode(channels.CodeUnreachable, nil)
	}
	cause := errors.New(strings.TrimSpace("status " + strconv.Itoa(r.status) + " " + r.header.Get(requestIDHeader)))
	switch status := r.status; {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized:
		return fault.Wrap(cause, fault.Unauthenticated, "LINE no longer accepts the account's channel access token: connect the account again").
			WithCode(channels.CodeCredentialsRevoked, nil)
	case status == http.StatusForbidden:
		return fault.Wrap(cause, fault.Forbidden, "LINE does not give %s to this account", what).WithCode(channels.CodeNotEntitled, nil)
	case status == http.StatusBadRequest, status == http.StatusNotFound, status == http.StatusGone:
		// 400 is LINE's answer to an id that cannot be one.
		return fault.Wrap(cause, fault.NotFound, "LINE knows no such %s, or does not show it to this account", what)
	case status == http.StatusTooManyRequests:
		return fault.Wrap(cause, fault.Throttled, "LINE's rate limit was reached: try later").
			WithCode(channels.CodeRateLimited, nil).After(retryAfter(r.header))
	default:
		return fault.Wrap(cause, fault.Unavailable, "LINE did not answer the question for %s: try later", what).
			WithCode(channels.CodePlatformError, nil)
	}
}
