package inbound

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/earlyeffect"
	entgroup "github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/planted"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// work is the taking in of one body in one transaction. It reads what the body is about once, and remembers what it has changed.
type work struct {
	*Service
	tx   *store.Tx
	body Body
	can  channels.Capability
	// script is what the channel says by itself; nil until it is asked for.
	script *account.Script
	people map[string]*ent.Identity      // by platform user id
	groups map[string]*ent.Group         // by platform group id
	one    map[int64]*ent.Conversation   // by identity; held
	many   map[int64]*ent.Conversation   // by group; held
	early  map[string][]*ent.EarlyEffect // by platform message id
	// unread are the conversations in which something of ours is not yet known to be read.
	unread map[int64]bool
}

// begin reads the people of a body.
func (s *Service) begin(ctx context.Context, tx *store.Tx, b Body) (*work, error) {
	adapter, err := s.Adapters.Get(b.Type)
	if err != nil {
		return nil, err
	}
	w := &work{
		Service: s, tx: tx, body: b, can: adapter.Capability(), people: map[string]*ent.Identity{}, groups: map[string]*ent.Group{},
		one: map[int64]*ent.Conversation{}, many: map[int64]*ent.Conversation{}, early: map[string][]*ent.EarlyEffect{}, unread: map[int64]bool{},
	}
	ids := w.peers(channels.PeerUser)
	if len(ids) == 0 {
		return w, nil
	}
	all, err := tx.Identity.Query().Where(identity.ChannelID(b.ChannelID), identity.PlatformUserIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find who writes: %w", err)
	}
	for _, i := range all {
		w.people[i.PlatformUserID] = i
	}
	return w, nil
}

// peers lists the counterparts of a type, each once.
func (w *work) peers(types ...channels.PeerType) []string {
	var ids []string
	seen := map[string]bool{}
	for _, e := range w.body.Events {
		for _, t := range types {
			if e.Peer != nil && e.Peer.Type == t && !seen[e.Peer.ID] {
				seen[e.Peer.ID] = true
				ids = append(ids, e.Peer.ID)
			}
		}
	}
	return ids
}

// isBlocked says whether an event is of a person whom the team blocked.
func (w *work) isBlocked(e channels.Event) bool {
	if e.Peer == nil || e.Peer.Type != channels.PeerUser {
		return false
	}
	i := w.people[e.Peer.ID]
	return i != nil && i.IsBlocked
}

// prepare takes hold of the conversations of a body, in the order of their ids so that no two bodies wait for each other, and reads what
// arrived before its message.
func (w *work) prepare(ctx context.Context) error {
	groupIDs, err := w.findGroups(ctx)
	if err != nil {
		return err
	}
	ids := make([]int64, 0, len(w.people))
	for _, i := range w.people {
		ids = append(ids, i.ID)
	}
	q := w.tx.Conversation.Query()
	switch {
	case len(groupIDs) == 0 && len(ids) == 0:
		q = nil
	case len(groupIDs) == 0:
		q = q.Where(entconversation.IdentityIDIn(ids...))
	case len(ids) == 0:
		q = q.Where(entconversation.GroupIDIn(groupIDs...))
	default:
		q = q.Where(entconversation.Or(entconversation.IdentityIDIn(ids...), entconversation.GroupIDIn(groupIDs...)))
	}
	if q != nil {
		all, err := w.held(q).All(ctx)
		if err != nil {
			return fmt.Errorf("find conversations: %w", err)
		}
		for _, c := range all {
			w.remember(c)
		}
		if err := w.findUnread(ctx, all); err != nil {
			return err
		}
	}
	return w.findEarly(ctx)
}

