package visitor_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// signed is a proof of a member as a shop makes it.
func signed(member string) visitor.Proof {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(member))
	return visitor.Proof{ExternalID: member, Hash: hex.EncodeToString(mac.Sum(nil)), Name: "王小明", Email: "ming@example.com", Phone: "0912-345-678"}
}

// MSG-17: what agents note among themselves is in no visitor's history, and no page is told of it.
func TestNotesAreNotShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.begin("")
		w.says(b.Token, "hello")
		c := w.with(b.Token)
		p := w.Agent(auth.AgentRole, auth.SendMessages)
		page := w.open(t, w.visitors, b.Token, nil)
		if _, _, _, err := w.actions.Note(t.Context(), p, conversation.NoteInput{ConversationID: c.ID, Text: "canary", ClientMessageID: "1"}); err != nil {
			t.Fatal(err)
		}
		all, _, err := w.server().History(t.Context(), w.session(b.Token), 0, 50)
		if err != nil || len(all) != 1 || all[0].Text != "hello" {
			t.Errorf("the history is %+v, %v", all, err)
		}
		w.says(b.Token, "again")
		page.is("message again sent")
	})
}

func count(t *testing.T, w *world) (contacts, conversations int) {
	t.Helper()
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		if contacts, err = v.Contact.Query().Count(ctx); err != nil {
			return err
		}
		conversations, err = v.Conversation.Query().Count(ctx)
		return err
	})
	return contacts, conversations
}

// CHAN-12: a session lasts while it is used, and fills no inbox by itself.
func TestSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := w.begin("")
		if len(first.Token) != 43 || !strings.HasPrefix(first.Session.PublicID, "v_") || len(first.Messages) != 0 || first.Unread != 0 || first.Session.ExternalID != "" {
			t.Errorf("begun %+v", first)
		}
		if contacts, conversations := count(t, w); contacts != 0 || conversations != 0 {
			t.Errorf("a page that was opened made %d contacts and %d conversations", contacts, conversations)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			x, err := v.Visitor.Query().Only(ctx)
			if err == nil && strings.Contains(string(x.TokenHash), first.Token) {
				t.Error("the secret is kept as it is")
			}
			return err
		})
		// Again and again, each time for another half a year.
		for range 3 {
			w.clock.Advance(visitor.LastsFor - time.Hour)
			if again := w.begin(first.Token); again.Token != first.Token || again.Session.VisitorID != first.Session.VisitorID {
				t.Errorf("it goes on as %+v", again)
			}
		}
		w.says(first.Token, "您好")
		if contacts, conversations := count(t, w); contacts != 1 || conversations != 1 {
			t.Errorf("a message made %d contacts and %d conversations", contacts, conversations)
		}
		if again := w.begin(first.Token); len(again.Messages) != 1 || again.Messages[0].Text != "您好" {
			t.Errorf("the history is %+v", again.Messages)
		}
		for _, wrong := range []string{"no-such-token", strings.Repeat("x", 10_000), first.Session.PublicID} {
			if other := w.begin(wrong); other.Token == wrong || other.Session.VisitorID == first.Session.VisitorID || len(other.Messages) != 0 {
				t.Errorf("%.20q opens %+v", wrong, other)
			}
			if _, err := w.visitors.Authenticate(t.Context(), wrong); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%.20q gives %v", wrong, err)
			}
		}
		w.clock.Advance(visitor.LastsFor + time.Second)
		if _, err := w.visitors.Authenticate(t.Context(), first.Token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("an old secret gives %v", err)
		}
		if late := w.begin(first.Token); late.Token == first.Token || len(late.Messages) != 0 {
			t.Errorf("an old secret opens %+v", late)
		}
		// Whose session is over and who never wrote is forgotten; the others' conversations keep their visitor.
		if n, err := w.visitors.Purge(t.Context()); err != nil || n != 3 {
			t.Errorf("%d were forgotten: %v", n, err)
		}
		if x := w.seen(first.Session.IdentityID); x == nil || x.ID != first.Session.VisitorID {
			t.Errorf("who wrote is now %+v", x)
		}
	})
}

