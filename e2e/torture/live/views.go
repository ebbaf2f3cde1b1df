package live

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/torture/check/stream"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// ScriptVariable names the setting of the environment that replays one script of Views instead of random ones.
const ScriptVariable = "TORTURE_SCRIPT"

// certain are schedules that every run begins with: what chance would seldom put together.
var certain = []string{
	"write 0 3; cut 0; cut 1; write 0 2; settle; cut 2; write 1 2; answer 0; cut 3; cut 4",
	"stall 0; stall 1; write 0 4; answer 0; answer 0; cut 0; resume 0; resume 1; move 0; move 1; write 0 1",
	"revoke; write 0 2; grant; write 0 1; revoke; cut 3; cut 4; write 1 2; settle; grant",
	"write 0 2; settle; stall 0; stall 2; cut 0; cut 2; write 0 4; purge 2; resume 0; resume 2; write 0 1",
	"settle; stall 0; stall 1; cut 0; cut 1; flood 0; resume 0; resume 1; write 0 2",
	"write 0 1; epoch; write 0 2; cut 0; cut 2; write 1 2",
}

// Views is RT-3, RT-4 and RT-8: whatever is cut, stalled, moved, taken away or purged, over both wires and both servers, a client's view comes to equal what
// a query gives, and each event that is for it came once and in order.
func Views(ctx context.Context, w *rig.World) error {
	s, err := newStage(ctx, w, "views", 2)
	if err != nil {
		return err
	}
	defer s.close()
	eve, err := s.hire(ctx, "Eve", "AGENT", "SEND_MESSAGES", "MANAGE_OTHERS")
	if err != nil {
		return err
	}
	v := &views{stage: s, eve: eve}
	if err := v.prime(ctx); err != nil {
		return err
	}
	if text := os.Getenv(ScriptVariable); text != "" {
		one, err := parseScript(text)
		if err != nil {
			return err
		}
		return v.judge(ctx, one, 0)
	}
	for _, text := range certain {
		one, err := parseScript(text)
		if err != nil {
			return err
		}
		if err := v.judge(ctx, one, 0); err != nil || len(w.Violations()) > 0 {
			return err
		}
		w.Count("schedules", 1)
	}
	count := 400
	if w.IsShort {
		count = 4
	}
	for i := range count {
		one := randomScript(w.Random, 12+w.Random.Int(18), 5, 2)
		if err := v.judge(ctx, one, i+1); err != nil || len(w.Violations()) > 0 {
			return err
		}
		w.Count("schedules", 1)
	}
	return nil
}

// narrow is the first client of the agent whose rights change.
const narrow = 3

// views plays scripts, each in conversations of its own.
type views struct {
	*stage
	eve *agent
	all []stream.Entry // the log, with what was purged from it
	// blind are the parts of the log in which the narrow agent sees nothing of what happens here.
	blind []span
}

// span is what lies beyond from, up to to; to is 0 while it goes on.
type span struct{ from, to int64 }

func (v *views) isBlind(seq int64) bool {
	return slices.ContainsFunc(v.blind, func(s span) bool { return seq > s.from && (s.to == 0 || seq <= s.to) })
}

// prime reads the log once, so that what is purged later is known.
func (v *views) prime(ctx context.Context) error { return v.keep(ctx) }

// keep remembers what the log has now.
func (v *views) keep(ctx context.Context) error {
	last := int64(0)
	if n := len(v.all); n > 0 {
		last = v.all[n-1].Seq
	}
	more, err := v.log(ctx, last)
	v.all = append(v.all, more...)
	return err
}

// judge plays a script; one that fails is shrunk and told.
func (v *views) judge(ctx context.Context, s script, n int) error {
	problems, err := v.play(ctx, s, 20*time.Second)
	if err != nil || len(problems) == 0 {
		return err
	}
	v.w.Say("%d steps fail (%s); shrinking", len(s), problems[0])
	tries := 40
	if v.w.IsShort {
		tries = 12
	}
	short := shrink(s, tries, func(less script) bool {
		found, err := v.play(ctx, less, 12*time.Second)
		if err == nil && len(found) > 0 {
			problems = found
			return true
		}
		return false
	})
	v.w.Violate("script %d: %s\n    replay with %s='%s'", n, strings.Join(problems[:min(len(problems), 4)], "\n    "), ScriptVariable, short)
	return nil
}

