package conversation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// deed is one thing that an agent of a crew does: to which of its conversations, with which other agent.
type deed struct {
	what        string
	chat, other int
}

// deeds are all that is done; the more often one stands here the more often it is drawn.
var deeds = []string{"follow", "follow", "take over", "transfer", "end", "reopen", "add", "add", "join", "remove", "leave", "unread", "hear", "hear", "pin", "pin", "unpin", "deactivate", "sell"}

// crew are agents who work on the same conversations at the same time. The first is deactivated where somebody does so, the second is made SALES, and the second
// half has manager roles.
type crew struct {
	*world
	people *workspace.Service
	boss   auth.Principal
	agents []auth.Principal
	chats  []int64
	from   int64 // where the log stood

	mu   sync.Mutex
	done map[string]int // how often each deed was no refusal
}

// crew makes one, with every third conversation a group's.
func (w *world) crew(agents, chats int) *crew {
	c := &crew{world: w, from: w.Head(), done: map[string]int{}}
	c.people = workspace.New(workspace.Config{DB: w.DB, Random: random.New(), Attempts: attempt.NewMemory(clock.Real{}), Release: w.actions.Release, ReleaseGroups: w.actions.ReleaseGroups})
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		if has, err := tx.Role.Query().Exist(ctx); err != nil || !has {
			if err != nil {
				return err
			}
			for _, r := range auth.Roles {
				if err := tx.Role.Create().SetRole(role.Role(r)).SetPermissions([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
					return err
				}
			}
		}
		for i := range agents + 1 {
			w.n++
			p := auth.Principal{TeamID: w.Team, Name: fmt.Sprint("Agent ", w.n), Role: auth.AgentRole, Permissions: []auth.Permission{auth.SendMessages}, Language: "en"}
			switch {
			case i == agents:
				p.Role = auth.Admin
			case i >= agents/2:
				p.Role = []auth.Role{auth.CSManager, auth.Supervisor}[i%2]
			}
			at := fmt.Sprintf("crew%d@example.com", w.n)
			a, err := tx.Agent.Create().SetEmail(at).SetEmailFolded(at).SetName(p.Name).SetRole(agent.Role(p.Role)).SetStatus(agent.StatusACTIVE).
				SetPermissions([]string{string(auth.SendMessages)}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			if p.AgentID = a.ID; i < agents {
				c.agents = append(c.agents, p)
			} else {
				c.boss = p
			}
		}
		for i := range chats {
			w.n++
			create := tx.Conversation.Create().SetChannelID(w.ChannelID).SetChannelType(entconversation.ChannelTypeLINE).SetStatus(entconversation.StatusPENDING).SetLastAt(tx.Now)
			if i%3 == 2 {
				g, err := tx.Group.Create().SetChannelID(w.ChannelID).SetPlatformGroupID(fmt.Sprint("C", w.n)).SetMemberCount(3).SetJoinedAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				create.SetKind(entconversation.KindGROUP).SetGroupID(g.ID)
			} else {
				i, err := tx.Identity.Create().SetChannelID(w.ChannelID).SetPlatformUserID(fmt.Sprint("U", w.n)).SetFirstSeenAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
				if err != nil {
					return err
				}
				create.SetKind(entconversation.KindONE_ON_ONE).SetIdentityID(i.ID)
			}
			made, err := row.Create(ctx, tx, create, system)
			if err != nil {
				return err
			}
			c.chats = append(c.chats, made.ID)
		}
		return nil
	})
	return c
}

// work has every agent do its deeds, all at the same time. What is refused is refused; anything else that goes wrong is given.
func (c *crew) work(ctx context.Context, all [][]deed) error {
	var failed error
	var busy sync.WaitGroup
	for i, list := range all {
		busy.Go(func() {
			for _, d := range list {
				err := c.do(ctx, c.agents[i], d)
				c.mu.Lock()
				switch fault.Of(err) {
				case "":
					c.done[d.what]++
				case fault.NotFound, fault.Forbidden, fault.Conflict, fault.Invalid:
				default:
					failed = fmt.Errorf("agent %d, %+v: %w", i, d, err)
				}
				c.mu.Unlock()
			}
		})
	}
	busy.Wait()
	return failed
}

