package live

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/torture/check/lane"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

const (
	// sendersAtOnce is how many conversations the server sends for at the same time.
	sendersAtOnce = 4
	// refusedFor is what LINE says when a rate is reached.
	refusedFor = time.Second
)

// Sends is CHAN-11, MSG-2, MSG-6, MSG-15 and MSG-16: whatever the platform answers, or does not, each conversation's messages reach it once and in the
// agents' order, refusals by rate are obeyed, a definite refusal is the end of it, and what nobody can know is said to be uncertain.
func Sends(ctx context.Context, w *rig.World) error {
	s, err := newStage(ctx, w, "sends", 1, fmt.Sprint("WORKERS=", sendersAtOnce))
	if err != nil {
		return err
	}
	defer s.close()
	talks, each := 20, 60
	if w.IsShort {
		talks, each = 6, 14
	}
	f := &sending{stage: s, told: map[string][]string{}}
	for range talks {
		t, err := s.meet(ctx)
		if err != nil {
			return err
		}
		f.talks = append(f.talks, t)
	}
	f.mark = lastRequest(w)
	f.spoil(talks * each)
	if err := f.write(ctx, "answer", each); err != nil {
		return err
	}
	if err := f.sent(ctx); err != nil {
		return err
	}
	w.Line.Faults().Clear()
	mixed := f.requests()
	// The quota is used up: LINE refuses for good, and what comes after is refused too, until there is more.
	s.Bot.SetQuota(1, 1)
	f.mark = lastRequest(w)
	if err := f.write(ctx, "beyond the quota", 2); err != nil {
		return err
	}
	if err := f.sent(ctx); err != nil {
		return err
	}
	s.Bot.SetQuota(0, 0)
	refused := f.requests()
	f.mark = lastRequest(w)
	if err := f.write(ctx, "afterwards", 1); err != nil {
		return err
	}
	if err := f.sent(ctx); err != nil {
		return err
	}
	if err := f.judge(ctx, mixed, refused); err != nil {
		return err
	}
	return f.uncertain(ctx)
}

// sending is agents who answer while the platform fails.
type sending struct {
	*stage
	talks []*talk
	mark  int64 // the platform's last request before the present part

	mu   sync.Mutex
	told map[string][]string // by recipient, what agents were told is queued, in order
}

func lastRequest(w *rig.World) (seq int64) {
	for _, r := range w.Line.Requests().Requests() {
		seq = max(seq, r.Seq)
	}
	return seq
}

// spoil queues faults: one request in three is spoiled, in an order that the seed decides. A time-out takes ten seconds, so there are few of them.
func (f *sending) spoil(sends int) {
	r := f.w.Random
	kinds := []fake.FaultKind{fake.ErrorBefore, fake.ErrorAfter, fake.ResetBefore, fake.ResetAfter, fake.RateLimit, fake.Slow}
	var faults []fake.Fault
	add := func(k fake.FaultKind) {
		one := fake.Fault{Kind: k, Operation: fakeline.Push}
		switch k {
		case fake.RateLimit:
			one.RetryAfter = refusedFor
		case fake.Slow:
			one.Delay = time.Duration(50+r.Int(400)) * time.Millisecond
		}
		faults = append(faults, one)
		// Untouched ones between them: a Slow without delay is none.
		faults = append(faults, fake.Fault{Kind: fake.Slow, Operation: fakeline.Push, Times: 1 + r.Int(4)})
	}
	for range sends / 6 {
		add(kinds[r.Int(len(kinds))])
	}
	// Whatever chance does, each kind comes, and a time-out on either side of the acceptance.
	for _, k := range append([]fake.FaultKind{fake.HangBefore, fake.HangAfter}, kinds...) {
		add(k)
	}
	_ = f.w.Line.Faults().Add(faults...)
	f.w.Count("faults", len(faults)/2)
}

