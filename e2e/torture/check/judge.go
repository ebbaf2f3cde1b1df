package check

import (
	"fmt"
	"regexp"
	"slices"
)

// most is how many violations of one claim are told; a broken server has thousands.
const most = 5

// verdict collects the violations of one claim.
type verdict struct {
	claim string
	found []string
	n     int
}

func (v *verdict) add(format string, args ...any) {
	if v.n++; v.n <= most {
		v.found = append(v.found, v.claim+": "+fmt.Sprintf(format, args...))
	}
}

func (v *verdict) list() []string {
	if v.n > most {
		v.found = append(v.found, fmt.Sprintf("%s: and %d more", v.claim, v.n-most))
	}
	return v.found
}

// Judge applies every claim to what the clients know and what the database holds once nothing is under way any more, and gives the
// violations.
func Judge(h *History, s *State) []string {
	written, sent, pushed, views := h.copy()
	return slices.Concat(kept(written, s), answered(sent, s), dense(s), logged(s), unread(s), delivered(pushed, s), fenced(s), fetched(s), seen(views, s))
}

// conversations are a state's, by the platform's id of the person.
func (s *State) conversations() map[string]*Conversation {
	all := map[string]*Conversation{}
	for i := range s.Conversations {
		all[s.Conversations[i].Customer] = &s.Conversations[i]
	}
	return all
}

// kept: what was acknowledged is stored once, in the order in which it came, with its own text; nothing is stored that nobody wrote (CHAN-9, MSG-15).
func kept(written []Written, s *State) []string {
	v := &verdict{claim: "kept"}
	where := map[string][]int{} // the numbers of a message, by the platform's id
	text := map[string]string{}
	for _, c := range s.Conversations {
		for _, m := range c.Messages {
			if m.Platform != "" && m.IsInbound {
				where[m.Platform] = append(where[m.Platform], m.Seq)
				text[m.Platform] = m.Text
			}
		}
	}
	last := map[string]int{}
	known := map[string]bool{}
	for _, w := range written {
		known[w.MessageID] = true
		at := where[w.MessageID]
		if n := s.Marks[w.EventID]; n != 1 && w.IsAcknowledged {
			v.add("the event of %q of %s is marked %d times", w.Text, w.Customer, n)
		}
		switch {
		case len(at) == 0 && w.IsAcknowledged:
			why := "is lost"
			if reason, isAside := s.Aside[w.EventID]; isAside {
				why = "was put aside: " + reason
			}
			v.add("%q of %s was acknowledged and %s", w.Text, w.Customer, why)
			continue
		case len(at) == 0:
			continue
		case len(at) > 1:
			v.add("%q of %s is stored %d times", w.Text, w.Customer, len(at))
		}
		if text[w.MessageID] != w.Text {
			v.add("%q of %s is stored as %q", w.Text, w.Customer, text[w.MessageID])
		}
		if at[0] <= last[w.Customer] {
			v.add("%q of %s has the number %d, and what came before it %d", w.Text, w.Customer, at[0], last[w.Customer])
		}
		last[w.Customer] = at[0]
	}
	for id := range where {
		if !known[id] {
			v.add("%q is stored and nobody wrote it", text[id])
		}
	}
	return v.list()
}

// answered: what an agent sent and was told is there once, under the number that was told, in the order it was sent (MSG-15, MSG-16).
func answered(sent []Sent, s *State) []string {
	v := &verdict{claim: "answered"}
	by := s.conversations()
	last := map[string]int{}
	for _, want := range sent {
		c := by[want.Customer]
		if c == nil {
			v.add("the conversation with %s is gone", want.Customer)
			continue
		}
		var at []int
		for _, m := range c.Messages {
			if m.Key == want.Key {
				at = append(at, m.Seq)
				if m.Text != want.Text {
					v.add("%q is stored as %q", want.Text, m.Text)
				}
			}
		}
		switch {
		case len(at) == 0 && want.IsAcknowledged:
			v.add("%q was acknowledged and is lost", want.Text)
			continue
		case len(at) == 0:
			continue
		case len(at) > 1:
			v.add("%q is stored %d times", want.Text, len(at))
		case want.IsAcknowledged && at[0] != want.Seq:
			v.add("%q was acknowledged as number %d and is number %d", want.Text, want.Seq, at[0])
		}
		if at[0] <= last[want.Customer] {
			v.add("%q has the number %d, and what was sent before it %d", want.Text, at[0], last[want.Customer])
		}
		last[want.Customer] = at[0]
	}
	return v.list()
}