// CONT-1, CHAN-12: a member's number is in the contact once it is proven, and never on the browser's word.
func TestIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		forged := signed("m-1")
		forged.Hash = strings.Repeat("0", 64)
		a := w.begin("", as(forged))
		if a.Session.ExternalID != "" {
			t.Error("a forged proof counts")
		}
		w.says(a.Token, "hi")
		if c := contactOf(w, a.Token); c.MembershipNo != "" || c.Name == forged.Name {
			t.Errorf("a forged proof gives %+v", c)
		}
		// The proof: another secret, while that of the other tabs goes on for a minute.
		b := w.begin(a.Token, as(signed("m-1")))
		if b.Token == a.Token || b.Session.VisitorID != a.Session.VisitorID || b.Session.ExternalID != "m-1" || len(b.Messages) != 1 {
			t.Errorf("identified %+v", b)
		}
		if c := contactOf(w, b.Token); c.MembershipNo != "m-1" || c.Name != "王小明" {
			t.Errorf("the member's contact is %+v", c)
		}
		w.session(a.Token)
		if again := w.begin(b.Token, as(signed("m-1"))); again.Token != b.Token {
			t.Error("the same member again gets another secret")
		}
		w.clock.Advance(visitor.PreviousFor)
		if _, err := w.visitors.Authenticate(t.Context(), a.Token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after a minute the secret before gives %v", err)
		}
		// It stays the member's without a proof each time.
		if again := w.begin(b.Token); again.Session.ExternalID != "m-1" {
			t.Errorf("without a proof it is %+v", again.Session)
		}
		// Another device of the member has the same conversation.
		phone := w.begin("", as(signed("m-1")))
		if phone.Session.IdentityID != b.Session.IdentityID || len(phone.Messages) != 1 || phone.Messages[0].ClientMessageID != "" {
			t.Errorf("another device sees %+v", phone)
		}
		w.says(phone.Token, "and from my phone")
		if again := w.begin(b.Token); len(again.Messages) != 2 {
			t.Errorf("the first device sees %+v", again.Messages)
		}
		// Another member at the same browser is another person.
		other := w.begin(b.Token, as(signed("m-2")))
		if other.Token == b.Token || other.Session.VisitorID == b.Session.VisitorID || len(other.Messages) != 0 || other.Session.ExternalID != "m-2" {
			t.Errorf("another member is %+v", other)
		}
		if _, err := w.visitors.Authenticate(t.Context(), b.Token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the session before gives %v", err)
		}
		w.says(other.Token, "I am another")
		if c := contactOf(w, other.Token); c.MembershipNo != "m-2" || c.Name != "王小明" {
			t.Errorf("whose first message comes after the proof is %+v", c)
		}
		// Who logs out is nobody.
		out, err := w.visitors.Logout(t.Context(), w.session(other.Token))
		if err != nil || out.Token == other.Token || out.Session.ExternalID != "" || len(out.Messages) != 0 {
			t.Errorf("logged out %+v: %v", out, err)
		}
		if _, err := w.visitors.Authenticate(t.Context(), other.Token); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after logging out the secret gives %v", err)
		}
		if back := w.begin(out.Token, as(signed("m-2"))); len(back.Messages) != 1 || back.Messages[0].Text != "I am another" {
			t.Errorf("back again it sees %+v", back.Messages)
		}
		w.Check()
	})
}

// CONT-1: who has written before the proof keeps the conversation, which becomes the member's, with an entry in its log.
func TestLateProof(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var known *ent.Contact
		w.Write(func(ctx context.Context, tx *store.Tx) (err error) {
			known, err = tx.Contact.Create().SetFirstName("Ming").SetName("Ming").SetNameFolded("ming").SetMembershipNo("m-1").SetMembershipFolded("m-1").
				SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			return err
		})
		a := w.begin("")
		w.says(a.Token, "before")
		c := w.with(a.Token)
		b := w.begin(a.Token, as(signed("m-1")))
		if len(b.Messages) != 1 {
			t.Errorf("it sees %+v", b.Messages)
		}
		after := w.with(b.Token)
		if after.ID != c.ID || *after.ContactID != known.ID || after.Name != "Ming" || after.Version <= c.Version {
			t.Errorf("the conversation is %+v", after)
		}
		if log := w.Log(c.ID); log[len(log)-1] != "log.member_proven" {
			t.Errorf("the log says %v", log)
		}
		if got := contactOf(w, b.Token); got.Name != "Ming" || got.MembershipNo != "m-1" {
			t.Errorf("what was known became %+v", got)
		}
		w.Check()
		// A member whom the team has blocked is blocked at any browser.
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.Update().SetIsBlocked(true).Exec(ctx)
		})
		other := w.begin("")
		w.says(other.Token, "I am somebody else")
		if other = w.begin(other.Token, as(signed("m-1"))); !other.Session.IsBlocked {
			t.Error("a blocked member writes from another browser")
		}
	})
}

