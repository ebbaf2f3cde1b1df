package file_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/media/mediatest"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CHAN-14, CONV-28, RT-2: a link without a token is one agent's, ends within an hour, and ends at once with the right to see, with the agent and with the file.
func TestSigned(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		open := func(link string, n int64, isPreview bool) error {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			c, err := w.files.OpenSigned(t.Context(), n, isPreview, u.Query())
			if err == nil {
				_ = c.Close()
			}
			return err
		}
		made := func(p auth.Principal) (*ent.Message, *ent.Attachment, string) {
			f, err := w.upload(amy, "p.jpg", "", mediatest.JPEG(20, 20))
			if err != nil {
				t.Fatal(err)
			}
			m, a := w.sent(amy.AgentID, f, file.Attach{})
			return m, a, w.files.SignedURL(p, a, false, w.clock.Now())
		}
		_, a, link := made(amy)
		if !strings.HasPrefix(link, "https://desk.example.com/files/"+id.Format(id.Attachment, a.ID)+"?") || strings.Count(link, "//") != 1 {
			t.Errorf("the link is %s", link)
		}
		if err := open(link, a.ID, false); err != nil {
			t.Errorf("it does not work: %v", err)
		}
		w.clock.Advance(7 * time.Minute) // a page asked for again within the quarter has the same link
		if again := w.files.SignedURL(amy, a, false, w.clock.Now()); again != link {
			t.Errorf("another link: %s", again)
		}
		other, otherFile, _ := made(amy)
		_ = other
		for what, err := range map[string]error{
			"another file":     open(link, otherFile.ID, false),
			"its preview":      open(link, a.ID, true),
			"another agent":    open(strings.Replace(link, fmt.Sprintf("%d.%d", w.Team, amy.AgentID), fmt.Sprintf("%d.%d", w.Team, amy.AgentID+1), 1), a.ID, false),
			"a longer time":    open(strings.Replace(link, "until=", "until=9", 1), a.ID, false),
			"no mark":          open(link[:strings.Index(link, "sig=")], a.ID, false),
			"who may not see":  open(w.files.SignedURL(w.Agent(auth.AgentRole), a, false, w.clock.Now()), a.ID, false),
			"nobody at all":    open(w.files.SignedURL(auth.Principal{AgentID: 999_999}, a, false, w.clock.Now()), a.ID, false),
			"another visitor":  open(w.files.VisitorURL(7, a, false, w.clock.Now()), a.ID, false),
			"an empty request": open("https://x/?sig=", a.ID, false),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := open(w.files.SignedURL(amy, a, true, w.clock.Now()), a.ID, true); err != nil {
			t.Errorf("the preview's own link: %v", err)
		}
		w.clock.Advance(time.Hour)
		if err := open(link, a.ID, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("after an hour: %v", err)
		}
		// The right to see goes: the conversation is another's.
		m, a, link := made(amy)
		ben := w.Agent(auth.AgentRole)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Conversation.UpdateOneID(m.ConversationID).SetFollowerID(ben.AgentID).Exec(ctx)
		})
		if err := open(link, a.ID, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("of another's conversation: %v", err)
		}
		// The message goes.
		m, a, link = made(amy)
		w.Write(func(ctx context.Context, tx *store.Tx) error { return w.files.EraseIn(ctx, tx, m.ID) })
		if err := open(link, a.ID, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("of an unsent message: %v", err)
		}
		// The agent goes.
		_, a, link = made(amy)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Agent.UpdateOneID(amy.AgentID).SetStatus(agent.StatusDEACTIVATED).Exec(ctx)
		})
		if err := open(link, a.ID, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("of an agent who has left: %v", err)
		}
	})
}

