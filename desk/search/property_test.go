package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// pieces are what messages are made of: some common, some that fold to another length, marks, wide letters, pictures.
var pieces = []string{"a", "b", "Ab", "order", "ORDER", "ＯＲＤＥＲ", "訂單", "訂", "單", "單訂", "請問", "曇花", "謝謝", "👍", "👨‍👩‍👧", "ﬁ", "ß", "İ", "e\u0301", "é", "ｶﾞ", "ガ",
	" ", "  ", "，", "。", "!", "-", "\n", "0912", "１２", "한", "\u0301", "ﷺ", "Straße", "$", "+", "1", "2"}

type drawn struct {
	*random.Source
}

func (d drawn) text(most int) string {
	var b strings.Builder
	for range 1 + d.Int(most) {
		b.WriteString(pieces[d.Int(len(pieces))])
	}
	return b.String()
}

// part is a part of a text, or something else.
func (d drawn) part(from string) string {
	r := []rune(text.Fold(from))
	if len(r) == 0 || d.Int(4) == 0 {
		return d.text(4)
	}
	at := d.Int(len(r))
	return string(r[at:min(len(r), at+1+d.Int(6))])
}

// CONV-16, CONV-28, GRP-17, MSG-12: whatever was written, edited, unsent and came late, a search finds what looking at every folded text finds,
// in the same order and for every viewer; highlights are where it is.
func TestSearchIsScan(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		seed := random.New().Uint64()
		t.Logf("seed %d", seed)
		d := drawn{random.Seeded(seed)}
		viewers := []auth.Principal{w.Agent(auth.Admin), w.Agent(auth.AgentRole), w.Agent(auth.AgentRole),
			w.Agent(auth.SalesManager, func(p *auth.Principal) { p.BranchID, p.Permissions = "north", []auth.Permission{auth.SendMessages} })}
		peers := []string{"U1", "U2", "U3", "U4", "U5", "G1", "G2"}
		var written []string // texts
		var ids []string     // platform ids, some of messages that never come
		peerOf := map[string]string{}
		for n := range 160 {
			s := d.text([]int{3, 12, 12, 120}[d.Int(4)])
			written = append(written, s)
			peer := peers[d.Int(len(peers))]
			id := fmt.Sprint("m", n)
			ids, peerOf[id] = append(ids, id), peer
			e := w.says(peer, id, s)
			old := ids[d.Int(len(ids))]
			switch d.Int(12) {
			case 0: // late
				e.OccurredAt = e.OccurredAt.Add(-time.Hour)
				w.receive(e)
			case 1: // its edit comes first
				w.receive(w.edits(peer, id, d.text(10)))
				w.receive(e)
			case 2: // its unsend comes first
				w.receive(w.unsends(peer, id))
				w.receive(e)
			case 3, 4:
				w.receive(e, w.edits(peerOf[old], old, d.text(10)))
			case 5:
				w.receive(e, w.unsends(peer, id))
			case 6:
				w.receive(e)
				w.receive(w.unsends(peerOf[old], old))
			case 7: // twice
				w.receive(e)
				w.receive(e)
			default:
				more := w.says(peer, id+"b", d.text(10))
				w.receive([]channels.Event{e, more}...)
			}
		}
		conversations := w.conversations()
		for i, c := range conversations {
			switch i % 4 {
			case 0:
				w.Change(c.ID, func(u *ent.ConversationUpdateOne) {
					u.SetStatus(conversation.StatusIN_PROGRESS).SetFollowerID(viewers[1].AgentID).SetQueue("HUMAN")
				})
			case 1:
				w.Change(c.ID, func(u *ent.ConversationUpdateOne) {
					u.SetStatus(conversation.StatusENDED).SetFollowerID(viewers[2].AgentID).SetBranchID("north").SetQueue("HUMAN").SetIsArchived(true)
				})
			case 2:
				w.Change(c.ID, func(u *ent.ConversationUpdateOne) {
					u.SetStatus(conversation.StatusIN_PROGRESS).SetFollowerID(viewers[0].AgentID).SetCollaboratorIds([]int64{viewers[2].AgentID}).SetQueue("HUMAN")
				})
			}
		}
		yes := true
		found := 0
		for range 250 {
			in := search.Input{Text: d.part(written[d.Int(len(written))]), First: 1 + d.Int(30)}
			if strings.TrimSpace(in.Text) == "" || len([]rune(in.Text)) > 100 {
				continue
			}
			switch d.Int(8) {
			case 0:
				in.Filter.ConversationID = conversations[d.Int(len(conversations))].ID
			case 1:
				in.Filter.Conversation = &inbox.Filter{Statuses: []string{"PENDING", "IN_PROGRESS"}}
			case 2:
				in.Filter.Conversation = &inbox.Filter{IsArchived: &yes}
			case 3:
				in.Filter.Senders = []string{"MEMBER", "AGENT"}
			case 4:
				from, to := w.clock.Now().Add(-time.Duration(d.Int(200))*time.Second), w.clock.Now().Add(-time.Duration(d.Int(100))*time.Second)
				in.Filter.From, in.Filter.To = &from, &to
			}
			p := viewers[d.Int(len(viewers))]
			if d.Int(3) == 0 {
				in = in.WithMost(1 + d.Int(20)) // a page may stop anywhere
			}
			hits, want := w.all(p, in), w.scan(p, in)
			if !slices.Equal(idsOf(hits), want) {
				t.Fatalf("%q, %+v, for %s: found %v, want %v", in.Text, in.Filter, p.Role, idsOf(hits), want)
			}
			for _, h := range hits {
				checkHighlights(t, in.Text, h)
			}
			found += len(hits)
		}
		if found < 500 {
			t.Fatalf("only %d messages were found in all: too few to prove anything", found)
		}
	})
}

// checkHighlights says that every highlight holds the part, and that there is one.
func checkHighlights(t *testing.T, part string, h search.Hit) {
	t.Helper()
	part = text.Fold(strings.TrimSpace(part))
	units := utf16.Encode([]rune(h.Excerpt))
	if len(h.Highlights) == 0 || !strings.Contains(h.Message.Text, h.Excerpt) {
		t.Fatalf("%q in %q: the excerpt is %q, highlights %v", part, h.Message.Text, h.Excerpt, h.Highlights)
	}
	for _, r := range h.Highlights {
		if got := string(utf16.Decode(units[r.Index : r.Index+r.Length])); !strings.Contains(text.Fold(got), part) {
			t.Fatalf("%q is highlighted for %q", got, part)
		}
	}
}
