package line

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// answerLimit is the most that is read of a webhook's answer, which LINE does not look into.
const answerLimit = 4 << 10

// Answer is what a webhook answered.
type Answer struct {
	Status int
	Body   string
	Took   time.Duration // LINE counts more than 2 seconds as a failure
}

// Body writes events as one webhook body.
func (b *Bot) Body(events ...Event) []byte {
	if events == nil {
		events = []Event{}
	}
	body, err := json.Marshal(struct {
		Destination string  `json:"destination"`
		Events      []Event `json:"events"`
	}{b.Setup().UserID, events})
	if err != nil {
		panic("fake line: " + err.Error()) // With was given something that is no JSON
	}
	return body
}

// Sign is the signature LINE puts on a body.
func (b *Bot) Sign(body []byte) string { return sign(b.Setup().ChannelSecret, body) }

func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Deliver sends events to the account's webhook, signed, in one body. It fails when no answer came; what the answer says is the caller's to
// judge.
func (b *Bot) Deliver(ctx context.Context, events ...Event) (Answer, error) {
	body := b.Body(events...)
	return b.Post(ctx, body, b.Sign(body))
}

// Post sends any body under any signature to the account's webhook.
func (b *Bot) Post(ctx context.Context, body []byte, signature string) (Answer, error) {
	return b.server.post(ctx, b.Setup().WebhookURL, body, signature)
}

func (s *Server) post(ctx context.Context, webhook string, body []byte, signature string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, webhook, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "LineBotWebhook/2.0")
	r.Header["x-line-signature"] = []string{signature} // LINE's own spelling
	took := s.clock.Stopwatch()
	response, err := s.client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	answered, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: response.StatusCode, Body: string(answered), Took: took()}, nil
}

// testWebhook calls an account's webhook with a signed body without events. It stands apart from the other operations because it must not hold
// the lock meanwhile: what is called may well call back.
func (s *Server) testWebhook(w http.ResponseWriter, r *http.Request) {
	requestID := s.hex(16)
	webhook := ""
	var tested *Bot
	prepared := s.serve(r, requestID, func(b *Bot, c *call) reply {
		var request struct{ Endpoint *string }
		if len(c.body) > 0 {
			if refused, fine := c.read(&request); !fine {
				return refused
			}
		}
		webhook = b.setup.WebhookURL
		if request.Endpoint != nil {
			webhook = *request.Endpoint
		}
		if webhook == "" {
			return notFound()
		}
		if !isWebhook(webhook) {
			return refuse(http.StatusBadRequest, "Invalid webhook endpoint URL")
		}
		tested = b
		return reply{}
	})
	if tested == nil {
		s.write(w, prepared, requestID)
		return
	}
	body := tested.Body()
	answer, err := s.post(r.Context(), webhook, body, tested.Sign(body))
	result := map[string]any{
		"success": err == nil && answer.Status == http.StatusOK, "timestamp": s.clock.Now().Format("2006-01-02T15:04:05.000Z"),
		"statusCode": answer.Status, "reason": "OK", "detail": fmt.Sprint(answer.Status),
	}
	switch timeout, isNet := errors.AsType[net.Error](err); {
	case isNet && timeout.Timeout():
		result["reason"], result["detail"] = "REQUEST_TIMEOUT", "TLS handshake or request timed out"
	case err != nil:
		result["reason"], result["detail"] = "COULD_NOT_CONNECT", "connection refused or broken"
	case answer.Status != http.StatusOK:
		result["reason"] = "ERROR_STATUS_CODE"
	}
	s.write(w, ok(result), requestID)
}