// findUnread finds the conversations in which an answer makes something READ (MSG-3). They are held, so that nothing is delivered meanwhile.
func (w *work) findUnread(ctx context.Context, all []*ent.Conversation) error {
	ids := make([]int64, 0, len(all))
	for _, c := range all {
		if c.IdentityID != nil {
			ids = append(ids, c.ID)
		}
	}
	if !w.can.ReadByAnswer || len(ids) == 0 {
		return nil
	}
	var unread []int64
	err := w.tx.Message.Query().Where(message.ConversationIDIn(ids...), message.Or(message.DeliveryEQ(message.DeliverySENT), message.DeliveryEQ(message.DeliveryRECEIVED))).
		Unique(true).Select(message.FieldConversationID).Scan(ctx, &unread)
	if err != nil {
		return fmt.Errorf("find what is not read: %w", err)
	}
	for _, id := range unread {
		w.unread[id] = true
	}
	return nil
}

// held makes a query of conversations hold what it reads until the transaction ends.
func (w *work) held(q *ent.ConversationQuery) *ent.ConversationQuery {
	q.Order(entconversation.ByID())
	if w.tx.IsPostgres() && !planted.Is("conversation-not-held") {
		q.Modify(func(s *sql.Selector) { s.ForUpdate() })
	}
	return q
}

func (w *work) remember(c *ent.Conversation) {
	if c.IdentityID != nil {
		w.one[*c.IdentityID] = c
	}
	if c.GroupID != nil {
		w.many[*c.GroupID] = c
	}
}

