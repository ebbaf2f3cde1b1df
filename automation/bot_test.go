package automation_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botentry"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// PROD-7, CONV-3, CONV-5: from button to button, to a person.
func TestModules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		sizes := w.module("sizes", automation.Message{Text: "S 36, M 38"})
		menu := w.module("menu", automation.Message{Text: "您好,{{system:customer_name}}"}, automation.Message{Text: "What may it be?", Buttons: []automation.Button{
			{Label: "Sizes", Kind: automation.OpensModule, ModuleID: sizes.ID}, {Label: "Shop", Kind: automation.OpensAddress, URL: "https://shop.example"},
			{Label: "A person", Kind: automation.AsksPerson},
		}})
		c := w.presses("Umia", w.automatic.PostbackData(w.Team, menu.ID))
		if c.Status != pending || c.Queue != bot || c.Unread != 0 || c.WaitingSince != nil || len(w.bot(c)) != 2 {
			t.Fatalf("%s/%s, %d unread, waiting since %v, the bot said %v", c.Status, c.Queue, c.Unread, c.WaitingSince, w.bot(c))
		}
		if strings.Contains(w.bot(c)[0], "{{") {
			t.Errorf("the variable stays: %q", w.bot(c)[0])
		}
		m := w.Messages(c.ID)[1]
		content, err := conversation.ContentOf(m)
		if err != nil || m.Kind != "TEMPLATE" || len(content.Buttons) != 3 || content.Buttons[1].URL != "https://shop.example" || content.Buttons[0].URL != "" {
			t.Fatalf("%s %+v, %v", m.Kind, content.Buttons, err)
		}
		if c = w.presses("Umia", content.Buttons[0].Data); !slices.Equal(w.bot(c)[2:], []string{"S 36, M 38"}) {
			t.Errorf("the button opens %v", w.bot(c)[2:])
		}
		if c = w.presses("Umia", content.Buttons[2].Data); c.Queue != human || c.WaitingSince == nil || c.MessageSeq != 3 {
			t.Errorf("asking for a person: %s/%s, waiting since %v", c.Status, c.Queue, c.WaitingSince)
		}
		if log := w.Log(c.ID); log[len(log)-1] != "log.person_asked" {
			t.Errorf("the log says %v", log)
		}
		// A button whose module is gone, one of another team, one that was changed and one that nobody knows count as buttons and open nothing.
		if _, err := w.automatic.DeleteModule(t.Context(), w.admin, sizes.ID); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string]string{
			"gone": content.Buttons[0].Data, "another team's": w.automatic.PostbackData(w.Team+1, menu.ID), "changed": content.Buttons[2].Data + "A",
			"unknown": "action=buy", "empty": "", "cut": "sy.", "without a mark": "sy.0", "of no number": "sy.?.AAAA",
		} {
			w.bring(c, ended, human)
			got := w.presses("Umia", data)
			if got.Status != pending || got.Queue != bot || got.MessageSeq != 3 {
				t.Errorf("%s: %s/%s with %d messages", name, got.Status, got.Queue, got.MessageSeq)
			}
		}
	})
}

