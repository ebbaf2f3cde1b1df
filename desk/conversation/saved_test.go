package conversation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// modules are bot modules, by id.
type modules map[int64][]conversation.Part

func (m modules) PartsIn(_ context.Context, _ *store.Tx, id int64) ([]conversation.Part, error) {
	return m[id], nil
}

// reply keeps a saved reply of a manager's.
func (w *world) reply(p auth.Principal, in savedreply.CreateInput) *savedreply.Reply {
	w.T.Helper()
	w.n++
	in.Title, in.Visibility = fmt.Sprintf("reply %d", w.n), savedreply.Everybody
	r, _, err := savedreply.New(w.DB, w.files.Service).Create(w.T.Context(), p, in)
	if err != nil {
		w.T.Fatal(err)
	}
	return r
}

func (w *world) module() int64 {
	w.T.Helper()
	var id int64
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		w.n++
		name := fmt.Sprintf("module %d", w.n)
		m, err := tx.BotModule.Create().SetName(name).SetNameFolded(name).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err == nil {
			id = m.ID
		}
		return err
	})
	return id
}

// MSG-4, MSG-7, MSG-8, MSG-16, PROD-4, PROD-5, CHAN-11: a saved reply's text goes with the customer's name in it, then its pictures or the module's messages, in
// order, all at once; the same id is the same messages.
func TestSendSaved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		cid := w.chat("王小明")
		w.follow(amy, cid)
		w.hears(cid, "how do I wear it?")
		picture := func() int64 { return w.files.Add(ben, "a.jpg", "image/jpeg", filetest.JPEG(30, 20)).ID }
		files := []int64{picture(), picture()}
		r := w.reply(ben, savedreply.CreateInput{Body: "{{system:customer_name}},您好", FileIDs: files})
		menu := w.module()
		saved := conversation.NewSaved(w.actions, modules{menu: {{Text: "menu for {{system:customer_name}}", Buttons: []conversation.Button{{Label: "shop", URL: "https://shop.example"}}}, {Text: "bye"}}})

		in := conversation.SavedInput{ConversationID: cid, ReplyID: r.ID, ClientMessageID: "r1"}
		all := make([][]*ent.Message, 4)
		var wg sync.WaitGroup
		for i := range all {
			wg.Go(func() {
				var err error
				if all[i], _, _, err = saved.Send(ctx, amy, in); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.Check()
		sent := w.Messages(cid)[2:]
		if len(sent) != 3 {
			t.Fatalf("%d messages were sent", len(sent))
		}
		for i, m := range sent {
			for _, got := range all {
				if len(got) != 3 || got[i].ID != m.ID {
					t.Fatalf("the same id gives %v", got)
				}
			}
			key := []string{"r1", "r1/2", "r1/3"}[i]
			if m.Direction != message.DirectionOUTBOUND || m.Delivery != message.DeliverySENDING || m.Sender != message.SenderAGENT || *m.AgentID != amy.AgentID || *m.ClientMessageID != key {
				t.Errorf("message %d is %+v", i, m)
			}
		}
		if sent[0].Text != "王小明,您好" || sent[0].Kind != "TEXT" || sent[1].Kind != "IMAGE" || sent[2].Kind != "IMAGE" {
			t.Errorf("it becomes %q and %s and %s", sent[0].Text, sent[1].Kind, sent[2].Kind)
		}
		for i, m := range sent[1:] {
			if a := w.attachment(m.ID); *a.FileID != files[i] || a.ExpiresAt != nil {
				t.Errorf("file %d is %+v", i, a)
			}
		}
		if c := w.Conversation(cid); c.WaitingSince != nil || c.Unread != 0 {
			t.Errorf("it answers nobody: %+v", c)
		}
		w.clock.Advance(1)
		changed := "other words"
		head := w.Head()
		_, _, _, err := saved.Send(ctx, amy, conversation.SavedInput{ConversationID: cid, ReplyID: r.ID, Text: &changed, ClientMessageID: "r1"})
		w.refused("CONFLICT", head, err)
		_, err = w.say(amy, cid, "r1", "a message of the same id")
		w.refused("CONFLICT", head, err)
		w.sent(amy, cid, "own", "a message")
		head = w.Head()
		_, _, _, err = saved.Send(ctx, amy, conversation.SavedInput{ConversationID: cid, ReplyID: r.ID, ClientMessageID: "own"})
		w.refused("CONFLICT", head, err)

		// What the agent changed in the input goes instead; a bot module goes as it is.
		bot := w.reply(ben, savedreply.CreateInput{Body: "please choose", ModuleID: menu})
		got, _, _, err := saved.Send(ctx, amy, conversation.SavedInput{ConversationID: cid, ReplyID: bot.ID, Text: &changed, ClientMessageID: "r2"})
		if err != nil || len(got) != 3 || got[0].Text != changed || got[1].Text != "menu for 王小明" || got[1].Kind != "TEMPLATE" || got[2].Text != "bye" || got[1].Sender != message.SenderAGENT {
			t.Errorf("a bot module: %v, %v", got, err)
		}
		w.Check()
		// A deleted module says so, and nothing goes.
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := savedreply.LetGoIn(ctx, tx, menu, system); err != nil {
				return err
			}
			return tx.BotModule.DeleteOneID(menu).Exec(ctx)
		})
		head = w.Head()
		amy.Language = catalogue.Chinese
		_, _, _, err = saved.Send(ctx, amy, conversation.SavedInput{ConversationID: cid, ReplyID: bot.ID, ClientMessageID: "r3"})
		if f := w.refused("VALIDATION", head, err); f.Text != "此預存回覆的機器人模組已被刪除" || f.Field != "savedReplyId" {
			t.Errorf("it is refused with %q for %s", f.Text, f.Field)
		}
	})
}