func (c *crew) do(ctx context.Context, p auth.Principal, d deed) error {
	id, other, err := c.seen(ctx, p, d)
	if err != nil {
		return err
	}
	switch d.what {
	case "follow":
		_, _, err = c.actions.Follow(ctx, p, conversation.FollowInput{ConversationID: id})
	case "take over":
		_, _, err = c.actions.TakeOver(ctx, p, conversation.TakeOverInput{ConversationID: id, FromAgentID: other})
	case "transfer":
		_, _, err = c.actions.Transfer(ctx, p, conversation.TransferInput{ConversationID: id, ToAgentID: other})
	case "end":
		_, _, err = c.actions.End(ctx, p, conversation.EndInput{ConversationID: id})
	case "reopen":
		_, _, err = c.actions.Reopen(ctx, p, conversation.ReopenInput{ConversationID: id})
	case "add":
		_, _, err = c.actions.Add(ctx, p, conversation.AddInput{ConversationID: id, AgentIDs: []int64{other}})
	case "join":
		_, _, err = c.actions.Join(ctx, p, conversation.JoinInput{ConversationID: id})
	case "remove":
		_, _, err = c.actions.Remove(ctx, p, conversation.RemoveInput{ConversationID: id, AgentIDs: []int64{other}})
	case "leave":
		_, _, err = c.actions.Leave(ctx, p, conversation.LeaveInput{ConversationID: id})
	case "unread":
		_, _, err = c.actions.MarkUnread(ctx, p, conversation.MarkUnreadInput{ConversationID: id})
	case "pin", "unpin":
		_, _, err = c.actions.Pin(ctx, p, conversation.PinInput{ConversationID: id, IsPinned: d.what == "pin"})
	case "deactivate":
		_, err = c.people.Deactivate(ctx, c.boss, c.agents[0].AgentID)
	case "sell":
		sales := auth.Sales
		_, _, err = c.people.UpdateAgent(ctx, c.boss, workspace.UpdateInput{AgentID: c.agents[1].AgentID, Role: &sales})
	case "hear":
		_, err = c.DB.Write(ctx, c.Team, func(ctx context.Context, tx *store.Tx) error {
			before, err := row.Lock(ctx, tx, id)
			if err != nil {
				return err
			}
			after := row.Copy(before)
			if after.Status == entconversation.StatusENDED { // as the customer's message puts it
				after.EndedAt = nil
				if after.Status = entconversation.StatusIN_PROGRESS; len(after.CollaboratorIds) == 0 {
					after.Status, after.Queue, after.FollowerID, after.FollowedAt = entconversation.StatusPENDING, entconversation.QueueHUMAN, nil, nil
				}
			}
			row.Heard(after)
			if after.WaitingSince == nil {
				after.WaitingSince = &tx.Now
			}
			m := &ent.Message{Direction: message.DirectionINBOUND, Sender: message.SenderCONTACT, Delivery: message.DeliveryNONE, Kind: "TEXT", Text: "hello?"}
			if _, err := conversation.AppendIn(ctx, tx, before, after, m, event.Actor{Kind: event.ByContact}); err != nil {
				return err
			}
			if before.FollowerID != nil && after.FollowerID == nil {
				return conversation.FollowerIn(ctx, tx, after)
			}
			return nil
		})
	}
	return err
}