// write has an agent answer in each conversation, one message after the other, each asked for once or twice (MSG-16), while customers write too.
func (f *sending) write(ctx context.Context, what string, each int) error {
	errs := make(chan error, len(f.talks))
	for i, t := range f.talks {
		twice := f.w.Random.Int(2)
		go func() {
			errs <- func() error {
				for n := range each {
					text := fmt.Sprintf("%s %d in %d", what, n, i)
					seq, err := f.InsistSend(ctx, f.Boss, t.id, text, text)
					if err != nil {
						return err
					}
					f.mu.Lock()
					f.told[t.who.ID()] = append(f.told[t.who.ID()], text)
					f.mu.Unlock()
					if n%2 == twice {
						if again, err := f.InsistSend(ctx, f.Boss, t.id, text, text); err != nil || again != seq {
							f.w.Violate("%q sent again with its client's id has the number %d and not %d (%v)", text, again, seq, err)
						}
					}
					if n%3 == 1 {
						if err := f.Insist(ctx, func() *rig.Server { return f.Server }, t.who.Text(fmt.Sprintf("question %d of %d to %s", n, i, what))); err != nil {
							return err
						}
					}
				}
				return nil
			}()
		}()
	}
	for range f.talks {
		if err := <-errs; err != nil {
			return err
		}
	}
	f.w.Count("sends", each*len(f.talks))
	return nil
}

// sent waits until nothing is on its way.
func (f *sending) sent(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	waiting := -1
	for ctx.Err() == nil {
		err := f.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM messages WHERE team_id = "+f.stage.mark(1)+" AND delivery = 'SENDING'", f.id).Scan(&waiting)
		if err == nil && waiting == 0 {
			return nil
		}
		rest(ctx, 20*time.Millisecond)
	}
	f.w.Violate("%d messages are still on their way", waiting)
	return nil
}

// requests are the calls of the present part, as the checker reads them.
func (f *sending) requests() (all []lane.Request) {
	for _, r := range f.w.Line.Requests().Requests() {
		if r.Seq <= f.mark || !strings.HasSuffix(r.Path, "/message/push") {
			continue
		}
		one := lane.Request{At: r.At, Status: r.Status, Key: r.Header.Get("X-Line-Retry-Key")}
		one.To, one.Text = pushed(r.Body)
		if r.Status == 429 {
			one.RetryAfter = refusedFor
		}
		all = append(all, one)
	}
	return all
}

func pushed(body []byte) (to, text string) {
	var p struct {
		To       string
		Messages []struct{ Text string }
	}
	if json.Unmarshal(body, &p) == nil && len(p.Messages) > 0 {
		text = p.Messages[0].Text
	}
	return p.To, text
}

// judge hands everything to the checker.
func (f *sending) judge(ctx context.Context, mixed, refused []lane.Request) error {
	var accepted []lane.Accepted
	for _, d := range f.w.Line.Journal().All() {
		for _, m := range d.Messages {
			var body struct{ Text string }
			if err := json.Unmarshal(m.Body, &body); err != nil {
				return err
			}
			for _, to := range d.To {
				accepted = append(accepted, lane.Accepted{Seq: d.Seq, To: to, RetryKey: d.RetryKey, Text: body.Text})
			}
		}
	}
	conversations, err := f.conversations(ctx)
	if err != nil {
		return err
	}
	problems := lane.Sends(conversations, accepted, f.told)
	problems = append(problems, lane.Rates(mixed, 4*sendersAtOnce)...)
	problems = append(problems, lane.Repeats(mixed, false)...)
	problems = append(problems, lane.Repeats(refused, true)...)
	for _, c := range conversations {
		for _, m := range c.Messages {
			isBeyond := strings.HasPrefix(m.Text, "beyond")
			switch {
			case !m.IsOurs:
			case isBeyond && (m.Delivery != "FAILED" || m.Code != "QUOTA_EXCEEDED"):
				problems = append(problems, fmt.Sprintf("%q is %s %s and the quota is used up", m.Text, m.Delivery, m.Code))
			case !isBeyond && m.Delivery == "FAILED":
				problems = append(problems, fmt.Sprintf("%q is FAILED with %s and nobody refused it for good", m.Text, m.Code))
			}
		}
	}
	for _, p := range problems[:min(len(problems), 8)] {
		f.w.Violate("%.400s", p)
	}
	f.w.Count("calls at the platform", len(mixed)+len(refused))
	return nil
}