// dense: the numbers of a conversation are 1, 2, 3… (MSG-15), and those of the event log too (RT-3).
func dense(s *State) []string {
	v := &verdict{claim: "dense"}
	for _, c := range s.Conversations {
		for i, m := range c.Messages {
			if m.Seq != i+1 {
				v.add("message %d of the conversation with %s has the number %d", i+1, c.Customer, m.Seq)
				break
			}
		}
		if c.MessageSeq != len(c.Messages) {
			v.add("the conversation with %s has %d messages and gave the number %d", c.Customer, len(c.Messages), c.MessageSeq)
		}
	}
	for i, e := range s.Events {
		if e.Seq != int64(i+1) {
			v.add("event %d of the log has the number %d", i+1, e.Seq)
			break
		}
	}
	if s.Head != int64(len(s.Events)) {
		v.add("the log has %d events and gave the number %d", len(s.Events), s.Head)
	}
	return v.list()
}

// logged: each message was told once, when it came, and each change of it up to the present one (RT-3, RT-4).
func logged(s *State) []string {
	v := &verdict{claim: "logged"}
	added, version := map[int64]int{}, map[int64]int{}
	seqs := map[int64]int{}
	for _, c := range s.Conversations {
		for _, m := range c.Messages {
			seqs[m.ID] = m.Seq
		}
	}
	latest := map[int64]int{} // the last number told, by conversation
	for _, e := range s.Events {
		if e.Kind != "message.added" && e.Kind != "message.changed" {
			continue
		}
		if _, ok := seqs[e.Object]; !ok {
			v.add("event %d tells of message %d, which is not there", e.Seq, e.Object)
			continue
		}
		if e.Version < version[e.Object] {
			v.add("event %d tells of version %d of message %d after version %d", e.Seq, e.Version, e.Object, version[e.Object])
		}
		version[e.Object] = max(version[e.Object], e.Version)
		if e.Kind == "message.added" {
			added[e.Object]++
			if seqs[e.Object] <= latest[e.Conversation] {
				v.add("event %d tells of message number %d after number %d", e.Seq, seqs[e.Object], latest[e.Conversation])
			}
			latest[e.Conversation] = seqs[e.Object]
		}
	}
	for _, c := range s.Conversations {
		for _, m := range c.Messages {
			if added[m.ID] != 1 {
				v.add("number %d of the conversation with %s was told %d times", m.Seq, c.Customer, added[m.ID])
			}
			if version[m.ID] != m.Version {
				v.add("number %d of the conversation with %s is of version %d, and version %d was told", m.Seq, c.Customer, m.Version, version[m.ID])
			}
		}
	}
	return v.list()
}

// unread: the counts are those of the messages.
func unread(s *State) []string {
	v := &verdict{claim: "unread"}
	total := 0
	for _, c := range s.Conversations {
		n := 0
		for _, m := range c.Messages {
			if m.IsInbound && m.Seq > c.ReadSeq {
				n++
			}
		}
		total += c.Unread
		if n != c.Unread {
			v.add("the conversation with %s shows %d unread and has %d", c.Customer, c.Unread, n)
		}
	}
	if s.CountedUnread != total || s.CountedConversations != len(s.Conversations) {
		v.add("the counters show %d conversations with %d unread; there are %d with %d", s.CountedConversations, s.CountedUnread, len(s.Conversations), total)
	}
	return v.list()
}

// delivered: the platform took each answer once, in the order of the conversation, and nothing else; none is still under way or failed
// (MSG-2, CHAN-11).
func delivered(pushed []Pushed, s *State) []string {
	v := &verdict{claim: "delivered"}
	took := map[string][]string{}
	for _, p := range pushed {
		took[p.Customer] = append(took[p.Customer], p.Text)
	}
	for _, c := range s.Conversations {
		var want []string
		for _, m := range c.Messages {
			if m.Key == "" {
				continue
			}
			want = append(want, m.Text)
			switch m.Delivery {
			case "SENT", "RECEIVED", "READ":
			default:
				v.add("%q to %s is %s", m.Text, c.Customer, m.Delivery)
			}
		}
		if got := took[c.Customer]; !slices.Equal(got, want) {
			v.add("to %s %s", c.Customer, differ(got, want))
		}
		delete(took, c.Customer)
	}
	for customer, texts := range took {
		v.add("the platform took %q for %s, with whom there is no conversation", texts, customer)
	}
	return v.list()
}