func contactOf(w *world, token string) *ent.Contact {
	w.T.Helper()
	c := w.with(token)
	if c == nil || c.ContactID == nil {
		w.T.Fatal("there is no conversation with a contact")
	}
	var x *ent.Contact
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		x, err = v.Contact.Get(ctx, *c.ContactID)
		return err
	})
	return x
}

// MSG-16, MSG-18, CONV-3: what a visitor writes is one message, whatever it holds, and goes the way of all inbound messages.
func TestSend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.begin("")
		x := w.session(a.Token)
		id := w.random.UUID()
		in := visitor.SendInput{ClientMessageID: strings.ToUpper(id), Type: visitor.Text, Text: "<script>alert(1)</script>\n嗨", Page: &visitor.Page{URL: "https://shop.example.com/cart?token=x", Title: "Cart"}}
		for range 3 {
			m, err := w.visitors.Send(t.Context(), x, in)
			if err != nil || m.Seq != 1 || m.Text != in.Text || m.ClientMessageID != id || m.From != visitor.FromVisitor || m.Type != visitor.Text || m.Status != "sent" {
				t.Errorf("sent %+v: %v", m, err)
			}
		}
		c := w.with(a.Token)
		if c.Status != "PENDING" || c.Queue != "HUMAN" || c.Unread != 1 || c.ChannelType != "WEBCHAT" {
			t.Errorf("the conversation is %+v", c)
		}
		if v := w.seen(x.IdentityID); v.MessagePageURL != "https://shop.example.com/cart" || v.MessagePageTitle != "Cart" || v.PageURL != v.MessagePageURL {
			t.Errorf("the visitor is at %+v", v)
		}
		other := in
		other.Text = "another"
		if _, err := w.visitors.Send(t.Context(), x, other); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same id for another text gives %v", err)
		}
		// Another visitor's same id is another message.
		b := w.begin("")
		if m, err := w.visitors.Send(t.Context(), w.session(b.Token), other); err != nil || m.Text != "another" {
			t.Errorf("another visitor's same id gives %+v: %v", m, err)
		}
		for name, wrong := range map[string]visitor.SendInput{
			"no id": {Type: visitor.Text, Text: "x"}, "no UUID": {ClientMessageID: "1", Type: visitor.Text, Text: "x"}, "no type": {ClientMessageID: id, Text: "x"},
			"no text": {ClientMessageID: id, Type: visitor.Text, Text: " \n"}, "a long text": {ClientMessageID: id, Type: visitor.Text, Text: strings.Repeat("😀", 5001)},
			"a picture without upload": {ClientMessageID: id, Type: visitor.Image}, "no such upload": {ClientMessageID: w.random.UUID(), Type: visitor.Image, UploadID: "u999"},
			"NUL": {ClientMessageID: id, Type: visitor.Text, Text: "a\x00b"}, "a film": {ClientMessageID: id, Type: "video", UploadID: "u1"},
		} {
			if _, err := w.visitors.Send(t.Context(), x, wrong); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s gives %v", name, err)
			}
		}
		if m := w.says(a.Token, strings.Repeat("😀", 5000)); m.Seq != 2 {
			t.Errorf("the longest text is %d", m.Seq)
		}
		// An ended conversation opens again.
		w.follow(w.with(a.Token))
		if _, _, err := w.actions.End(t.Context(), w.boss, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		w.says(a.Token, "one more thing")
		if c := w.with(a.Token); c.Status != "PENDING" {
			t.Errorf("after the end it is %s", c.Status)
		}
	})
}

