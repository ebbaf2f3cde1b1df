package push

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushdelivery"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/session"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// How long the texts of a push are, in characters: with them it fits into one record of 4,096 bytes (RFC 8291).
const (
	maxTitle = 80
	maxBody  = 240
)

// Letter is what a push says. It is made when it is sent, so that what was erased meanwhile is not in it.
type Letter struct {
	// ID is the notification's: the same one is the same notice.
	ID    string               `json:"id"`
	Kind  workspace.NoticeKind `json:"kind"`
	Title string               `json:"title"`
	Body  string               `json:"body"`
	// ConversationID and ChannelID say what it leads to; none where they are empty.
	ConversationID string    `json:"conversationId,omitempty"`
	ChannelID      string    `json:"channelId,omitempty"`
	At             time.Time `json:"at"`
}

// parcel is a delivery with all that decides whether and how it is sent.
type parcel struct {
	delivery *ent.PushDelivery
	notice   *ent.Notification
	device   *ent.PushSubscription // nil for the webhook
	webhook  *ent.PushWebhook      // nil for a device
	letter   Letter
	// isOver says that it is not to be sent any more, and isDeviceOver that nothing is to be sent to its device.
	isOver, isDeviceOver bool
}

// look reads a delivery and what it is about; nil where it is done already.
func (s *Service) look(ctx context.Context, v *store.View, e errand) (*parcel, error) {
	d, err := v.PushDelivery.Query().Where(pushdelivery.ID(e.Delivery), pushdelivery.StateEQ(pushdelivery.StateWAITING), pushdelivery.Tries(e.Try)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // done, or tried since
	}
	if err != nil {
		return nil, err
	}
	x := &parcel{delivery: d}
	if x.notice, err = v.Notification.Get(ctx, d.NotificationID); err != nil {
		return nil, err
	}
	p, err := workspace.PresentIn(ctx, v, x.notice.AgentID)
	if fault.Is(err, fault.Unauthenticated) {
		x.isOver = true
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.address(ctx, v, x); err != nil || x.isOver {
		return x, err
	}
	x.isOver = x.notice.ReadAt != nil || !v.Now.Before(x.notice.CreatedAt.Add(lasts))
	if x.isOver {
		return x, nil
	}
	return x, s.write(ctx, v, p, x)
}

// address finds where a parcel goes, and whether its agent is still signed in there: a browser by the sign-in it was registered under, a native app
// by any.
func (s *Service) address(ctx context.Context, v *store.View, x *parcel) error {
	signedIn := v.Session.Query().Where(session.AgentID(x.notice.AgentID), session.RevokedAtIsNil(), session.RotatedAtIsNil(), session.RefreshExpiresAtGT(v.Now))
	if x.delivery.SubscriptionID == 0 {
		w, err := v.PushWebhook.Query().Only(ctx)
		if ent.IsNotFound(err) || err == nil && w.DisabledAt != nil {
			x.isOver = true
			return nil
		}
		if err != nil {
			return err
		}
		x.webhook = w
	} else {
		d, err := v.PushSubscription.Get(ctx, x.delivery.SubscriptionID)
		if ent.IsNotFound(err) || err == nil && d.AgentID != x.notice.AgentID {
			x.isOver = true
			return nil
		}
		if err != nil {
			return err
		}
		x.device = d
		signedIn.Where(session.Family(d.Family))
	}
	is, err := signedIn.Exist(ctx)
	if err != nil {
		return fmt.Errorf("look whether the agent is signed in: %w", err)
	}
	if !is {
		x.isOver, x.isDeviceOver = true, x.device != nil
	}
	return nil
}

// write words the letter in the agent's language, with the customer and what it wrote where the agent may still see the conversation.
func (s *Service) write(ctx context.Context, v *store.View, p auth.Principal, x *parcel) error {
	who, err := v.Agent.Get(ctx, p.AgentID)
	if err != nil {
		return err
	}
	t, err := v.Client.Team.Query().Only(ctx)
	if err != nil {
		return err
	}
	language := who.Language
	if language == "" {
		language = t.Language
	}
	n := x.notice
	x.letter = Letter{ID: id.Format(id.Notification, n.ID), Kind: workspace.KindOf(n.Code), Title: t.Name, Body: catalogue.Text(language, n.Code, n.Params), At: n.CreatedAt.UTC()}
	if n.ConversationID != nil {
		x.letter.ConversationID = id.Format(id.Conversation, *n.ConversationID)
	}
	if n.ChannelID != nil {
		x.letter.ChannelID = id.Format(id.Channel, *n.ChannelID)
	}
	if x.letter.Kind == workspace.OfMessage {
		all, err := PreviewsIn(ctx, v, p, language, []*ent.Notification{n})
		if err != nil {
			return err
		}
		shown, isSeen := all[n.ID]
		if !isSeen { // another works on it by now
			x.isOver = true
			return nil
		}
		x.letter.Title = catalogue.Text(language, "push.customer", n.Params)
		if shown != "" {
			x.letter.Body = shown
		}
	}
	x.letter.Title, x.letter.Body = text.Cut(text.Line(x.letter.Title), maxTitle), text.Cut(text.Line(x.letter.Body), maxBody)
	return nil
}

// PreviewsIn gives what the messages say that notices tell of, each on one line in the reader's language, by notice. One of a conversation that the
// principal may not see any more is left out, and so is a notice that tells of none.
func PreviewsIn(ctx context.Context, v *store.View, p auth.Principal, language string, notices []*ent.Notification) (map[int64]string, error) {
	var ids []int64
	for _, n := range notices {
		if n.MessageID != nil {
			ids = append(ids, *n.MessageID)
		}
	}
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	all, err := v.Message.Query().Where(message.IDIn(ids...)).WithConversation().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what notices tell of: %w", err)
	}
	byID := map[int64]*ent.Message{}
	for _, m := range all {
		if c := m.Edges.Conversation; c != nil && row.Sees(p, row.Facets(c)) {
			byID[m.ID] = m
		}
	}
	for _, n := range notices {
		if n.MessageID == nil {
			continue
		}
		if m := byID[*n.MessageID]; m != nil {
			out[n.ID] = text.Cut(text.Line(row.PreviewText(language, m.Kind, m.Text, m.UnsentAt != nil)), maxBody)
		}
	}
	return out, nil
}

func (l Letter) bytes() ([]byte, error) { return json.Marshal(l) }