// conversations reads what the database has.
func (f *sending) conversations(ctx context.Context) (all []lane.Conversation, err error) {
	for _, t := range f.talks {
		c := lane.Conversation{ID: t.row, To: t.who.ID()}
		rows, err := f.db.QueryContext(ctx, `SELECT seq, direction, text, delivery, failure_code FROM messages
			WHERE team_id = `+f.stage.mark(1)+` AND conversation_id = `+f.stage.mark(2)+` ORDER BY seq`, f.id, t.row)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var m lane.Stored
			var direction string
			if err := rows.Scan(&m.Seq, &direction, &m.Text, &m.Delivery, &m.Code); err != nil {
				return nil, err
			}
			m.IsOurs = direction == "OUTBOUND"
			c.Messages = append(c.Messages, m)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// uncertain lets the platform take a message and say nothing, until it has forgotten the retry key: then it is not sent again, and said to be uncertain.
func (f *sending) uncertain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	f.Server.Kill()
	if err := f.Server.Launch(f.w.Tagged, "TORTURE_CLOCK=24h", fmt.Sprint("WORKERS=", sendersAtOnce)); err != nil {
		return err
	}
	if err := f.Server.Ready(ctx); err != nil {
		return err
	}
	// A day has gone by: whoever was signed in is no more.
	boss, err := f.signIn(ctx, &agent{email: "boss@" + f.Slug + ".example"})
	if err != nil {
		return err
	}
	const text = "nobody can know"
	if err := f.w.Line.Faults().Add(fake.Fault{Kind: fake.HangAfter, Operation: fakeline.Push}); err != nil {
		return err
	}
	t := f.talks[0]
	if _, err := f.InsistSend(ctx, boss.Client, t.id, text, text); err != nil {
		return err
	}
	state := func() (delivery, code string, tries int, err error) {
		err = f.db.QueryRowContext(ctx, `SELECT m.delivery, m.failure_code, (SELECT COUNT(*) FROM attempts a WHERE a.team_id = m.team_id AND a.message_id = m.id AND a.ended_at IS NOT NULL)
			FROM messages m WHERE m.team_id = `+f.stage.mark(1)+` AND m.client_message_id = `+f.stage.mark(2), f.id, text).Scan(&delivery, &code, &tries)
		if err == sql.ErrNoRows {
			err = nil
		}
		return delivery, code, tries, err
	}
	// The clock moves while the try hangs, so that no second one comes before.
	if err := f.w.Await(ctx, "the platform took it", func() bool {
		for _, d := range f.w.Line.Journal().To(t.who.ID()) {
			for _, m := range d.Messages {
				if strings.Contains(string(m.Body), text) {
					return true
				}
			}
		}
		return false
	}); err != nil {
		return err
	}
	if err := f.Server.Signal(syscall.SIGUSR1); err != nil {
		return err
	}
	var delivery, code string
	err = f.w.Await(ctx, "it is given up", func() bool {
		var err error
		delivery, code, _, err = state()
		return err == nil && delivery != "SENDING"
	})
	if err != nil || delivery != "FAILED" || code != "DELIVERY_UNCERTAIN" {
		f.w.Violate("what the platform took without a word, and would not recognise any more, is %s %s", delivery, code)
	}
	taken := 0
	for _, d := range f.w.Line.Journal().To(t.who.ID()) {
		for _, m := range d.Messages {
			if strings.Contains(string(m.Body), text) {
				taken++
			}
		}
	}
	if taken != 1 {
		f.w.Violate("the platform took it %d times", taken)
	}
	return nil
}
