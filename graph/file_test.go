package graph_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// attached is what tests read of a file.
type attached struct {
	ID, State, Name, ContentType, URL, PreviewURL, SignedURL, SignedPreviewURL, Failure string
	ExpiresAt                                                                           *string
	Version, Size, Width, Height, DurationMs                                            int
}

const fileFields = ` { id version state name contentType size width height durationMs url previewUrl signedUrl signedPreviewUrl expiresAt failure } `

// userErrors are what a mutation's caller can put right.
type userError struct {
	Typename             string `json:"__typename"`
	Code, Field, Message string
	Limit                int
}

// sent is what tests read of messageSend.
type sent struct {
	MessageSend struct {
		Message *struct {
			ID, Kind, Delivery string
			Content            struct {
				Caption    string
				Attachment attached
			}
		}
		Conversation struct{ LastMessage struct{ Text string } }
		UserErrors   []userError
	}
}

// give sends an upload.
func (w *world) give(t failing, p auth.Principal, c int64, clientID string, media map[string]any) sent {
	t.Helper()
	var q sent
	errs := w.query(t, p, `mutation($c: ID!, $m: MediaInput!, $k: String!) { messageSend(input: {conversationId: $c, content: {media: $m}, clientMessageId: $k}) {
		message { id kind delivery content { ... on MediaContent { caption attachment`+fileFields+`} } } conversation { lastMessage { text } }
		userErrors { __typename code field message ... on LimitExceeded { limit } } } }`, map[string]any{"c": conv(c), "m": media, "k": clientID}, &q)
	if errs != nil {
		t.Fatalf("%v", errs)
	}
	return q
}

func upload(f *ent.File) string { return id.Format(id.Upload, f.ID) }

// node reads a file by its id; nil where there is none for the viewer.
func (w *world) node(t failing, p auth.Principal, globalID string) *attached {
	t.Helper()
	var q struct{ Node *attached }
	if errs := w.query(t, p, `query($id: ID!) { node(id: $id) { ... on Attachment`+fileFields+`} }`, map[string]any{"id": globalID}, &q); errs != nil {
		t.Fatalf("%v", errs)
	}
	return q.Node
}

// roles gives the team the rows of its roles, by which links judge who opens them.
func (w *world) roles() {
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		for _, r := range []auth.Role{auth.Admin, auth.AgentRole} {
			if err := tx.Role.Create().SetRole(role.Role(r)).SetPermissions([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// opens says whether a signed link gives the bytes.
func (w *world) opens(t *testing.T, link string, content []byte) bool {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	n, err := id.Parse(id.Attachment, parts[1])
	if err != nil {
		t.Fatalf("%s: %v", link, err)
	}
	c, err := w.files.OpenSigned(t.Context(), n, strings.HasSuffix(u.Path, "/preview"), u.Query())
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Forbidden) {
		return false
	}
	if got := filetest.Bytes(t, c, err); content != nil && string(got) != string(content) {
		t.Errorf("%s gives %d bytes, want %d", link, len(got), len(content))
	}
	return true
}

// MSG-7, CHAN-14: a picture is sent, shown with its addresses, and had by signed links that are each viewer's own and end with the right to see.
func TestSendPicture(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.roles()
		amy, ben, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Admin)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		picture := filetest.JPEG(300, 200)
		f := w.files.Add(amy, "鞋.jpg", "image/jpeg", picture)
		q := w.give(t, amy, c.ID, "1", map[string]any{"uploadId": upload(f)})
		if len(q.MessageSend.UserErrors) != 0 || q.MessageSend.Message == nil {
			t.Fatalf("got %+v", q)
		}
		m, a := q.MessageSend.Message, q.MessageSend.Message.Content.Attachment
		if m.Kind != "IMAGE" || m.Delivery != "SENDING" || m.Content.Caption != "" || q.MessageSend.Conversation.LastMessage.Text != "[Image]" {
			t.Errorf("sent %+v, the row shows %q", m, q.MessageSend.Conversation.LastMessage.Text)
		}
		if a.State != "READY" || a.Name != "鞋.jpg" || a.ContentType != "image/jpeg" || a.Size != len(picture) || a.Width != 300 || a.Height != 200 || a.ExpiresAt != nil {
			t.Errorf("the file is %+v", a)
		}
		for _, link := range []string{a.URL, a.PreviewURL, a.SignedURL, a.SignedPreviewURL} {
			if !strings.Contains(link, "/files/"+a.ID) {
				t.Errorf("an address is %q of %+v", link, a)
			}
		}
		if !w.opens(t, a.SignedURL, picture) || !w.opens(t, a.SignedPreviewURL, nil) || w.opens(t, a.URL, nil) {
			t.Error("signed links open, and others do not without a token")
		}
		theirs := w.node(t, boss, a.ID)
		if theirs == nil || theirs.SignedURL == a.SignedURL || theirs.URL != a.URL || !w.opens(t, theirs.SignedURL, picture) {
			t.Errorf("another viewer's: %+v", theirs)
		}
		if got := w.node(t, ben, a.ID); got != nil {
			t.Errorf("who may not see the conversation is shown %+v", got)
		}
		if got := w.node(t, amy, id.Format(id.Attachment, 1<<40)); got != nil {
			t.Errorf("no file is %+v", got)
		}
		// Once another follows it, the agent sees it no more, and her link is dead at once; the manager's works.
		w.Change(c.ID, func(u *ent.ConversationUpdateOne) {
			u.SetStatus(entconversation.StatusIN_PROGRESS).SetFollowerID(ben.AgentID)
		})
		if w.opens(t, a.SignedURL, nil) || !w.opens(t, theirs.SignedURL, picture) {
			t.Error("a link outlives the right to see")
		}
		if w.node(t, amy, a.ID) != nil || w.node(t, ben, a.ID) == nil {
			t.Error("the file is not seen by whom the conversation is")
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			n, err := id.Parse(id.Message, m.ID)
			if err != nil {
				return err
			}
			return w.files.EraseIn(ctx, tx, n)
		})
		if got := w.node(t, boss, a.ID); got == nil || got.State != "ERASED" || got.URL+got.SignedURL+got.PreviewURL+got.Name+got.ContentType != "" || got.Size != 0 || got.Version <= a.Version {
			t.Errorf("erased: %+v", got)
		}
		if w.opens(t, theirs.SignedURL, nil) {
			t.Error("the link outlives its file")
		}
	})
}

