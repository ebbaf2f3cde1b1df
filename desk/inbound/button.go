package inbound

import (
	"context"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
)

// turnsPage says whether a button only turned a page of the platform's menu: the customer said nothing by it.
func turnsPage(e channels.Event) bool { return e.PostbackParams["newRichMenuAliasId"] != "" }

// pressed takes a button of a rich menu or of a bot's card in (CONV-3): it adds no message, waits for nobody and is unread by nobody, but a
// conversation that was not open is served by the bot from now on. No bot serves a group.
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
		if c, err = w.openPerson(ctx, i, e); err != nil {
			return err
		}
	}
	if w.isStale(i.ProfileFetchedAt) {
		if err := w.Fetcher.ProfileIn(ctx, w.tx, i.ID); err != nil {
			return err
		}
	}
	to := transitions[botButton][was]
	if to == unchanged {
		return nil
	}
	after := row.Copy(c)
	move(after, to)
	by := w.actor(c)
	if err := row.Put(ctx, w.tx, c, after, by); err != nil {
		return err
	}
	w.remember(after)
	if c.FollowerID != nil {
		if err := conversation.FollowerIn(ctx, w.tx, after); err != nil {
			return err
		}
	}
	if was == ended {
		return row.Log(ctx, w.tx, c.ID, "log.reopened_button", map[string]string{"customer": c.Name}, by)
	}
	return nil
}
