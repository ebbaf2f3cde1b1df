package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
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
}

// ScriptIn gives what a channel says by itself: nothing at first. Of what is off the default text is left out, so that who says nothing costs nothing.
func ScriptIn(ctx context.Context, v *store.View, channelID int64) (Script, error) {
	return scriptOf(ctx, v, channelID, false)
}

func scriptOf(ctx context.Context, v *store.View, channelID int64, withDefaults bool) (Script, error) {
	r, err := v.ChannelScript.Query().Where(channelscript.ChannelID(channelID)).Only(ctx)
	if ent.IsNotFound(err) {
		r, err = &ent.ChannelScript{AgentName: channelscript.AgentNameNONE}, nil
	}
	if err != nil {
		return Script{}, fmt.Errorf("read what channel %d says: %w", channelID, err)
	}
	out := Script{Version: r.Version, AgentName: r.AgentName}
	language := ""
	for _, x := range []struct {
		line *Line
		isOn bool
		text string
		code string
	}{{&out.Welcome, r.HasWelcome, r.Welcome, "message.welcome"}, {&out.Away, r.HasAway, r.Away, "message.away"}, {&out.Closing, r.HasClosing, r.Closing, "message.closing"}} {
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
