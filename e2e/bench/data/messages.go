package data

import (
	"context"
	"fmt"

	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/internal/testkit/corpus"
)

// textOf is the text of a message.
func (l *load) textOf(k int64) string {
	d := roll(forText, uint64(k)) //nolint:gosec // k is not negative
	return corpus.Message(d.draw, int(k), l.Messages)
}

func (l *load) messages(ctx context.Context) error {
	err := fill(ctx, l.c, "messages", `id, team_id, created_at, updated_at, channel_id, seq, direction, sender, sender_name, kind, text, platform_message_id, platform_at,
		delivery, retry_key, retry_key_at, sent_at, author, client_message_id, conversation_id, agent_id, identity_id`, func(r *rows) error {
		return l.each(func(m said) error {
			at := l.at(m.k)
			st := l.stateOf(m.conversation)
			agent := st.follower
			if agent == 0 {
				agent = Boss
				if m.isSmall {
					agent = SmallBoss
				}
			}
			r.num(m.k + 1)
			r.num(m.team())
			r.time(at)
			r.time(at)
			r.num(m.channel())
			r.num(m.seq)
			if m.isIn() {
				r.text("INBOUND")
				r.text("CONTACT")
				r.text(l.person(m.conversation).name)
			} else {
				r.text("OUTBOUND")
				r.text("AGENT")
				r.text(fmt.Sprintf("客服 %d", agent))
			}
			r.text("TEXT")
			r.text(l.textOf(m.k))
			r.text(fmt.Sprintf("bench-%d", m.k))
			if m.isIn() {
				r.time(at)
				r.text("NONE")
				r.text("")
				r.null()
				r.null()
				r.text("")
				r.null()
				r.num(m.conversation)
				r.null()
				r.num(m.conversation)
				return r.end()
			}
			r.null()
			if m.k == l.last[m.conversation-1] {
				r.text("SENT")
			} else {
				r.text("READ")
			}
			r.text(fmt.Sprintf("00000000-0000-4000-8000-%012x", m.k))
			r.time(at)
			r.time(at)
			r.text(fmt.Sprintf("agent:%d", agent))
			r.text(fmt.Sprintf("c%d", m.k))
			r.num(m.conversation)
			r.num(agent)
			r.null()
			return r.end()
		})
	})
	if err != nil {
		return err
	}
	return fill(ctx, l.c, "attempts", "team_id, number, retry_key, fence, started_at, ended_at, outcome, status, message_id", func(r *rows) error {
		return l.each(func(m said) error {
			if m.isIn() {
				return nil
			}
			r.num(m.team())
			r.num(1)
			r.text(fmt.Sprintf("00000000-0000-4000-8000-%012x", m.k))
			r.num(1)
			r.time(l.at(m.k))
			r.time(l.at(m.k))
			r.text("SENT")
			r.num(200)
			r.num(m.k + 1)
			return r.end()
		})
	})
}

func (l *load) grams(ctx context.Context) error {
	return fill(ctx, l.c, "search_messages", "team_id, message_id, conversation_id, at, grams", func(r *rows) error {
		return l.each(func(m said) error {
			r.num(m.team())
			r.num(m.k + 1)
			r.num(m.conversation)
			r.time(l.at(m.k))
			r.grams(search.Numbers(m.team(), m.k+1, l.textOf(m.k)))
			return r.end()
		})
	})
}

// names writes the grams of names as the triggers would, which were left out.
func (l *load) names(ctx context.Context) error {
	for _, q := range []string{
		`SELECT 1, id, team_id, search_grams(1, team_id, name_folded || E'\n' || note_folded || E'\n' || membership_folded) FROM contacts`,
		`SELECT 2, id, team_id, search_grams(2, team_id, email_folded) FROM contact_emails`,
		`SELECT 3, id, team_id, search_grams(3, team_id, digits || E'\n' || e164) FROM contact_phones`,
		`SELECT 5, id, team_id, search_grams(5, team_id, name_folded) FROM conversations`,
	} {
		if _, err := l.c.Exec(ctx, "INSERT INTO search_names (kind, id, team_id, grams) "+q); err != nil {
			return err
		}
	}
	_, err := l.c.Exec(ctx, "INSERT INTO search_progress (id, low, high) VALUES (1, 0, $1)", l.Messages)
	return err
}
