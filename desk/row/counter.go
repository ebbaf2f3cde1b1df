package row

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// likeness is what conversations have in common that are counted together.
type likeness struct {
	status, queue      string
	follower, channel  int64
	kind, branch, area string
	audience           string
}

func compare(a, b likeness) int {
	return cmp.Or(strings.Compare(a.status, b.status), strings.Compare(a.queue, b.queue), cmp.Compare(a.follower, b.follower),
		cmp.Compare(a.channel, b.channel), strings.Compare(a.kind, b.kind), strings.Compare(a.branch, b.branch), strings.Compare(a.area, b.area), strings.Compare(a.audience, b.audience))
}

// JointGroup is how groups with collaborators are counted: what is unread there is its follower's alone.
const JointGroup = "GROUP_COLLABORATION"

// KindOf is the kind by which a conversation is counted.
func KindOf(f *event.Facets) string {
	if f.Kind == "GROUP" && IsJoint(f) {
		return JointGroup
	}
	return f.Kind
}

// tally is how many conversations, how many of them with something unread, and how many unread messages.
type tally struct{ n, unreadConversations, unread int64 }

type talliesKey struct{}

// count moves a conversation from one likeness to another: before is nil for a new one, after for a deleted one. The counter rows are
// changed once, at the end of the transaction and in one order, so that transactions do not wait for each other long or in a circle.
func count(tx *store.Tx, before, after *event.Facets) {
	all := tx.Keep(talliesKey{}, func() any {
		m := map[likeness]tally{}
		tx.Last(func(ctx context.Context) error { return flush(ctx, tx, m) })
		return m
	}).(map[likeness]tally)
	add := func(f *event.Facets, sign int64) {
		if f == nil || f.IsArchived { // archived ones leave the views (CONV-21)
			return
		}
		queue := f.Queue
		if f.IsSnoozed {
			queue = Snoozed
		}
		k := likeness{f.Status, queue, f.FollowerID, f.ChannelID, KindOf(f), f.BranchID, f.RegionID, f.Audience}
		t := all[k]
		t.n += sign
		t.unread += sign * int64(f.Unread)
		if f.Unread > 0 {
			t.unreadConversations += sign
		}
		all[k] = t
	}
	add(before, -1)
	add(after, 1)
}

const (
	counterColumns = 12
	mostCounters   = 100 // in a statement; few enough that one of each length is kept prepared
)

// flush writes the differences, all in one statement: a transaction that takes in many messages would pay for one each.
func flush(ctx context.Context, tx *store.Tx, all map[likeness]tally) error {
	keys := make([]likeness, 0, len(all))
	for k, t := range all {
		if t != (tally{}) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compare)
	// Rows are locked in the order in which they are listed.
	for part := range slices.Chunk(keys, mostCounters) {
		args := make([]any, 0, len(part)*counterColumns)
		for _, k := range part {
			t := all[k]
			args = append(args, tx.Team, k.status, k.queue, k.follower, k.channel, k.kind, k.branch, k.area, k.audience, t.n, t.unreadConversations, t.unread)
		}
		_, err := tx.Exec(ctx, `INSERT INTO conversation_counters
			(team_id, status, queue, follower_id, channel_id, kind, branch_id, region_id, audience, n, unread_conversations, unread)
			VALUES `+strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?), ", len(part)), ", ")+`
			ON CONFLICT (team_id, status, queue, follower_id, channel_id, kind, branch_id, region_id, audience) DO UPDATE SET
			n = conversation_counters.n + excluded.n,
			unread_conversations = conversation_counters.unread_conversations + excluded.unread_conversations,
			unread = conversation_counters.unread + excluded.unread`, args...)
		if err != nil {
			return fmt.Errorf("count conversations: %w", err)
		}
	}
	clear(all)
	return nil
}
