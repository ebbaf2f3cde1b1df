package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxLine is how many characters a text of a channel has at most.
const maxLine = 1000

// Line is a text that a channel sends by itself.
type Line struct {
	IsOn bool
	// Text is the team's own, or the default in the team's language, where IsDefault.
	Text      string
	IsDefault bool
}

// Script is what a channel says by itself (CHAN-5), and how much of the agent's name stands before it (CHAN-6).
type Script struct {
	Version                int
	Welcome, Away, Closing Line
	AgentName              channelscript.AgentName
	AutoEnd                AutoEnd
}

// AutoEnd says whether and when a channel ends conversations whose customer does not answer (CONV-10).
type AutoEnd struct {
	IsOn bool
	// IdleMinutes is how long after staff's last answer that is; the end is IdleGrace later.
	IdleMinutes int
	// Reminder is sent when those minutes are over.
	Reminder Line
	// SparesPinned leaves out what an agent has pinned.
	SparesPinned bool
}

// IdleGrace is how long a customer whose time is over has to answer (CONV-10).
const IdleGrace = 2 * time.Minute

// maxIdle is the longest idle time, in minutes: 30 days.
const maxIdle = 30 * 24 * 60

// AutoEndInput changes when conversations end by themselves; what is nil stays.
type AutoEndInput struct {
	IsOn         *bool
	IdleMinutes  *int
	Reminder     LineInput
	SparesPinned *bool
}

// LineInput changes a text; what is nil stays. An empty text is the default.
type LineInput struct {
	IsOn *bool
	Text *string
}

// ScriptInput changes what a channel says by itself; what is nil stays.
type ScriptInput struct {
	ChannelID              int64
	Welcome, Away, Closing LineInput
	AgentName              *channelscript.AgentName
	AutoEnd                AutoEndInput
}

// ScriptIn gives what a channel says by itself: nothing at first. Of what is off the default text is left out, so that who says nothing costs nothing.
func ScriptIn(ctx context.Context, v *store.View, channelID int64) (Script, error) {
	return scriptOf(ctx, v, channelID, false)
}

func scriptOf(ctx context.Context, v *store.View, channelID int64, withDefaults bool) (Script, error) {
	r, err := v.ChannelScript.Query().Where(channelscript.ChannelID(channelID)).Only(ctx)
	if ent.IsNotFound(err) {
		r, err = &ent.ChannelScript{AgentName: channelscript.AgentNameNONE, IdleMinutes: channelscript.DefaultIdleMinutes}, nil
	}
	if err != nil {
		return Script{}, fmt.Errorf("read what channel %d says: %w", channelID, err)
	}
	out := Script{Version: r.Version, AgentName: r.AgentName, AutoEnd: AutoEnd{IsOn: r.EndsIdle, IdleMinutes: r.IdleMinutes, SparesPinned: r.SparesPinned}}
	language := ""
	for _, x := range []struct {
		line *Line
		isOn bool
		text string
		code string
	}{{&out.Welcome, r.HasWelcome, r.Welcome, "message.welcome"}, {&out.Away, r.HasAway, r.Away, "message.away"}, {&out.Closing, r.HasClosing, r.Closing, "message.closing"},
		{&out.AutoEnd.Reminder, r.HasReminder, r.Reminder, "message.reminder"}} {
		*x.line = Line{IsOn: x.isOn, Text: x.text, IsDefault: x.text == ""}
		if x.text != "" || !x.isOn && !withDefaults {
			continue
		}
		if language == "" {
			t, err := v.Client.Team.Get(ctx, v.Team)
			if err != nil {
				return Script{}, fmt.Errorf("read the team: %w", err)
			}
			language = t.Language
		}
		x.line.Text = catalogue.Text(language, x.code, nil)
	}
	return out, nil
}

// Script gives what a channel says by itself. Faults: Forbidden, NotFound.
func (s *Service) Script(ctx context.Context, p auth.Principal, channelID int64) (Script, error) {
	if err := p.Need(auth.ReadWorkspace); err != nil {
		return Script{}, err
	}
	var out Script
	err := s.cfg.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		if _, err := get(ctx, v.Client, channelID); err != nil {
			return err
		}
		var err error
		out, err = scriptOf(ctx, v, channelID, true)
		return err
	})
	return out, err
}

