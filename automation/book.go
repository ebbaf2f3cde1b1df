package automation

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/automation/duty"
	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botentry"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/keywordrule"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// book is everything automatic of a team at a version, ready for use. It does not change once it is made.
type book struct {
	version int
	rules   []rule // in their order
	words   *keyword.Set
	modules map[int64]module
	entries map[place]entry
	shifts  []duty.Shift
	// isAssigning says that new enquiries are assigned.
	isAssigning bool
}

type rule struct {
	id       int64
	name     string
	channels []int64
	statuses []string
	messages []Message
	moduleID int64
	agentID  int64
}

type module struct {
	id       int64
	messages []Message
}

// place is where an entry is found.
type place struct {
	channelID  int64
	isPostback bool
	value      string
}

type entry struct {
	kind     botentry.Kind
	moduleID int64
}

type bookKey struct{}

// book gives what the team has, nil for nothing at all. The version is asked for once a transaction; the rest is kept ready on this server.
func (s *Service) book(ctx context.Context, tx *store.Tx) (*book, error) {
	type page struct {
		isRead bool
		book   *book
	}
	kept := tx.Keep(bookKey{}, func() any { return &page{} }).(*page)
	if kept.isRead {
		return kept.book, nil
	}
	n, isAssigning, err := version(ctx, &tx.View)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		b, ok := s.books.Get(tx.Team)
		if !ok || b.version != n {
			if b, err = read(ctx, tx, n); err != nil {
				return nil, err
			}
			b.isAssigning = isAssigning
			s.books.Add(tx.Team, b)
		}
		kept.book = b
	}
	kept.isRead = true
	return kept.book, nil
}

// read reads a team's book. What another transaction commits meanwhile has a higher version, and is read again for it.
func read(ctx context.Context, tx *store.Tx, n int) (*book, error) {
	b := &book{version: n, modules: map[int64]module{}, entries: map[place]entry{}}
	modules, err := tx.BotModule.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read bot modules: %w", err)
	}
	for _, m := range modules {
		all, err := Messages(m.Messages)
		if err != nil {
			return nil, err
		}
		b.modules[m.ID] = module{m.ID, all}
	}
	entries, err := tx.BotEntry.Query().Where(botentry.KindNEQ(botentry.KindSUBSCRIPTION_CODE)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read bot entries: %w", err)
	}
	for _, e := range entries {
		b.entries[place{e.ChannelID, isPostback(e.Kind), e.ValueFolded}] = entry{e.Kind, number(e.ModuleID)}
	}
	if err := b.readRules(ctx, tx); err != nil {
		return nil, err
	}
	shifts, err := tx.Shift.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read working hours: %w", err)
	}
	for _, r := range shifts {
		x, err := Reckoned(r)
		if err != nil {
			return nil, err
		}
		b.shifts = append(b.shifts, x)
	}
	return b, nil
}

func (b *book) readRules(ctx context.Context, tx *store.Tx) error {
	rules, err := tx.KeywordRule.Query().Where(keywordrule.IsEnabled(true)).Order(keywordrule.ByPosition(), keywordrule.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("read keyword rules: %w", err)
	}
	var words []keyword.Keyword
	for i, r := range rules {
		all, err := Messages(r.Messages)
		if err != nil {
			return err
		}
		b.rules = append(b.rules, rule{r.ID, r.Name, r.ChannelIds, r.Statuses, all, number(r.ModuleID), number(r.AgentID)})
		for _, k := range r.Keywords {
			words = append(words, keyword.Keyword{Text: k["text"], Match: keyword.Match(k["match"]), Owner: i})
		}
	}
	b.words = keyword.New(words)
	return nil
}

func number(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// matching gives the rules whose keywords a text holds, on a channel, in their order.
func (b *book) matching(channelID int64, written string) []rule {
	var out []rule
	for _, i := range b.words.Find(written) {
		if r := b.rules[i]; len(r.channels) == 0 || slices.Contains(r.channels, channelID) {
			out = append(out, r)
		}
	}
	return out
}

// reply gives the messages of a rule: its own, or those of its module.
func (b *book) reply(r rule) []Message {
	if r.moduleID != 0 {
		return b.modules[r.moduleID].messages
	}
	return r.messages
}