// MSG-7, MSG-8: what a channel takes is told before, and what it does not take is refused with the field, and the limit where it is size; a document
// goes as a link and tells until when.
func TestMediaRules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		var q struct {
			Conversation struct {
				Sendability struct {
					Media []struct {
						Kind                 string
						ContentTypes         []string
						MaxSize, MaxLinkSize int
					}
				}
			}
		}
		if errs := w.query(t, amy, `query($c: ID!) { conversation(id: $c) { sendability { media { kind contentTypes maxSize maxLinkSize } } } }`, map[string]any{"c": conv(c.ID)}, &q); errs != nil {
			t.Fatal(errs)
		}
		want := "[{IMAGE [image/jpeg image/png] 10485760 0} {VIDEO [video/mp4] 52428800 67108864} {AUDIO [audio/mpeg audio/mp4 audio/x-m4a] 52428800 67108864} {FILE [] 0 67108864}]"
		if got := fmt.Sprint(q.Conversation.Sendability.Media); got != want {
			t.Errorf("the rules are %s", got)
		}
		large := w.files.Add(amy, "a.jpg", "image/jpeg", append(filetest.JPEG(9, 9), make([]byte, 10<<20)...))
		program := w.files.Add(amy, "setup.exe", "", filetest.Program())
		for name, x := range map[string]struct {
			media       map[string]any
			code, field string
			limit       int
		}{
			"too large": {map[string]any{"uploadId": upload(large)}, "LIMIT_EXCEEDED", "content.media.uploadId", 10 << 20},
			"a program": {map[string]any{"uploadId": upload(program)}, "VALIDATION", "content.media.uploadId", 0},
			"no upload": {map[string]any{"uploadId": id.Format(id.Upload, 1<<40)}, "VALIDATION", "content.media.uploadId", 0},
			"no id":     {map[string]any{"uploadId": conv(c.ID)}, "NOT_FOUND", "", 0},
			"a preview of what is no film": {map[string]any{"uploadId": upload(w.files.Add(amy, "b.jpg", "", filetest.JPEG(9, 9))),
				"previewUploadId": upload(w.files.Add(amy, "c.jpg", "", filetest.JPEG(8, 8)))}, "VALIDATION", "content.media.previewUploadId", 0},
		} {
			got := w.give(t, amy, c.ID, "x", x.media)
			if got.MessageSend.Message != nil || len(got.MessageSend.UserErrors) != 1 {
				t.Errorf("%s: %+v", name, got)
				continue
			}
			if e := got.MessageSend.UserErrors[0]; e.Code != x.code || e.Field != x.field || e.Limit != x.limit || e.Message == "" {
				t.Errorf("%s: %+v", name, e)
			}
		}
		got := w.give(t, amy, c.ID, "y", map[string]any{"uploadId": upload(w.files.Add(amy, "offer.pdf", "application/pdf", filetest.PDF("offer")))})
		if m := got.MessageSend.Message; m == nil || m.Kind != "FILE" || m.Content.Attachment.ExpiresAt == nil || m.Content.Attachment.PreviewURL != "" {
			t.Errorf("a document: %+v", got)
		}
	})
}

