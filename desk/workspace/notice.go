package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/noticesettings"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// NoticeKind is what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	OfMessage       NoticeKind = "MESSAGE"
	OfMention       NoticeKind = "MENTION"
	OfTransfer      NoticeKind = "TRANSFER"
	OfAssignment    NoticeKind = "ASSIGNMENT"
	OfCollaboration NoticeKind = "COLLABORATION"
	OfReminder      NoticeKind = "REMINDER"
	OfChannel       NoticeKind = "CHANNEL"
	OfAccount       NoticeKind = "ACCOUNT"
)

// NoticeKinds are all kinds, in the order in which they are shown.
var NoticeKinds = []NoticeKind{OfMessage, OfMention, OfTransfer, OfAssignment, OfCollaboration, OfReminder, OfChannel, OfAccount}

// KindOf gives what a notice of a code is about.
func KindOf(code string) NoticeKind {
	switch code = strings.TrimPrefix(code, "notice."); code {
	case "message":
		return OfMessage
	case "mentioned":
		return OfMention
	case "transferred", "transferred_many", "taken_over":
		return OfTransfer
	case "assigned":
		return OfAssignment
	case "snooze_over", "snooze_over_note", "snooze_message", "snooze_message_note", "unsnoozed", "unsnoozed_note", "reminder", "reminder_note":
		return OfReminder
	case "channel_disconnected":
		return OfChannel
	case "reset_requested", "push_webhook_disabled":
		return OfAccount
	}
	return OfCollaboration
}

// NoticeSettings is what an agent wants to be told, and how (PROD-9, RT-9).
type NoticeSettings struct {
	// Version is 0 where the agent never changed anything.
	Version int
	// NewMessages says whether the agent is told of its customers' messages; in a collaboration it is told of them always (COLL-14).
	NewMessages bool
	// Sound says whether that is to be heard. It is never while NewMessages is off.
	Sound bool
	// Muted are the kinds that are not pushed to its devices.
	Muted []NoticeKind
}

// Pushed are the kinds that are pushed.
func (n NoticeSettings) Pushed() []NoticeKind {
	return slices.DeleteFunc(slices.Clone(NoticeKinds), func(k NoticeKind) bool { return slices.Contains(n.Muted, k) })
}

func noticeSettings(x *ent.NoticeSettings) NoticeSettings {
	n := NoticeSettings{Version: x.Version, NewMessages: x.NewMessages, Sound: x.Sound}
	for _, k := range x.Muted {
		n.Muted = append(n.Muted, NoticeKind(k))
	}
	return n
}

// NoticeSettings gives what the agent wants to be told: nothing of new messages until it says so, and every kind on its devices. An integration is
// told nothing: a fault of kind Forbidden.
func (s *Service) NoticeSettings(ctx context.Context, p auth.Principal) (NoticeSettings, error) {
	if p.AgentID == 0 {
		return NoticeSettings{}, forbidden("an integration is told nothing")
	}
	var n NoticeSettings
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		x, err := v.NoticeSettings.Query().Where(noticesettings.AgentID(p.AgentID)).Only(ctx)
		if err == nil {
			n = noticeSettings(x)
		}
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	})
	return n, err
}

// NoticeSettingsInput is what changes of an agent's settings. What is nil stays.
type NoticeSettingsInput struct {
	NewMessages, Sound *bool
	Pushed             *[]NoticeKind // as a whole
}

// SetNoticeSettings changes what the agent wants to be told. Switching new messages off switches their sound off as well, and a sound is not switched
// on without them: a fault of kind Invalid. The cursor is zero where nothing changed.
func (s *Service) SetNoticeSettings(ctx context.Context, p auth.Principal, in NoticeSettingsInput) (NoticeSettings, event.Cursor, error) {
	if p.AgentID == 0 {
		return NoticeSettings{}, event.Cursor{}, forbidden("an integration is told nothing")
	}
	var out NoticeSettings
	hasChanged := false
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		// The agent's own row stands for settings that are not there yet.
		if err := tx.Lock(ctx, "agents", p.AgentID); err != nil {
			return err
		}
		old := NoticeSettings{}
		x, err := tx.NoticeSettings.Query().Where(noticesettings.AgentID(p.AgentID)).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		if err == nil {
			old = noticeSettings(x)
		}
		if out, err = old.with(in); err != nil {
			return err
		}
		hasChanged = out.NewMessages != old.NewMessages || out.Sound != old.Sound || !slices.Equal(out.Muted, old.Muted)
		if !hasChanged {
			return nil
		}
		muted := make([]string, len(out.Muted))
		for i, k := range out.Muted {
			muted[i] = string(k)
		}
		if x == nil {
			x, err = tx.NoticeSettings.Create().SetTeamID(tx.Team).SetAgentID(p.AgentID).SetNewMessages(out.NewMessages).SetSound(out.Sound).SetMuted(muted).
				SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		} else {
			x, err = tx.NoticeSettings.UpdateOne(x).SetNewMessages(out.NewMessages).SetSound(out.Sound).SetMuted(muted).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		}
		if err != nil {
			return fmt.Errorf("keep what the agent wants to be told: %w", err)
		}
		out.Version = x.Version
		tx.Emit(caused(ctx, p.Actor(), event.Event{Kind: event.NoticeSettings, ObjectID: x.ID, ObjectVersion: x.Version, AgentID: p.AgentID}))
		return nil
	})
	if err != nil {
		return NoticeSettings{}, event.Cursor{}, err
	}
	if !hasChanged {
		at = event.Cursor{}
	}
	return out, at, nil
}

// with gives the settings after a change.
func (n NoticeSettings) with(in NoticeSettingsInput) (NoticeSettings, error) {
	if in.NewMessages != nil {
		n.NewMessages = *in.NewMessages
	}
	if in.Sound != nil {
		n.Sound = *in.Sound
		if n.Sound && !n.NewMessages {
			return n, fault.Input("sound", "sound comes with the notice of new messages: switch that on first")
		}
	}
	n.Sound = n.Sound && n.NewMessages
	if in.Pushed != nil {
		for _, k := range *in.Pushed {
			if !slices.Contains(NoticeKinds, k) {
				return n, fault.Input("pushKinds", "there is no kind of notice that is called so")
			}
		}
		n.Muted = slices.DeleteFunc(slices.Clone(NoticeKinds), func(k NoticeKind) bool { return slices.Contains(*in.Pushed, k) })
	}
	return n, nil
}

// WantMessagesIn gives those of the agents who want to be told of their customers' messages (PROD-9).
func WantMessagesIn(ctx context.Context, v *store.View, agentIDs []int64) ([]int64, error) {
	all, err := v.NoticeSettings.Query().Where(noticesettings.AgentIDIn(agentIDs...), noticesettings.NewMessages(true)).Select(noticesettings.FieldAgentID).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find who wants to be told of messages: %w", err)
	}
	ids := make([]int64, len(all))
	for i, x := range all {
		ids[i] = x.AgentID
	}
	return ids, nil
}