func (w *work) findGroups(ctx context.Context) ([]int64, error) {
	peers := w.peers(channels.PeerGroup, channels.PeerRoom)
	if len(peers) == 0 {
		return nil, nil
	}
	all, err := w.tx.Group.Query().Where(entgroup.ChannelID(w.body.ChannelID), entgroup.PlatformGroupIDIn(peers...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("find groups: %w", err)
	}
	ids := make([]int64, 0, len(all))
	for _, g := range all {
		w.groups[g.PlatformGroupID] = g
		ids = append(ids, g.ID)
	}
	return ids, nil
}

func (w *work) findEarly(ctx context.Context) error {
	var ids []string
	for _, e := range w.body.Events {
		if e.Kind == channels.MessageReceived {
			ids = append(ids, e.MessageID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	all, err := w.tx.EarlyEffect.Query().Where(earlyeffect.ChannelID(w.body.ChannelID), earlyeffect.PlatformMessageIDIn(ids...)).All(ctx)
	if err != nil {
		return fmt.Errorf("find what came early: %w", err)
	}
	clear(w.early)
	for _, e := range all {
		w.early[e.PlatformMessageID] = append(w.early[e.PlatformMessageID], e)
	}
	return nil
}

// try applies an event. A panic of ours is a failure like any other: it must not take the server, or the body's other events, with it.
func (w *work) try(ctx context.Context, e channels.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.Log.ErrorContext(ctx, "inbound: panic", "panic", fault.Panic(p), "kind", e.Kind, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %s", fault.Panic(p))
		}
	}()
	if err := w.apply(ctx, e); err != nil {
		return fmt.Errorf("apply %s: %w", e.Kind, err)
	}
	return nil
}

func (w *work) apply(ctx context.Context, e channels.Event) error {
	if err := w.act(ctx, e); err != nil || e.Advert == nil {
		return err
	}
	return w.advertised(ctx, e)
}

func (w *work) act(ctx context.Context, e channels.Event) error {
	switch e.Kind {
	case channels.MessageReceived:
		return w.received(ctx, e)
	case channels.MessageEdited:
		return w.edited(ctx, e)
	case channels.MessageUnsent:
		return w.unsent(ctx, e)
	case channels.Postback:
		return w.pressed(ctx, e)
	case channels.Followed:
		return w.followed(ctx, e)
	case channels.Unfollowed:
		return w.unfollowed(ctx, e)
	case channels.GroupJoined, channels.GroupLeft, channels.MembersJoined, channels.MembersLeft:
		return w.grouped(ctx, e)
	case channels.Delivered:
		return w.reported(ctx, e, message.DeliveryRECEIVED)
	case channels.Read:
		return w.reported(ctx, e, message.DeliveryREAD)
	}
	return nil
}

// person gives who is behind a one-to-one peer, making identity and contact where they are missing.
func (w *work) person(ctx context.Context, userID string) (*ent.Identity, error) {
	if i := w.people[userID]; i != nil && i.ContactID != nil {
		return i, nil
	}
	k, err := w.Contacts.EnsureForIdentityIn(ctx, w.tx, contact.Person{ChannelID: w.body.ChannelID, UserID: userID})
	if err != nil {
		return nil, err
	}
	// A new contact changed the conversation's row.
	delete(w.one, k.Identity.ID)
	w.people[userID] = k.Identity
	return k.Identity, nil
}

// isStale says whether something that was fetched at a time, or never, should be fetched again.
func (w *work) isStale(fetchedAt *time.Time) bool {
	return fetchedAt == nil || w.can.ProfileFreshFor > 0 && w.tx.Now.Sub(*fetchedAt) >= w.can.ProfileFreshFor
}

func (w *work) followed(ctx context.Context, e channels.Event) error {
	i, err := w.person(ctx, e.Peer.ID)
	if err != nil || i.IsBlocked {
		return err
	}
	if err := w.Contacts.SetReachIn(ctx, w.tx, i.ID, identity.ReachREACHABLE); err != nil {
		return err
	}
	i.Reach = identity.ReachREACHABLE
	if w.isStale(i.ProfileFetchedAt) {
		return w.Fetcher.ProfileIn(ctx, w.tx, i.ID)
	}
	return nil
}

// unfollowed notes that a person blocked the account. One that arrives after the person wrote again is out of date.
func (w *work) unfollowed(ctx context.Context, e channels.Event) error {
	i := w.people[e.Peer.ID]
	if i == nil || i.IsBlocked {
		return nil
	}
	if c := w.one[i.ID]; c != nil && c.CustomerAt != nil && c.CustomerAt.After(e.OccurredAt) {
		return nil
	}
	if err := w.Contacts.SetReachIn(ctx, w.tx, i.ID, identity.ReachBLOCKED); err != nil {
		return err
	}
	i.Reach = identity.ReachBLOCKED
	return nil
}

// reported applies a platform's report on what we sent.
func (w *work) reported(ctx context.Context, e channels.Event, to message.Delivery) error {
	c, err := w.known(ctx, e)
	if err != nil || c == nil {
		return err
	}
	return conversation.ReportIn(ctx, w.tx, c, e.MessageIDs, e.Watermark, to, w.actor(c))
}

// known gives the conversation with a peer, held; nil where there is none.
func (w *work) known(ctx context.Context, e channels.Event) (*ent.Conversation, error) {
	q := w.tx.Conversation.Query()
	if e.Peer.Type == channels.PeerUser {
		i := w.people[e.Peer.ID]
		if i == nil {
			return nil, nil
		}
		if c := w.one[i.ID]; c != nil {
			return c, nil
		}
		q = q.Where(entconversation.IdentityID(i.ID))
	} else {
		g := w.groups[e.Peer.ID]
		if g == nil {
			return nil, nil
		}
		if c := w.many[g.ID]; c != nil {
			return c, nil
		}
		q = q.Where(entconversation.GroupID(g.ID))
	}
	c, err := w.held(q).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the conversation: %w", err)
	}
	w.remember(c)
	return c, nil
}

// actor is the counterpart as the cause of events.
func (w *work) actor(c *ent.Conversation) event.Actor {
	a := event.Actor{Kind: event.ByContact}
	if c.ContactID != nil {
		a.ID = *c.ContactID
	}
	return a
}

// guard makes this message's arrival and what is done to it wait for each other where they have no conversation to hold yet.
func (w *work) guard(ctx context.Context, messageID string) error {
	if !w.tx.IsPostgres() {
		return nil
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d/%s", w.tx.Team, w.body.ChannelID, messageID)
	if _, err := w.tx.Exec(ctx, "SELECT pg_advisory_xact_lock(?)", int64(h.Sum64())); err != nil {
		return fmt.Errorf("wait for the message: %w", err)
	}
	return nil
}
