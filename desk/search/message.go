package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Filter says which messages are looked at. All that is given must hold; a nil list is not given, an empty one admits nothing.
type Filter struct {
	ConversationID int64 // 0 is not given
	// Conversation is the filter of their conversations, as of a list; nil is not given, and admits the archived too.
	Conversation *inbox.Filter
	Senders      []string
	AgentIDs     []int64
	From, To     *time.Time // at or after, and before
}

// Input says what is searched for, and which page of it.
type Input struct {
	Text   string
	Filter Filter
	First  int // 1 to 100
	After  string

	most int // candidates that a page looks at; maxLooked where it is 0
}

// Hit is a message that was found: an excerpt of its text, and where in that the part was found.
type Hit struct {
	Message    *inbox.Message
	Excerpt    string
	Highlights []gram.Range
	Cursor     string
}

// Messages are the hits of a page, the newest first.
type Messages struct {
	*inbox.Messages
	Hits []Hit
	// HasNext says that there may be more after End: where a page was full, or had looked at 20,000 candidates.
	HasNext bool
	End     string
	// SearchedUntil is until when, going back, all was looked at; nil where it was all.
	SearchedUntil *time.Time
}

// messageCursor names the list in its cursors.
const messageCursor = "messageSearch"

// MessagesIn finds messages by a part of their text, newest first, in conversations that the principal may see. It answers as looking at every
// folded text would. A page costs about the same whether the part is common, rare or nowhere.
func MessagesIn(ctx context.Context, v *store.View, p auth.Principal, in Input) (*Messages, error) {
	t, err := newTerm(in.Text)
	if err != nil {
		return nil, err
	}
	if in.First < 1 || in.First > 100 {
		return nil, fault.Input("first", "a page has 1 to 100 rows")
	}
	w := &walk{v: v, grams: t.grams, conversation: in.Filter.ConversationID, from: in.Filter.From, to: in.Filter.To, before: math.MaxInt64}
	if in.After != "" {
		if err := page.Key(in.After, messageCursor, "after", &w.before); err != nil {
			return nil, err
		}
		w.before = max(0, w.before)
	}
	if err := in.Filter.Conversation.Validate("filter.conversation"); err != nil {
		return nil, err
	}
	f := finder{v: v, p: p, term: t, filter: in.Filter, seen: map[int64]bool{}, isSeeingAll: inbox.SeesAll(p) && in.Filter.Conversation == nil,
		most: cmp.Or(in.most, maxLooked)}
	found, err := f.find(ctx, w, in.First+1)
	if err != nil {
		return nil, err
	}
	return f.page(ctx, in, found)
}

// finder looks at candidates.
type finder struct {
	v           *store.View
	p           auth.Principal
	term        term
	filter      Filter
	seen        map[int64]bool // conversations that were asked for
	isSeeingAll bool
	looked      int
	most        int       // that may be looked at
	last        candidate // that was looked at
	isStopped   bool      // before all was looked at
}

// find gives at most n messages that hold the part.
func (f *finder) find(ctx context.Context, w *walk, n int) ([]candidate, error) {
	var found []candidate
	for size := max(64, 2*n); len(found) < n && !w.isDone; size = min(4*size, 4096) {
		if f.looked >= f.most {
			f.isStopped = true
			return found, nil
		}
		all, err := w.next(ctx, min(size, f.most-f.looked))
		if err != nil {
			return nil, err
		}
		texts, err := f.texts(ctx, all)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			f.looked, f.last = f.looked+1, c
			if s, ok := texts[c.id]; ok && strings.Contains(text.Fold(s), f.term.folded) {
				if found = append(found, c); len(found) == n {
					break
				}
			}
		}
	}
	return found, nil
}

// texts reads the texts of those candidates that the principal may see and the filter wants.
func (f *finder) texts(ctx context.Context, all []candidate) (map[int64]string, error) {
	if err := f.see(ctx, all); err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(all))
	for _, c := range all {
		if f.isSeeingAll || f.seen[c.conversation] {
			ids = append(ids, c.id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	q := f.v.Message.Query().Where(func(s *sql.Selector) { s.Where(inbox.Among(s.C(message.FieldID), ids)) })
	if f.filter.Senders != nil {
		senders := make([]message.Sender, len(f.filter.Senders))
		for i, s := range f.filter.Senders {
			senders[i] = message.Sender(s)
		}
		q.Where(message.SenderIn(senders...))
	}
	if f.filter.AgentIDs != nil {
		q.Where(message.AgentIDIn(f.filter.AgentIDs...))
	}
	rows, err := q.Select(message.FieldID, message.FieldText).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read candidates: %w", err)
	}
	texts := make(map[int64]string, len(rows))
	for _, m := range rows {
		texts[m.ID] = m.Text
	}
	return texts, nil
}

// see finds out which of the candidates' conversations are seen and wanted.
func (f *finder) see(ctx context.Context, all []candidate) error {
	if f.isSeeingAll {
		return nil
	}
	var ask []int64
	for _, c := range all {
		if _, ok := f.seen[c.conversation]; !ok {
			f.seen[c.conversation] = false
			ask = append(ask, c.conversation)
		}
	}
	seen, err := inbox.SeenIn(ctx, f.v, f.p, f.filter.Conversation, ask)
	for _, id := range seen {
		f.seen[id] = true
	}
	return err
}

// page reads the messages that were found with all that is shown of them.
func (f *finder) page(ctx context.Context, in Input, found []candidate) (*Messages, error) {
	out := &Messages{HasNext: f.isStopped}
	if len(found) > in.First {
		found, out.HasNext = found[:in.First], true
		f.last = found[in.First-1]
	}
	if out.HasNext {
		out.End = page.Cursor(messageCursor, f.last.id)
		at := f.last.at
		out.SearchedUntil = &at
	} else if len(found) > 0 {
		out.End = page.Cursor(messageCursor, found[len(found)-1].id)
	}
	ids := make([]int64, len(found))
	for i, c := range found {
		ids[i] = c.id
	}
	var err error
	if out.Messages, err = inbox.LoadMessages(ctx, f.v, ids, func(*ent.Conversation) bool { return true }); err != nil {
		return nil, err
	}
	by := make(map[int64]*inbox.Message, len(out.All))
	for _, m := range out.All {
		by[m.ID] = m
	}
	out.Hits = make([]Hit, len(ids))
	out.All = out.All[:0]
	for i, id := range ids {
		m := by[id]
		excerpt, ranges := gram.Fold(m.Text).Excerpt(f.term.folded, excerptLength)
		out.Hits[i] = Hit{Message: m, Excerpt: excerpt, Highlights: ranges, Cursor: page.Cursor(messageCursor, id)}
		out.All = append(out.All, m)
	}
	return out, nil
}
