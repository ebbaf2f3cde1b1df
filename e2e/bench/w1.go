package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// inboxDocument asks for a page of the inbox with all that a row shows.
const inboxDocument = `query Inbox($view: InboxView!, $filter: ConversationFilter, $sort: ConversationSort, $direction: SortDirection, $first: Int!, $after: Cursor) {
	conversations(view: $view, filter: $filter, sort: $sort, direction: $direction, first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { id version status kind
	channel { id name } contact { id name } tags { id name } lastMessage { messageId sender text at } lastAt unreadCount follower { id name } collaborators { id name } } } }`

// inboxRow is a row as it is compared.
type inboxRow struct {
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

type inboxPageRows struct{ Nodes []inboxRow }

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
	if err := e.withPeer(ctx, w); err != nil {
		return err
	}
	team := map[string]any{"view": "TEAM_IN_PROGRESS", "first": 50}
	targets, err := w.inboxTargets(ctx, "", data.Boss, team, "")
	if err != nil {
		return err
	}
	if err := e.Compare(ctx, e.Scale, Comparison{
		Name: "W1 inbox page", Reference: "limit json", Targets: targets,
		Note: "What others have in progress, the newest 50 of each of the first pages in turn, as an administrator.",
		Goals: append([]Goal{
			{Text: "CPU ≤ 1.5 × limit json", Target: ours, Bound: 1.5},
			{Text: "stretch: CPU ≤ 0.5 × limit json", Target: ours, Bound: 0.5},
		}, w.peerGoals(Goal{Text: "CPU ≤ 0.7 × PostGraphile", Target: ours, Against: peer, Bound: 0.7})...),
	}); err != nil {
		return err
	}
	if err := e.growth(ctx, w, team); err != nil {
		return err
	}
	return e.lists(ctx, w)
}

// growth compares the same page in a small and in a large database.
func (e *Env) growth(ctx context.Context, w *World, variables map[string]any) error {
	if e.Base >= e.Scale {
		return nil
	}
	base, err := e.World(ctx, e.Base)
	if err != nil {
		return err
	}
	if err := e.withPeer(ctx, base); err != nil {
		return err
	}
	var targets []Target
	for _, x := range []*World{base, w} {
		all, err := x.inboxTargets(ctx, ", "+count(x.Conversations), data.Boss, variables, "")
		if err != nil {
			return err
		}
		for _, t := range all {
			t.Sense = nil // they hold different rows
			targets = append(targets, t)
		}
	}
	small, large := ", "+count(base.Conversations), ", "+count(w.Conversations)
	return e.Compare(ctx, e.Scale, Comparison{
		Name: "W1 growth", Reference: "limit json" + small, Targets: targets, Note: "The inbox page in the smaller and in the larger database, in turn.",
		Goals: []Goal{
			{Text: "CPU ≤ 1.25 × that of the smaller database", Target: ours + large, Against: ours + small, Bound: 1.25},
			{Text: "stretch: CPU ≤ 1.15 × that of the smaller database", Target: ours + large, Against: ours + small, Bound: 1.15},
		},
	})
}

// lists compares views, sorts and filters of the inbox with its newest-first page.
func (e *Env) lists(ctx context.Context, w *World) error {
	c := Comparison{Name: "W1 views, sorts and filters", Reference: ours + ", newest first", Note: "The first page of each list, as an administrator; nothing is counted."}
	tag := []string{id.Format(id.Tag, 1)}
	for _, x := range []struct {
		name      string
		agent     int64
		variables map[string]any
		most      float64
	}{
		{"newest first", data.Boss, map[string]any{"view": "TEAM_IN_PROGRESS"}, 0},
		{"oldest first", data.Boss, map[string]any{"view": "TEAM_IN_PROGRESS", "direction": "ASC"}, 1.5},
		{"last followed first", data.Boss, map[string]any{"view": "TEAM_IN_PROGRESS", "sort": "FOLLOWED_AT"}, 1.5},
		{"longest waiting first", data.Boss, map[string]any{"view": "TEAM_IN_PROGRESS", "sort": "WAITING"}, 1.5},
		{"waiting for a person", data.Boss, map[string]any{"view": "PENDING_HUMAN"}, 1.5},
		{"all", data.Boss, map[string]any{"view": "ALL"}, 1.5},
		{"all, longest waiting first", data.Boss, map[string]any{"view": "ALL", "sort": "WAITING"}, 1.5},
		{"an agent's own", data.Busy, map[string]any{"view": "MY_IN_PROGRESS"}, 1.5},
		{"what others ended", data.Boss, map[string]any{"view": "TEAM_ENDED"}, 0},
		{"unread", data.Boss, map[string]any{"view": "TEAM_IN_PROGRESS", "filter": map[string]any{"isUnread": true}}, 1.5},
		{"with a tag of one in eight", data.Boss, map[string]any{"view": "TEAM_IN_PROGRESS", "filter": map[string]any{"tags": map[string]any{"any": tag}}}, 1.5},
		{"in progress, of all", data.Boss, map[string]any{"view": "ALL", "filter": map[string]any{"statuses": []string{"IN_PROGRESS"}}}, 1.5},
		{"of one agent, of all", data.Boss, map[string]any{"view": "ALL", "filter": map[string]any{"followerIds": []string{id.Format(id.Agent, data.Idle)}}}, 0},
	} {
		x.variables["first"] = 50
		t := Target{Name: ours + ", " + x.name, Process: w.Server, Ask: asks(w.Server, data.Token(x.agent), inboxDocument, func(int) map[string]any { return x.variables })}
		c.Targets = append(c.Targets, t)
		if x.most > 0 {
			c.Goals = append(c.Goals, Goal{Text: x.name + " ≤ 1.5 × newest first", Target: t.Name, Bound: x.most})
		}
	}
	if e.Small {
		c.Targets = c.Targets[:4]
		c.Goals = c.Goals[:3]
	}
	return e.Compare(ctx, e.Scale, c)
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
	all := []Target{
		{Name: ours + suffix, Process: w.Server, Sense: rows,
			Ask: asks(w.Server, data.Token(agent), inboxDocument, func(n int) map[string]any { return with(variables, "after", at(n).after) })},
		{Name: "limit json" + suffix, Process: w.Limit, Sense: rows, Ask: gets(w.Limit, path("json"))},
		{Name: "limit denorm" + suffix, Process: w.Limit, Sense: rows, Ask: gets(w.Limit, path("denorm"))},
	}
	if w.Peer == nil {
		return all, nil
	}
	t, err := w.peerInboxTarget(ctx, agent, len(spots))
	t.Name += suffix
	return append(all, t), err
}