// fenced: who was overtaken in a lane wrote nothing any more, each message was tried under one key, and no lane says that something waits
// (CHAN-11).
func fenced(s *State) []string {
	v := &verdict{claim: "fenced"}
	for message, tries := range s.Tries {
		for i := 1; i < len(tries); i++ {
			if tries[i].Fence < tries[i-1].Fence {
				v.add("try %d of message %d was made under the lease %d, after one under the lease %d", tries[i].Number, message, tries[i].Fence, tries[i-1].Fence)
			}
			if tries[i].Key != tries[0].Key {
				v.add("try %d of message %d was made under another key than the first", tries[i].Number, message)
			}
		}
	}
	for conversation, n := range s.Waiting {
		if n != 0 {
			v.add("the lane of conversation %d says that %d wait, and none does", conversation, n)
		}
	}
	return v.list()
}

// fetched: of everybody who wrote the profile was asked for, or a job that will ask is there.
func fetched(s *State) []string {
	v := &verdict{claim: "fetched"}
	for person, id := range s.Unfetched {
		isDue := false
		for _, args := range s.Tasks {
			isDue = isDue || regexp.MustCompile(fmt.Sprintf(`\b%d\b`, id)).MatchString(args)
		}
		if !isDue {
			v.add("nobody asks for the profile of %s", person)
		}
	}
	return v.list()
}

// differ says where a list leaves the one that was wanted.
func differ(got, want []string) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("%q and %d more never came", want[i], len(want)-i-1)
		case i >= len(want):
			return fmt.Sprintf("%q and %d more came beyond what was to come", got[i], len(got)-i-1)
		case got[i] != want[i]:
			return fmt.Sprintf("%q came at place %d, where %q was to come", got[i], i+1, want[i])
		}
	}
	return "all is alike"
}

// rank orders the states of a delivery; a later one never gives way to an earlier one.
var rank = map[string]int{"": 0, "NONE": 0, "SENDING": 1, "SENT": 2, "RECEIVED": 3, "READ": 4, "FAILED": 5}

// seen: each subscriber saw every message once and in its order, no state went backwards, and what it holds at last is what the database
// holds (RT-3, RT-4).
func seen(views []View, s *State) []string {
	v := &verdict{claim: "seen"}
	by := s.conversations()
	for _, view := range views {
		c := by[view.Customer]
		if c == nil {
			v.add("%s watches a conversation that is gone", view.Name)
			continue
		}
		next := view.From
		holds := map[int]Frame{}
		for _, f := range view.Frames {
			before, had := holds[f.Seq]
			switch {
			case f.IsAdded && f.Seq != next:
				v.add("%s saw number %d where number %d was due", view.Name, f.Seq, next)
				next = f.Seq + 1
			case f.IsAdded:
				next++
			case !had && f.Seq >= view.From:
				v.add("%s saw number %d change before it came", view.Name, f.Seq)
			}
			if had && f.Version < before.Version {
				v.add("%s saw version %d of number %d after version %d", view.Name, f.Version, f.Seq, before.Version)
			}
			if had && rank[f.Delivery] < rank[before.Delivery] {
				v.add("%s saw number %d go from %s to %s", view.Name, f.Seq, before.Delivery, f.Delivery)
			}
			holds[f.Seq] = f
		}
		for _, m := range c.Messages {
			if m.Seq < view.From {
				continue
			}
			f, had := holds[m.Seq]
			delivery := m.Delivery
			if delivery == "NONE" {
				delivery = ""
			}
			switch {
			case !had:
				v.add("%s never saw number %d", view.Name, m.Seq)
			case f.Version != m.Version || f.Text != m.Text || f.Delivery != delivery:
				v.add("%s holds version %d of number %d (%q, %s); the database holds version %d (%q, %s)", view.Name, f.Version, m.Seq, f.Text, f.Delivery, m.Version, m.Text, delivery)
			}
			delete(holds, m.Seq)
		}
		for seq := range holds {
			if seq >= view.From {
				v.add("%s holds number %d, which is not there", view.Name, seq)
			}
		}
	}
	return v.list()
}
