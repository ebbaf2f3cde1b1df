package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/e2e/bench/limit"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// peer names PostGraphile among targets, and warm is how long it runs before it is measured: Node compiles what runs often.
const (
	peer = "PostGraphile"
	warm = 4 * time.Second
)

// withPeer starts PostGraphile on a world's database, where outside peers are asked for.
func (e *Env) withPeer(ctx context.Context, w *World) error {
	if e.Peers == "" || w.Peer != nil {
		return nil
	}
	c, err := pgx.Connect(ctx, w.URL)
	if err != nil {
		return err
	}
	role, err := limit.Role(ctx, c)
	_ = c.Close(ctx)
	if err != nil {
		return err
	}
	port, err := Port()
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(e.Folder, "peer-")
	if err != nil {
		return err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	scripts := filepath.Join(e.Peers, "node")
	// It wants a newer Node than many systems have, which comes with its packages.
	node := filepath.Join(scripts, "node_modules", "node-linux-"+strings.Replace(runtime.GOARCH, "amd64", "x64", 1), "bin", "node")
	w.Peer, err = Start(ctx, folder, "postgraphile", "http://"+addr, []string{"ADDR=" + addr, "DATABASE_URL=" + w.URL, "ROLE=" + role, fmt.Sprintf("TEAM=%d", data.Large),
		"NODE_ENV=production", "GRAPHILE_ENV=production"}, Answers("http://"+addr+"/healthz"), node, filepath.Join(scripts, "postgraphile.mjs"))
	if err == nil {
		e.Later(w.Peer.Stop)
	}
	return err
}

// peerGoals are goals about PostGraphile, where it is measured.
func (w *World) peerGoals(all ...Goal) []Goal {
	if w.Peer == nil {
		return nil
	}
	return all
}

// asksPeer gives what makes a target of an operation for PostGraphile. It answers 200 to what failed.
func asksPeer(p *Process, document string, variables func(n int) map[string]any) func(context.Context, int) ([]byte, error) {
	ask := asks(p, "", document, variables)
	return func(ctx context.Context, n int) ([]byte, error) {
		b, err := ask(ctx, n)
		if err == nil && bytes.Contains(b, []byte(`"errors":[`)) {
			err = fmt.Errorf("it answers %.500s", b)
		}
		return b, err
	}
}

// likewise reads a peer's answer and writes it as ours.
func likewise[From, To any](as func(From) To) func([]byte) (string, error) {
	return func(b []byte) (string, error) {
		var answer struct{ Data From }
		if err := unmarshal(b, &answer); err != nil {
			return "", err
		}
		out, err := json.MarshalIndent(as(answer.Data), "", " ")
		return string(out), err
	}
}

// row is an object of PostGraphile with its name.
type row struct {
	RowID int64 `json:"rowId,string"`
	Name  string
}

func (r *row) named() *named {
	if r == nil {
		return nil
	}
	return &named{ref(r.RowID), r.Name}
}

// peerInbox asks PostGraphile for what inboxDocument asks for.
const peerInbox = `query Inbox($me: BigInt!, $first: Int!, $after: Cursor) { allConversations(first: $first, after: $after, orderBy: [LAST_AT_DESC, ROW_ID_DESC], filter: {
		status: {equalTo: "IN_PROGRESS"}, queue: {equalTo: "HUMAN"}, isArchived: {equalTo: false}, followerId: {distinctFrom: $me},
		participantsByTeamIdAndConversationId: {none: {agentId: {equalTo: $me}, part: {equalTo: "COLLABORATOR"}}}}) {
	pageInfo { hasNextPage endCursor } nodes { rowId version status kind channelByTeamIdAndChannelId { rowId name }
	contactByTeamIdAndContactId { rowId name taggingsByTeamIdAndContactId(orderBy: TAG_ID_ASC) { nodes { tagByTeamIdAndTagId { rowId name } } } }
	lastMessageId lastMessageSender lastMessagePreview lastMessageAt lastAt unread agentByTeamIdAndFollowerId { rowId name }
	participantsByTeamIdAndConversationId(condition: {part: "COLLABORATOR"}, orderBy: [POSITION_ASC, ROW_ID_ASC]) { nodes { agentByTeamIdAndAgentId { rowId name } } } } } }`

type peerInboxPage struct {
	AllConversations struct {
		PageInfo struct {
			HasNextPage bool
			EndCursor   string
		}
		Nodes []struct {
			row
			Version      int `json:",string"`
			Status, Kind string
			Channel      row `json:"channelByTeamIdAndChannelId"`
			Contact      struct {
				row
				Taggings struct {
					Nodes []struct {
						Tag row `json:"tagByTeamIdAndTagId"`
					}
				} `json:"taggingsByTeamIdAndContactId"`
			} `json:"contactByTeamIdAndContactId"`
			LastMessageID                         int64 `json:",string"`
			LastMessageSender, LastMessagePreview string
			LastMessageAt, LastAt                 time.Time
			Unread                                int  `json:",string"`
			Follower                              *row `json:"agentByTeamIdAndFollowerId"`
			Participants                          struct {
				Nodes []struct {
					Agent row `json:"agentByTeamIdAndAgentId"`
				}
			} `json:"participantsByTeamIdAndConversationId"`
		}
	}
}

// rows is the page as it is compared.
func (p peerInboxPage) rows() inboxPageRows {
	var all inboxPageRows
	for _, x := range p.AllConversations.Nodes {
		r := inboxRow{ID: ref(x.RowID), Version: x.Version, Status: x.Status, Kind: x.Kind, Channel: *x.Channel.named(), Contact: *x.Contact.named(), Tags: []named{},
			LastAt: x.LastAt, UnreadCount: x.Unread, Follower: x.Follower.named(), Collaborators: []named{}}
		for _, t := range x.Contact.Taggings.Nodes {
			r.Tags = append(r.Tags, *t.Tag.named())
		}
		for _, a := range x.Participants.Nodes {
			r.Collaborators = append(r.Collaborators, *a.Agent.named())
		}
		if len(r.Collaborators) > 0 {
			r.UnreadCount = 0 // who asks is none of them, and has no count of their own
		}
		r.LastMessage.MessageID, r.LastMessage.Sender, r.LastMessage.Text, r.LastMessage.At = ref(x.LastMessageID), x.LastMessageSender, x.LastMessagePreview, x.LastMessageAt
		all.Nodes = append(all.Nodes, r)
	}
	return all
}

// peerInboxTarget is PostGraphile for a page of the inbox. It walks by its own cursors.
func (w *World) peerInboxTarget(ctx context.Context, agent int64, pages int) (Target, error) {
	vars := func(after string) map[string]any {
		return with(map[string]any{"me": fmt.Sprint(agent), "first": 50}, "after", after)
	}
	cursors := []string{""}
	for len(cursors) < pages {
		b, err := asksPeer(w.Peer, peerInbox, func(int) map[string]any { return vars(cursors[len(cursors)-1]) })(ctx, 0)
		if err != nil {
			return Target{}, err
		}
		var answer struct{ Data peerInboxPage }
		if err := unmarshal(b, &answer); err != nil {
			return Target{}, err
		}
		cursors = append(cursors, answer.Data.AllConversations.PageInfo.EndCursor)
	}
	return Target{Name: peer, Process: w.Peer, Warm: warm, Sense: likewise(peerInboxPage.rows),
		Ask: asksPeer(w.Peer, peerInbox, func(n int) map[string]any { return vars(cursors[n%len(cursors)]) })}, nil
}

// peerHistory asks PostGraphile for what historyDocument asks for.
const peerHistory = `query History($id: BigInt!, $before: BigInt!) { allConversations(condition: {rowId: $id}, first: 1) { nodes {
	messagesByTeamIdAndConversationId(first: 50, orderBy: SEQ_DESC, filter: {seq: {lessThan: $before}}) { pageInfo { hasNextPage endCursor }
	nodes { rowId version seq sender senderName kind text createdAt delivery agentByTeamIdAndAgentId { rowId name } attemptsByTeamIdAndMessageId { totalCount } } } } } }`

type peerHistoryPage struct {
	AllConversations struct {
		Nodes []struct {
			Messages struct {
				Nodes []struct {
					row
					Version, Seq                   int `json:",string"`
					Sender, SenderName, Kind, Text string
					CreatedAt                      time.Time
					Delivery                       string
					Agent                          *row                     `json:"agentByTeamIdAndAgentId"`
					Attempts                       struct{ TotalCount int } `json:"attemptsByTeamIdAndMessageId"`
				}
			} `json:"messagesByTeamIdAndConversationId"`
		}
	}
}

// rows is the page as it is compared: the oldest first.
func (p peerHistoryPage) rows() historyRows {
	var all historyRows
	for _, c := range p.AllConversations.Nodes {
		for _, x := range slices.Backward(c.Messages.Nodes) {
			r := historyRow{ID: ref(x.RowID), Version: x.Version, Seq: x.Seq, Attempts: x.Attempts.TotalCount, Sender: x.Sender, SenderName: x.SenderName, Kind: x.Kind, CreatedAt: x.CreatedAt,
				Agent: x.Agent.named()}
			r.Content.Text = x.Text
			if x.Delivery != "NONE" {
				r.Delivery = &x.Delivery
			}
			all.Nodes = append(all.Nodes, r)
		}
	}
	return all
}

// peerHistoryTarget is PostGraphile for the page of the long conversation before a place; 0 for its end.
func (w *World) peerHistoryTarget(before int64) Target {
	if before == 0 {
		before = math.MaxInt64
	}
	vars := map[string]any{"id": fmt.Sprint(data.LongConversation), "before": fmt.Sprint(before)}
	return Target{Name: peer, Process: w.Peer, Warm: warm, Sense: likewise(peerHistoryPage.rows), Ask: asksPeer(w.Peer, peerHistory, func(int) map[string]any { return vars })}
}

// peerContacts asks PostGraphile for what contactsDocument asks for.
const peerContacts = `query Contacts($from: String!, $to: String!, $cityField: BigInt!, $city: String!, $spentField: BigInt!, $spent: Float!, $tag: BigInt!) { allContacts(first: 50, orderBy: [NAME_FOLDED_ASC, ROW_ID_ASC], filter: {
		nameFolded: {greaterThanOrEqualTo: $from, lessThan: $to}, taggingsByTeamIdAndContactId: {some: {tagId: {equalTo: $tag}}}, and: [
			{customFieldValuesByTeamIdAndContactId: {some: {fieldId: {equalTo: $cityField}, keyValue: {equalTo: $city}}}},
			{customFieldValuesByTeamIdAndContactId: {some: {fieldId: {equalTo: $spentField}, numberValue: {greaterThanOrEqualTo: $spent}}}}]}) {
	pageInfo { hasNextPage endCursor } nodes { rowId name taggingsByTeamIdAndContactId { totalCount } } } }`

type peerContactPage struct {
	AllContacts struct {
		Nodes []struct {
			row
			Taggings struct{ TotalCount int } `json:"taggingsByTeamIdAndContactId"`
		}
	}
}

// rows is the page as it is compared.
func (p peerContactPage) rows() contactRows {
	all := contactRows{Nodes: []contactRow{}}
	for _, x := range p.AllContacts.Nodes {
		all.Nodes = append(all.Nodes, contactRow{ref(x.RowID), x.Name, x.Taggings.TotalCount})
	}
	return all
}

// peerContactsTarget is PostGraphile for what want wants.
func (w *World) peerContactsTarget() Target {
	return Target{Name: peer, Process: w.Peer, Warm: warm, IsSlow: true, Sense: likewise(peerContactPage.rows), Ask: asksPeer(w.Peer, peerContacts, func(n int) map[string]any {
		x := want(n)
		prefix := text.Fold(x.prefix)
		return map[string]any{"from": prefix, "to": text.Next(prefix), "cityField": fmt.Sprint(data.City), "city": x.city, "spentField": fmt.Sprint(data.Spent), "spent": x.spent,
			"tag": fmt.Sprint(x.tag)}
	})}
}

// peerSearch asks PostGraphile for the newest 20 messages that hold a text, by LIKE.
const peerSearch = `query Search($text: String!) { allMessages(first: 20, orderBy: ROW_ID_DESC, filter: {text: {includes: $text}}) {
	nodes { rowId createdAt text conversationByTeamIdAndConversationId { rowId name } } } }`

type peerHits struct {
	AllMessages struct{ Nodes []row }
}

// rows is what was found, as it is compared.
func (p peerHits) rows() hits {
	all := hits{Nodes: []hit{}}
	for _, x := range p.AllMessages.Nodes {
		var h hit
		h.Message.ID = ref(x.RowID)
		all.Nodes = append(all.Nodes, h)
	}
	return all
}

// peerSearchTarget is PostGraphile for what holds a term.
func (w *World) peerSearchTarget(term string) Target {
	return Target{Name: peer, Process: w.Peer, Warm: warm, IsSlow: true, Ask: asksPeer(w.Peer, peerSearch, func(int) map[string]any { return map[string]any{"text": term} })}
}
