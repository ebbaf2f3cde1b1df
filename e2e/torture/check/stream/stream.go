// Package stream judges what a client of a live stream was given: every event that is for it, once and in order, and a view that equals what a query gives. It
// imports nothing of ours.
package stream

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in a team's log.
type Position struct {
	Epoch string
	Seq   int64
}

// PositionOf takes a cursor apart. Clients must not; a checker that only compared cursors could not tell a gap from a quiet time.
func PositionOf(cursor string) (Position, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return Position{}, fmt.Errorf("%q is no cursor", cursor)
	}
	p := strings.Split(string(b), ".")
	if len(p) != 3 {
		return Position{}, fmt.Errorf("%q is no cursor", cursor)
	}
	n, err := strconv.ParseInt(p[2], 10, 64)
	if err != nil {
		return Position{}, fmt.Errorf("%q is no cursor", cursor)
	}
	return Position{Epoch: p[1], Seq: n}, nil
}

// Cursor is the position as clients hand it back.
func (p Position) Cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte("1." + p.Epoch + "." + strconv.FormatInt(p.Seq, 10)))
}

// Event is one frame of conversationEvents or inboxEvents, as far as it is judged.
type Event struct {
	Kind           string   `json:"__typename"`
	Cursor         string   `json:"cursor"`
	Recovered      bool     `json:"recovered"`
	Reason         string   `json:"reason"`
	Resubscribe    bool     `json:"resubscribe"`
	Message        *Message `json:"message"`
	Conversation   *Row     `json:"conversation"`
	ConversationID string   `json:"conversationId"`
}

// Message is one of a conversation.
type Message struct {
	ID       string `json:"id"`
	Version  int    `json:"version"`
	Seq      int    `json:"seq"`
	Sender   string `json:"sender"`
	Delivery string `json:"delivery"`
	Content  struct {
		Text string `json:"text"`
	} `json:"content"`
}

// Row is a conversation in a list.
type Row struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Status  string `json:"status"`
}

// Stretch is a part of the log that a client followed without a break: it must have been given every event of it that is for it.
type Stretch struct {
	Epoch    string
	From, To int64 // beyond From, up to To
	Got      []int64
}

// View is what a client shows, made of the events in the order of their coming. The rule of clients is one line: an event beyond the view's position is
// applied, and the position moves there. Whatever breaks the promises of RT-3 and RT-4 on the way is in Problems.
type View struct {
	Name      string
	Messages  map[string]Message
	Rows      map[string]Row
	At        Position // of the stream
	Stretches []Stretch
	Problems  []string

	floor     Position // of the list that the view was read from
	isWaiting bool     // a connection has begun and Hello has not come
	asked     string   // the cursor that the connection began with
	mustSync  bool     // Hello did not recover: ResyncRequired follows
}

// NewView is an empty view.
func NewView(name string) *View {
	return &View{Name: name, Messages: map[string]Message{}, Rows: map[string]Row{}}
}

func (v *View) problem(format string, args ...any) {
	v.Problems = append(v.Problems, v.Name+": "+fmt.Sprintf(format, args...))
}

// Load takes the view from a list that was read at a position.
func (v *View) Load(asOf Position, messages []Message, rows []Row) {
	clear(v.Messages)
	clear(v.Rows)
	for _, m := range messages {
		v.Messages[m.ID] = m
	}
	for _, r := range rows {
		v.Rows[r.ID] = r
	}
	v.floor = asOf
}

// Floor is the position of the list that the view was read from last.
func (v *View) Floor() Position { return v.floor }

// Last is the number of the last event that the stream gave.
func (v *View) Last() int64 {
	last := int64(0)
	for _, s := range v.Stretches {
		if n := len(s.Got); n > 0 {
			last = max(last, s.Got[n-1])
		}
	}
	return last
}

// Connect says that a connection begins after a cursor; "" begins now.
func (v *View) Connect(after string) { v.isWaiting, v.asked, v.mustSync = true, after, false }

// Apply takes a frame in. It says whether the lists must be read again.
func (v *View) Apply(e Event) (mustLoad bool) {
	at, err := PositionOf(e.Cursor)
	if err != nil {
		v.problem("a %s has no cursor: %v", e.Kind, err)
		return false
	}
	if v.isWaiting != (e.Kind == "Hello") {
		v.problem("%s came at %d where Hello was due or over", e.Kind, at.Seq)
	}
	if v.mustSync && e.Kind != "ResyncRequired" && e.Kind != "StreamEnded" {
		v.problem("%s at %d follows a Hello that did not recover, without ResyncRequired", e.Kind, at.Seq)
		v.mustSync = false
	}
	switch e.Kind {
	case "Hello":
		v.hello(e, at)
	case "ResyncRequired":
		v.mustSync = false
		v.begin(at)
		return true
	case "Tick":
		v.move(e.Kind, at)
	case "StreamEnded":
		// What it stopped at may be an event that could not be given any more: the stretch ends with what came before.
		if at.Epoch == v.At.Epoch && at.Seq >= v.At.Seq {
			v.At = at
		} else {
			v.problem("StreamEnded at %d of %s after %d of %s", at.Seq, at.Epoch, v.At.Seq, v.At.Epoch)
		}
	default:
		v.event(e, at)
	}
	return false
}

