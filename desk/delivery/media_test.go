package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/delivery"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// sender is an agent who sends files to one customer.
type sender struct {
	*chat
	shelf   *filetest.Shelf
	actions *conversation.Service
	n       int
}

func (c *chat) sender() *sender {
	c.t.Helper()
	registry, err := channels.NewRegistry(c.adapter)
	if err != nil {
		c.t.Fatal(err)
	}
	s := &sender{chat: c, shelf: filetest.New(c.t, c.db, registry, c.accounts)}
	s.actions = conversation.New(c.db, registry, s.shelf.Service, c.random, nil)
	if _, _, err := s.actions.Follow(c.t.Context(), c.admin, conversation.FollowInput{ConversationID: c.id}); err != nil {
		c.t.Fatal(err)
	}
	return s
}

// give queues a file.
func (s *sender) give(name, contentType string, content []byte) (int64, *ent.Attachment) {
	s.t.Helper()
	s.n++
	f := s.shelf.Add(s.admin, name, contentType, content)
	m, _, _, err := s.actions.Send(s.t.Context(), s.admin, conversation.SendInput{ConversationID: s.id, ClientMessageID: fmt.Sprint(s.n),
		Media: &conversation.Media{UploadID: f.ID}})
	if err != nil {
		s.t.Fatal(err)
	}
	var a *ent.Attachment
	s.read(func(ctx context.Context, v *store.View) {
		if a, err = v.Attachment.Query().Where(attachment.MessageID(m.ID)).Only(ctx); err != nil {
			s.t.Fatal(err)
		}
	})
	return m.ID, a
}

// takes has a worker take what is queued to LINE.
func (s *sender) takes() {
	s.t.Helper()
	s.worker(func(c *delivery.Config) { c.Files = s.shelf.Service })
}

// CHAN-11, MSG-7, MSG-8: LINE gets addresses from which it fetches what was uploaded, the same on every try, or a text with the link.
func TestFiles(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		s := setup(t, dialect).chat().sender()
		picture := filetest.JPEG(1200, 800)
		image, a := s.give("a.jpg", "image/jpeg", picture)
		film, b := s.give("b.mp4", "video/mp4", filetest.Film(4200))
		sound, c := s.give("c.m4a", "audio/mp4", filetest.Sound(61000))
		document, d := s.give("報價單.pdf", "application/pdf", filetest.PDF("offer"))
		s.fault(fake.Fault{Kind: fake.ErrorAfter}, fake.Fault{Kind: fake.ResetBefore})
		s.takes()
		s.await("all are sent", s.settled(image, film, sound, document))
		s.sent(image, film, sound, document)
		url := func(a *ent.Attachment) string { return filetest.PublicURL + "/d/" + *a.DeliveryKey }
		for i, want := range []map[string]any{
			{"type": "image", "originalContentUrl": url(a), "previewImageUrl": url(a) + "/preview"},
			{"type": "video", "originalContentUrl": url(b), "previewImageUrl": url(b) + "/preview"},
			{"type": "audio", "originalContentUrl": url(c), "duration": 61000.0},
			{"type": "text", "text": "報價單.pdf\n" + url(d) + "\nAvailable until 2026-04-01 00:00 (UTC+00:00)"},
		} {
			var got map[string]any
			if err := json.Unmarshal([]byte(s.got(s.customer.ID())[i]), &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("LINE got %v, %v, want %v", got, err, want)
			}
		}
		var bodies []string
		for _, r := range s.line.Requests().Requests() {
			if strings.Contains(string(r.Body), *a.DeliveryKey) {
				bodies = append(bodies, string(r.Body))
			}
		}
		if len(bodies) != 3 || bodies[0] != bodies[1] || bodies[1] != bodies[2] {
			t.Errorf("the tries of one message: %q", bodies)
		}
		content, err := s.shelf.OpenDelivery(t.Context(), *a.DeliveryKey, false)
		if got := filetest.Bytes(t, content, err); string(got) != string(picture) {
			t.Errorf("LINE fetches %d bytes of %d", len(got), len(picture))
		}
		for what, x := range map[string]*ent.Attachment{"picture": a, "film": b} {
			content, err := s.shelf.OpenDelivery(t.Context(), *x.DeliveryKey, true)
			if got := filetest.Bytes(t, content, err); len(got) == 0 || len(got) > 1<<20 || !strings.HasPrefix(content.ContentType, "image/") {
				t.Errorf("the preview of the %s: %d bytes of %s", what, len(got), content.ContentType)
			}
		}
	})
}

// MSG-2, MSG-8: what was erased while it waited, or whose link has ended, fails for good and says why; what waits behind it goes out.
func TestFileGone(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		s := setup(t, dialect).chat().sender()
		erased, _ := s.give("a.jpg", "image/jpeg", filetest.JPEG(30, 20))
		ended, _ := s.give("a.pdf", "application/pdf", filetest.PDF("offer"))
		image, _ := s.give("b.jpg", "image/jpeg", filetest.JPEG(40, 20))
		s.write(func(ctx context.Context, tx *store.Tx) error { return s.shelf.EraseIn(ctx, tx, erased) })
		s.clock.Advance(31 * 24 * time.Hour)
		s.takes()
		s.await("all are settled", s.settled(erased, ended, image))
		s.failed(erased, channels.CodeFileGone)
		s.failed(ended, channels.CodeFileGone)
		s.sent(image)
		if n := len(s.tries(erased)) + len(s.tries(ended)); n != 0 {
			t.Errorf("LINE was asked %d times", n)
		}
	})
}
