package conversation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contactphone"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// account makes an account on a type of channel.
func (w *world) account(t channels.Type) int64 {
	w.T.Helper()
	var id int64
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		w.n++
		key := fmt.Sprintf("account-%d", w.n)
		c, err := tx.Channel.Create().SetType(channel.Type(t)).SetName(string(t)).SetWebhookKey(key).SetPlatformID(key).SetCredentials([]byte("sealed")).
			SetRegionID("north").SetBranchID("taipei").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			id = c.ID
		}
		return err
	})
	return id
}

// started begins a conversation, and fails the test where that is refused.
func (w *world) started(p auth.Principal, in conversation.StartInput) (*ent.Conversation, bool) {
	w.T.Helper()
	s, _, err := w.actions.Start(w.T.Context(), p, in)
	if err != nil || s.Held != nil {
		w.T.Fatalf("%+v, %v", s, err)
	}
	w.Check()
	return w.Conversation(s.ConversationID), s.IsNew
}

// MSG-14, MSG-9, CONV-6, CONV-24, CONV-28: a new conversation by phone number is in progress with who began it; one that is there is followed, opened, reopened or taken over, by where it stands;
// the newest name that was given wins.
func TestStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.named("Amy", auth.AgentRole, auth.SendMessages), w.named("Ben", auth.AgentRole, auth.SendMessages)
		phone := w.account(channels.WhatsApp)
		in := conversation.StartInput{ChannelID: phone, Name: "Mia", Country: "tw", Phone: "0912-345 678"}
		stands := func(c *ent.Conversation, status entconversation.Status, follower auth.Principal, name, log string) {
			t.Helper()
			if all := w.Log(c.ID); c.Status != status || c.FollowerID == nil || *c.FollowerID != follower.AgentID || c.Name != name || all[len(all)-1] != log {
				t.Errorf("it stands %s with %v, called %s; the log says %v", c.Status, c.FollowerID, c.Name, all)
			}
		}
		head := w.Head()
		c, isNew := w.started(amy, in)
		stands(c, entconversation.StatusIN_PROGRESS, amy, "Mia", "log.started")
		if !isNew || c.Unread != 0 || c.WaitingSince != nil || c.MessageSeq != 0 || c.BegunBy != entconversation.BegunByAGENT || !c.HasPhone || c.FollowedAt == nil {
			t.Errorf("new, %v: %+v", isNew, c)
		}
		if log, _, _ := w.texts(c.ID, amy, catalogue.Chinese); log != "Amy 開始了與 Mia 的對話。" {
			t.Errorf("the log says %q", log)
		}
		created := slices.DeleteFunc(w.Events(head), func(e event.Event) bool { return e.Kind != event.ConversationCreated })
		if len(created) != 1 || created[0].ConversationID != c.ID || created[0].After.FollowerID != amy.AgentID {
			t.Errorf("told: %+v", created)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			i, err := v.Identity.Get(ctx, *c.IdentityID)
			if err != nil || i.PlatformUserID != "886912345678" || i.ChannelID != phone {
				t.Errorf("the person is %+v, %v", i, err)
			}
			x, err := v.ContactPhone.Query().Where(contactphone.ContactID(*c.ContactID)).Only(ctx)
			if err != nil || x.E164 != "+886912345678" {
				t.Errorf("its phone is %+v, %v", x, err)
			}
			return err
		})
		// Outside the window it needs a template first.
		_, err := w.say(amy, c.ID, "1", "hello")
		if f := w.refused("WINDOW_CLOSED", w.Head(), err); f.Params["until"].(*time.Time) != nil {
			t.Errorf("the window of who never wrote closed at %v", f.Params)
		}
		w.hears(c.ID, "hi")
		w.sent(amy, c.ID, "2", "hello")

		// One's own is opened, and the name is the newest; without one it stays.
		in.Name = "Mia Lin"
		if c, isNew = w.started(amy, in); isNew || c.Name != "Mia Lin" {
			t.Errorf("opened, %v: %+v", isNew, c)
		}
		in.Name, in.Phone = "", "+886 912 345 678"
		head = w.Head()
		if c, isNew = w.started(amy, in); isNew || c.Name != "Mia Lin" || w.Head() != head {
			t.Errorf("opened again, %v: %+v", isNew, c)
		}

		// Another's is refused with whom it is, though it is not seen, and taken over from that agent alone.
		in.Name = "Mia Chen"
		held := func(p auth.Principal, want conversation.Held, text string) {
			t.Helper()
			head := w.Head()
			s, _, err := w.actions.Start(ctx, p, in)
			f := w.refused("STATE_CONFLICT", head, err)
			if s.Held == nil || *s.Held != want || f.Text != text || f.Params["status"] != want.Status || f.Params["agentId"] != want.AgentID || f.Params["agentName"] != want.AgentName {
				t.Errorf("held: %+v, %q, %v", s.Held, f.Text, f.Params)
			}
			if now := w.Conversation(c.ID); now.Name != "Mia Lin" {
				t.Errorf("who is refused calls it %s", now.Name)
			}
		}
		amys := conversation.Held{ConversationID: c.ID, Status: "IN_PROGRESS", AgentID: amy.AgentID, AgentName: "Amy", MayTakeOver: true}
		held(ben, amys, "Amy has the conversation with this customer; you may take it over.")
		in.FromAgentID = ben.AgentID
		held(ben, amys, "Amy has the conversation with this customer; you may take it over.")
		in.FromAgentID = amy.AgentID
		c, _ = w.started(ben, in)
		stands(c, entconversation.StatusIN_PROGRESS, ben, "Mia Chen", "log.taken_over")
		if got := w.notices(amy); !slices.Equal(got, []string{"notice.taken_over"}) {
			t.Errorf("the former follower is told %v", got)
		}

		// One's own that has ended is reopened; another's is refused with whom it is, and taken over.
		in.FromAgentID = 0
		w.end(ben, c.ID)
		c, _ = w.started(ben, in)
		stands(c, entconversation.StatusIN_PROGRESS, ben, "Mia Chen", "log.reopened")
		w.end(ben, c.ID)
		s, _, err := w.actions.Start(ctx, amy, in)
		if f := w.refused("STATE_CONFLICT", w.Head(), err); s.Held == nil || s.Held.Status != "ENDED" || s.Held.AgentID != ben.AgentID || f.Params["status"] != "ENDED" {
			t.Errorf("ended with another: %+v, %v", s.Held, f.Params)
		}
		in.FromAgentID = ben.AgentID
		c, _ = w.started(amy, in)
		stands(c, entconversation.StatusIN_PROGRESS, amy, "Mia Chen", "log.reopened")
		if got := w.notices(ben); !slices.Equal(got, []string{"notice.taken_over"}) {
			t.Errorf("the former follower is told %v", got)
		}

		// A pending one is followed without asking, wherever it was to go.
		in = conversation.StartInput{ChannelID: phone, Country: "HK", Phone: "5123 4567"}
		c, _ = w.started(amy, in)
		w.release(amy)
		if c = w.Conversation(c.ID); c.Status != entconversation.StatusPENDING {
			t.Fatalf("it stands %s", c.Status)
		}
		c, _ = w.started(ben, in)
		stands(c, entconversation.StatusIN_PROGRESS, ben, catalogue.Text("en", "customer.unknown", nil), "log.followed")

		// Of a collaboration those who work on it begin it, and others join first.
		w.collaborates(true)
		cleo, dan := w.named("Cleo", auth.Supervisor, auth.SendMessages), w.named("Dan", auth.Supervisor, auth.SendMessages)
		w.add(ben, c.ID, cleo)
		if c, _ = w.started(cleo, in); *c.FollowerID != ben.AgentID {
			t.Errorf("a collaborator opens it, and %d follows it", *c.FollowerID)
		}
		in.FromAgentID = ben.AgentID
		s, _, err = w.actions.Start(ctx, dan, in)
		if f := w.refused("STATE_CONFLICT", w.Head(), err); s.Held == nil || s.Held.MayTakeOver || s.Held.AgentName != "Ben" || f.Text != catalogue.Text("en", "refusal.join_first", nil) {
			t.Errorf("a collaboration of others: %+v, %q", s.Held, f.Text)
		}
	})
}

