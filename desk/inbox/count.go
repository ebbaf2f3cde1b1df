package inbox

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Tally is how many conversations, how many of them with something unread, and how many unread messages in all.
type Tally struct{ Conversations, UnreadConversations, Unread int }

func (t *Tally) add(o Tally) {
	t.Conversations += o.Conversations
	t.UnreadConversations += o.UnreadConversations
	t.Unread += o.Unread
}

// Counts are the counts of the inbox as the principal sees it, at one moment. Archived conversations are not counted.
type Counts struct {
	Views map[View]Tally
	// Unread is the principal's own total: its conversations in progress that are not snoozed, and the pending ones it may see (COLL-13).
	Unread int
	// Channels is the same by channel, those with none left out.
	Channels map[int64]int
	AsOf     event.Cursor
}

// Counts reads the counts of all views. They are sums over counters that are kept in each conversation's own transaction, so they are exact
// and cost the same however many conversations there are. with reads more of the same moment.
func (s *Service) Counts(ctx context.Context, p auth.Principal, with ...func(context.Context, *store.View) error) (*Counts, error) {
	if err := may(p); err != nil {
		return nil, err
	}
	var c *Counts
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if c, err = countIn(ctx, v, p); err != nil {
			return err
		}
		for _, f := range with {
			if err := f(ctx, v); err != nil {
				return err
			}
		}
		c.AsOf, err = v.AsOf(ctx)
		return err
	})
	return c, err
}

func countIn(ctx context.Context, v *store.View, p auth.Principal) (*Counts, error) {
	c := &Counts{Views: map[View]Tally{}, Channels: map[int64]int{}}
	if err := c.sum(ctx, v, p); err != nil {
		return nil, err
	}
	if p.AgentID != 0 {
		if err := c.move(ctx, v, p); err != nil {
			return nil, err
		}
	}
	for id, n := range c.Channels {
		if n == 0 {
			delete(c.Channels, id)
		}
	}
	return c, nil
}

// sum adds the counters up by what decides the view, as if nobody collaborated.
func (c *Counts) sum(ctx context.Context, v *store.View, p auth.Principal) error {
	me := p.AgentID
	if me == 0 {
		me = -1 // 0 in a counter is "nobody", whom an integration is not
	}
	// What waits for some alone is counted apart by whom it went to (CHAN-8).
	seen := []string{"status = 'PENDING' AND (audience = '' OR audience = ? OR audience LIKE ?)", "follower_id = ?"}
	args := []any{me, v.Team, row.BranchAudience(p.BranchID), "%" + row.Mark(me) + "%", me}
	if p.SeesTeam() {
		seen, args = []string{"1 = 1"}, args[:2]
	} else if p.Role == auth.SalesManager {
		if p.BranchID != "" {
			seen, args = append(seen, "branch_id = ?"), append(args, p.BranchID)
		}
		if p.RegionID != "" {
			seen, args = append(seen, "region_id = ?"), append(args, p.RegionID)
		}
	}
	// Who works on a conversation with others has a count of its own, and who looks on has none (COLL-13).
	own := "CASE WHEN follower_id = " + strconv.FormatInt(me, 10) + " OR kind NOT IN ('COLLABORATION', '" + row.JointGroup + "') THEN "
	q := `SELECT status, queue, CASE WHEN follower_id = ? THEN 1 ELSE 0 END, channel_id, SUM(n), SUM(` + own + `unread_conversations ELSE 0 END), SUM(` + own + `unread ELSE 0 END)
		FROM conversation_counters WHERE team_id = ? AND n <> 0 AND (` + strings.Join(seen, " OR ") + ")"
	if !p.Role.HasGroups() {
		q += " AND kind NOT IN ('GROUP', '" + row.JointGroup + "')"
	}
	rows, err := v.Query(ctx, q+" GROUP BY 1, 2, 3, 4", args...)
	if err != nil {
		return fmt.Errorf("read counters: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var status, queue string
		var isMine, channel int64
		var t Tally
		if err := rows.Scan(&status, &queue, &isMine, &channel, &t.Conversations, &t.UnreadConversations, &t.Unread); err != nil {
			return fmt.Errorf("read counters: %w", err)
		}
		f := &event.Facets{Status: status, Queue: queue, IsSnoozed: queue == row.Snoozed}
		c.add(viewOf(f, isMine == 1), channel, t)
		c.addTo(All, t)
	}
	return rows.Err()
}

// move corrects the sums by the few conversations on which the principal collaborates: they are its own, whoever follows them.
func (c *Counts) move(ctx context.Context, v *store.View, p auth.Principal) error {
	mine := predicate.Conversation(func(s *sql.Selector) { s.Where(collaborates{v.Team, p.AgentID}.where(s, v.Now)) })
	all, err := v.Conversation.Query().Where(mine, conversation.StatusNEQ(pending), conversation.IsArchived(false)).All(ctx)
	if err != nil {
		return fmt.Errorf("read collaborations: %w", err)
	}
	for _, x := range all {
		f := row.Facets(x)
		if f.FollowerID == p.AgentID || !row.Sees(p, f) || !row.IsMine(p, f) {
			continue
		}
		t := Tally{Conversations: 1, Unread: row.Unread(p, f)}
		if t.Unread > 0 {
			t.UnreadConversations = 1
		}
		if row.SeesTeamsOwn(p, f) { // counted there already, without what is unread
			c.addTo(viewOf(f, false), Tally{Conversations: -1})
			c.addTo(All, Tally{UnreadConversations: t.UnreadConversations, Unread: t.Unread})
		} else {
			c.addTo(All, t)
		}
		c.add(viewOf(f, true), f.ChannelID, t)
	}
	return nil
}

// viewOf gives the one view beside ALL that a conversation is in.
func viewOf(f *event.Facets, isMine bool) View {
	switch {
	case f.Status == pending && f.Queue == bot:
		return PendingBot
	case f.Status == pending:
		return PendingHuman
	case f.IsSnoozed && isMine:
		return MySnoozed
	case f.IsSnoozed:
		return TeamSnoozed
	case f.Status == inProgress && isMine:
		return MyInProgress
	case f.Status == inProgress:
		return TeamInProgress
	case isMine:
		return MyEnded
	}
	return TeamEnded
}

// add adds to a view, and to the principal's own unread where the view belongs to it.
func (c *Counts) add(view View, channel int64, t Tally) {
	c.addTo(view, t)
	if view == PendingHuman || view == PendingBot || view == MyInProgress {
		c.Unread += t.Unread
		c.Channels[channel] += t.Unread
	}
}

func (c *Counts) addTo(view View, t Tally) {
	sum := c.Views[view]
	sum.add(t)
	c.Views[view] = sum
}
