package inbound

import (
	"context"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
)

// turnsPage says whether a button only turned a page of the platform's menu: the customer said nothing by it.
func turnsPage(e channels.Event) bool { return e.PostbackParams["newRichMenuAliasId"] != "" }

// pressed takes a button of a menu or of a bot's card in (CONV-3): it adds no message, waits for nobody and is unread by nobody, but a conversation
// that was not open is served by the bot from now on. One that asks for a person puts the customer before one, who waits from then on (CONV-5,
// CONV-19). No bot serves a group.
func (w *work) pressed(ctx context.Context, e channels.Event) error {
	if e.Peer == nil || e.Peer.Type != channels.PeerUser || turnsPage(e) || w.isBlocked(e) {
		return nil
	}
	i, err := w.person(ctx, e.Peer.ID)
	if err != nil {
		return err
	}
	c, err := w.known(ctx, e)
	if err != nil {
		return err
	}
	was := standOf(c)
	if c == nil {
		if c, err = w.openPerson(ctx, i, e); err != nil || c == nil {
			return err
		}
	}
	if w.isStale(i.ProfileFetchedAt) {
		if err := w.Fetcher.ProfileIn(ctx, w.tx, i.ID); err != nil {
			return err
		}
	}
	r, err := w.react(ctx, c, was == none, nil, e)
	if err != nil {
		return err
	}
	if r.Arrival == "" {
		r.Arrival = CardButton
	}
	after, err := w.press(ctx, c, was, r)
	if err != nil {
		return err
	}
	_, err = w.answer(ctx, after, r)
	return err
}

// press moves a conversation as a button says, and gives it as it is then.
func (w *work) press(ctx context.Context, c *ent.Conversation, was stand, r Reaction) (*ent.Conversation, error) {
	after := row.Copy(c)
	move(after, transitions[r.Arrival][was])
	assigned, err := w.assign(ctx, after, r.Arrival, was, r)
	if err != nil {
		return nil, err
	}
	if r.Arrival == PersonAsked && after.WaitingSince == nil {
		now := w.tx.Now
		after.WaitingSince = &now
	}
	by := w.actor(c)
	if after.Status != c.Status || after.Queue != c.Queue || after.WaitingSince != c.WaitingSince {
		if err := row.Put(ctx, w.tx, c, after, by); err != nil {
			return nil, err
		}
		w.remember(after)
	} else {
		after = c
	}
	if err := w.reopened(ctx, c, after, "log.reopened_button", c.Name); err != nil {
		return nil, err
	}
	if r.Arrival == PersonAsked {
		if err := row.Log(ctx, w.tx, c.ID, "log.person_asked", map[string]string{"customer": c.Name}, by); err != nil {
			return nil, err
		}
	}
	return after, w.assigned(ctx, c, after, assigned, r)
}