// MSG-16: a picture that is sent again while it is taken in is one message; the second try was told that its upload is gone.
func TestPictureSentAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		x := w.session(w.begin("").Token)
		for range 8 {
			picture := filetest.PNG(8, 8)
			id, _, err := w.visitors.Upload(t.Context(), x, file.UploadInput{Name: "a.png", ContentType: "image/png", Body: bytes.NewReader(picture), Size: int64(len(picture))})
			if err != nil {
				t.Fatal(err)
			}
			in := visitor.SendInput{ClientMessageID: w.random.UUID(), Type: visitor.Image, UploadID: id}
			var places [4]int64
			var all sync.WaitGroup
			for i := range places {
				all.Go(func() {
					m, err := w.visitors.Send(t.Context(), x, in)
					if places[i] = m.Seq; err != nil {
						t.Errorf("try %d: %v", i, err)
					}
				})
			}
			all.Wait()
			for _, seq := range places {
				if seq == 0 || seq != places[0] {
					t.Errorf("the places are %v", places)
				}
			}
		}
	})
}

// CONV-15: of a blocked visitor nothing is kept; whether it is told is the channel's choice.
func TestBlocked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.begin("")
		w.says(a.Token, "before")
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Identity.Update().SetIsBlocked(true).Exec(ctx)
		})
		in := visitor.SendInput{ClientMessageID: w.random.UUID(), Type: visitor.Text, Text: "canary", Page: &visitor.Page{URL: "https://shop.example.com/canary"}}
		m, err := w.visitors.Send(t.Context(), w.session(a.Token), in)
		if err != nil || m.Seq != 0 || m.Text != "canary" || m.Status != "sent" {
			t.Errorf("a blocked visitor is told %+v: %v", m, err)
		}
		// Uploads were answered as if the server had trouble, and the browser tried for ever.
		up := func() (string, error) {
			picture := filetest.PNG(8, 8)
			id, _, err := w.visitors.Upload(t.Context(), w.session(a.Token), file.UploadInput{Name: "a.png", ContentType: "image/png", Body: bytes.NewReader(picture), Size: int64(len(picture))})
			return id, err
		}
		id, err := up()
		if err != nil || id == "" {
			t.Errorf("a blocked visitor's picture gives %q: %v", id, err)
		}
		m, err = w.visitors.Send(t.Context(), w.session(a.Token), visitor.SendInput{ClientMessageID: w.random.UUID(), Type: visitor.Image, UploadID: id})
		if err != nil || m.Seq != 0 || m.Status != "sent" {
			t.Errorf("a message of it gives %+v: %v", m, err)
		}
		if err := w.visitors.SetPage(t.Context(), w.session(a.Token), visitor.Page{URL: "https://shop.example.com/canary"}); err != nil {
			t.Fatal(err)
		}
		if got := w.begin(a.Token); len(got.Messages) != 1 {
			t.Errorf("kept %+v", got.Messages)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			for _, q := range []string{"SELECT count(*) FROM inbound_events WHERE team_id = ? AND raw LIKE '%canary%'", "SELECT count(*) FROM visitors WHERE team_id = ? AND page_url LIKE '%canary%'"} {
				rows, err := v.Query(ctx, q, v.Team)
				if err != nil {
					return err
				}
				var n int
				for rows.Next() {
					err = rows.Scan(&n)
				}
				if rows.Close(); err != nil || n != 0 {
					t.Errorf("%s gives %d: %v", q, n, err)
				}
			}
			return nil
		})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Webchat.Update().SetRefusesBlocked(true).Exec(ctx)
		})
		w.clock.Advance(2 * time.Second) // what another server changed is seen within a second
		if _, err := w.visitors.Send(t.Context(), w.session(a.Token), in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("where it is told: %v", err)
		}
		if _, err := up(); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a picture where it is told: %v", err)
		}
	})
}

