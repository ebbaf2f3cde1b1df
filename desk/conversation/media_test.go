package conversation_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// give sends uploads under a client's id.
func (w *world) give(p auth.Principal, id int64, clientID string, upload, preview int64) (*ent.Message, error) {
	m, _, _, err := w.actions.Send(w.T.Context(), p, conversation.SendInput{ConversationID: id, ClientMessageID: clientID,
		Media: &conversation.Media{UploadID: upload, PreviewID: preview}})
	return m, err
}

func (w *world) given(p auth.Principal, id int64, clientID string, upload, preview int64) (*ent.Message, *ent.Attachment) {
	w.T.Helper()
	m, err := w.give(p, id, clientID, upload, preview)
	if err != nil {
		w.T.Fatal(err)
	}
	w.Check()
	return m, w.attachment(m.ID)
}

// attachment is the file of a message.
func (w *world) attachment(messageID int64) *ent.Attachment {
	w.T.Helper()
	var a *ent.Attachment
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		a, err = v.Attachment.Query().Where(attachment.MessageID(messageID)).WithFile().WithPreview().Only(ctx)
		return err
	})
	return a
}

// MSG-1, MSG-7, MSG-16, CHAN-11: an uploaded picture is queued as a picture, once for an id, and by nobody but who uploaded it.
func TestSendPicture(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		w.hears(cid, "a picture, please")
		upload := w.files.Add(amy, "鞋.jpg", "image/jpeg", filetest.JPEG(300, 200))
		all := make([]*ent.Message, 8)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range all {
			wg.Go(func() {
				<-start
				var err error
				if all[i], err = w.give(amy, cid, "one", upload.ID, 0); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		w.Check()
		for _, m := range all {
			if m == nil || m.ID != all[0].ID {
				t.Fatalf("eight at once make %v", all)
			}
		}
		m := all[0]
		if m.Kind != "IMAGE" || m.Delivery != message.DeliverySENDING || m.Text != "" || m.Sender != message.SenderAGENT {
			t.Errorf("sent: %+v", m)
		}
		a := w.attachment(m.ID)
		if a.State != attachment.StateREADY || a.Name != "鞋.jpg" || a.ContentType != "image/jpeg" || a.Size != upload.Size || a.Width != 300 || a.Height != 200 ||
			a.DeliveryKey == nil || a.ExpiresAt != nil || a.FileID == nil || *a.FileID != upload.ID || a.Edges.File.ExpiresAt != nil {
			t.Errorf("its file: %+v of %+v", a, a.Edges.File)
		}
		c := w.Conversation(cid)
		if c.LastMessageKind != "IMAGE" || c.LastMessagePreview != "" || c.Unread != 0 || c.WaitingSince != nil {
			t.Errorf("the row: %+v", c)
		}
		head := w.Head()
		other := w.files.Add(amy, "b.jpg", "image/jpeg", filetest.JPEG(10, 10))
		theirs := w.files.Add(ben, "c.jpg", "image/jpeg", filetest.JPEG(20, 20))
		_, err := w.give(amy, cid, "one", other.ID, 0)
		w.refused("CONFLICT", head, err)
		_, err = w.say(amy, cid, "one", "a text")
		w.refused("CONFLICT", head, err)
		for what, id := range map[string]int64{"another's": theirs.ID, "none": 1 << 40} {
			_, err = w.give(amy, cid, "two", id, 0)
			if f := w.refused("VALIDATION", head, err); f.Field != "content.media.uploadId" {
				t.Errorf("%s upload: %s", what, f.Field)
			}
		}
		w.clock.Advance(25 * time.Hour)
		_, err = w.give(amy, cid, "two", other.ID, 0)
		if f := w.refused("VALIDATION", head, err); f.Field != "content.media.uploadId" {
			t.Errorf("an upload that has ended: %s", f.Field)
		}
		if m, err := w.give(amy, cid, "one", upload.ID, 0); err != nil || m.ID != all[0].ID {
			t.Errorf("a day later the same is %v, %v", m, err)
		}
	})
}

// MSG-7, MSG-8, GRP-13: a document goes as a link, which ends for one customer and does not for a group, which gets no documents; a link is a text, and can quote.
func TestSendAsLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		chat, group := w.chat("Mia"), w.group(3)
		w.follow(amy, chat)
		w.follow(amy, group)
		pdf := func() int64 { return w.files.Add(amy, "報價單.pdf", "application/pdf", filetest.PDF("offer")).ID }
		m, a := w.given(amy, chat, "1", pdf(), 0)
		ends := time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC) // uploaded on the 2nd of March
		if m.Kind != "FILE" || a.ExpiresAt == nil || !a.ExpiresAt.Equal(ends) || a.DeliveryKey == nil {
			t.Errorf("to one customer: %s %+v", m.Kind, a)
		}
		if m, a = w.given(amy, group, "2", w.files.Add(amy, "a.mov", "", film(9000)).ID, 0); m.Kind != "VIDEO" || a.ExpiresAt != nil {
			t.Errorf("a film to a group: %s %+v", m.Kind, a)
		}
		if m, a = w.given(amy, chat, "3", w.files.Add(amy, "a.mov", "", film(9000)).ID, 0); m.Kind != "VIDEO" || a.ExpiresAt == nil {
			t.Errorf("a film that LINE does not play: %s %+v", m.Kind, a)
		}
		quoted := w.Messages(chat)[0].ID
		quoting := func(upload int64) error {
			_, _, _, err := w.actions.Send(t.Context(), amy, conversation.SendInput{ConversationID: chat, ClientMessageID: "q", ReplyToID: quoted,
				Media: &conversation.Media{UploadID: upload}})
			return err
		}
		head := w.Head()
		err := quoting(w.files.Add(amy, "a.jpg", "image/jpeg", filetest.JPEG(9, 9)).ID)
		if f := w.refused("VALIDATION", head, err); f.Field != "replyToMessageId" {
			t.Errorf("a picture that quotes: %v", err)
		}
		if err := quoting(pdf()); err != nil {
			t.Errorf("a link that quotes: %v", err)
		}
	})
}

