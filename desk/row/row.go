// Package row keeps the inbox row: the conversation with copies of everything its line in a list shows, its facets, and the counters over
// it. Every change of a conversation goes through here, so that version, counters and event are never forgotten.
package row

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/finding"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// table is where conversations are kept.
const table = "conversations"

// Facets are what of the conversation decides who may see it and which views it is in.
func Facets(c *ent.Conversation) *event.Facets {
	f := &event.Facets{
		Status: string(c.Status), Kind: string(c.Kind), ChannelID: c.ChannelID, ChannelType: string(c.ChannelType),
		Collaborators: c.CollaboratorIds, CollaboratorUnread: c.CollaboratorUnread, PinnedBy: c.PinnedBy, BranchID: c.BranchID, RegionID: c.RegionID, TagIDs: c.TagIds,
		Unread: c.Unread, IsMentioned: c.MentionMessageID != nil, IsStarred: c.IsStarred, IsArchived: c.IsArchived, HasPhone: c.HasPhone,
		IsFromAd: c.IsFromAd, WaitingLevel: c.WaitingLevel,
	}
	f.IsSnoozed = IsSnoozed(c)
	if c.Status == conversation.StatusPENDING {
		f.Queue, f.Audience = string(c.Queue), c.Audience
	}
	if c.FollowerID != nil {
		f.FollowerID = *c.FollowerID
	}
	if c.ContactID != nil {
		f.ContactID = *c.ContactID
	}
	if c.WaitingSince != nil {
		f.WaitingSince = c.WaitingSince.UTC()
	}
	return f
}

// Lock reads a conversation and holds it until the transaction ends. None is a fault of kind NotFound.
func Lock(ctx context.Context, tx *store.Tx, id int64) (*ent.Conversation, error) {
	if err := tx.Lock(ctx, table, id); err != nil {
		return nil, err
	}
	c, err := tx.Conversation.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("the conversation")
	}
	if err != nil {
		return nil, fmt.Errorf("read conversation %d: %w", id, err)
	}
	return c, nil
}

// Create makes the conversation that create describes (all but version and times), counts it and writes its event.
func Create(ctx context.Context, tx *store.Tx, create *ent.ConversationCreate, actor event.Actor) (*ent.Conversation, error) {
	c, err := create.SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("create conversation: %w", err)
	}
	after := Facets(c)
	count(tx, nil, after)
	tx.Emit(event.Event{Kind: event.ConversationCreated, ObjectID: c.ID, ObjectVersion: c.Version, ConversationID: c.ID, After: after, Actor: actor})
	return c, nil
}

// Change applies mutate to a conversation that Lock gave, raises its version, moves the counters and writes its event. It gives the
// conversation as it is then.
func Change(ctx context.Context, tx *store.Tx, c *ent.Conversation, actor event.Actor, mutate func(*ent.ConversationUpdateOne)) (*ent.Conversation, error) {
	u := tx.Conversation.UpdateOneID(c.ID).AddVersion(1).SetUpdatedAt(tx.Now)
	mutate(u)
	now, err := u.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("change conversation %d: %w", c.ID, err)
	}
	before, after := Facets(c), Facets(now)
	count(tx, before, after)
	tx.Emit(event.Event{Kind: event.ConversationChanged, ObjectID: c.ID, ObjectVersion: now.Version, ConversationID: c.ID, Before: before, After: after, Actor: actor})
	return now, nil
}

// HasPhone says whether a conversation's row is marked as having a phone: one was found in it, or its contact has one (CONV-26).
func HasPhone(ctx context.Context, tx *store.Tx, c *ent.Conversation) (bool, error) {
	has, err := tx.Finding.Query().Where(finding.ConversationID(c.ID), finding.KindEQ(finding.KindPHONE)).Exist(ctx)
	if err == nil && !has && c.ContactID != nil {
		has, err = tx.ContactPhone.Query().Where(contactphone.ContactID(*c.ContactID)).Exist(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("look for a phone in conversation %d: %w", c.ID, err)
	}
	return has, nil
}

// withFoundPhone are those of the conversations in which a phone was found.
func withFoundPhone(ctx context.Context, tx *store.Tx, ids []int64) (map[int64]bool, error) {
	var found []int64
	err := tx.Finding.Query().Where(finding.ConversationIDIn(ids...), finding.KindEQ(finding.KindPHONE)).Unique(true).Select(finding.FieldConversationID).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("look for phones: %w", err)
	}
	out := map[int64]bool{}
	for _, id := range found {
		out[id] = true
	}
	return out, nil
}

// RefreshContact copies the contact's name, picture, tags and whether it has a phone into its conversations' rows, and writes an event for
// each row that changed. A contact that is not there refreshes nothing.
func RefreshContact(ctx context.Context, tx *store.Tx, contactID int64, actor event.Actor) error {
	who, err := tx.Contact.Get(ctx, contactID)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read contact %d: %w", contactID, err)
	}
	hasPhone, err := tx.ContactPhone.Query().Where(contactphone.ContactID(contactID)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("read phones of contact %d: %w", contactID, err)
	}
	ids, err := tx.Conversation.Query().Where(conversation.ContactID(contactID)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("read conversations of contact %d: %w", contactID, err)
	}
	if err := tx.Lock(ctx, table, ids...); err != nil {
		return err
	}
	rows, err := tx.Conversation.Query().Where(conversation.IDIn(ids...)).Order(conversation.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("read conversations of contact %d: %w", contactID, err)
	}
	found, err := withFoundPhone(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, c := range rows {
		hasPhone := hasPhone || found[c.ID]
		if c.Name == who.Name && c.PictureURL == who.PictureURL && c.HasPhone == hasPhone && slices.Equal(c.TagIds, who.TagIds) {
			continue
		}
		if _, err := Change(ctx, tx, c, actor, func(u *ent.ConversationUpdateOne) {
			u.SetName(who.Name).SetNameFolded(text.Fold(who.Name)).SetPictureURL(who.PictureURL).SetTagIds(who.TagIds).SetHasPhone(hasPhone)
		}); err != nil {
			return err
		}
	}
	return nil
}