// release takes an agent out of what it follows, as deactivating it does.
func (w *world) release(p auth.Principal) {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		_, err := w.actions.Release(ctx, tx, p.AgentID, system)
		return err
	})
	w.Check()
}

// MSG-14, PROD-19: what begins nothing: numbers that are none, accounts that know no numbers, and who may not send.
func TestStartRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		phone, gone := w.account(channels.WhatsApp), w.account(channels.WhatsApp)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Channel.UpdateOneID(gone).SetDeletedAt(tx.Now).Exec(ctx)
		})
		mute := w.Agent(auth.Admin, auth.ManageOthers)
		off := w.Agent(auth.AgentRole, auth.SendMessages)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(off.AgentID).SetStatus("DEACTIVATED").Exec(ctx)
		})
		bot := w.Token(ben, []auth.Permission{auth.SendMessages}, auth.WriteConversations, auth.ActAs)
		for name, x := range map[string]struct {
			p           auth.Principal
			channel     int64
			country     string
			phone       string
			code, field string
		}{
			"too short":                         {amy, phone, "TW", "12345", "VALIDATION", "phone"},
			"words":                             {amy, phone, "TW", "call me", "VALIDATION", "phone"},
			"nothing":                           {amy, phone, "TW", "", "VALIDATION", "phone"},
			"another country's":                 {amy, phone, "TW", "+852 5123 4567", "VALIDATION", "phone"},
			"with an extension":                 {amy, phone, "TW", "02-2345-6789 ext. 12", "VALIDATION", "phone"},
			"no country":                        {amy, phone, "XX", "0912345678", "VALIDATION", "country"},
			"a country in words":                {amy, phone, "Taiwan", "0912345678", "VALIDATION", "country"},
			"an account on LINE":                {amy, w.ChannelID, "TW", "0912345678", "VALIDATION", "channelId"},
			"an account that was deleted":       {amy, gone, "TW", "0912345678", "CHANNEL_UNAVAILABLE", ""},
			"an account that is none":           {amy, 1 << 40, "TW", "0912345678", "NOT_FOUND", ""},
			"who may not send":                  {mute, phone, "TW", "0912345678", "FORBIDDEN", ""},
			"who is deactivated":                {off, phone, "TW", "0912345678", "FORBIDDEN", ""},
			"an integration that acts for none": {bot, phone, "TW", "0912345678", "FORBIDDEN", ""},
		} {
			head := w.Head()
			_, _, err := w.actions.Start(t.Context(), x.p, conversation.StartInput{ChannelID: x.channel, Country: x.country, Phone: x.phone, Name: "Mia"})
			if err == nil {
				t.Errorf("%s: it is begun", name)
			} else if f := w.refused(x.code, head, err); f.Field != x.field {
				t.Errorf("%s: refused for %q: %v", name, f.Field, err)
			}
		}
		c, isNew := w.started(bot, conversation.StartInput{ChannelID: phone, Country: "TW", Phone: "0912345678", OnBehalfOf: amy.AgentID})
		if !isNew || *c.FollowerID != amy.AgentID {
			t.Errorf("for an agent it begins %+v", c)
		}
	})
}

