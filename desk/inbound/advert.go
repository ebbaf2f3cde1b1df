package inbound

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/advert"
	"github.com/switchyard-chat/switchyard/internal/text"
)

const (
	// maxAdverts is how many advertisements a conversation carries (CONV-27).
	maxAdverts = 10
	// maxAdvertWords and maxAdvertURL are how long what the platform tells of one may be: characters, and bytes.
	maxAdvertWords = 200
	maxAdvertURL   = 2000
)

// advertised notes by which advertisement a customer came, beside what came with it: the conversation carries the newest ten. One that has not begun yet carries
// none: a customer who has said nothing has no conversation.
func (w *work) advertised(ctx context.Context, e channels.Event) error {
	if e.Peer == nil || e.Peer.Type != channels.PeerUser || w.isBlocked(e) {
		return nil
	}
	c, err := w.known(ctx, e)
	if err != nil || c == nil {
		return err
	}
	all, err := w.tx.Advert.Query().Where(advert.ConversationID(c.ID)).All(ctx)
	if err != nil {
		return fmt.Errorf("read advertisements: %w", err)
	}
	now := &ent.Advert{AdID: words(e.Advert.ID), Title: words(e.Advert.Title), URL: link(e.Advert.URL), PictureURL: link(e.Advert.PictureURL), Ref: words(e.Advert.Ref), At: e.OccurredAt}
	if slices.ContainsFunc(all, func(a *ent.Advert) bool { return a.AdID == now.AdID && a.Ref == now.Ref && a.At.Equal(now.At) }) {
		return nil // the platform brings it again under another mark
	}
	slices.SortFunc(all, func(a, b *ent.Advert) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	if len(all) >= maxAdverts {
		if now.At.Before(all[maxAdverts-1].At) {
			return nil
		}
		if _, err := w.tx.Advert.Delete().Where(advert.ConversationID(c.ID), advert.IDIn(idsOf(all[maxAdverts-1:])...)).Exec(ctx); err != nil {
			return fmt.Errorf("forget advertisements: %w", err)
		}
	}
	if err := w.tx.Advert.Create().SetTeamID(w.tx.Team).SetConversationID(c.ID).SetAdID(now.AdID).SetTitle(now.Title).SetURL(now.URL).SetPictureURL(now.PictureURL).SetRef(now.Ref).
		SetAt(now.At).Exec(ctx); err != nil {
		return fmt.Errorf("note an advertisement: %w", err)
	}
	after := row.Copy(c)
	after.IsFromAd = true
	if err := row.Put(ctx, w.tx, c, after, w.actor(c)); err != nil {
		return err
	}
	w.remember(after)
	return nil
}

func idsOf(all []*ent.Advert) []int64 {
	ids := make([]int64, len(all))
	for i, a := range all {
		ids[i] = a.ID
	}
	return ids
}

// words is what the platform says, on one line and not too long.
func words(s string) string { return text.Cut(text.Line(s), maxAdvertWords) }

// link is an address that may be shown as one; empty for any other.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > maxAdvertURL || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}