// seen is to which conversation a deed is done, and with whom: mostly as the agent sees it before, so that it may, which somebody may have changed by then.
func (c *crew) seen(ctx context.Context, p auth.Principal, d deed) (id, other int64, err error) {
	id, other = c.chats[d.chat%len(c.chats)], c.agents[d.other%len(c.agents)].AgentID
	if d.other%4 == 3 {
		return id, other, nil
	}
	err = c.DB.Read(ctx, c.Team, func(ctx context.Context, v *store.View) error {
		if slices.Contains([]string{"transfer", "end", "reopen", "add", "remove", "leave", "unread", "pin", "unpin"}, d.what) {
			own, err := v.Participant.Query().Where(participant.AgentID(p.AgentID), participant.ConversationIDIn(c.chats...)).All(ctx)
			if err != nil {
				return err
			}
			if len(own) > 0 {
				id = own[d.chat%len(own)].ConversationID
			}
		}
		x, err := v.Conversation.Get(ctx, id)
		switch {
		case err != nil:
			return err
		case d.what == "take over" && x.FollowerID != nil:
			other = *x.FollowerID
		case (d.what == "transfer" || d.what == "remove") && len(x.CollaboratorIds) > 0:
			other = x.CollaboratorIds[d.other%len(x.CollaboratorIds)]
		}
		return nil
	})
	return id, other, err
}

// judge looks at every event since the crew began: it gives what is not as the rules have it, of the state that the event leaves and of how it came to be.
func (c *crew) judge() error {
	gone, sells := false, false
	last := map[int64]*event.Facets{}
	for _, e := range c.Events(c.from) {
		if e.Kind == event.AgentChanged {
			gone = gone || e.ObjectID == c.agents[0].AgentID
			sells = sells || e.ObjectID == c.agents[1].AgentID
		}
		if e.After == nil || !slices.Contains(c.chats, e.ConversationID) {
			continue
		}
		err := sound(e.After)
		if was := last[e.ConversationID]; err == nil && was != nil {
			err = comes(was, e)
		}
		works := e.After.Status == "IN_PROGRESS" || len(e.After.Collaborators) > 0
		has := func(p auth.Principal) bool {
			return works && (e.After.FollowerID == p.AgentID || slices.Contains(e.After.Collaborators, p.AgentID))
		}
		switch {
		case err != nil:
		case gone && has(c.agents[0]):
			err = fmt.Errorf("a deactivated agent works on it")
		case sells && e.After.Kind == "GROUP" && has(c.agents[1]):
			err = fmt.Errorf("an agent whose role has no groups works on it")
		}
		if err != nil {
			return fmt.Errorf("event %d, %s of conversation %d: %w: %+v", e.Seq, e.Kind, e.ConversationID, err, *e.After)
		}
		last[e.ConversationID] = e.After
	}
	return nil
}

// sound says what is wrong with a state.
func sound(f *event.Facets) error {
	n := len(f.Collaborators)
	isJoint := f.Kind == "COLLABORATION"
	switch {
	case n > 5:
		return fmt.Errorf("%d collaborators", n) // COLL-1
	case slices.Contains(f.Collaborators, f.FollowerID):
		return fmt.Errorf("the follower collaborates")
	case len(slices.Compact(slices.Sorted(slices.Values(f.Collaborators)))) != n:
		return fmt.Errorf("somebody collaborates twice")
	case f.Kind != "GROUP" && isJoint != (n > 0):
		return fmt.Errorf("its kind does not fit its collaborators") // COLL-1
	case f.Status == "PENDING" && (f.FollowerID != 0 || n > 0):
		return fmt.Errorf("somebody works on what is pending") // COLL-3
	case f.Status == "IN_PROGRESS" && f.FollowerID == 0:
		return fmt.Errorf("nobody follows what is in progress")
	}
	for _, who := range f.PinnedBy { // CONV-20
		if f.Status != "IN_PROGRESS" || f.FollowerID != who && !slices.Contains(f.Collaborators, who) {
			return fmt.Errorf("agent %d has pinned it and has no part in it", who)
		}
	}
	return nil
}

