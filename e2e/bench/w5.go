package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// webhook is the body that LINE sends for a message, and its signature.
func webhook(run string, n int, contact int64) ([]byte, http.Header) {
	now := time.Now().UnixMilli()
	body := fmt.Appendf(nil, `{"destination":%q,"events":[{"type":"message","mode":"active","timestamp":%d,"webhookEventId":"%s-%d","deliveryContext":{"isRedelivery":false},`+
		`"replyToken":"r","source":{"type":"user","userId":%q},"message":{"id":"%s-%d","type":"text","text":"請問我昨天下的訂單什麼時候可以出貨，謝謝您 %d","quoteToken":"q"}}]}`,
		data.BotID(data.Large), now, run, n, data.UserID(contact), run, n, n)
	mac := hmac.New(sha256.New, []byte(data.ChannelSecret))
	mac.Write(body)
	return body, http.Header{"Content-Type": {"application/json"}, "X-Line-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
}

// The limit's other ways to take webhooks in.
const (
	joined = "limit, requests joined"
	steps  = "five statements in a transaction"
)

// receives measures signed webhooks with a message each, as they are taken in (W5), and agents' answers through GraphQL.
func receives(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	run := fmt.Sprintf("w5-%d", time.Now().UnixNano())
	var next atomic.Int64
	posts := func(p *Process, path string) func(context.Context, int) ([]byte, error) {
		return func(ctx context.Context, _ int) ([]byte, error) {
			n := int(next.Add(1))
			body, header := webhook(run, n, w.InProgress(n))
			return send(ctx, http.MethodPost, p.URL+path, header, body)
		}
	}
	before, err := data.Count(ctx, w.URL)
	if err != nil {
		return err
	}
	for _, inFlight := range []int{1, 8, 32} {
		goals := []Goal{{Text: "floor: ≥ 0.5 × limit", Target: ours, Bound: 0.5, Least: true}}
		switch inFlight {
		case 8:
			goals = append([]Goal{
				{Text: "≥ 0.8 × limit", Target: ours, Bound: 0.8, Least: true},
				{Text: "≥ 2.5 × five statements in a transaction (as with gqlgen and ent)", Target: ours, Against: steps, Bound: 2.5, Least: true},
			}, goals...)
		case 32:
			goals = append(goals, Goal{Text: "stretch: ≥ 0.8 × limit, requests joined", Target: ours, Against: joined, Bound: 0.8, Least: true})
		}
		if err := e.Compare(ctx, e.Scale, Comparison{
			Name: fmt.Sprintf("W5 signed webhooks, %d in flight", inFlight), Reference: "limit", InFlight: inFlight, Rate: true,
			Note: "The limit is one statement a request: mark against doubles, message, conversation, counters, and a hint over Redis. The limit with the same rows writes " +
				"the grams for the search and the two events of the team's log too, as the product must. Requests joined: what waits while two statements are under way goes in " +
				"one. Five statements in a transaction, each a trip: what a program with gqlgen and ent does without further thought.",
			Targets: []Target{
				{Name: ours, Process: w.Server, Ask: posts(w.Server, "/webhooks/line/"+data.WebhookKey(data.Large))},
				{Name: "limit", Process: w.Limit, Ask: posts(w.Limit, "/ingest/plain")},
				{Name: "limit, same rows", Process: w.Limit, Ask: posts(w.Limit, "/ingest/same")},
				{Name: joined, Process: w.Limit, Ask: posts(w.Limit, "/ingest/joined")},
				{Name: steps, Process: w.Limit, Ask: posts(w.Limit, "/ingest/steps")},
			},
			Goals: goals,
		}); err != nil {
			return err
		}
	}
	// Every request is a message, whoever took it in, and what is kept twice agrees.
	after, err := data.Count(ctx, w.URL)
	if err != nil {
		return err
	}
	if got, want := after-before, next.Load(); got != want {
		return fmt.Errorf("%d messages are there of %d that were sent", got, want)
	}
	if err := data.Recount(ctx, w.URL); err != nil {
		return err
	}
	return e.sends(ctx, w)
}

// sendDocument is an agent's answer.
const sendDocument = `mutation Send($input: MessageSendInput!) { messageSend(input: $input) { message { id seq delivery } userErrors { message } cursor } }`

// sends measures agents' answers through GraphQL, until LINE has them.
func (e *Env) sends(ctx context.Context, w *World) error {
	run := fmt.Sprintf("send-%d", time.Now().UnixNano())
	var next atomic.Int64
	ask := func(ctx context.Context, _ int) ([]byte, error) {
		n := int(next.Add(1))
		c := w.InProgress(n)
		b, err := asks(w.Server, data.Token(w.Follower(c)), sendDocument, func(int) map[string]any {
			return map[string]any{"input": map[string]any{"conversationId": id.Format(id.Conversation, c), "clientMessageId": fmt.Sprintf("%s-%d", run, n),
				"content": map[string]any{"text": "您的訂單今天下午就會寄出，請稍候"}}}
		})(ctx, n)
		var answer struct {
			Data struct {
				MessageSend struct {
					Message    *struct{ ID string }
					UserErrors []struct{ Message string }
				}
			}
		}
		if err == nil {
			err = unmarshal(b, &answer)
		}
		if err == nil && answer.Data.MessageSend.Message == nil {
			err = fmt.Errorf("not sent: %.300s", b)
		}
		return b, err
	}
	before := e.platform.count()
	for _, inFlight := range []int{1, 8} {
		if err := e.Compare(ctx, e.Scale, Comparison{
			Name: fmt.Sprintf("agents' answers, %d in flight", inFlight), Reference: "limit", InFlight: inFlight,
			Note: "The mutation, and until LINE has it; the limit is one statement a request that writes the message, its lane and the events of the log, and sends nothing.",
			Targets: []Target{
				{Name: ours, Process: w.Server, Ask: ask, Settle: func(ctx context.Context) error { return data.Drained(ctx, w.URL) }},
				{Name: "limit", Process: w.Limit, Ask: func(ctx context.Context, _ int) ([]byte, error) {
					n := int(next.Add(1))
					return send(ctx, http.MethodPost, fmt.Sprintf("%s/send?conversation=%d&key=%s-%d", w.Limit.URL, w.InProgress(n), run, n), nil, nil)
				}},
			},
		}); err != nil {
			return err
		}
	}
	if e.wants("agents' answers") && e.platform.count() == before {
		return fmt.Errorf("nothing was sent to LINE")
	}
	return data.Recount(ctx, w.URL)
}