// MSG-3: an agent's message is RECEIVED when the browser has it and READ when the visitor sees it, and never goes back.
func TestSeen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		a := w.begin("")
		w.says(a.Token, "hi")
		c := w.with(a.Token)
		w.follow(c)
		one, two := w.answers(c, "one"), w.answers(c, "two")
		waiting := w.queues(c, "on its way")
		x := w.session(a.Token)
		if b := w.begin(a.Token); b.Unread != 2 || len(b.Messages) != 3 || b.Messages[1].Name != w.boss.Name || b.Messages[1].From != visitor.FromAgent || b.Messages[1].Status != "sent" {
			t.Errorf("the visitor sees %+v", b)
		}
		for _, step := range []struct {
			f    func(context.Context, visitor.Session, int64) error
			upTo int64
			want string
		}{
			{w.visitors.Received, one.Seq, "RECEIVED SENT SENDING"}, {w.visitors.Read, one.Seq, "READ SENT SENDING"}, {w.visitors.Received, 1000, "READ RECEIVED SENDING"},
			{w.visitors.Read, 1000, "READ READ SENDING"}, {w.visitors.Received, 1000, "READ READ SENDING"},
		} {
			if err := step.f(ctx, x, step.upTo); err != nil {
				t.Fatal(err)
			}
			if got := w.delivery(one) + " " + w.delivery(two) + " " + w.delivery(waiting); got != step.want {
				t.Errorf("they are %s, not %s", got, step.want)
			}
			w.Check()
		}
		head := w.Head()
		if err := w.visitors.Read(ctx, x, 1000); err != nil || w.Head() != head {
			t.Errorf("reading again is told to everybody: %v", err)
		}
		// Another visitor's reading is nothing to it.
		other := w.begin("")
		w.settle(waiting, conversation.Delivery{Status: message.DeliverySENT, PlatformMessageID: waiting.RetryKey})
		if err := w.visitors.Read(ctx, w.session(other.Token), 1000); err != nil || w.delivery(waiting) != "SENT" {
			t.Errorf("another visitor's reading makes it %s: %v", w.delivery(waiting), err)
		}
		if b := w.begin(a.Token); b.Unread != 1 {
			t.Errorf("%d are unread", b.Unread)
		}
	})
}

// History goes back page by page, and shows nothing that is the team's own.
func TestHistory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.begin("")
		w.says(a.Token, "1")
		c := w.with(a.Token)
		w.follow(c)
		for _, text := range []string{"2", "3", "4", "5"} {
			w.answers(c, text)
		}
		failed := w.queues(c, "failed")
		w.settle(failed, conversation.Delivery{Status: message.DeliveryFAILED, Code: "PLATFORM_ERROR"})
		w.queues(c, "on its way")
		x := w.session(a.Token)
		var all []string
		before := int64(0)
		for range 3 {
			page, hasMore, err := w.visitors.History(t.Context(), x, before, 2)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, m := range page {
				texts = append(texts, m.Text)
			}
			all = append([]string{strings.Join(texts, ",")}, all...)
			if before = page[0].Seq; hasMore != (len(all) < 3) {
				t.Errorf("after %d pages there are more: %v", len(all), hasMore)
			}
		}
		if got := strings.Join(all, " "); got != "1 2,3 4,5" {
			t.Errorf("the history is %q", got)
		}
		b := w.begin("")
		if page, _, err := w.visitors.History(t.Context(), w.session(b.Token), 0, 10); err != nil || len(page) != 0 {
			t.Errorf("another visitor sees %+v: %v", page, err)
		}
	})
}

// CHAN-12: a page that is opened again says who follows the conversation, and nobody once it is over.
func TestFollowerIsNamed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		begun := w.begin("")
		if begun.Agent != "" {
			t.Errorf("%q follows nothing", begun.Agent)
		}
		w.says(begun.Token, "hello")
		if again := w.begin(begun.Token); again.Agent != "" {
			t.Errorf("%q follows what is pending", again.Agent)
		}
		c := w.with(begun.Token)
		w.follow(c)
		if again := w.begin(begun.Token); again.Agent != w.boss.Name || again.Agent == "" {
			t.Errorf("%q follows, not %q", again.Agent, w.boss.Name)
		}
		if _, _, err := w.actions.End(t.Context(), w.boss, conversation.EndInput{ConversationID: c.ID}); err != nil {
			t.Fatal(err)
		}
		if again := w.begin(begun.Token); again.Agent != "" {
			t.Errorf("%q follows what has ended", again.Agent)
		}
	})
}