// CONV-3, PROD-7: the ways in, by what they count as.
func TestEntries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		hi := w.module("welcome", automation.Message{Text: "welcome"})
		for kind, value := range map[botentry.Kind]string{
			botentry.KindGET_STARTED: "GET_STARTED", botentry.KindPERSISTENT_MENU: "menu=1", botentry.KindICE_BREAKER: "ice=1", botentry.KindMENU_BUTTON: "rich=1",
		} {
			w.entry(automation.EntryInput{Kind: kind, Value: value, ModuleID: hi.ID})
			if c := w.presses("U"+string(kind), value); c.Queue != bot || !slices.Equal(w.bot(c), []string{"welcome"}) {
				t.Errorf("%s: %s/%s, the bot said %v", kind, c.Status, c.Queue, w.bot(c))
			}
		}
		w.entry(automation.EntryInput{Kind: botentry.KindMENU_TEXT, Value: "優惠", ModuleID: hi.ID})
		if c := w.says("Utext", " 優惠 "); c.Queue != bot || len(w.bot(c)) != 1 {
			t.Errorf("a text button: %s/%s, the bot said %v", c.Status, c.Queue, w.bot(c))
		}
		if c := w.says("Uelse", "優惠呢"); c.Queue != human || len(w.bot(c)) != 0 {
			t.Errorf("another text: %s/%s", c.Status, c.Queue)
		}
		code := w.entry(automation.EntryInput{Kind: botentry.KindSUBSCRIPTION_CODE})
		if len(code.Value) != 6 || code.ExpiresAt == nil {
			t.Fatalf("a code is %q until %v", code.Value, code.ExpiresAt)
		}
		if c := w.says("Ucode", code.Value); c.Queue != bot {
			t.Errorf("a code: %s/%s", c.Status, c.Queue)
		}
		if c := w.says("Ucode2", code.Value); c.Queue != human {
			t.Errorf("a code that was used: %s/%s", c.Status, c.Queue)
		}
		late := w.entry(automation.EntryInput{Kind: botentry.KindSUBSCRIPTION_CODE})
		w.clock.Advance(11 * time.Minute)
		if c := w.says("Ucode3", late.Value); c.Queue != human {
			t.Errorf("a code that ended: %s/%s", c.Status, c.Queue)
		}
		_, _, err := w.automatic.CreateEntry(t.Context(), w.admin, automation.EntryInput{ChannelID: w.ChannelID, Kind: botentry.KindMENU_BUTTON, Value: "rich=1"})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("the same value again: %v", err)
		}
		for name, in := range map[string]automation.EntryInput{
			"a channel is the team's": {ChannelID: 9999, Kind: botentry.KindMENU_TEXT, Value: "x"}, "a kind is known": {ChannelID: w.ChannelID, Kind: "X", Value: "x"},
			"a value is needed": {ChannelID: w.ChannelID, Kind: botentry.KindMENU_TEXT}, "a code is the server's": {ChannelID: w.ChannelID, Kind: botentry.KindSUBSCRIPTION_CODE, Value: "123456"},
			"a module is the team's": {ChannelID: w.ChannelID, Kind: botentry.KindMENU_TEXT, Value: "x", ModuleID: 9999},
		} {
			if _, _, err := w.automatic.CreateEntry(t.Context(), w.admin, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// PROD-6, PROD-7: a picture of a module goes with each message, and stays for as long as the module has it.
func TestPictures(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		upload := func() *ent.File {
			f, err := w.files.Store(t.Context(), w.Team, w.admin.Key(), file.UploadInput{Name: "a.png", ContentType: "image/png", Body: strings.NewReader(string(filetest.PNG(8, 8))), Size: -1}, file.Rule{})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		f := upload()
		m := w.module("map", automation.Message{FileID: f.ID})
		var sent []*ent.Message
		for _, who := range []string{"Umia", "Uben"} {
			c := w.presses(who, w.automatic.PostbackData(w.Team, m.ID))
			sent = append(sent, w.Messages(c.ID)...)
		}
		if len(sent) != 2 || sent[0].Kind != "IMAGE" {
			t.Fatalf("%d messages", len(sent))
		}
		exists := func(id int64) (is bool) {
			w.Read(func(ctx context.Context, v *store.View) (err error) {
				_, err = v.File.Get(ctx, id)
				is = err == nil
				if ent.IsNotFound(err) {
					return nil
				}
				return err
			})
			return is
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Attachment.Query().Where(attachment.FileID(f.ID)).Count(ctx)
			if err == nil && n != 2 {
				t.Errorf("%d attachments", n)
			}
			if err != nil {
				return err
			}
			return w.files.EraseIn(ctx, tx, sent[0].ID, sent[1].ID)
		})
		if !exists(f.ID) {
			t.Error("the module's picture went with the messages")
		}
		// Kept in a change that names it again, gone with one that does not.
		other := upload()
		if _, _, err := w.automatic.UpdateModule(t.Context(), w.admin, automation.ModuleUpdate{ID: m.ID, Messages: &[]automation.Message{{FileID: f.ID}, {FileID: other.ID}}}); err != nil || !exists(f.ID) {
			t.Errorf("naming it again: %v", err)
		}
		if _, _, err := w.automatic.UpdateModule(t.Context(), w.admin, automation.ModuleUpdate{ID: m.ID, Messages: &[]automation.Message{{FileID: other.ID}}}); err != nil || exists(f.ID) {
			t.Errorf("a picture that nothing has stays: %v", err)
		}
		if _, err := w.automatic.DeleteModule(t.Context(), w.admin, m.ID); err != nil || exists(other.ID) {
			t.Errorf("a deleted module's picture stays: %v", err)
		}
	})
}

// PROD-5, PROD-7: a saved reply sends a module as a bot would, its buttons with their data; once the module is deleted the reply stays and says so.
func TestModulesOfSavedReplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		next := w.module("next", automation.Message{Text: "more"})
		menu := w.module("menu", automation.Message{Text: "choose", Buttons: []automation.Button{{Label: "more", Kind: automation.OpensModule, ModuleID: next.ID}}}, automation.Message{Text: "bye"})
		replies := savedreply.New(w.DB, w.files)
		r, _, err := replies.Create(t.Context(), w.admin, savedreply.CreateInput{Title: "menu", Body: "please", Visibility: savedreply.Everybody, ModuleID: menu.ID})
		if err != nil {
			t.Fatal(err)
		}
		c := w.says("Umia", "hello")
		w.bring(c, inProgress, human)
		saved := conversation.NewSaved(w.actions, w.automatic)
		sent, _, _, err := saved.Send(t.Context(), w.admin, conversation.SavedInput{ConversationID: c.ID, ReplyID: r.ID, ClientMessageID: "1"})
		if err != nil || len(sent) != 3 || sent[0].Text != "please" || sent[1].Text != "choose" || sent[2].Text != "bye" {
			t.Fatalf("sent %v, %v", sent, err)
		}
		content, err := conversation.ContentOf(sent[1])
		if err != nil || len(content.Buttons) != 1 || content.Buttons[0].Data != w.automatic.PostbackData(w.Team, next.ID) {
			t.Errorf("its button is %+v, %v", content.Buttons, err)
		}
		if _, err := w.automatic.DeleteModule(t.Context(), w.admin, menu.ID); err != nil {
			t.Fatal(err)
		}
		if now, err := replies.Get(t.Context(), w.admin, r.ID); err != nil || !now.IsModuleDeleted() || now.Version != 2 {
			t.Errorf("the reply is %+v, %v", now, err)
		}
	})
}