// play plays a script and gives what went wrong.
func (v *views) play(ctx context.Context, s script, patience time.Duration) (problems []string, err error) {
	if err := v.grant(ctx, nil); err != nil {
		return nil, err
	}
	var talks []*talk
	of := map[string]bool{}
	for range 2 {
		t, err := v.meet(ctx)
		if err != nil {
			return nil, err
		}
		talks = append(talks, t)
		of[t.id] = true
	}
	a, b := v.servers[0], v.servers[len(v.servers)-1]
	clients := []*viewer{
		newViewer("the socket in conversation 0", v.Boss, false, talks[0], of, a),
		newViewer("the stream in conversation 0", v.Boss, true, talks[0], of, b),
		newViewer("the socket in the inbox", v.Boss, false, nil, of, b),
		newViewer("the narrow agent's socket in conversation 0", v.eve.Client, false, talks[0], of, a),
		newViewer("the narrow agent's stream in the inbox", v.eve.Client, true, nil, of, b),
	}
	playing, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for _, c := range clients {
		running.Go(func() { c.run(playing) })
	}
	if problems, err = v.settle(ctx, clients, talks, patience); err != nil || len(problems) > 0 {
		return problems, err
	}
	for _, one := range s {
		if problems, err := v.do(ctx, one, clients, talks, patience); err != nil || len(problems) > 0 {
			return problems, err
		}
	}
	for _, c := range clients {
		c.stall(false)
	}
	if err := v.grant(ctx, clients); err != nil {
		return nil, err
	}
	if problems, err = v.settle(ctx, clients, talks, patience); err != nil || len(problems) > 0 {
		return problems, err
	}
	return v.compare(ctx, clients, stop, &running, patience)
}

func (v *views) grant(ctx context.Context, clients []*viewer) error {
	for _, c := range clients {
		c.revoked.Store(nil)
	}
	at, err := v.permit(ctx, v.eve, "SEND_MESSAGES", "MANAGE_OTHERS")
	if n := len(v.blind); n > 0 && v.blind[n-1].to == 0 && err == nil {
		v.blind[n-1].to = at.Seq
		if len(clients) == 0 {
			rest(ctx, 1200*time.Millisecond) // whoever begins now begins by the rights of now, at every server
		}
	}
	return err
}

// do does one step.
func (v *views) do(ctx context.Context, s step, clients []*viewer, talks []*talk, patience time.Duration) ([]string, error) {
	c := clients[s.a%len(clients)]
	t := talks[s.a%len(talks)]
	switch s.what {
	case "write":
		return nil, v.customer(ctx, t, s.b)
	case "flood":
		for range 12 {
			if err := v.customer(ctx, t, 100); err != nil {
				return nil, err
			}
		}
	case "answer":
		t.sent++
		text := fmt.Sprintf("answer %d to %d", t.sent, t.row)
		_, err := v.InsistSend(ctx, v.Boss, t.id, text, text)
		return nil, err
	case "cut":
		c.drop()
	case "stall":
		c.stall(true)
	case "resume":
		c.stall(false)
	case "move":
		to := v.servers[0]
		c.mu.Lock()
		if c.server == to {
			to = v.servers[len(v.servers)-1]
		}
		c.mu.Unlock()
		c.move(to)
	case "grant":
		return nil, v.grant(ctx, clients)
	case "revoke":
		at, err := v.permit(ctx, v.eve, "SEND_MESSAGES")
		if err != nil {
			return nil, err
		}
		if n := len(v.blind); n == 0 || v.blind[n-1].to != 0 {
			v.blind = append(v.blind, span{from: at.Seq})
		}
		for _, c := range clients[narrow:] {
			c.revoked.Store(&at)
		}
	case "purge":
		if err := v.keep(ctx); err != nil {
			return nil, err
		}
		return nil, v.write(ctx, "DELETE FROM events WHERE team_id = "+v.mark(1)+" AND seq <= (SELECT seq FROM streams WHERE team_id = "+v.mark(2)+") - "+v.mark(3), v.id, v.id, s.a)
	case "epoch":
		return nil, v.write(ctx, "UPDATE streams SET epoch = "+v.mark(1)+" WHERE team_id = "+v.mark(2), fmt.Sprintf("00000000-0000-4000-8000-%012x", v.w.Random.Uint64()>>16), v.id)
	case "settle":
		return v.settle(ctx, clients, talks, patience)
	}
	return nil, nil
}

// customer has the customer write, at one of the servers.
func (v *views) customer(ctx context.Context, t *talk, n int) error {
	var events []fakeline.Event
	for range n {
		t.sent++
		events = append(events, t.who.Text(fmt.Sprintf("question %d of %d", t.sent, t.row)))
	}
	at := v.servers[v.w.Random.Int(len(v.servers))]
	return v.Insist(ctx, func() *rig.Server { return at }, events...)
}

