package lane

import (
	"context"
	"fmt"
	"time"
)

// TakeStranded leases up to n lanes in which messages wait although their channel will never send them as it is: it was disconnected or
// deleted. Their messages are to be given up (CHAN-3, CHAN-4).
func (s *Service) TakeStranded(ctx context.Context, owner string, n int, lasts time.Duration) ([]Lease, error) {
	now := s.db.Clock().Now()
	lock := ""
	if s.db.IsPostgres() {
		lock = " FOR UPDATE OF l SKIP LOCKED"
	}
	return s.lease(ctx, `UPDATE lanes SET lease_owner = ?, lease_until = ?, fence = fence + 1
		WHERE id IN (SELECT l.id FROM lanes l JOIN channels c ON c.id = l.channel_id AND c.team_id = l.team_id
			WHERE l.waiting > 0 AND (l.lease_owner = '' OR l.lease_until <= ?) AND (c.state = 'DISCONNECTED' OR c.deleted_at IS NOT NULL)
			ORDER BY l.id LIMIT ?`+lock+`)`, owner, now.Add(lasts), owner, now.Add(lasts), now, n)
}

// Postpone gives the lane back until a time without counting a try: a limit of ours is reached, not the platform's. A lease that is lost
// is no error.
func (s *Service) Postpone(ctx context.Context, l Lease, due time.Time) error {
	_, err := s.exec(ctx, "UPDATE lanes SET lease_owner = '', lease_until = ?, due_at = ?"+held, l.args(s.db.Clock().Now(), due.Truncate(time.Microsecond))...)
	if err != nil {
		return fmt.Errorf("postpone the lane: %w", err)
	}
	return nil
}

// Reclaim ends every lease. It is for SQLite, whose only process begins: whoever held them is dead.
func (s *Service) Reclaim(ctx context.Context) error {
	if _, err := s.exec(ctx, "UPDATE lanes SET lease_owner = '', lease_until = ? WHERE lease_owner <> ''", s.db.Clock().Now()); err != nil {
		return fmt.Errorf("reclaim lanes: %w", err)
	}
	return nil
}
