package conversation

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/note"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/sheet"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// exportStretch is how many messages are read at once.
const exportStretch = 500

// write writes the table of a conversation, up to what was its newest message when it began.
func (e *Exports) write(ctx context.Context, of extract, to io.Writer) error {
	t, err := e.s.db.TeamByID(ctx, of.team)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(t.TimeZone)
	if err != nil {
		return fmt.Errorf("the time zone of team %d: %w", of.team, err)
	}
	w := sheet.New(to)
	header := func(code string) string {
		return catalogue.Text(of.language, "export."+code, map[string]string{"zone": t.TimeZone})
	}
	if err := w.Row(header("time"), header("sender"), header("agent"), header("content")); err != nil {
		return err
	}
	for after, last := int64(0), int64(-1); last < 0 || after < last; {
		rows, err := e.stretch(ctx, of, zone, &after, &last)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := w.Row(r...); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// stretch reads the next rows: after is the sequence number of the last message that was read, last that of the last one wanted, or -1 where it is not yet
// known. Both are moved on. Each stretch is read by the rights, and shows what is there, at its own moment.
func (e *Exports) stretch(ctx context.Context, of extract, zone *time.Location, after, last *int64) ([][]string, error) {
	var rows [][]string
	err := e.s.db.Read(ctx, of.team, func(ctx context.Context, v *store.View) error {
		c, err := e.may(ctx, v, of)
		if err != nil {
			return err
		}
		if *last < 0 {
			*last = c.MessageSeq
		}
		all, err := inbox.StretchIn(ctx, v, c, *after, *last, exportStretch)
		if err != nil {
			return err
		}
		if len(all.All) == 0 {
			*after = *last
			return nil
		}
		*after = all.All[len(all.All)-1].Seq
		for _, m := range all.All {
			if m.Kind == note.Kind && !of.hasNotes {
				continue
			}
			agent := ""
			if m.Sender == message.SenderAGENT {
				agent = m.SenderName
				if m.AgentID != nil && all.Agents[*m.AgentID] != nil {
					agent = all.Agents[*m.AgentID].Name
				}
			}
			sender := "sender." + string(m.Sender)
			if m.Kind == note.Kind {
				sender = "sender.NOTE"
			}
			rows = append(rows, []string{m.CreatedAt.In(zone).Format("2006-01-02 15:04:05"), catalogue.Text(of.language, sender, nil), agent, exportText(of.language, m, all)})
		}
		return nil
	})
	return rows, err
}

// exportText is what a message holds, in words. What was unsent or erased holds nothing any more (GRP-17).
func exportText(language string, m *inbox.Message, all *inbox.Messages) string {
	if m.UnsentAt != nil {
		return catalogue.Text(language, "message.unsent", nil)
	}
	say := func(code string, more ...string) string {
		words := []string{catalogue.Text(language, "preview."+code, nil)}
		for _, s := range more {
			if s = strings.TrimSpace(s); s != "" {
				words = append(words, s)
			}
		}
		return strings.Join(words, " ")
	}
	switch {
	case m.Kind == "SYSTEM":
		return catalogue.Text(language, m.Code, m.Params)
	case m.Kind == note.Kind:
		return m.Text
	}
	switch kind := channels.MessageKind(m.Kind); kind {
	case channels.Text:
		return m.Text
	case channels.Image, channels.Video, channels.Audio, channels.File:
		name := ""
		if a := all.Attachments[m.ID]; a != nil && a.State != "ERASED" {
			name = a.Name
		}
		return say(m.Kind, name, m.Text)
	case channels.Location:
		if l := m.Content.Location; l != nil {
			return say(m.Kind, l.Title, l.Address, fmt.Sprintf("(%v, %v)", l.Latitude, l.Longitude))
		}
		return say(m.Kind)
	case channels.Sticker:
		if s := m.Content.Sticker; s != nil {
			return say(m.Kind, s.Text)
		}
		return say(m.Kind)
	case channels.Template:
		return say(m.Kind, m.Text)
	}
	return catalogue.Text(language, "message.unsupported", nil)
}
