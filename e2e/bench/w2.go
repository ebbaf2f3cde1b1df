package main

import (
	"context"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/page"
)

// historyDocument asks for a page of a conversation, with what a message shows.
const historyDocument = `query History($id: ID!, $before: Cursor) { messages(conversationId: $id, last: 50, before: $before) { pageInfo { hasPreviousPage startCursor } nodes { id version seq
	sender senderName kind content { ... on TextContent { text } } createdAt delivery agent { id name } attempts } } }`

// historyRows is a page as it is compared.
type historyRows struct {
	Nodes []struct {
		ID                       ref
		Version, Seq, Attempts   int
		Sender, SenderName, Kind string
		Content                  struct{ Text string }
		CreatedAt                time.Time
		Delivery                 *string
		Agent                    *named
	}
}

// history measures a page of 50 messages of a long conversation, the newest and the 200th (W2).
func history(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	rows := sense[historyRows]("messages")
	// deep is how many messages lie after the page that is far back; where the conversation is shorter, it is its oldest.
	deep := int64(min(199*50, w.Long-50))
	newest, err := w.newest(ctx)
	if err != nil {
		return err
	}
	var targets []Target
	for _, p := range []struct {
		name   string
		before int64
	}{{"page 1", 0}, {"page 200", newest - deep + 1}} {
		vars := map[string]any{"id": id.Format(id.Conversation, data.LongConversation)}
		if p.before > 0 {
			vars["before"] = page.Cursor("messages", p.before)
		}
		targets = append(targets,
			Target{Name: ours + ", " + p.name, Process: w.Server, Ask: asks(w.Server, data.Token(data.Boss), historyDocument, func(int) map[string]any { return vars })},
			Target{Name: "limit json, " + p.name, Process: w.Limit, Ask: gets(w.Limit, func(int) string {
				return fmt.Sprintf("/history?agent=%d&conversation=%d&before=%d", data.Boss, data.LongConversation, p.before)
			})})
		targets[len(targets)-2].Sense, targets[len(targets)-1].Sense = rows, rows
		// Each page must equal its own limit's.
		if err := e.alike(ctx, &Comparison{Targets: targets[len(targets)-2:]}); err != nil {
			return err
		}
		targets[len(targets)-2].Sense, targets[len(targets)-1].Sense = nil, nil
	}
	return e.Compare(ctx, e.Scale, Comparison{
		Name: "W2 history page", Reference: "limit json, page 1", Targets: targets,
		Note: fmt.Sprintf("50 messages with text, agent and attempts, of a conversation of %s.", count(int(newest))),
		Goals: []Goal{
			{Text: "CPU ≤ 2.3 × limit json", Target: ours + ", page 1", Bound: 2.3},
			{Text: "page 200 ≤ 1.1 × page 1", Target: ours + ", page 200", Against: ours + ", page 1", Bound: 1.1},
			{Text: "stretch: CPU ≤ 1.5 × limit json", Target: ours + ", page 1", Bound: 1.5},
		},
	})
}

// newest is the place of the newest message of the long conversation.
func (w *World) newest(ctx context.Context) (int64, error) {
	b, err := asks(w.Server, data.Token(data.Boss), historyDocument, func(int) map[string]any {
		return map[string]any{"id": id.Format(id.Conversation, data.LongConversation)}
	})(ctx, 0)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Data struct{ Messages historyRows }
	}
	if err := unmarshal(b, &answer); err != nil {
		return 0, err
	}
	all := answer.Data.Messages.Nodes
	if len(all) == 0 {
		return 0, fmt.Errorf("the long conversation is empty: %.300s", b)
	}
	return int64(all[len(all)-1].Seq), nil
}
