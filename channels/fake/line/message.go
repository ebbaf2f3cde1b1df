package line

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/switchyard-chat/switchyard/channels/fake"
)

// LINE's times.
const (
	retryKeyHolds  = 24 * time.Hour
	replyWithin    = time.Minute        // of receiving the event
	replyLatest    = 20 * time.Minute   // after the event, for redelivered ones
	strangerWithin = 7 * 24 * time.Hour // of a stranger's last message
)

const retryKeyHeader = "X-Line-Retry-Key"

// sendRequest is the body of push, reply and multicast.
type sendRequest struct {
	To         json.RawMessage   `json:"to"`
	ReplyToken string            `json:"replyToken"`
	Messages   []json.RawMessage `json:"messages"`
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func overQuota() reply {
	return refuse(http.StatusTooManyRequests, "You have reached your monthly limit.")
}

// push sends to one person, group or room, once for each retry key within 24 hours.
func push(b *Bot, r *call) reply {
	if answer, done := b.retried(r); done {
		return answer
	}
	request, to, refused := b.readSend(r)
	if refused != nil {
		return *refused
	}
	var chat string
	if json.Unmarshal(to, &chat) != nil || !isID("U", chat) && !isID("C", chat) && !isID("R", chat) {
		return refuse(http.StatusBadRequest, "The property, 'to', in the request body is invalid (line: -, column: -)")
	}
	if problems := b.check(request.Messages, chat); len(problems) > 0 {
		return badBody(problems)
	}
	reached, recipients, known := b.reach(chat)
	if !known {
		return refuse(http.StatusBadRequest, "Failed to send messages")
	}
	if !b.spend(recipients) {
		return overQuota()
	}
	sent := b.accept(r, Push, []string{chat}, request.Messages, reached)
	b.remember(r, sent)
	return ok(map[string]any{"sentMessages": sent})
}

// multicast sends to up to 500 people, never to groups. It answers no ids.
func multicast(b *Bot, r *call) reply {
	if answer, done := b.retried(r); done {
		return answer
	}
	request, to, refused := b.readSend(r)
	if refused != nil {
		return *refused
	}
	var people []string
	if json.Unmarshal(to, &people) != nil || len(people) == 0 || len(people) > 500 ||
		slices.ContainsFunc(people, func(id string) bool { return !isID("U", id) }) {
		return refuse(http.StatusBadRequest, "The property, 'to', in the request body is invalid (line: -, column: -)")
	}
	if problems := b.check(request.Messages, ""); len(problems) > 0 {
		return badBody(problems)
	}
	anybody := false
	recipients := int64(0)
	for _, id := range people {
		reached, n, _ := b.reach(id)
		anybody = anybody || reached
		recipients += n
	}
	if !b.spend(recipients) {
		return overQuota()
	}
	b.accept(r, Multicast, people, request.Messages, anybody)
	b.remember(r, nil)
	return ok(struct{}{})
}

// replyTo answers an event by its token: once, and soon. It is free of charge.
func replyTo(b *Bot, r *call) reply {
	if _, has := r.Header[retryKeyHeader]; has {
		return refuse(http.StatusBadRequest, "The retry key is not supported by this endpoint")
	}
	request, _, refused := b.readSend(r)
	if refused != nil {
		return *refused
	}
	token := b.replyTokens[request.ReplyToken]
	now := b.server.clock.Now()
	if token == nil || token.isUsed || now.Sub(token.givenAt) > replyWithin || now.Sub(token.eventAt) > replyLatest {
		return refuse(http.StatusBadRequest, "Invalid reply token")
	}
	if problems := b.check(request.Messages, token.chat); len(problems) > 0 {
		return badBody(problems)
	}
	token.isUsed = true
	reached, _, _ := b.reach(token.chat)
	return ok(map[string]any{"sentMessages": b.accept(r, Reply, []string{token.chat}, request.Messages, reached)})
}

// validateOnly checks message objects and sends nothing.
func validateOnly(b *Bot, r *call) reply {
	switch r.PathValue("kind") {
	case "push", "reply", "multicast", "narrowcast", "broadcast":
	default:
		return notFound()
	}
	if _, has := r.Header[retryKeyHeader]; has {
		return refuse(http.StatusBadRequest, "The retry key is not supported by this endpoint")
	}
	request, _, refused := b.readSend(r)
	if refused != nil {
		return *refused
	}
	if problems := b.check(request.Messages, ""); len(problems) > 0 {
		return badBody(problems)
	}
	return ok(struct{}{})
}

func badBody(problems []detail) reply {
	return refuse(http.StatusBadRequest, fmt.Sprintf("The request body has %d error(s)", len(problems)), problems...)
}

func (b *Bot) readSend(r *call) (sendRequest, json.RawMessage, *reply) {
	var request sendRequest
	if refused, fine := r.read(&request); !fine {
		return request, nil, &refused
	}
	if n := len(request.Messages); n < 1 || n > 5 {
		refused := badBody([]detail{{Message: "Size must be between 1 and 5", Property: "messages"}})
		return request, nil, &refused
	}
	return request, request.To, nil
}

// retried answers a request whose retry key was accepted before, or is none.
func (b *Bot) retried(r *call) (reply, bool) {
	values, has := r.Header[retryKeyHeader]
	if !has {
		return reply{}, false
	}
	if _, err := uuid.Parse(values[0]); err != nil || len(values) != 1 || len(values[0]) != 36 {
		return refuse(http.StatusBadRequest, "The retry key is invalid"), true
	}
	earlier := b.retries[values[0]]
	if earlier == nil || b.server.clock.Now().Sub(earlier.at) >= retryKeyHolds {
		return reply{}, false
	}
	body := struct {
		problem
		SentMessages []sentMessage `json:"sentMessages,omitempty"`
	}{problem{Message: "The retry key is already accepted"}, earlier.sent}
	return reply{status: http.StatusConflict, value: body, header: http.Header{"X-Line-Accepted-Request-Id": {earlier.requestID}}}, true
}

func (b *Bot) remember(r *call, sent []sentMessage) {
	now := b.server.clock.Now()
	b.forget(now)
	if key := r.Header.Get(retryKeyHeader); key != "" {
		b.retries[key] = &retry{at: now, requestID: r.requestID, sent: sent}
	}
}

// reach says whether messages to a chat reach anybody, how many they are counted for, and whether the account may write there at all.
// People who blocked it, and strangers who have not written for a week, are not reached, and LINE does not say so.
func (b *Bot) reach(chat string) (reached bool, recipients int64, known bool) {
	if isID("U", chat) {
		p := b.acquaintance(chat)
		if p == nil {
			return false, 0, false
		}
		isRecent := !p.wroteAt.IsZero() && b.server.clock.Now().Sub(p.wroteAt) <= strangerWithin
		if p.isBlocked || !p.isFriend && !isRecent {
			return false, 0, true
		}
		return true, 1, true
	}
	g := b.joined(chat, isID("R", chat))
	if g == nil {
		return false, 0, false
	}
	return true, int64(len(g.members)), true
}

// spend counts messages against the quota; false when they are too many.
func (b *Bot) spend(recipients int64) bool {
	if b.setup.Quota > 0 && b.used+recipients > b.setup.Quota {
		return false
	}
	b.used += recipients
	return true
}

// accept takes messages and writes them into the journal.
func (b *Bot) accept(r *call, operation string, to []string, messages []json.RawMessage, reached bool) []sentMessage {
	delivery := fake.Delivery{
		At: b.server.clock.Now(), Account: b.setup.UserID, Operation: operation, To: to,
		RetryKey: r.Header.Get(retryKeyHeader), RequestID: r.requestID, Reached: reached,
	}
	sent := make([]sentMessage, 0, len(messages))
	for _, body := range messages {
		one := sentMessage{ID: b.server.messageID()}
		var head struct{ Type string }
		_ = json.Unmarshal(body, &head) // check has read it
		if operation != Multicast {
			switch head.Type {
			case "text", "textV2", "sticker", "image", "video", "template", "flex":
				one.QuoteToken = b.newQuoteToken(to[0])
			}
		}
		sent = append(sent, one)
		delivery.Messages = append(delivery.Messages, fake.Message{ID: one.ID, QuoteToken: one.QuoteToken, Body: body})
	}
	b.server.journal.Add(delivery)
	return sent
}

// quoteNonce is how much of a quote token tells it from the chat's others.
const quoteNonce = 24

// newQuoteToken makes a token that quotes a message of a chat. Tokens never end and are not kept: they are known by their signature.
func (b *Bot) newQuoteToken(chat string) string {
	nonce := b.server.random.Bytes(quoteNonce)
	return base64.RawURLEncoding.EncodeToString(append(nonce, b.signQuote(nonce, chat)...))
}

// isQuotable says whether a token quotes a message of the chat.
func (b *Bot) isQuotable(token, chat string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	return err == nil && len(raw) > quoteNonce && hmac.Equal(raw[quoteNonce:], b.signQuote(raw[:quoteNonce], chat))
}

func (b *Bot) signQuote(nonce []byte, chat string) []byte {
	mac := hmac.New(sha256.New, b.quoteKey)
	mac.Write(nonce)
	mac.Write([]byte(chat))
	return mac.Sum(nil)
}