// SetScript changes what a channel says by itself. Faults: Forbidden for all but ADMINs, NotFound, Invalid, Conflict for a deleted channel.
func (s *Service) SetScript(ctx context.Context, p auth.Principal, in ScriptInput) (Script, event.Cursor, error) {
	var out Script
	_, at, err := s.change(ctx, p, in.ChannelID, func(ctx context.Context, tx *store.Tx, c *ent.Channel) (*ent.ChannelUpdateOne, error) {
		// The channel is held: of two who set it the second changes what the first has made.
		r, err := tx.ChannelScript.Query().Where(channelscript.ChannelID(c.ID)).Only(ctx)
		if ent.IsNotFound(err) {
			r, err = tx.ChannelScript.Create().SetTeamID(tx.Team).SetChannelID(c.ID).SetVersion(0).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("read what channel %d says: %w", c.ID, err)
		}
		u := tx.ChannelScript.UpdateOne(r).AddVersion(1).SetUpdatedAt(tx.Now)
		if in.AgentName != nil {
			if err := channelscript.AgentNameValidator(*in.AgentName); err != nil {
				return nil, fault.Input("agentName", "%q is no style of names", *in.AgentName)
			}
			u.SetAgentName(*in.AgentName)
		}
		if err := errors.Join(
			in.Welcome.set("welcome", func(b bool) { u.SetHasWelcome(b) }, func(s string) { u.SetWelcome(s) }),
			in.Away.set("away", func(b bool) { u.SetHasAway(b) }, func(s string) { u.SetAway(s) }),
			in.Closing.set("closing", func(b bool) { u.SetHasClosing(b) }, func(s string) { u.SetClosing(s) })); err != nil {
			return nil, err
		}
		if err := s.setAutoEnd(ctx, tx, p.Language, c, r, u, in.AutoEnd); err != nil {
			return nil, err
		}
		if _, err := u.Save(ctx); err != nil {
			return nil, fmt.Errorf("change what channel %d says: %w", c.ID, err)
		}
		if out, err = scriptOf(ctx, &tx.View, c.ID, true); err != nil {
			return nil, err
		}
		return tx.Channel.UpdateOne(c), nil
	})
	return out, at, err
}

// setAutoEnd changes when conversations end by themselves, and has idle ones looked for at once, since the time of some may be over by what is set now.
func (s *Service) setAutoEnd(ctx context.Context, tx *store.Tx, language string, c *ent.Channel, was *ent.ChannelScript, u *ent.ChannelScriptUpdateOne, in AutoEndInput) error {
	if in == (AutoEndInput{}) {
		return nil
	}
	isOn := was.EndsIdle
	if in.IsOn != nil {
		isOn = *in.IsOn
		u.SetEndsIdle(isOn)
	}
	if in.IdleMinutes != nil {
		if *in.IdleMinutes < 1 || *in.IdleMinutes > maxIdle {
			return fault.Input("autoEnd.idleMinutes", "from 1 to %d minutes", maxIdle)
		}
		u.SetIdleMinutes(*in.IdleMinutes)
	}
	if in.SparesPinned != nil {
		u.SetSparesPinned(*in.SparesPinned)
	}
	if err := in.Reminder.set("autoEnd.reminder", func(b bool) { u.SetHasReminder(b) }, func(s string) { u.SetReminder(s) }); err != nil {
		return err
	}
	if !isOn {
		u.ClearIdleLookAt()
		return nil
	}
	if c.Type == channel.TypeWEBCHAT {
		return fault.Input("autoEnd.isOn", "%s", catalogue.Text(language, "refusal.idle_webchat", nil))
	}
	return LookForIdleIn(ctx, tx, s.cfg.Queue, c.ID, u, tx.Now)
}

// IdleTask is the kind of the queued work that looks for the idle conversations of a channel (CONV-10).
const IdleTask = "conversation.idle"

// IdleLook is what an IdleTask is about: a channel, and the time, in microseconds since 1970, at which its script says that it looks next. A task of another time is none
// any more: so there is one that counts for each channel, however often tasks are repeated.
type IdleLook struct {
	ChannelID int64 `json:"channel"`
	At        int64 `json:"at"`
}

// Queue puts work into the queue, in the transaction that makes it necessary.
type Queue interface {
	EnqueueIn(ctx context.Context, tx *store.Tx, t job.Task) error
}

// idleTries is how often a look is tried: for weeks, since the next one hangs on it.
const idleTries = 1000

// LookForIdleIn has the idle conversations of a channel looked for at a time, and at no other.
func LookForIdleIn(ctx context.Context, tx *store.Tx, queue Queue, channelID int64, u *ent.ChannelScriptUpdateOne, at time.Time) error {
	at = at.UTC().Truncate(time.Microsecond)
	u.SetIdleLookAt(at)
	if queue == nil {
		return nil
	}
	return queue.EnqueueIn(ctx, tx, job.Task{Kind: IdleTask, Args: IdleLook{channelID, at.UnixMicro()}, RunAt: at, Tries: idleTries, IsUnique: true})
}

func (in LineInput) set(field string, isOn func(bool), text func(string)) error {
	if in.IsOn != nil {
		isOn(*in.IsOn)
	}
	if in.Text == nil {
		return nil
	}
	s, err := input.Text(field+".text", *in.Text, maxLine)
	if err == nil {
		text(s)
	}
	return err
}