// CONV-23, CONV-28, PROD-4: a saved reply is sent by who may answer there and is shown it; anybody else sends nothing.
func TestWhoSendsSaved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		saved := conversation.NewSaved(w.actions, modules{})
		own, _, err := savedreply.New(w.DB, nil).Create(t.Context(), ben, savedreply.CreateInput{Title: "own", Body: "hi", Visibility: savedreply.Me})
		if err != nil {
			t.Fatal(err)
		}
		r := w.reply(ben, savedreply.CreateInput{Body: "hi"})
		try := func(p auth.Principal, reply int64, want string) {
			t.Helper()
			head := w.Head()
			_, _, _, err := saved.Send(t.Context(), p, conversation.SavedInput{ConversationID: cid, ReplyID: reply, ClientMessageID: "x"})
			if want == "" && err != nil {
				t.Errorf("refused: %v", err)
			} else if want != "" {
				w.refused(want, head, err)
			}
			preview, err := saved.Preview(t.Context(), p, reply, cid)
			switch {
			case want == "NOT_FOUND":
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("its preview gives %v", err)
				}
			case err != nil || preview.Text != "hi" || (preview.Refusal == "") != (want == ""):
				t.Errorf("its preview is %+v, %v; sending gives %q", preview, err, want)
			}
		}
		try(amy, r.ID, "STATE_CONFLICT") // PENDING
		w.follow(amy, cid)
		try(amy, own.ID, "NOT_FOUND")
		try(amy, 987654, "NOT_FOUND")
		try(w.Agent(auth.AgentRole, auth.SendMessages), r.ID, "NOT_FOUND")
		try(w.Agent(auth.Supervisor), r.ID, "FORBIDDEN")
		try(amy, r.ID, "")
	})
}