// received adds a customer's message with a file that we hold.
func (w *world) received(t failing, c int64, f *ent.File) *ent.Message {
	t.Helper()
	var m *ent.Message
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		before, err := row.Lock(ctx, tx, c)
		if err != nil {
			return err
		}
		platformID := fmt.Sprintf("in-%d", f.ID)
		m = &ent.Message{Direction: "INBOUND", Sender: "CONTACT", Delivery: "NONE", Kind: "IMAGE", Content: `{"kind":"IMAGE","media":{"setId":"s"}}`, PlatformMessageID: &platformID}
		if _, err := conversation.AppendIn(ctx, tx, before, row.Copy(before), m, event.Actor{Kind: event.ByContact}); err != nil {
			return err
		}
		_, err = w.files.PendingIn(ctx, tx, m, channels.Media{StoredID: f.ID})
		return err
	})
	return m
}

// A page of history costs as many statements for one file as for forty.
func TestHistoryWithFilesStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		for i := range 40 {
			w.received(t, c.ID, w.files.Add(amy, fmt.Sprintf("%d.jpg", i), "image/jpeg", filetest.JPEG(10+i, 10)))
		}
		var n atomic.Int64
		w.asked = func(string) { n.Add(1) }
		var costs []int64
		for _, last := range []int{1, 10, 40} {
			n.Store(0)
			var q struct {
				Messages struct {
					Nodes []struct {
						Content struct{ Attachment attached }
					}
				}
			}
			if errs := w.query(t, amy, `query($c: ID!, $n: Int) { messages(conversationId: $c, last: $n) { nodes { content { ... on MediaContent { attachment`+fileFields+`} } } } }`,
				map[string]any{"c": conv(c.ID), "n": last}, &q); errs != nil || len(q.Messages.Nodes) != last {
				t.Fatalf("%d messages: %v", len(q.Messages.Nodes), errs)
			}
			for _, m := range q.Messages.Nodes {
				if m.Content.Attachment.SignedPreviewURL == "" {
					t.Fatalf("a file without a preview: %+v", m.Content.Attachment)
				}
			}
			costs = append(costs, n.Load())
		}
		if costs[0] != costs[1] || costs[1] != costs[2] {
			t.Errorf("pages of 1, 10 and 40 files cost %v statements", costs)
		}
	})
}

// CHAN-14, RT-1: what is shared among subscribers holds no signed link; each gets links of its own.
func TestSignedLinksAreNotShared(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.roles()
		amy, boss := w.Agent(auth.AgentRole), w.Agent(auth.Admin)
		c := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID, Messages: 1})
		const listens = `subscription($id: ID!, $after: Cursor) { conversationEvents(conversationId: $id, after: $after) { ` + common + `
			... on MessageAdded { message { id content { ... on MediaContent { attachment { url signedUrl } } } } } } }`
		vars := map[string]any{"id": conv(c.ID), "after": w.head(t).String()}
		hers, his := w.open(t, amy, listens, vars), w.open(t, boss, listens, vars)
		hers.want(t, "Hello")
		his.want(t, "Hello")
		picture := filetest.JPEG(30, 20)
		w.received(t, c.ID, w.files.Add(amy, "a.jpg", "image/jpeg", picture))
		hers.want(t, "ConversationChanged")
		his.want(t, "ConversationChanged")
		a, b := hers.want(t, "MessageAdded").Message.Content.Attachment, his.want(t, "MessageAdded").Message.Content.Attachment
		if a.URL == "" || a.URL != b.URL || a.SignedURL == b.SignedURL || !w.opens(t, a.SignedURL, picture) || !w.opens(t, b.SignedURL, picture) {
			t.Errorf("two viewers got %+v and %+v", a, b)
		}
		w.Change(c.ID, func(u *ent.ConversationUpdateOne) { u.SetFollowerID(boss.AgentID) })
		if w.opens(t, a.SignedURL, nil) || !w.opens(t, b.SignedURL, picture) {
			t.Error("one viewer's link works for another's right")
		}
	})
}
