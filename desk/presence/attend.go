package presence

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
)

// State says whether an agent is there (PROD-10).
type State string

// The states: with a live connection in which its person did something of late, with one alone, and without.
const (
	Online  State = "ONLINE"
	Away    State = "AWAY"
	Offline State = "OFFLINE"
)

const (
	// AwayAfter is after how long without an action of its person an agent is away.
	AwayAfter = 5 * time.Minute
	// renewal is how often a server says again who is there, and holds how long that counts: who a server that died had is offline then.
	renewal = 20 * time.Second
	holds   = time.Minute
)

// Seat is a live connection of an agent and when its person did something last.
type Seat struct {
	Team, Agent int64
	Active      time.Time
}

// sheet is who of a team a server has.
type sheet struct {
	stamp  int64 // when, by that server's clock
	until  time.Time
	agents map[int64]State
}

// attendance is a sheet on the bus. It travels on the topic of Viewing, whose signs name a conversation, which this does not.
type attendance struct {
	Server string          `json:"s"`
	Stamp  int64           `json:"t"`
	Agents map[int64]State `json:"at"`
}

// Attend says which live connections a server has now. It is to be called every second or so: the others are told of changes, and now and then of
// what is as before. Servers that have fallen silent are forgotten by the way. Without seats the server has nobody.
func (s *Service) Attend(ctx context.Context, server string, seats []Seat) {
	now := s.clock.Now()
	teams := map[int64]map[int64]State{}
	for _, x := range seats {
		if x.Agent <= 0 { // an integration
			continue
		}
		if teams[x.Team] == nil {
			teams[x.Team] = map[int64]State{}
		}
		if now.Sub(x.Active) < AwayAfter {
			teams[x.Team][x.Agent] = Online
		} else if teams[x.Team][x.Agent] == "" {
			teams[x.Team][x.Agent] = Away
		}
	}
	type news struct {
		team int64
		attendance
	}
	var tell []news
	s.mu.Lock()
	for team, of := range s.sheets {
		if _, has := of[server]; has && teams[team] == nil {
			teams[team] = map[int64]State{}
		}
		for name, x := range of {
			if name != server && !x.until.After(now) {
				delete(of, name)
				tell = append(tell, news{team, attendance{name, x.stamp + 1, nil}})
			}
		}
	}
	for team, agents := range teams {
		old, has := s.sheets[team][server]
		if has && maps.Equal(old.agents, agents) && old.until.Sub(now) > holds-renewal || !has && len(agents) == 0 {
			continue
		}
		x := sheet{stamp: max(now.UnixMicro(), old.stamp+1), until: now.Add(holds), agents: agents}
		s.keep(team, server, x)
		tell = append(tell, news{team, attendance{server, x.stamp, agents}})
	}
	s.mu.Unlock()
	for _, n := range tell {
		if b, err := json.Marshal(n.attendance); err == nil {
			// A lost message is made good by the next renewal.
			_ = s.bus.Publish(ctx, bus.Message{Topic: string(Viewing), TeamID: n.team, Payload: b})
		}
	}
}

// keep keeps a server's sheet; an empty one is none.
func (s *Service) keep(team int64, server string, x sheet) {
	if s.sheets[team] == nil {
		s.sheets[team] = map[string]sheet{}
	}
	s.sheets[team][server] = x
	if len(x.agents) == 0 {
		delete(s.sheets[team], server)
	}
}

// TakeAttendance learns from a message of the bus and says whether it was about who is there. Taking a message twice, or late, changes nothing.
func (s *Service) TakeAttendance(m bus.Message) bool {
	var x attendance
	if Kind(m.Topic) != Viewing || json.Unmarshal(m.Payload, &x) != nil || x.Server == "" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Stamp > s.sheets[m.TeamID][x.Server].stamp {
		s.keep(m.TeamID, x.Server, sheet{stamp: x.Stamp, until: s.clock.Now().Add(holds), agents: x.Agents})
	}
	return true
}

// There gives the agents of a team who are there, on any server; all others are offline. Who is online anywhere is online.
func (s *Service) There(team int64) map[int64]State {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[int64]State{}
	for _, x := range s.sheets[team] {
		if !x.until.After(now) {
			continue
		}
		for agent, state := range x.agents {
			if all[agent] != Online {
				all[agent] = state
			}
		}
	}
	return all
}
