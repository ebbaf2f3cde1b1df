package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
)

// inboxDocument asks for a page of the inbox with all that a row shows.
const inboxDocument = `query Inbox($view: InboxView!, $filter: ConversationFilter, $sort: ConversationSort, $direction: SortDirection, $first: Int!, $after: Cursor) {
	conversations(view: $view, filter: $filter, sort: $sort, direction: $direction, first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { id version status kind
	channel { id name } contact { id name } tags { id name } lastMessage { messageId sender text at } lastAt unreadCount follower { id name } collaborators { id name } } } }`

// inboxPageRows is a page as it is compared.
type inboxPageRows struct {
	Nodes []struct {
		ID           ref
		Version      int
		Status, Kind string
		Channel      named
		Contact      named
		Tags         []named
		LastMessage  struct {
			MessageID    ref
			Sender, Text string
			At           time.Time
		}
		LastAt        time.Time
		UnreadCount   int
		Follower      *named
		Collaborators []named
	}
}

// spot is where a page of the inbox begins: for us a cursor, for a limit the row before it.
type spot struct {
	after string
	at    time.Time
	id    ref
}

// spots walks the first pages of a list.
func (w *World) spots(ctx context.Context, token string, variables map[string]any, pages int) ([]spot, error) {
	all := []spot{{}}
	for len(all) < pages {
		b, err := asks(w.Server, token, inboxDocument, func(int) map[string]any { return with(variables, "after", all[len(all)-1].after) })(ctx, 0)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Data struct {
				Conversations struct {
					inboxPageRows
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		if err := unmarshal(b, &answer); err != nil {
			return nil, err
		}
		c := answer.Data.Conversations
		if len(c.Nodes) == 0 || !c.PageInfo.HasNextPage {
			break
		}
		last := c.Nodes[len(c.Nodes)-1]
		all = append(all, spot{c.PageInfo.EndCursor, last.LastAt, last.ID})
	}
	return all, nil
}

// with is a copy of variables with one more, left out where it is empty.
func with(variables map[string]any, name, value string) map[string]any {
	out := map[string]any{}
	for k, v := range variables {
		out[k] = v
	}
	if value != "" {
		out[name] = value
	}
	return out
}

// inboxPage measures the page of the inbox (W1): 50 conversations with contact, tags, last message, unread count, follower and collaborators.
func inboxPage(ctx context.Context, e *Env) error {
	w, err := e.World(ctx, e.Scale)
	if err != nil {
		return err
	}
	team := map[string]any{"view": "TEAM_IN_PROGRESS", "first": 50}
	targets, err := w.inboxTargets(ctx, "", data.Boss, team, "")
	if err != nil {
		return err
	}
	return e.Compare(ctx, e.Scale, Comparison{
		Name: "W1 inbox page", Reference: "limit json", Targets: targets,
		Note: "What others have in progress, the newest 50 of each of the first pages in turn, as an administrator.",
		Goals: []Goal{
			{Text: "CPU ≤ 1.5 × limit json", Target: ours, Bound: 1.5},
			{Text: "stretch: CPU ≤ 0.5 × limit json", Target: ours, Bound: 0.5},
		},
	})
}

// inboxTargets are our server and the limits for one list. suffix tells the targets of several databases apart.
func (w *World) inboxTargets(ctx context.Context, suffix string, agent int64, variables map[string]any, more string) ([]Target, error) {
	spots, err := w.spots(ctx, data.Token(agent), variables, 8)
	if err != nil {
		return nil, fmt.Errorf("walk the inbox: %w", err)
	}
	at := func(n int) spot { return spots[n%len(spots)] }
	path := func(form string) func(int) string {
		return func(n int) string {
			q := url.Values{"agent": {fmt.Sprint(agent)}, "view": {fmt.Sprint(variables["view"])}}
			if s := at(n); s.id != 0 {
				q.Set("at", s.at.Format(time.RFC3339Nano))
				q.Set("id", fmt.Sprint(s.id))
			}
			return "/inbox/" + form + "?" + q.Encode() + more
		}
	}
	rows := sense[inboxPageRows]("conversations")
	return []Target{
		{Name: ours + suffix, Process: w.Server, Sense: rows,
			Ask: asks(w.Server, data.Token(agent), inboxDocument, func(n int) map[string]any { return with(variables, "after", at(n).after) })},
		{Name: "limit json" + suffix, Process: w.Limit, Sense: rows, Ask: gets(w.Limit, path("json"))},
		{Name: "limit denorm" + suffix, Process: w.Limit, Sense: rows, Ask: gets(w.Limit, path("denorm"))},
	}, nil
}