// MSG-14, CONV-6: of agents who begin the same at one instant one makes the conversation, and the others are told who.
func TestStartAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		phone := w.account(channels.WhatsApp)
		const n = 6
		agents := make([]auth.Principal, n)
		for i := range agents {
			agents[i] = w.Agent(auth.AgentRole, auth.SendMessages)
		}
		all, errs := make([]conversation.Started, n), make([]error, n)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i, p := range agents {
			wg.Go(func() {
				<-start
				all[i], _, errs[i] = w.actions.Start(t.Context(), p, conversation.StartInput{ChannelID: phone, Name: fmt.Sprint("Name ", i), Country: "TW", Phone: "0912345678"})
			})
		}
		close(start)
		wg.Wait()
		w.Check()
		made := slices.IndexFunc(errs, func(err error) bool { return err == nil })
		if made < 0 || !all[made].IsNew {
			t.Fatalf("%+v, %v", all, errs)
		}
		for i, s := range all {
			if i != made && (errs[i] == nil || s.Held == nil || s.Held.AgentID != agents[made].AgentID || s.Held.ConversationID != all[made].ConversationID) {
				t.Errorf("agent %d is told %+v, %v", i, s, errs[i])
			}
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			c, err := v.Conversation.Query().Only(ctx)
			if err == nil && (*c.FollowerID != agents[made].AgentID || c.Name != fmt.Sprint("Name ", made)) {
				t.Errorf("it is %+v", c)
			}
			return err
		})
	})
}
