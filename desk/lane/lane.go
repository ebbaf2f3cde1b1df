// Package lane keeps the ways out: one lane a conversation, whose messages leave one after another, head first (CHAN-11). A lane is leased
// by one server at a time. Each lease raises the lane's fencing number, and every write of a worker names the number it holds: one that was
// overtaken cannot write any more, however late it wakes.
package lane

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// ErrLost says that a lease is no longer held: it ran out and another server took the lane, or the lane is gone.
var ErrLost = errors.New("the lane's lease is lost")

// Lease is the right to send from one lane until it runs out.
type Lease struct {
	Team           int64
	LaneID         int64
	ConversationID int64
	ChannelID      int64
	Owner          string
	Fence          int64
	Until          time.Time
	// Waiting is how many messages waited when the lease was taken.
	Waiting int
	// Tries is how often the present head was tried in a row, and BlockedSince since when it fails for a while; nil: it does not.
	Tries        int
	BlockedSince *time.Time
}

// Service takes and gives back leases.
type Service struct{ db *store.DB }

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// EnqueueIn says that one more message of the conversation waits to be sent. It is called in the transaction that makes the message SENDING.
// A lane whose head is being retried later stays so; a resting one is due at once.
func EnqueueIn(ctx context.Context, tx *store.Tx, conversationID, channelID int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO lanes (team_id, conversation_id, channel_id, waiting, due_at, lease_owner, lease_until, fence, tries)
		VALUES (?, ?, ?, 1, ?, '', ?, 0, 0)
		ON CONFLICT (team_id, conversation_id) DO UPDATE SET waiting = lanes.waiting + 1,
		due_at = CASE WHEN lanes.waiting > 0 THEN lanes.due_at ELSE excluded.due_at END`,
		tx.Team, conversationID, channelID, tx.Now, tx.Now)
	if err != nil {
		return fmt.Errorf("queue in the lane: %w", err)
	}
	return nil
}

// LeaveIn says that n messages wait no longer for a reason that is not the lane's: they were given up with their channel or their
// conversation's group. The next head is due at once.
func LeaveIn(ctx context.Context, tx *store.Tx, conversationID int64, n int) error {
	_, err := tx.Exec(ctx, `UPDATE lanes SET waiting = CASE WHEN waiting > ? THEN waiting - ? ELSE 0 END, tries = 0, blocked_since = NULL, due_at = ?
		WHERE team_id = ? AND conversation_id = ?`, n, n, tx.Now, tx.Team, conversationID)
	if err != nil {
		return fmt.Errorf("leave the lane: %w", err)
	}
	return nil
}

// Take leases up to n lanes that are due, whose channel may send and whose team is active, the longest due first and each team's first lane
// before any team's second, so that no team waits for another's queue. A lane leased by somebody else is taken once that lease ran out.
func (s *Service) Take(ctx context.Context, owner string, n int, lasts time.Duration) ([]Lease, error) {
	now := s.db.Clock().Now()
	until := now.Add(lasts)
	lock := ""
	if planted.Is("lane-taken-by-two") {
		owner, now = owner+"!", now.Add(lasts)
	}
	if s.db.IsPostgres() {
		// Two servers that look at the same moment take different lanes and do not wait for each other.
		lock = " FOR UPDATE SKIP LOCKED"
	}
	return s.lease(ctx, `UPDATE lanes SET lease_owner = ?, lease_until = ?, fence = fence + 1
		WHERE id IN (SELECT id FROM lanes WHERE id IN (
			SELECT id FROM (SELECT l.id, l.due_at, ROW_NUMBER() OVER (PARTITION BY l.team_id ORDER BY l.due_at, l.id) AS turn
				FROM lanes l JOIN channels c ON c.id = l.channel_id AND c.team_id = l.team_id JOIN teams t ON t.id = l.team_id
				WHERE l.waiting > 0 AND l.due_at <= ? AND (l.lease_owner = '' OR l.lease_until <= ?)
				AND c.state = 'CONNECTED' AND c.deleted_at IS NULL AND t.status = 'ACTIVE') AS due
			ORDER BY turn, due_at, id LIMIT ?)
			AND waiting > 0 AND due_at <= ? AND (lease_owner = '' OR lease_until <= ?) ORDER BY id`+lock+`)`,
		owner, until, owner, until, now, now, n, now, now)
}

// lease runs a statement that leases lanes and gives the leases.
func (s *Service) lease(ctx context.Context, q, owner string, until time.Time, args ...any) ([]Lease, error) {
	rows, err := s.db.Across(store.Lanes).Change(ctx, q+" RETURNING team_id, id, conversation_id, channel_id, fence, waiting, tries, blocked_since", args...)
	if err != nil {
		return nil, fmt.Errorf("take lanes: %w", err)
	}
	defer rows.Close()
	var leases []Lease
	for rows.Next() {
		l := Lease{Owner: owner, Until: until}
		var blocked sql.NullTime
		if err := rows.Scan(&l.Team, &l.LaneID, &l.ConversationID, &l.ChannelID, &l.Fence, &l.Waiting, &l.Tries, &blocked); err != nil {
			return nil, fmt.Errorf("take lanes: %w", err)
		}
		if blocked.Valid {
			at := blocked.Time.UTC()
			l.BlockedSince = &at
		}
		leases = append(leases, l)
	}
	return leases, rows.Err()
}

// held is the condition of every write under a lease.
const held = " WHERE team_id = ? AND id = ? AND lease_owner = ? AND fence = ?"

func (l Lease) args(more ...any) []any { return append(more, l.Team, l.LaneID, l.Owner, l.Fence) }

// one makes ErrLost of a write that found the lease gone.
func one(n int64, err error) error {
	switch {
	case planted.Is("fence-not-checked"):
		return err
	case err != nil:
		return fmt.Errorf("write the lane: %w", err)
	case n == 0:
		return ErrLost
	}
	return nil
}

// HoldIn makes sure that the lease is still held, and keeps the lane until the transaction ends: the first statement of every transaction
// in which a worker writes. ErrLost: it is not. It takes the conversation before the lane, as sending does, so that neither waits for the
// other in a circle.
func HoldIn(ctx context.Context, tx *store.Tx, l Lease) error {
	if err := tx.Lock(ctx, "conversations", l.ConversationID); err != nil {
		return err
	}
	return one(tx.Exec(ctx, "UPDATE lanes SET fence = fence"+held, l.args()...))
}

// DoneIn says that the head left the lane, sent or given up: the next one is due at once. ErrLost: the lease is not held any more.
func DoneIn(ctx context.Context, tx *store.Tx, l Lease) error {
	return one(tx.Exec(ctx, `UPDATE lanes SET waiting = CASE WHEN waiting > 0 THEN waiting - 1 ELSE 0 END, tries = 0, blocked_since = NULL, due_at = ?`+held,
		l.args(tx.Now)...))
}

// DelayIn says that the head is to be tried again at a time, and notes since when it fails. ErrLost: the lease is not held any more.
func DelayIn(ctx context.Context, tx *store.Tx, l Lease, due time.Time) error {
	return one(tx.Exec(ctx, "UPDATE lanes SET tries = tries + 1, blocked_since = COALESCE(blocked_since, ?), due_at = ?"+held, l.args(tx.Now, due)...))
}

// SettleIn sets how many messages wait to what the conversation's messages say, for a lane whose head is not found. ErrLost: the lease is
// not held any more.
func SettleIn(ctx context.Context, tx *store.Tx, l Lease) error {
	return one(tx.Exec(ctx, `UPDATE lanes SET waiting = (SELECT COUNT(*) FROM messages m WHERE m.team_id = lanes.team_id
		AND m.conversation_id = lanes.conversation_id AND m.delivery = 'SENDING')`+held, l.args()...))
}

// Renew makes the lease last from now on and gives it with its new end. ErrLost: it is not held any more.
func (s *Service) Renew(ctx context.Context, l Lease, lasts time.Duration) (Lease, error) {
	l.Until = s.db.Clock().Now().Add(lasts)
	return l, one(s.exec(ctx, "UPDATE lanes SET lease_until = ?"+held, l.args(l.Until)...))
}

// Release gives the lane back before the lease runs out. A lease that is lost is given back already: no error.
func (s *Service) Release(ctx context.Context, l Lease) error {
	err := one(s.exec(ctx, "UPDATE lanes SET lease_owner = '', lease_until = ?"+held, l.args(s.db.Clock().Now())...))
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// Due gives when the next lane that may send is due; the zero time where none waits. It tells a worker how long to rest.
func (s *Service) Due(ctx context.Context) (time.Time, error) {
	var due sql.NullTime
	found, err := s.db.Across(store.Lanes).Find(ctx, `SELECT l.due_at FROM lanes l JOIN channels c ON c.id = l.channel_id AND c.team_id = l.team_id
		JOIN teams t ON t.id = l.team_id WHERE l.waiting > 0 AND c.state = 'CONNECTED' AND c.deleted_at IS NULL AND t.status = 'ACTIVE'
		ORDER BY l.due_at LIMIT 1`, nil, &due)
	if err != nil {
		return time.Time{}, fmt.Errorf("look for the next lane: %w", err)
	}
	if !found {
		return time.Time{}, nil
	}
	return due.Time.UTC(), nil
}

func (s *Service) exec(ctx context.Context, q string, args ...any) (int64, error) {
	return s.db.Across(store.Lanes).Exec(ctx, q, args...)
}