func (v *View) hello(e Event, at Position) {
	v.isWaiting = false
	asked, err := PositionOf(v.asked)
	switch {
	case v.asked == "":
		v.begin(at)
	case err != nil:
		v.problem("the client asked for %q", v.asked)
	case e.Recovered && at != asked:
		v.problem("Hello says that it goes on after %d and was asked to after %d", at.Seq, asked.Seq)
	case e.Recovered:
		if v.At != asked {
			v.begin(at)
		}
	default:
		v.mustSync = true
		v.begin(at)
	}
}

// begin starts a new stretch.
func (v *View) begin(at Position) {
	v.At = at
	v.Stretches = append(v.Stretches, Stretch{Epoch: at.Epoch, From: at.Seq, To: at.Seq})
}

func (v *View) move(kind string, at Position) {
	if at.Epoch != v.At.Epoch || at.Seq < v.At.Seq {
		v.problem("%s at %d of %s after %d of %s", kind, at.Seq, at.Epoch, v.At.Seq, v.At.Epoch)
		return
	}
	v.At = at
	if n := len(v.Stretches); n > 0 {
		v.Stretches[n-1].To = at.Seq
	}
}

func (v *View) event(e Event, at Position) {
	if at.Epoch == v.At.Epoch && at.Seq <= v.At.Seq {
		v.problem("%s of %d came after %d: doubled or out of order", e.Kind, at.Seq, v.At.Seq)
		return
	}
	v.move(e.Kind, at)
	if n := len(v.Stretches); n > 0 {
		v.Stretches[n-1].Got = append(v.Stretches[n-1].Got, at.Seq)
	}
	if at.Epoch == v.floor.Epoch && at.Seq <= v.floor.Seq {
		return // the list has it
	}
	switch e.Kind {
	case "MessageAdded", "MessageChanged":
		if e.Message == nil {
			v.problem("%s of %d has no message", e.Kind, at.Seq)
			return
		}
		was, ok := v.Messages[e.Message.ID]
		if ok && e.Message.Version < was.Version {
			return // what was rendered for somebody else a moment ago: the newer one is held, and its event follows
		}
		if ok && rank(e.Message.Delivery) < rank(was.Delivery) && was.Delivery != "FAILED" {
			v.problem("message %d went back from %s to %s", was.Seq, was.Delivery, e.Message.Delivery)
		}
		v.Messages[e.Message.ID] = *e.Message
	case "ConversationEntered", "ConversationChanged":
		if e.Conversation == nil {
			v.problem("%s of %d has no conversation", e.Kind, at.Seq)
			return
		}
		if was, ok := v.Rows[e.Conversation.ID]; ok && e.Conversation.Version < was.Version {
			return
		}
		v.Rows[e.Conversation.ID] = *e.Conversation
	case "ConversationLeft":
		delete(v.Rows, e.ConversationID)
	default:
		v.problem("what is a %s?", e.Kind)
	}
}

// rank orders the states of MSG-2; FAILED may follow any but the last two.
func rank(delivery string) int {
	return slices.Index([]string{"", "SENDING", "SENT", "RECEIVED", "READ", "FAILED"}, delivery)
}

// Entry is one entry of the team's log, as the database has it. Numbers go on over a change of the epoch as long as no older state of the database is
// brought back.
type Entry struct {
	Seq          int64
	Kind         string
	Conversation int64
}

// Complete compares what the client was given with the log: in every stretch that it followed, each event that is for it, once, in order, and no other.
// mayBe tells of events that it may have been given or not; nil is none.
func (v *View) Complete(log []Entry, isFor, mayBe func(Entry) bool) {
	for _, s := range v.Stretches {
		var want []int64
		free := map[int64]bool{}
		for _, e := range log {
			if e.Seq <= s.From || e.Seq > s.To {
				continue
			}
			if isFor(e) {
				want = append(want, e.Seq)
			} else if mayBe != nil && mayBe(e) {
				free[e.Seq] = true
			}
		}
		got := slices.DeleteFunc(slices.Clone(s.Got), func(seq int64) bool { return free[seq] })
		if !slices.Equal(got, want) {
			v.problem("of %d to %d it was given %v; the log has %v", s.From, s.To, s.Got, want)
		}
	}
}

// Equals compares the view with what a query gives now.
func (v *View) Equals(messages []Message, rows []Row) {
	other := NewView("")
	other.Load(Position{}, messages, rows)
	for _, id := range union(v.Messages, other.Messages) {
		if a, b := v.Messages[id], other.Messages[id]; a != b {
			v.problem("message %s is %+v in view and %+v by query", id, a, b)
		}
	}
	for _, id := range union(v.Rows, other.Rows) {
		if a, b := v.Rows[id], other.Rows[id]; a != b {
			v.problem("conversation %s is %+v in view and %+v by query", id, a, b)
		}
	}
}

func union[T any](a, b map[string]T) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)
	return slices.Compact(all)
}
