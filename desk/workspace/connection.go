package workspace

import (
	"cmp"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Limit is one of a team's limits of live connections (RT-5).
type Limit struct {
	Own    int // what the team has set; 0 is nothing
	Server int // the server's, which a team cannot go beyond; 0 is none
}

// Holds is what holds: the lower of both.
func (l Limit) Holds() int { return auth.Tighter(l.Server, l.Own) }

// ConnectionLimits are a team's limits of live connections.
type ConnectionLimits struct {
	IdleMinutes Limit // without an action of the person; the server's in whole minutes
	PerAgent    Limit
	PerTeam     Limit
}

// ConnectionLimits gives a team's limits of live connections.
func (s *Service) ConnectionLimits(t *ent.Team) ConnectionLimits {
	return ConnectionLimits{
		IdleMinutes: Limit{t.IdleMinutes, int(s.connections.Idle / time.Minute)},
		PerAgent:    Limit{t.ConnectionsPerAgent, s.connections.PerAgent},
		PerTeam:     Limit{t.ConnectionsPerTeam, s.connections.PerTeam},
	}
}

// change sets what differs of the limits, and says whether anything does.
func (l ConnectionLimits) change(u *ent.TeamUpdateOne, in TeamUpdateInput) (isAny bool, err error) {
	for _, c := range []struct {
		field  string
		wanted *int
		now    Limit
		set    func(int) *ent.TeamUpdateOne
	}{
		{"idleMinutes", in.IdleMinutes, l.IdleMinutes, u.SetIdleMinutes},
		{"connectionsPerAgent", in.ConnectionsPerAgent, l.PerAgent, u.SetConnectionsPerAgent},
		{"connectionsPerTeam", in.ConnectionsPerTeam, l.PerTeam, u.SetConnectionsPerTeam},
	} {
		if c.wanted == nil || *c.wanted == c.now.Own {
			continue
		}
		if err := c.now.check(c.field, *c.wanted); err != nil {
			return false, err
		}
		c.set(*c.wanted)
		isAny = true
	}
	return isAny, nil
}

// ceiling is the most where the server sets no bound.
const ceiling = 1_000_000

func (l Limit) check(field string, wanted int) error {
	most := cmp.Or(l.Server, ceiling)
	switch {
	case wanted < 0:
		return fault.Input(field, "a limit is at least 1; null is the server's")
	case wanted > most:
		return fault.Input(field, "this server allows %d at the most", most).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": most})
	}
	return nil
}