// comes says what is wrong with how a state came to be: each event goes on where the one before it ended, and by a step that the rules have.
func comes(was *event.Facets, e event.Event) error {
	now := e.After
	if b := e.Before; b == nil || b.Status != was.Status || b.FollowerID != was.FollowerID || !slices.Equal(b.Collaborators, was.Collaborators) {
		return fmt.Errorf("it begins at %+v, and the one before ended at %+v", b, was)
	}
	hands := now.FollowerID != was.FollowerID
	if hands && slices.Contains(now.PinnedBy, was.FollowerID) {
		return fmt.Errorf("who followed it keeps its pin") // CONV-20
	}
	wasJoint, isJoint := len(was.Collaborators) > 0, len(now.Collaborators) > 0
	switch step := was.Status + " to " + now.Status; step {
	case "PENDING to PENDING", "PENDING to IN_PROGRESS", "PENDING to ENDED": // CONV-6
	case "IN_PROGRESS to IN_PROGRESS", "ENDED to ENDED":
		if hands && (wasJoint || now.Status == "ENDED") && !slices.Contains(was.Collaborators, now.FollowerID) {
			return fmt.Errorf("the new follower was no collaborator") // COLL-9, COLL-10, COLL-17
		}
	case "IN_PROGRESS to ENDED":
		if hands || len(now.Collaborators) != len(was.Collaborators) {
			return fmt.Errorf("ending changed who works on it")
		}
	case "IN_PROGRESS to PENDING", "ENDED to PENDING":
		if wasJoint {
			return fmt.Errorf("a collaboration is pending") // COLL-3, COLL-17
		}
	case "ENDED to IN_PROGRESS":
		if wasJoint && (hands || !isJoint) {
			return fmt.Errorf("reopening changed who works on it") // COLL-3, COLL-12
		}
	default:
		return fmt.Errorf("there is no step from %s", step)
	}
	return nil
}

// COLL-1, COLL-3, COLL-9, COLL-10, COLL-12, COLL-17, CONV-6, GRP-1: eight agents work on fifty conversations at the same time, are deactivated and given other roles: at every
// event each has at most one follower and five others, the follower none of them, nobody who may not, each step is one of the rules', and the counters are a recount's.
func TestManyHands(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setupAt(t, dialect, clock.Real{}) // a transaction that met another is tried again after a moment
		w.collaborates(true)
		c := w.crew(8, 50)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		chance := rand.New(rand.NewPCG(seed, 0))
		all := make([][]deed, len(c.agents))
		for i := range all {
			for n := range 60 {
				d := deed{deeds[chance.IntN(len(deeds))], chance.IntN(len(c.chats)), chance.IntN(len(c.agents))}
				if n%2 == 0 { // half of it meets on a few
					d.chat %= 6
				}
				if n < 20 && (d.what == "deactivate" || d.what == "sell") { // not before they have something to lose
					d.what = "follow"
				}
				all[i] = append(all[i], d)
			}
		}
		if err := c.work(t.Context(), all); err != nil {
			t.Error(err)
		}
		if err := c.judge(); err != nil {
			t.Error(err)
		}
		w.Check()
		t.Logf("done: %v", c.done)
		if len(c.done) < 11 {
			t.Errorf("nearly everything was refused: %v", c.done)
		}
	})
}

// COLL-1, COLL-3, COLL-9, COLL-10, COLL-12, COLL-17, CONV-6, GRP-1: the same of any few deeds of four agents on three conversations, made small where one of them goes wrong.
func TestFewHands(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := setupAt(t, dialect, clock.Real{}) // a transaction that met another is tried again after a moment
		w.collaborates(true)
		lists := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) deed {
			return deed{rapid.SampledFrom(deeds).Draw(t, "what"), rapid.IntRange(0, 2).Draw(t, "chat"), rapid.IntRange(0, 3).Draw(t, "other")}
		}), 0, 6), 4, 4)
		rapid.Check(t, func(t *rapid.T) {
			c := w.crew(4, 3)
			if err := c.work(context.Background(), lists.Draw(t, "deeds")); err != nil {
				t.Fatal(err)
			}
			if err := c.judge(); err != nil {
				t.Fatal(err)
			}
		})
		w.Check()
	})
}
