package data

import (
	"context"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/internal/text"
)

// preview is how many characters of a text a row shows.
const preview = 100

func (l *load) conversations(ctx context.Context) error {
	err := fill(ctx, l.c, "conversations", `id, team_id, created_at, updated_at, channel_type, kind, status, queue, last_follower_id, collaborator_ids, collaborator_unread, followed_at, ended_at,
		message_seq, last_at, last_message_id, last_message_seq, last_message_kind, last_message_sender, last_message_preview, last_message_at, name, name_folded, tag_ids,
		unread, read_seq, waiting_since, customer_at, has_phone, channel_id, identity_id, contact_id, follower_id, waiting_level`, func(r *rows) error {
		for id := int64(1); id <= l.all(); id++ {
			if err := l.conversation(r, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := fill(ctx, l.c, "participants", "team_id, part, position, since, conversation_id, agent_id", func(r *rows) error {
		for id := int64(1); id <= l.all(); id++ {
			team, _ := l.teamOf(id)
			st := l.stateOf(id)
			add := func(part string, agent int64) error {
				r.num(team)
				r.text(part)
				r.num(0)
				r.time(l.at(l.second[id-1]))
				r.num(id)
				r.num(agent)
				return r.end()
			}
			if st.follower != 0 {
				if err := add("FOLLOWER", st.follower); err != nil {
					return err
				}
			}
			for _, a := range l.collaborators(id, st) {
				if err := add("COLLABORATOR", a); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return fill(ctx, l.c, "conversation_counters", "team_id, channel_id, branch_id, region_id, kind, status, queue, follower_id, n, unread_conversations, unread", func(r *rows) error {
		for k, t := range l.tally {
			r.num(k.team)
			r.num(k.channel)
			r.text("")
			r.text("")
			r.text(k.kind)
			r.text(k.status)
			r.text(k.queue)
			r.num(k.follower)
			r.num(t.n)
			r.num(t.unreadConversations)
			r.num(t.unread)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *load) conversation(r *rows, id int64) error {
	i := id - 1
	team, channel := l.teamOf(id)
	st, p := l.stateOf(id), l.person(id)
	with := l.collaborators(id, st)
	kind := "ONE_ON_ONE"
	if len(with) > 0 {
		kind = "COLLABORATION"
	}
	last := said{k: l.last[i], seq: l.seq[i]}
	sender := "AGENT"
	var unread, read int64
	isOpen := st.status != "ENDED"
	waits := time.Time{}
	read = l.seq[i]
	if last.isIn() {
		sender = "CONTACT"
		if isOpen {
			waits = l.at(last.k)
			if !isRead(id) {
				unread, read = 1, l.seq[i]-1
			}
		}
	}
	at := l.at(last.k)
	optional := func(t time.Time) {
		if t.IsZero() {
			r.null()
			return
		}
		r.time(t)
	}
	var followed, ended time.Time
	if st.follower != 0 {
		followed = l.at(l.second[i])
	}
	if !isOpen {
		ended = at
	}
	r.num(id)
	r.num(team)
	r.time(l.at(l.first[i]))
	r.time(at)
	r.text("LINE")
	r.text(kind)
	r.text(st.status)
	r.text(st.queue)
	r.opt(st.follower)
	r.list(with)
	r.counts(with, unread)
	optional(followed)
	optional(ended)
	r.num(l.seq[i])
	r.time(at)
	r.num(last.k + 1)
	r.num(last.seq)
	r.text("TEXT")
	r.text(sender)
	r.text(text.Cut(text.Line(l.textOf(last.k)), preview))
	r.time(at)
	r.text(p.name)
	r.text(text.Fold(p.name))
	r.list(p.tags)
	r.num(unread)
	r.num(read)
	optional(waits)
	r.time(l.at(l.lastIn[i]))
	r.text(strconv.FormatBool(p.phone != ""))
	r.num(channel)
	r.num(id)
	r.num(id)
	r.opt(st.follower)
	r.num(3) // how long it waits was told of long ago: no server has anything to tell of it
	k := likeness{team: team, channel: channel, follower: st.follower, status: st.status, kind: kind}
	if st.status == "PENDING" { // only those have a queue that counts
		k.queue = st.queue
	}
	t := l.tally[k]
	if t == nil {
		t = &tally{}
		l.tally[k] = t
	}
	t.n++
	t.unread += unread
	if unread > 0 {
		t.unreadConversations++
	}
	return r.end()
}