// settle waits until every client that reads and may see has come to the end of the log.
func (v *views) settle(ctx context.Context, clients []*viewer, talks []*talk, patience time.Duration) (problems []string, err error) {
	for _, c := range clients[narrow:] {
		if c.talk != nil {
			continue // who may not see a conversation has no stream in it
		}
		// Whoever lost its right follows the inbox again: what it may not see is about to happen.
		if err := v.w.Await(ctx, c.name+" follows", func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.isStalled || c.revoked.Load() == nil || c.isSynced && c.isOpen
		}); err != nil {
			problems = append(problems, err.Error())
		}
	}
	for _, t := range talks { // each client has something to wait for
		if err := v.customer(ctx, t, 1); err != nil {
			return nil, err
		}
	}
	if err := v.quiet(ctx, talks); err != nil {
		return nil, err
	}
	if err := v.keep(ctx); err != nil {
		return nil, err
	}
	head, err := v.head(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, c := range clients {
		c.mu.Lock()
		isOut := c.isStalled || c.revoked.Load() != nil
		c.mu.Unlock()
		if isOut {
			continue
		}
		last := int64(0)
		for _, e := range v.all {
			if isFor(c, e) {
				last = e.Seq
			}
		}
		if err := c.reaches(ctx, head.Epoch, last); err != nil {
			problems = append(problems, err.Error())
		}
		c.mu.Lock()
		problems = append(problems, c.view.Problems...)
		c.mu.Unlock()
	}
	return problems, nil
}

// quiet waits until nothing is on its way to the platform, so that the log stands still.
func (v *views) quiet(ctx context.Context, talks []*talk) error {
	return v.w.Await(ctx, "everything is sent", func() bool {
		waiting := 0
		err := v.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM messages WHERE team_id = "+v.mark(1)+" AND delivery = 'SENDING'", v.id).Scan(&waiting)
		return err == nil && waiting == 0
	})
}

// isFor says whether an entry is for a client that may see everything.
func isFor(c *viewer, e stream.Entry) bool {
	isRow := e.Kind == "conversation.created" || e.Kind == "conversation.changed" || e.Kind == "conversation.read"
	if c.talk == nil {
		return isRow
	}
	return e.Conversation == c.talk.row && (isRow || e.Kind == "message.added" || e.Kind == "message.changed")
}

// compare judges the views once everybody is at the end of the log.
func (v *views) compare(ctx context.Context, clients []*viewer, stop context.CancelFunc, running *sync.WaitGroup, patience time.Duration) (problems []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, c := range clients {
		if err := v.equal(ctx, c); err != nil {
			problems = append(problems, err.Error())
		}
	}
	stop()
	running.Wait()
	for _, c := range clients {
		isNarrow := slices.Index(clients, c) >= narrow
		// Who follows again while its right comes back may be given what happened before by the rights of now, and reads again a moment later. That it is
		// given nothing while it has no right is judged when things are given.
		isHidden := func(e stream.Entry) bool { return isNarrow && c.talk == nil && v.isBlind(e.Seq) }
		c.view.Complete(v.all, func(e stream.Entry) bool { return isFor(c, e) && !isHidden(e) }, func(e stream.Entry) bool { return isFor(c, e) && isHidden(e) })
		problems = append(problems, c.view.Problems...)
		for _, s := range c.view.Stretches {
			v.w.Count("events judged", len(s.Got))
		}
		v.w.Count("connections", c.connected)
	}
	return problems, nil
}

// equal compares a view with a query that was made at the same position of the log: what happens by itself, as a profile that is fetched, may come between.
func (v *views) equal(ctx context.Context, c *viewer) error {
	for ctx.Err() == nil {
		var messages []stream.Message
		first, rows, err := inbox(ctx, v.Boss, c.compared())
		last := first
		if err == nil && c.talk != nil {
			_, messages, _, err = history(ctx, v.Boss, c.talk.id)
		}
		if err == nil {
			last, err = v.head(ctx)
		}
		if err == nil {
			err = v.keep(ctx)
		}
		if err != nil {
			return err
		}
		due, isMoving := int64(0), false
		for _, e := range v.all {
			if isFor(c, e) {
				due = e.Seq
				isMoving = isMoving || e.Seq > first.Seq
			}
		}
		if isMoving {
			continue
		}
		if err := c.reaches(ctx, last.Epoch, due); err != nil {
			return err
		}
		c.mu.Lock()
		isSame := c.view.Last() <= due
		if isSame {
			c.view.Equals(messages, rows)
		}
		c.mu.Unlock()
		if isSame {
			return nil
		}
	}
	return fmt.Errorf("%s: the log does not come to rest: %w", c.name, ctx.Err())
}