// PROD-5, GRP-13, MSG-7: what a channel's row does not have is refused with the rule's words, on every channel there is or is to come; in groups bot modules, files
// and the customer's name are. The preview says the same as sending.
func TestSavedByChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.agents()
		amy.Language = catalogue.Chinese
		menu := w.module()
		saved := conversation.NewSaved(w.actions, modules{menu: {{Text: "menu"}}})
		upload := func(name, contentType string, b []byte) []int64 {
			return []int64{w.files.Add(ben, name, contentType, b).ID}
		}
		replies := map[string]*savedreply.Reply{
			"text":     w.reply(ben, savedreply.CreateInput{Body: "hi"}),
			"variable": w.reply(ben, savedreply.CreateInput{Body: "hi {{system:customer_name}}"}),
			"picture":  w.reply(ben, savedreply.CreateInput{Body: "hi", FileIDs: upload("a.jpg", "image/jpeg", filetest.JPEG(20, 10))}),
			"file":     w.reply(ben, savedreply.CreateInput{Body: "hi", FileIDs: upload("a.pdf", "application/pdf", filetest.PDF("care"))}),
			"module":   w.reply(ben, savedreply.CreateInput{Body: "hi", ModuleID: menu}),
		}
		noFile, noModule := "目標渠道不支援發送含有檔案類型的預存回覆", "目標渠道不支援發送此類型的機器人模組"
		places := map[string]struct {
			conversation int64
			refused      map[string]string
		}{
			"LINE":         {w.chat("Mia"), map[string]string{"file": noFile}},
			"a website":    {w.on(channels.Webchat, "Mia"), map[string]string{"file": noFile, "module": noModule}},
			"Facebook":     {w.on(channels.Facebook, "Mia"), nil},
			"WhatsApp":     {w.on(channels.WhatsApp, "Mia"), nil},
			"Instagram":    {w.on(channels.Instagram, "Mia"), map[string]string{"file": noFile}},
			"WeChat":       {w.on(channels.WeChat, "Mia"), map[string]string{"file": noFile, "module": noModule}},
			"Telegram":     {w.on(channels.Telegram, "Mia"), map[string]string{"file": noFile, "module": noModule}},
			"a LINE group": {w.group(3), map[string]string{"file": "群組對話無法傳送檔案。", "module": "群組對話無法傳送機器人模組。", "variable": "群組對話無法使用顧客變數。"}},
		}
		for name, place := range places {
			w.follow(amy, place.conversation)
			for what, r := range replies {
				preview, err := saved.Preview(ctx, amy, r.ID, place.conversation)
				if err != nil {
					t.Fatal(err)
				}
				head := w.Head()
				_, _, _, err = saved.Send(ctx, amy, conversation.SavedInput{ConversationID: place.conversation, ReplyID: r.ID, ClientMessageID: name + what})
				want, isRefused := place.refused[what]
				switch {
				case !isRefused && err != nil:
					t.Errorf("%s on %s: %v", what, name, err)
				case isRefused:
					if f := w.refused("VALIDATION", head, err); f.Text != want {
						t.Errorf("%s on %s is refused with %q", what, name, f.Text)
					}
				}
				if preview.Refusal != want {
					t.Errorf("%s on %s: the preview says %q, sending %v", what, name, preview.Refusal, err)
				}
				if text := map[string]string{"variable": "hi Mia"}[what]; text != "" && !isRefused && preview.Text != text {
					t.Errorf("%s on %s: the preview is %q", what, name, preview.Text)
				}
			}
		}
		// A text that the channel cannot take is refused before anything is queued.
		long := w.reply(ben, savedreply.CreateInput{Body: strings.Repeat("字", 2001)})
		head := w.Head()
		_, _, _, err := saved.Send(ctx, amy, conversation.SavedInput{ConversationID: places["Facebook"].conversation, ReplyID: long.ID, ClientMessageID: "long"})
		if f := w.refused("LIMIT_EXCEEDED", head, err); f.Field != "savedReplyId" {
			t.Errorf("a long one is refused for %s", f.Field)
		}
		if all := w.Messages(places["Facebook"].conversation); slices.ContainsFunc(all, func(m *ent.Message) bool { return strings.HasPrefix(m.Text, "字") }) {
			t.Error("and was queued")
		}
		w.Check()
	})
}
