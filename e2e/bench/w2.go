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

// historyRow is a message as it is compared.
type historyRow struct {
	ID                       ref
	Version, Seq, Attempts   int
	Sender, SenderName, Kind string
	Content                  struct{ Text string }
	CreatedAt                time.Time
	Delivery                 *string
	Agent                    *named
}

type historyRows struct{ Nodes []historyRow }

// history measures a page of 50 messages of a long conversation, the newest and the 200th (W2).
func history(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	if err := e.withPeer(ctx, w); err != nil {
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
		each := []Target{
			{Name: ours, Process: w.Server, Sense: rows, Ask: asks(w.Server, data.Token(data.Boss), historyDocument, func(int) map[string]any { return vars })},
			{Name: "limit json", Process: w.Limit, Sense: rows, Ask: gets(w.Limit, func(int) string {
				return fmt.Sprintf("/history?agent=%d&conversation=%d&before=%d", data.Boss, data.LongConversation, p.before)
			})},
		}
		if w.Peer != nil {
			each = append(each, w.peerHistoryTarget(p.before))
		}
		// Each page must equal its own limit's.
		if err := e.alike(ctx, &Comparison{Targets: each}); err != nil {
			return err
		}
		for _, t := range each {
			t.Name, t.Sense = t.Name+", "+p.name, nil
			targets = append(targets, t)
		}
	}
	return e.Compare(ctx, e.Scale, Comparison{
		Name: "W2 history page", Reference: "limit json, page 1", Targets: targets,
		Note: fmt.Sprintf("50 messages with text, agent and attempts, of a conversation of %s.", count(int(newest))),
		Goals: append([]Goal{
			{Text: "CPU ≤ 2.3 × limit json", Target: ours + ", page 1", Bound: 2.3},
			{Text: "page 200 ≤ 1.1 × page 1", Target: ours + ", page 200", Against: ours + ", page 1", Bound: 1.1},
			{Text: "stretch: CPU ≤ 1.5 × limit json", Target: ours + ", page 1", Bound: 1.5},
		}, w.peerGoals(Goal{Text: "CPU not above PostGraphile's", Target: ours + ", page 1", Against: peer + ", page 1", Bound: 1})...),
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
