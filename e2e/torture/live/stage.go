// Package live holds the scenarios of live connections, of sending, of revocation and of draining.
package live

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "github.com/lib/pq"  // the driver of PostgreSQL
	_ "modernc.org/sqlite" // and of SQLite

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/torture/check/stream"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// stage is a team at its servers, with what plain SQL shows of it.
type stage struct {
	*rig.Team
	w       *rig.World
	servers []*rig.Server
	db      *sql.DB
	id      int64 // of the team
	n       int   // customers so far
}

// newStage makes a team; on PostgreSQL with as many servers as are asked for, on SQLite with one.
func newStage(ctx context.Context, w *rig.World, slug string, servers int, env ...string) (*stage, error) {
	s := &stage{w: w}
	for i := range servers {
		if i > 0 && w.Database != rig.Postgres {
			break
		}
		server, err := w.Server()
		if err != nil {
			return nil, err
		}
		s.servers = append(s.servers, server)
	}
	var err error
	if s.Team, err = w.Team(ctx, s.servers[0], slug, env...); err != nil {
		return nil, err
	}
	for _, other := range s.servers[1:] {
		if err := other.Start(ctx, env...); err != nil {
			return nil, err
		}
	}
	if s.db, err = w.Open(); err != nil {
		return nil, err
	}
	return s, s.db.QueryRowContext(ctx, "SELECT id FROM teams WHERE slug = "+s.mark(1), slug).Scan(&s.id)
}

func (s *stage) close() {
	if s.db != nil {
		_ = s.db.Close()
	}
}

// mark is the n-th place for a value in a statement.
func (s *stage) mark(n int) string {
	if s.w.Database == rig.Postgres {
		return fmt.Sprint("$", n)
	}
	return fmt.Sprint("?", n)
}

