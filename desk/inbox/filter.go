package inbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Filter says which conversations are listed or watched (CONV-17). All that is given must hold; a nil list is not given, an empty one
// admits nothing. It is kept as JSON by saved views (PROD-16). Where IsArchived is not given anywhere in the tree archived ones are left out (CONV-21).
type Filter struct {
	And []Filter `json:"and,omitzero"`
	Or  []Filter `json:"or,omitzero"`
	Not *Filter  `json:"not,omitzero"`

	ChannelIDs      []int64  `json:"channels,omitzero"`
	ChannelTypes    []string `json:"channelTypes,omitzero"`
	Kinds           []string `json:"kinds,omitzero"`
	Statuses        []string `json:"statuses,omitzero"`
	Queues          []string `json:"queues,omitzero"`
	FollowerIDs     []int64  `json:"followers,omitzero"`
	CollaboratorIDs []int64  `json:"collaborators,omitzero"`
	// HasCollaborators: several agents work on it (COLL-18).
	HasCollaborators *bool         `json:"hasCollaborators,omitzero"`
	ContactIDs       []int64       `json:"contacts,omitzero"`
	IsUnread         *bool         `json:"isUnread,omitzero"`
	WaitingAtLeast   time.Duration `json:"waitingAtLeast,omitzero"` // 0 is not given
	IsMentioned      *bool         `json:"isMentioned,omitzero"`
	IsStarred        *bool         `json:"isStarred,omitzero"`
	IsArchived       *bool         `json:"isArchived,omitzero"`
	IsSnoozed        *bool         `json:"isSnoozed,omitzero"`
	HasPhone         *bool         `json:"hasPhone,omitzero"`
	IsFromAd         *bool         `json:"isFromAd,omitzero"` // its customer came by an advertisement (CONV-27)
	AnyTags          []int64       `json:"anyTags,omitzero"`  // carries at least one
	AllTags          []int64       `json:"allTags,omitzero"`  // carries each
	NoTags           []int64       `json:"noTags,omitzero"`   // carries none
}

// The most that a filter may hold.
const (
	MaxDepth  = 8   // and, or, not inside each other
	maxNodes  = 100 // filters in the tree
	maxValues = 500 // values in its lists
)

// Validate says what is wrong with the filter, as a fault of kind Invalid that names the field below `field`. A nil filter is right.
func (f *Filter) Validate(field string) error {
	nodes, values := 0, 0
	return f.validate(field, 1, &nodes, &values)
}

func (f *Filter) validate(path string, depth int, nodes, values *int) error {
	if f == nil {
		return nil
	}
	if *nodes++; *nodes > maxNodes {
		return fault.Input(path, "a filter has at most %d parts", maxNodes)
	}
	if depth > MaxDepth {
		return fault.Input(path, "a filter is at most %d levels deep", MaxDepth)
	}
	*values += len(f.ChannelIDs) + len(f.ChannelTypes) + len(f.FollowerIDs) + len(f.CollaboratorIDs) + len(f.ContactIDs) +
		len(f.AnyTags) + len(f.AllTags) + len(f.NoTags)
	if *values > maxValues {
		return fault.Input(path, "a filter has at most %d values in its lists", maxValues)
	}
	for i := range f.And {
		if err := f.And[i].validate(fmt.Sprintf("%s.and[%d]", path, i), depth+1, nodes, values); err != nil {
			return err
		}
	}
	for i := range f.Or {
		if err := f.Or[i].validate(fmt.Sprintf("%s.or[%d]", path, i), depth+1, nodes, values); err != nil {
			return err
		}
	}
	return f.Not.validate(path+".not", depth+1, nodes, values)
}

