package inbox

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// maxLooked is how many conversations of a run of an index are looked at for one count, and minLooked how many where many counts are asked for at once.
	maxLooked, minLooked = 20_000, 1000
	// lookedInAll is about how many are looked at for all counts together.
	lookedInAll = 100_000
)

// Share is how many conversations a filter leaves of a view. Where it IsAtLeast so many were looked at that counting stopped, the newest first.
type Share struct {
	Conversations, UnreadConversations int
	IsAtLeast                          bool
}

// SharesIn counts what the principal's lists would hold, for several filters of views at once. What the counters tell (channel, kind, status, queue, follower, unread) is
// exact and costs the same however many conversations there are; of anything else rows are looked at, so many at the most that the cost of all has a bound.
func SharesIn(ctx context.Context, v *store.View, p auth.Principal, asked []Selection) ([]Share, error) {
	return sharesIn(ctx, v, p, asked, func(n int) int { return min(maxLooked, max(minLooked, lookedInAll/n)) })
}

// sharesIn is SharesIn with how many are looked at of a run of an index, where rows are looked at for so many filters.
func sharesIn(ctx context.Context, v *store.View, p auth.Principal, asked []Selection, most func(filters int) int) ([]Share, error) {
	out := make([]Share, len(asked))
	var rows []int
	var counted *counters
	for i, s := range asked {
		if !s.Filter.isCounted() {
			rows = append(rows, i)
			continue
		}
		if counted == nil {
			var err error
			if counted, err = readCounters(ctx, v, p); err != nil {
				return nil, err
			}
		}
		out[i] = counted.share(p, s, v.Now)
	}
	if len(rows) == 0 {
		return out, nil
	}
	audiences, err := audiencesOf(ctx, v, p)
	if err != nil {
		return nil, err
	}
	for _, i := range rows {
		for _, strand := range apart(strands(p, asked[i].View, true, asked[i].Filter, audiences), asked[i].Filter.archived()) {
			if err := look(ctx, v, p, strand, asked[i].Filter, most(len(rows)), &out[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// isCounted says whether the filter asks for nothing but what the counters tell.
func (f *Filter) isCounted() bool {
	if f == nil {
		return true
	}
	if f.CollaboratorIDs != nil || f.ContactIDs != nil || f.WaitingAtLeast > 0 || f.IsMentioned != nil || f.IsStarred != nil || f.IsArchived != nil || f.HasPhone != nil || f.IsFromAd != nil ||
		f.AnyTags != nil || len(f.AllTags) > 0 || len(f.NoTags) > 0 {
		return false
	}
	for _, list := range [][]Filter{f.And, f.Or} {
		for i := range list {
			if !list[i].isCounted() {
				return false
			}
		}
	}
	return f.Not.isCounted()
}

// counters are conversations that are alike, as facets with how many there are; as if the principal collaborated on none. moved are those on which it does.
type counters struct {
	alike []alike
	moved []*event.Facets
}

type alike struct {
	facets    event.Facets
	n, unread int
}

// stranger stands for collaborators among whom the principal is not.
var stranger = []int64{-1}

func readCounters(ctx context.Context, v *store.View, p auth.Principal) (*counters, error) {
	all, err := v.Channel.Query().Select(channel.FieldID, channel.FieldType).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	types := make(map[int64]string, len(all))
	for _, c := range all {
		types[c.ID] = string(c.Type)
	}
	c := &counters{}
	rows, err := v.Query(ctx, `SELECT status, queue, follower_id, channel_id, kind, branch_id, region_id, audience, n, unread_conversations FROM conversation_counters WHERE team_id = ? AND n <> 0`, v.Team)
	if err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a alike
		f := &a.facets
		if err := rows.Scan(&f.Status, &f.Queue, &f.FollowerID, &f.ChannelID, &f.Kind, &f.BranchID, &f.RegionID, &f.Audience, &a.n, &a.unread); err != nil {
			return nil, fmt.Errorf("read counters: %w", err)
		}
		if f.Queue == row.Snoozed {
			f.Queue, f.IsSnoozed = "", true
		}
		f.ChannelType = types[f.ChannelID]
		if f.Kind == row.JointGroup {
			f.Kind, f.Collaborators = groupKind, stranger
		} else if f.Kind == string(conversation.KindCOLLABORATION) {
			f.Collaborators = stranger
		}
		c.alike = append(c.alike, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read counters: %w", err)
	}
	if p.AgentID == 0 {
		return c, nil
	}
	joins, err := v.Conversation.Query().Where(func(s *sql.Selector) { s.Where(collaborates{v.Team, p.AgentID}.where(s, v.Now)) },
		conversation.StatusNEQ(pending), conversation.IsArchived(false)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read collaborations: %w", err)
	}
	for _, x := range joins {
		c.moved = append(c.moved, row.Facets(x))
	}
	return c, nil
}

func (c *counters) share(p auth.Principal, s Selection, now time.Time) Share {
	var out Share
	add := func(f *event.Facets, n int) {
		if n == 0 || !Matches(p, s.View, s.Filter, f, now) {
			return
		}
		out.Conversations += n
		if row.Unread(p, f) > 0 {
			out.UnreadConversations += n
		}
	}
	for _, a := range c.alike {
		f := a.facets
		f.Unread = 1
		add(&f, a.unread)
		f.Unread = 0
		add(&f, a.n-a.unread)
	}
	for _, f := range c.moved {
		other := *f
		other.Collaborators, other.CollaboratorUnread = stranger, nil
		add(&other, -1)
		add(f, 1)
	}
	return out
}

// look counts among the newest conversations of a strand.
func look(ctx context.Context, v *store.View, p auth.Principal, strand Condition, filter *Filter, most int, out *Share) error {
	name := dialect.SQLite
	if v.IsPostgres() {
		name = dialect.Postgres
	}
	d := sql.Dialect(name)
	t := d.Table(conversation.Table)
	newest := d.Select(t.Columns(countedColumns...)...).From(t)
	newest.Where(sql.And(sql.EQ(t.C(conversation.FieldTeamID), v.Team), strand.where(newest, v.Now))).
		OrderBy(sql.Desc(t.C(conversation.FieldLastAt)), sql.Desc(t.C(conversation.FieldID))).Limit(most + 1)
	outer := d.Select().From(newest.As(conversation.Table)) // conditions name the table
	wanted := func(more ...Condition) *sql.Predicate {
		return append(every{filter.condition(p)}, more...).where(outer, v.Now)
	}
	count := func(x *sql.Predicate) {
		outer.AppendSelectExpr(sql.ExprFunc(func(b *sql.Builder) { b.WriteString("COUNT(CASE WHEN ").Join(x).WriteString(" THEN 1 END)") }))
	}
	outer.AppendSelectExpr(sql.Raw("COUNT(*)"))
	count(wanted())
	count(wanted(unread{p}))
	q, args := outer.Query()
	rows, err := v.Query(ctx, q, args...)
	if err != nil {
		return fmt.Errorf("count conversations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var looked, n, withUnread int
		if err := rows.Scan(&looked, &n, &withUnread); err != nil {
			return fmt.Errorf("count conversations: %w", err)
		}
		out.Conversations += n
		out.UnreadConversations += withUnread
		out.IsAtLeast = out.IsAtLeast || looked > most
	}
	return rows.Err()
}

// countedColumns are those that conditions ask for.
var countedColumns = []string{
	conversation.FieldID, conversation.FieldStatus, conversation.FieldQueue, conversation.FieldKind, conversation.FieldChannelType, conversation.FieldChannelID, conversation.FieldBranchID, conversation.FieldRegionID, conversation.FieldAudience,
	conversation.FieldFollowerID, conversation.FieldContactID, conversation.FieldTagIds, conversation.FieldCollaboratorIds, conversation.FieldCollaboratorUnread, conversation.FieldUnread, conversation.FieldIsStarred,
	conversation.FieldIsArchived, conversation.FieldIsFromAd, conversation.FieldHasPhone, conversation.FieldMentionMessageID, conversation.FieldWaitingSince,
}