// film is a MOV: QuickTime's own brand.
func film(milliseconds uint32) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(filetest.Film(milliseconds), []byte("isom"), []byte("qt  ")), []byte("mp42"), []byte("qt  "))
}

// MSG-7: a film gets the client's picture or a neutral one, a sound its length.
func TestSendFilm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		cid := w.chat("Mia")
		w.follow(amy, cid)
		upload := func() int64 { return w.files.Add(amy, "a.mp4", "video/mp4", filetest.Film(4200)).ID }
		film := upload()
		m, a := w.given(amy, cid, "1", film, 0)
		if m.Kind != "VIDEO" || a.DurationMs != 4200 || a.Edges.Preview == nil || a.Edges.Preview.Author != "system" || a.Edges.Preview.ExpiresAt != nil {
			t.Errorf("without a picture: %s %+v, %+v", m.Kind, a, a.Edges.Preview)
		}
		if again, err := w.give(amy, cid, "1", film, 0); err != nil || again.ID != m.ID {
			t.Errorf("again: %v", err)
		}
		picture := w.files.Add(amy, "p.png", "image/png", filetest.PNG(640, 360)).ID
		head := w.Head()
		_, err := w.give(amy, cid, "1", film, picture)
		w.refused("CONFLICT", head, err)
		film = upload()
		if m, a = w.given(amy, cid, "2", film, picture); a.PreviewID == nil || *a.PreviewID != picture || a.Edges.Preview.ExpiresAt != nil {
			t.Errorf("with a picture: %+v", a)
		}
		if again, err := w.give(amy, cid, "2", film, picture); err != nil || again.ID != m.ID {
			t.Errorf("again: %v", err)
		}
		head = w.Head()
		_, err = w.give(amy, cid, "2", film, 0)
		w.refused("CONFLICT", head, err)
		pdf, jpeg := w.files.Add(amy, "a.pdf", "application/pdf", filetest.PDF("x")).ID, w.files.Add(amy, "a.jpg", "image/jpeg", filetest.JPEG(9, 9)).ID
		for what, in := range map[string][2]int64{"a document for a picture": {upload(), pdf}, "a picture of a picture": {jpeg, picture}, "no upload": {upload(), 1 << 40}} {
			_, err = w.give(amy, cid, "3", in[0], in[1])
			if f := w.refused("VALIDATION", head, err); f.Field != "content.media.previewUploadId" {
				t.Errorf("%s: %s", what, f.Field)
			}
		}
		if m, a = w.given(amy, cid, "4", w.files.Add(amy, "a.m4a", "audio/mp4", filetest.Sound(61000)).ID, 0); m.Kind != "AUDIO" || a.DurationMs != 61000 || a.ExpiresAt != nil {
			t.Errorf("a sound: %s %+v", m.Kind, a)
		}
		if m, a = w.given(amy, cid, "5", w.files.Add(amy, "a.m4a", "audio/mp4", filetest.Sound(0)).ID, 0); m.Kind != "AUDIO" || a.ExpiresAt == nil {
			t.Errorf("a sound of no known length does not go as a link: %s %+v", m.Kind, a)
		}
	})
}

// MSG-7, GRP-13: what LINE does not take is refused before anything is queued, with the reason and, where it is size, the limit.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, _ := w.agents()
		chat, group := w.chat("Mia"), w.group(3)
		w.follow(amy, chat)
		w.follow(amy, group)
		large := append(filetest.JPEG(9, 9), make([]byte, 10<<20)...)
		for name, c := range map[string]struct {
			upload *ent.File
			code   string
			limit  int
		}{
			"a picture too large":     {w.files.Add(amy, "a.jpg", "image/jpeg", large), "LIMIT_EXCEEDED", 10 << 20},
			"a program":               {w.files.Add(amy, "Setup.exe", "", filetest.Program()), "VALIDATION", 0},
			"a program in a disguise": {w.files.Add(amy, "offer.doc", "", filetest.Program()), "VALIDATION", 0},
			"a file, to a group":      {w.files.Add(amy, "offer.pdf", "application/pdf", filetest.PDF("offer")), "VALIDATION", 0},
		} {
			for _, id := range []int64{chat, group} {
				if id == chat && name == "a file, to a group" {
					continue
				}
				head := w.Head()
				_, err := w.give(amy, id, "x", c.upload.ID, 0)
				f := w.refused(c.code, head, err)
				if limit, _ := f.Params["limit"].(int); f.Field != "content.media.uploadId" || limit != c.limit || f.Kind != fault.Invalid {
					t.Errorf("%s: %s, at most %d: %v", name, f.Field, limit, f)
				}
			}
		}
	})
}