// Named are the ids that a field names anywhere in the tree, each once.
func (f *Filter) Named(field func(*Filter) []int64) []int64 {
	if f == nil {
		return nil
	}
	all := slices.Concat(field(f), f.Not.Named(field))
	for _, list := range [][]Filter{f.And, f.Or} {
		for i := range list {
			all = append(all, list[i].Named(field)...)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// followers are the agents whose conversations alone the filter wants, where they are few enough to be read one by one; nil where not.
func (f *Filter) followers() []int64 {
	if f == nil {
		return nil
	}
	few := slices.Compact(slices.Sorted(slices.Values(f.FollowerIDs)))
	if len(few) == 0 || len(few) > 3 {
		return nil
	}
	return few
}

// condition is the filter as a condition, for the one who asks.
func (f *Filter) condition(p auth.Principal) Condition {
	if f == nil {
		return not{claim(conversation.FieldIsArchived)}
	}
	c := f.parts(p)
	if !f.asksForArchived() {
		c = append(c, not{claim(conversation.FieldIsArchived)})
	}
	return c
}

// archived says which conversations the filter wants, where it does not leave it open: those that are archived, those that are not, or both.
func (f *Filter) archived() []bool {
	switch {
	case !f.asksForArchived():
		return []bool{false}
	case f.IsArchived != nil:
		return []bool{*f.IsArchived}
	}
	return []bool{false, true}
}

// within is the filter as a condition on strands that are apart by archived.
func (f *Filter) within(p auth.Principal) Condition {
	if f == nil {
		return every{}
	}
	return f.parts(p)
}

func (f *Filter) asksForArchived() bool {
	if f == nil {
		return false
	}
	if f.IsArchived != nil || f.Not.asksForArchived() {
		return true
	}
	for _, list := range [][]Filter{f.And, f.Or} {
		for i := range list {
			if list[i].asksForArchived() {
				return true
			}
		}
	}
	return false
}

func (f *Filter) parts(p auth.Principal) every {
	var c every
	for i := range f.And {
		c = append(c, f.And[i].parts(p))
	}
	if f.Or != nil {
		or := some{}
		for i := range f.Or {
			or = append(or, f.Or[i].parts(p))
		}
		c = append(c, or)
	}
	if f.Not != nil {
		c = append(c, not{f.Not.parts(p)})
	}
	word := func(column word, values []string) {
		if values != nil {
			c = append(c, words{column, values})
		}
	}
	word(conversation.FieldChannelType, f.ChannelTypes)
	word(conversation.FieldKind, f.Kinds)
	word(conversation.FieldStatus, f.Statuses)
	if f.Queues != nil {
		c = append(c, queues(f.Queues...))
	}
	id := func(column string, values []int64) {
		if values != nil {
			c = append(c, ids{column, values})
		}
	}
	id(conversation.FieldChannelID, f.ChannelIDs)
	id(conversation.FieldFollowerID, f.FollowerIDs)
	id(conversation.FieldContactID, f.ContactIDs)
	if f.CollaboratorIDs != nil {
		c = append(c, holds{conversation.FieldCollaboratorIds, f.CollaboratorIDs})
	}
	want := func(x Condition, wanted *bool) {
		if wanted != nil && *wanted {
			c = append(c, x)
		} else if wanted != nil {
			c = append(c, not{x})
		}
	}
	want(joint{}, f.HasCollaborators)
	want(unread{p}, f.IsUnread)
	want(mentioned{}, f.IsMentioned)
	want(claim(conversation.FieldIsStarred), f.IsStarred)
	want(claim(conversation.FieldIsArchived), f.IsArchived)
	want(snoozed{}, f.IsSnoozed)
	want(claim(conversation.FieldHasPhone), f.HasPhone)
	want(claim(conversation.FieldIsFromAd), f.IsFromAd)
	if f.WaitingAtLeast > 0 {
		c = append(c, waits{f.WaitingAtLeast})
	}
	if f.AnyTags != nil {
		c = append(c, holds{conversation.FieldTagIds, f.AnyTags})
	}
	for _, t := range f.AllTags {
		c = append(c, holds{conversation.FieldTagIds, []int64{t}})
	}
	if len(f.NoTags) > 0 {
		c = append(c, not{holds{conversation.FieldTagIds, f.NoTags}})
	}
	return c
}
