// Package search finds messages by any part of their text, and conversations and contacts by what they are called (CONV-16, GRP-21), as far as
// the principal may see them (CONV-28). The index of messages is written in the transaction that writes the message, so that what is there is
// found at once, and what was unsent is found nowhere (GRP-17). It answers as looking at every folded text would.
package search

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/gram"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Service searches. It is safe for concurrent use.
type Service struct {
	db *store.DB
}

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }

const (
	// maxText is the most characters that are searched for.
	maxText = 100
	// maxLooked is how many candidates a page looks at.
	maxLooked = 20_000
	// excerptLength is how many characters of a long message or note are shown.
	excerptLength = 160
)

// term is what is searched for.
type term struct {
	folded string
	grams  []gram.Gram // none of punctuation alone
}

// newTerm reads what is searched for: without the white space around it, folded.
func newTerm(s string) (term, error) {
	if strings.ContainsRune(s, 0) {
		return term{}, fault.Input("text", "a search has no control character 0")
	}
	if utf8.RuneCountInString(s) > maxText {
		return term{}, fault.Input("text", "a search has at most %d characters", maxText)
	}
	t := term{folded: text.Fold(strings.TrimSpace(s))}
	if t.folded == "" {
		return term{}, fault.Input("text", "say what is looked for: a search has at least one character that is no white space")
	}
	t.grams = gram.Asked(t.folded)
	return t, nil
}

// Check says whether there is something to search for, as a fault of kind Invalid where not: 1 to 100 characters, one of which is no white space.
func Check(s string) error {
	_, err := newTerm(s)
	return err
}

// mayReadMessages says whether the principal's scopes let it read conversations.
func mayReadMessages(p auth.Principal) error {
	return p.Need(auth.ReadConversations)
}

// Look calls f with one moment of the principal's team: what f finds in it is all of that moment.
func (s *Service) Look(ctx context.Context, p auth.Principal, f func(context.Context, *store.View) error) error {
	if err := mayReadMessages(p); err != nil {
		return err
	}
	return s.db.Read(ctx, p.TeamID, f)
}
