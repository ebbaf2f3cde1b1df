// Package presence knows who looks at which conversation and who types in it. Nothing of it is kept: it travels over the bus, expires by
// itself, and may be lost. Every server holds the same picture of it, give or take what is on its way.
package presence

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
)

// Kind is what an agent does in a conversation; it is the bus's topic too.
type Kind string

// The kinds.
const (
	Typing  Kind = "typing"
	Viewing Kind = "presence"
)

// Lasts is how long it holds unless it is said again.
func (k Kind) Lasts() time.Duration {
	if k == Typing {
		return 6 * time.Second
	}
	return time.Minute
}

// place is an agent in a conversation.
type place struct {
	team, conversation, agent int64
	kind                      Kind
}

// sign is what was said last of a place.
type sign struct {
	stamp int64     // when, by the clock of the server that was told
	until time.Time // when it ends; zero once it has
	isOwn bool      // this server was told and tells the others of its end
}

// said is a sign on the bus.
type said struct {
	Conversation int64 `json:"c"`
	Agent        int64 `json:"a"`
	Stamp        int64 `json:"s"`
	IsOn         bool  `json:"on,omitempty"`
}

// Service holds the picture. New starts it, Close stops it.
type Service struct {
	bus   bus.Bus
	clock clock.Clock
	stops []func()
	stop  context.CancelFunc
	done  chan struct{}
	poke  chan struct{}

	mu    sync.Mutex
	signs map[place]sign
	in    map[[2]int64]map[place]struct{} // by team and conversation
	// sheets are who is there, by team and server.
	sheets map[int64]map[string]sheet
}

// New makes the service and starts it.
func New(b bus.Bus, c clock.Clock) *Service {
	ctx, stop := context.WithCancel(context.Background())
	s := &Service{bus: b, clock: c, stop: stop, done: make(chan struct{}), poke: make(chan struct{}, 1),
		signs: map[place]sign{}, in: map[[2]int64]map[place]struct{}{}, sheets: map[int64]map[string]sheet{}}
	for _, k := range []Kind{Typing, Viewing} {
		s.stops = append(s.stops, b.Subscribe(string(k), func(m bus.Message) {
			if !s.TakeAttendance(m) {
				s.Take(m)
			}
		}))
	}
	go s.run(ctx)
	return s
}

// Close stops the service; a second call does nothing.
func (s *Service) Close() {
	for _, f := range s.stops {
		f()
	}
	s.stop()
	<-s.done
}

// Set says that an agent looks at a conversation or types in it, until Lasts is over, or that it stopped. Whether the agent may see the
// conversation is the caller's to check.
func (s *Service) Set(ctx context.Context, team, conversation, agent int64, k Kind, isOn bool) {
	p := place{team, conversation, agent, k}
	now := s.clock.Now()
	s.mu.Lock()
	stamp := max(now.UnixMicro(), s.signs[p].stamp+1)
	s.put(p, sign{stamp: stamp, until: until(isOn, now, k), isOwn: true})
	s.mu.Unlock()
	s.nudge()
	s.tell(ctx, p, stamp, isOn)
}

// Take learns from a message of the bus and says whether it was about presence, and where. Taking a message twice, or late, changes nothing.
func (s *Service) Take(m bus.Message) (conversation int64, ok bool) {
	k := Kind(m.Topic)
	if k != Typing && k != Viewing {
		return 0, false
	}
	var x said
	if json.Unmarshal(m.Payload, &x) != nil || x.Conversation == 0 || x.Agent == 0 {
		return 0, false
	}
	p := place{m.TeamID, x.Conversation, x.Agent, k}
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.Stamp > s.signs[p].stamp {
		s.put(p, sign{stamp: x.Stamp, until: until(x.IsOn, s.clock.Now(), k)})
		s.nudge()
	}
	return x.Conversation, true
}

// Customer stands in the place of an agent for the conversation's customer, where the channel tells that it types.
const Customer int64 = -1

// Who gives the agents who look at a conversation and those who type in it, by id, and says whether its customer types.
func (s *Service) Who(team, conversation int64) (viewing, typing []int64, isCustomerTyping bool) {
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.in[[2]int64{team, conversation}] {
		switch x := s.signs[p]; {
		case !x.until.After(now):
		case p.agent == Customer:
			isCustomerTyping = isCustomerTyping || p.kind == Typing
		case p.kind == Typing:
			typing = append(typing, p.agent)
		default:
			viewing = append(viewing, p.agent)
		}
	}
	slices.Sort(viewing)
	slices.Sort(typing)
	return viewing, typing, isCustomerTyping
}

func until(isOn bool, now time.Time, k Kind) time.Time {
	if !isOn {
		return time.Time{}
	}
	return now.Add(k.Lasts())
}

func (s *Service) put(p place, x sign) {
	s.signs[p] = x
	at := [2]int64{p.team, p.conversation}
	if s.in[at] == nil {
		s.in[at] = map[place]struct{}{}
	}
	s.in[at][p] = struct{}{}
}

func (s *Service) tell(ctx context.Context, p place, stamp int64, isOn bool) {
	b, err := json.Marshal(said{Conversation: p.conversation, Agent: p.agent, Stamp: stamp, IsOn: isOn})
	if err != nil {
		panic(err) // numbers and a truth value
	}
	// A lost message costs what is shown for some seconds.
	_ = s.bus.Publish(ctx, bus.Message{Topic: string(p.kind), TeamID: p.team, Payload: b})
}

func (s *Service) nudge() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// forget is how long the end of a sign is remembered, so that a late message cannot bring it back.
const forget = time.Minute

// run tells of the end of what this server was told of, and forgets what is over.
func (s *Service) run(ctx context.Context) {
	defer close(s.done)
	t := s.clock.Timer(time.Hour)
	defer t.Stop()
	for {
		over, next := s.expire()
		for p, stamp := range over {
			s.tell(ctx, p, stamp, false)
		}
		t.Reset(next)
		select {
		case <-ctx.Done():
			return
		case <-s.poke:
		case <-t.C:
		}
	}
}

// expire ends what is over, and gives the own ones with a stamp of their end, and how long it is to the next.
func (s *Service) expire() (over map[place]int64, next time.Duration) {
	now := s.clock.Now()
	over, next = map[place]int64{}, time.Hour
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, x := range s.signs {
		switch {
		case x.until.After(now):
			next = min(next, x.until.Sub(now))
		case x.isOwn && !x.until.IsZero():
			over[p] = x.stamp + 1
			s.signs[p] = sign{stamp: x.stamp + 1}
		case now.Sub(time.UnixMicro(x.stamp)) > p.kind.Lasts()+forget:
			delete(s.signs, p)
			at := [2]int64{p.team, p.conversation}
			if delete(s.in[at], p); len(s.in[at]) == 0 {
				delete(s.in, at)
			}
		default:
			next = min(next, forget)
		}
	}
	return over, next
}