// MSG-8, CHAN-14: a platform fetches by a key that cannot be guessed, until it ends or the message is erased; then the bytes go too.
func TestDelivery(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		f, err := w.upload(amy, "p.jpg", "", mediatest.JPEG(20, 20))
		if err != nil {
			t.Fatal(err)
		}
		until := noon.Add(30 * 24 * time.Hour)
		m, a := w.sent(0, f, file.Attach{ForPlatform: true, ExpiresAt: &until})
		key, ok := strings.CutPrefix(w.files.DeliveryURL(a), "https://desk.example.com/d/")
		if !ok || len(key) != 43 || w.files.DeliveryPreviewURL(a) != w.files.DeliveryURL(a)+"/preview" {
			t.Errorf("the address is %s", w.files.DeliveryURL(a))
		}
		open := func(key string, isPreview bool) error {
			c, err := w.files.OpenDelivery(t.Context(), key, isPreview)
			if err == nil {
				_ = c.Close()
			}
			return err
		}
		if err := errors.Join(open(key, false), open(key, true)); err != nil {
			t.Error(err)
		}
		for _, other := range []string{"", "x", key[:42], key + "x", strings.Repeat("a", 43)} {
			if err := open(other, false); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", other, err)
			}
		}
		w.clock.Advance(30*24*time.Hour - time.Second)
		if err := open(key, false); err != nil {
			t.Error(err)
		}
		w.clock.Advance(time.Second)
		if err := open(key, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("after its end: %v", err)
		}
		c, err := w.files.Open(t.Context(), amy, a.ID, false)
		filetest.Bytes(t, c, err) // agents still have it
		w.Write(func(ctx context.Context, tx *store.Tx) error { return w.files.EraseIn(ctx, tx, m.ID) })
		if _, err := w.files.Open(t.Context(), amy, a.ID, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("erased: %v", err)
		}
		w.delete(f.BlobKey)
		w.lies(f.BlobKey, false)
		w.lies(f.PreviewKey, false)
	})
}

// delete does what the task does.
func (w *world) delete(key string) {
	w.T.Helper()
	args, err := json.Marshal(map[string]string{"key": key})
	if err != nil {
		w.T.Fatal(err)
	}
	for range 2 { // a task may be done twice
		if err := w.files.Delete(w.T.Context(), w.Team, args); err != nil {
			w.T.Error(err)
		}
	}
}

// lies fails where bytes lie under a key, or do not.
func (w *world) lies(key string, want bool) {
	w.T.Helper()
	if got, err := w.blobs.Exists(w.T.Context(), key); err != nil || got != want {
		w.T.Errorf("bytes lie there: %v (%v)", got, err)
	}
}

// CHAN-14: uploads that nobody used go with their bytes; what a message uses stays, and so do bytes whose row is there when a task looks.
func TestSweep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		used, err := w.upload(amy, "used", "", mediatest.JPEG(20, 20))
		if err != nil {
			t.Fatal(err)
		}
		unused, err := w.upload(amy, "unused", "", mediatest.JPEG(20, 20))
		if err != nil {
			t.Fatal(err)
		}
		_, a := w.sent(0, used, file.Attach{})
		// The look for bytes without a row comes an hour after the upload.
		w.delete(unused.BlobKey)
		w.lies(unused.BlobKey, true)
		w.clock.Advance(24*time.Hour - time.Second)
		if err := w.files.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
		count := func() (n int) {
			w.Read(func(ctx context.Context, v *store.View) error { n = v.File.Query().CountX(ctx); return nil })
			return n
		}
		if n := count(); n != 2 {
			t.Errorf("%d files before the time", n)
		}
		w.clock.Advance(time.Second)
		for range 2 {
			if err := w.files.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := count(); n != 1 {
			t.Errorf("%d files after the time", n)
		}
		w.delete(unused.BlobKey)
		w.lies(unused.BlobKey, false)
		w.lies(unused.PreviewKey, false)
		c, err := w.files.Open(t.Context(), amy, a.ID, false)
		filetest.Bytes(t, c, err)
		// Bytes that a server wrote just before it was stopped, without a row, go when the task looks.
		if _, err := w.blobs.Put(t.Context(), "1/i/orphan", strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		w.delete("1/i/orphan")
		w.lies("1/i/orphan", false)
	})
}