// write runs a statement that changes something, as an operator's hand at the database does.
func (s *stage) write(ctx context.Context, statement string, args ...any) error {
	driver, at := "postgres", s.w.Setting("DATABASE_URL")
	if s.w.Database != rig.Postgres {
		path := filepath.Join(s.w.Setting("DATA_DIR"), "switchyard.db")
		driver, at = "sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement, args...)
	return errors.Join(err, db.Close())
}

// agent is somebody who is signed in.
type agent struct {
	*rig.Client
	id    string
	email string
}

const password = "correct horse battery"

// hire invites an agent, who accepts.
func (s *stage) hire(ctx context.Context, name, role string, permissions ...string) (*agent, error) {
	email := strings.ToLower(name) + "@" + s.Slug + ".example"
	got, err := s.Boss.Do(ctx, `mutation($i: AgentInviteInput!) { agentInvite(input: $i) { link agent { id } userErrors { message } } }`,
		map[string]any{"i": map[string]any{"email": email, "name": name, "role": role, "permissions": append([]string{}, permissions...)}})
	if err != nil {
		return nil, err
	}
	_, token, ok := strings.Cut(rig.Str(got, "agentInvite.link"), "invitation=")
	if !ok {
		return nil, fmt.Errorf("invite %s: %v", name, got)
	}
	made, err := rig.NewClient(s.Server.URL, "").Do(ctx, `mutation($i: InvitationAcceptInput!) { invitationAccept(input: $i) { tokens { accessToken } userErrors { message } } }`,
		map[string]any{"i": map[string]any{"token": token, "name": name, "password": password}})
	if err != nil {
		return nil, err
	}
	a := &agent{rig.NewClient(s.Server.URL, rig.Str(made, "invitationAccept.tokens.accessToken")), rig.Str(got, "agentInvite.agent.id"), email}
	if a.Token == "" {
		return nil, fmt.Errorf("accept %s: %v", name, made)
	}
	return a, nil
}

// signIn gives the agent one more session.
func (s *stage) signIn(ctx context.Context, a *agent) (*agent, error) {
	got, err := rig.NewClient(s.Server.URL, "").Do(ctx, `mutation($i: SignInInput!) { signIn(input: $i) { accessToken userErrors { message } } }`,
		map[string]any{"i": map[string]any{"team": s.Slug, "email": a.email, "password": password}})
	if err != nil {
		return nil, err
	}
	if rig.Str(got, "signIn.accessToken") == "" {
		return nil, fmt.Errorf("sign in %s: %v", a.email, got)
	}
	return &agent{rig.NewClient(s.Server.URL, rig.Str(got, "signIn.accessToken")), a.id, a.email}, nil
}

// permit sets the agent's permissions and gives the position of the change.
func (s *stage) permit(ctx context.Context, a *agent, permissions ...string) (stream.Position, error) {
	got, err := s.Boss.Do(ctx, `mutation($i: AgentUpdateInput!) { agentUpdate(input: $i) { agent { id } cursor userErrors { message } } }`,
		map[string]any{"i": map[string]any{"agentId": a.id, "permissions": append([]string{}, permissions...)}})
	if err != nil {
		return stream.Position{}, err
	}
	if at := rig.Str(got, "agentUpdate.cursor"); at != "" {
		return stream.PositionOf(at)
	}
	if rig.Str(got, "agentUpdate.agent.id") == "" {
		return stream.Position{}, fmt.Errorf("permit %v: %v", permissions, got)
	}
	return s.head(ctx) // nothing was changed
}

// talk is a customer's conversation.
type talk struct {
	who  *fakeline.Customer
	id   string // for clients
	row  int64  // in the database
	sent int    // messages so far, of either side
}

// meet has a new customer write, and the administrator follow.
func (s *stage) meet(ctx context.Context) (*talk, error) {
	s.n++
	name := fmt.Sprintf("%s %d", s.Slug, s.n)
	c := &talk{who: s.Bot.AddCustomer(fakeline.Person{Name: name}), sent: 1}
	if err := s.Insist(ctx, func() *rig.Server { return s.Server }, c.who.Text("hello from "+name)); err != nil {
		return nil, err
	}
	err := s.db.QueryRowContext(ctx, `SELECT c.id FROM conversations c JOIN identities i ON i.id = c.identity_id AND i.team_id = c.team_id
		WHERE c.team_id = `+s.mark(1)+` AND i.platform_user_id = `+s.mark(2), s.id, c.who.ID()).Scan(&c.row)
	if err != nil {
		return nil, err
	}
	got, err := s.Boss.Do(ctx, `{ conversations(view: PENDING_HUMAN, first: 50) { nodes { id lastMessage { text } } } }`, nil)
	if err != nil {
		return nil, err
	}
	nodes, _ := rig.At(got, "conversations.nodes").([]any)
	for _, n := range nodes {
		if rig.Str(n, "lastMessage.text") == "hello from "+name {
			c.id = rig.Str(n, "id")
		}
	}
	if c.id == "" {
		return nil, fmt.Errorf("the conversation of %s is not in the inbox", name)
	}
	return c, s.Follow(ctx, c.id)
}

// log reads the team's log above a number.
func (s *stage) log(ctx context.Context, after int64) ([]stream.Entry, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT seq, kind, conversation_id FROM events WHERE team_id = `+s.mark(1)+` AND seq > `+s.mark(2)+` ORDER BY seq`, s.id, after)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []stream.Entry
	for rows.Next() {
		var e stream.Entry
		if err := rows.Scan(&e.Seq, &e.Kind, &e.Conversation); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// head is where the log stands.
func (s *stage) head(ctx context.Context) (p stream.Position, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT epoch, seq FROM streams WHERE team_id = "+s.mark(1), s.id).Scan(&p.Epoch, &p.Seq)
	return p, err
}

const (
	historyOf = `query($c: ID!, $a: Cursor) { messages(conversationId: $c, first: 100, after: $a) { asOf pageInfo { hasNextPage endCursor }
		nodes { id version seq sender delivery content { ... on TextContent { text } } } } }`
	inboxOf   = `{ conversations(view: ALL, first: 100) { asOf nodes { id version status } } }`
	watchTalk = `subscription($c: ID!, $a: Cursor) { conversationEvents(conversationId: $c, after: $a) { __typename cursor
		... on Hello { recovered } ... on ResyncRequired { reason } ... on StreamEnded { reason resubscribe }
		... on MessageAdded { message { id version seq sender delivery content { ... on TextContent { text } } } }
		... on MessageChanged { message { id version seq sender delivery content { ... on TextContent { text } } } }
		... on ConversationChanged { conversation { id version status } } } }`
	watchInbox = `subscription($a: Cursor) { inboxEvents(view: ALL, after: $a) { __typename cursor
		... on Hello { recovered } ... on ResyncRequired { reason } ... on StreamEnded { reason resubscribe }
		... on ConversationEntered { conversation { id version status } } ... on ConversationChanged { conversation { id version status } }
		... on ConversationLeft { conversationId } } }`
)

// history reads a conversation's messages. It is not seen where ok is false.
func history(ctx context.Context, c *rig.Client, conversation string) (asOf stream.Position, all []stream.Message, ok bool, err error) {
	var after any
	for {
		got, err := c.Do(ctx, historyOf, map[string]any{"c": conversation, "a": after})
		if err != nil {
			return asOf, nil, false, err
		}
		if rig.At(got, "messages") == nil {
			return asOf, nil, false, nil
		}
		if after == nil {
			if asOf, err = stream.PositionOf(rig.Str(got, "messages.asOf")); err != nil {
				return asOf, nil, false, err
			}
		}
		var page []stream.Message
		if err := recode(rig.At(got, "messages.nodes"), &page); err != nil {
			return asOf, nil, false, err
		}
		all = append(all, page...)
		if rig.At(got, "messages.pageInfo.hasNextPage") != true {
			return asOf, all, true, nil
		}
		after = rig.Str(got, "messages.pageInfo.endCursor")
	}
}

// inbox reads the conversations that the agent sees, of those that are asked about.
func inbox(ctx context.Context, c *rig.Client, of map[string]bool) (asOf stream.Position, rows []stream.Row, err error) {
	got, err := c.Do(ctx, inboxOf, nil)
	if err != nil {
		return asOf, nil, err
	}
	if asOf, err = stream.PositionOf(rig.Str(got, "conversations.asOf")); err != nil {
		return asOf, nil, err
	}
	var all []stream.Row
	if err := recode(rig.At(got, "conversations.nodes"), &all); err != nil {
		return asOf, nil, err
	}
	for _, r := range all {
		if of[r.ID] {
			rows = append(rows, r)
		}
	}
	return asOf, rows, nil
}

func recode(from, to any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}
