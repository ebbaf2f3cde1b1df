package conversation_test

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit/post"
)

// exports makes what exports, over a mail server; nil for none.
func (w *world) exports(o *post.Office) *conversation.Exports {
	w.T.Helper()
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		has, err := tx.Role.Query().Exist(ctx)
		for _, r := range auth.Roles {
			if has || err != nil {
				return err
			}
			err = tx.Role.Create().SetRole(role.Role(r)).SetPermissions([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx)
		}
		return err
	})
	queue, err := job.New(w.DB, slog.New(slog.DiscardHandler), 1, map[string]job.Handler{conversation.ExportTask: nil}) // never started: tests do the work
	if err != nil {
		w.T.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("7", 64)), random.Seeded(7))
	if err != nil {
		w.T.Fatal(err)
	}
	c := conversation.ExportConfig{Actions: w.actions, Queue: queue, Signer: keys, PublicURL: "https://desk.example"}
	if o != nil {
		if c.Mailer, err = egress.NewSMTP(seal.Hide("smtp+insecure://"+o.Address), "desk@desk.example", "The Desk"); err != nil {
			w.T.Fatal(err)
		}
	}
	return conversation.NewExports(c)
}

// linked asks for a link and gives its query.
func (w *world) linked(x *conversation.Exports, p auth.Principal, in conversation.ExportInput) url.Values {
	w.T.Helper()
	at, _, _, err := x.Link(w.T.Context(), p, in)
	if err != nil {
		w.T.Fatal(err)
	}
	u, err := url.Parse(at)
	if err != nil || !strings.HasPrefix(at, "https://desk.example/exports/"+id.Format(id.Conversation, in.ConversationID)+"?") {
		w.T.Fatalf("the link is %s, %v", at, err)
	}
	return u.Query()
}

// rows reads a table.
func rows(t testing.TB, table string) [][]string {
	t.Helper()
	text, ok := strings.CutPrefix(table, "\ufeff")
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !ok {
		t.Fatalf("%q is no table: %v", table, err)
	}
	return all
}

// CONV-25, CONV-24, GRP-17, MSG-17: time in the team's zone, sender, agent and content, in order; formulas are text; what was unsent is not in it, and private notes only
// where they are asked for. When it was exported is kept, logged and told.
func TestExport(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		admin, amy := w.Agent(auth.Admin, auth.SendMessages, auth.ManageOthers), w.Agent(auth.AgentRole, auth.SendMessages)
		admin.Language = catalogue.English
		c := w.chat("Mia")
		w.follow(amy, c)
		w.hears(c, "=HYPERLINK(\"https://bad.example\")")
		w.clock.Advance(90 * time.Second)
		w.sent(amy, c, "1", "line one\n\"line\", two")
		if _, _, _, err := w.actions.Note(ctx, amy, conversation.NoteInput{ConversationID: c, Text: "she is difficult", ClientMessageID: "note"}); err != nil {
			t.Fatal(err)
		}
		unsent := w.hears(c, "my secret")
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Message.UpdateOneID(unsent.ID).SetUnsentAt(tx.Now).SetText("").Exec(ctx)
		})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			held, err := row.Lock(ctx, tx, c)
			if err != nil {
				return err
			}
			for _, m := range []*ent.Message{
				{Sender: message.SenderCONTACT, Direction: message.DirectionINBOUND, Kind: "STICKER", Content: `{"kind":"STICKER","sticker":{"packageId":"1","stickerId":"2"}}`},
				{Sender: message.SenderCONTACT, Direction: message.DirectionINBOUND, Kind: "LOCATION", Content: `{"kind":"LOCATION","location":{"title":"Shop","latitude":25.03,"longitude":121.5}}`},
				{Sender: message.SenderCONTACT, Direction: message.DirectionINBOUND, Kind: "IMAGE", Content: `{"kind":"IMAGE","media":{"id":"9"}}`},
				{Sender: message.SenderBOT, Direction: message.DirectionOUTBOUND, Kind: "TEXT", Text: "@you", Delivery: message.DeliveryNONE},
			} {
				m.Delivery = message.DeliveryNONE
				after := row.Copy(held)
				if _, err := conversation.AppendIn(ctx, tx, held, after, m, system); err != nil {
					return err
				}
				held = after
			}
			return nil
		})
		x := w.exports(nil)
		head := w.Head()
		query := w.linked(x, admin, conversation.ExportInput{ConversationID: c})
		if got := w.Conversation(c); got.LastExportedAt == nil || !got.LastExportedAt.Equal(w.clock.Now()) {
			t.Errorf("it was exported last at %v", got.LastExportedAt)
		}
		if log := w.Log(c); log[len(log)-1] != "log.exported" {
			t.Errorf("the log says %v", log)
		}
		if all := w.Events(head); len(all) != 1 || all[0].Kind != event.ConversationChanged {
			t.Errorf("told are %+v", all)
		}
		table := func(q url.Values) [][]string {
			t.Helper()
			export, err := x.Open(ctx, c, q)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := export.Write(ctx, &b); err != nil || !strings.HasSuffix(export.Name, ".csv") {
				t.Fatal(err, export.Name)
			}
			return rows(t, b.String())
		}
		name := w.nameOf(amy)
		want := [][]string{
			{"Time (Asia/Taipei)", "Sender", "Agent", "Content"},
			{"2026-03-02 09:00:00", "Customer", "", "hello"},
			{"2026-03-02 09:00:00", "Customer", "", "'=HYPERLINK(\"https://bad.example\")"},
			{"2026-03-02 09:01:30", "Agent", name, "line one\n\"line\", two"},
			{"2026-03-02 09:01:30", "Customer", "", "A message was unsent"},
			{"2026-03-02 09:01:30", "Customer", "", "[Sticker]"},
			{"2026-03-02 09:01:30", "Customer", "", "[Location] Shop (25.03, 121.5)"},
			{"2026-03-02 09:01:30", "Customer", "", "[Image]"},
			{"2026-03-02 09:01:30", "Bot", "", "'@you"},
		}
		if got := table(query); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("the table is\n%q, not\n%q", got, want)
		}
		withNotes := table(w.linked(x, admin, conversation.ExportInput{ConversationID: c, IncludesNotes: true}))
		if len(withNotes) != len(want)+1 || !slices.Equal(withNotes[4], []string{"2026-03-02 09:01:30", "Private note", name, "she is difficult"}) {
			t.Errorf("with notes it is %q", withNotes)
		}
		for name, x := range map[string]func(url.Values){
			"for another":     func(q url.Values) { q.Set("for", fmt.Sprintf("%d.%d", w.Team, amy.AgentID)) },
			"for longer":      func(q url.Values) { q.Set("until", "9999999999") },
			"with the notes":  func(q url.Values) { q.Set("notes", "true") },
			"unsigned":        func(q url.Values) { q.Del("sig") },
			"signed by none":  func(q url.Values) { q.Set("sig", base64.RawURLEncoding.EncodeToString(make([]byte, 32))) },
			"without an end":  func(q url.Values) { q.Del("until") },
			"for nobody":      func(q url.Values) { q.Del("for") },
			"in other words":  func(q url.Values) { q.Set("lang", "zh-TW") },
			"of another team": func(q url.Values) { q.Set("for", fmt.Sprintf("%d.%d", w.Team+1, admin.AgentID)) },
		} {
			q, err := url.ParseQuery(query.Encode())
			if err != nil {
				t.Fatal(err)
			}
			x(q)
			if _, err := w.exports(nil).Open(ctx, c, q); !fault.Is(err, fault.NotFound) {
				t.Errorf("a link %s: %v", name, err)
			}
		}
		other := w.chat("Ann")
		if _, err := x.Open(ctx, other, query); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link to another conversation: %v", err)
		}
		// The link ends with the right, at once, also in the middle.
		open, err := x.Open(ctx, c, query)
		if err != nil {
			t.Fatal(err)
		}
		becomes := func(r agent.Role) {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Agent.UpdateOneID(admin.AgentID).SetRole(r).Exec(ctx)
			})
		}
		becomes(agent.RoleSUPERVISOR)
		if _, err := x.Open(ctx, c, query); !fault.Is(err, fault.NotFound) {
			t.Errorf("who is no administrator any more: %v", err)
		}
		if err := open.Write(ctx, io.Discard); err == nil {
			t.Error("who is no administrator any more is given what it opened before")
		}
		becomes(agent.RoleADMIN)
		w.clock.Advance(59 * time.Minute)
		if _, err := x.Open(ctx, c, query); err != nil {
			t.Errorf("within the hour: %v", err)
		}
		w.clock.Advance(time.Minute)
		if _, err := x.Open(ctx, c, query); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the hour: %v", err)
		}
	})
}

func (w *world) nameOf(p auth.Principal) string {
	w.T.Helper()
	var name string
	w.Read(func(ctx context.Context, v *store.View) error {
		a, err := v.Agent.Get(ctx, p.AgentID)
		if err == nil {
			name = a.Name
		}
		return err
	})
	return name
}

// CONV-25: for administrators alone, integrations of theirs too, in writing scopes; nothing is logged for the others.
func TestExportIsForAdministrators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin, boss, amy := w.Agent(auth.Admin), w.Agent(auth.Supervisor, auth.SendMessages, auth.ManageOthers), w.Agent(auth.AgentRole, auth.SendMessages)
		c := w.chat("Mia")
		x := w.exports(post.Open(t, nil))
		reader := w.Token(admin, nil, auth.ReadConversations)
		reader.Role = auth.Admin
		head := w.Head()
		for name, p := range map[string]auth.Principal{"a supervisor": boss, "an agent": amy, "an integration that only reads": reader} {
			_, _, _, err := x.Link(t.Context(), p, conversation.ExportInput{ConversationID: c})
			if f := w.refused("FORBIDDEN", head, err); f.Text == "" {
				t.Errorf("%s is not told why", name)
			}
			_, _, err = x.Mail(t.Context(), p, conversation.ExportInput{ConversationID: c})
			w.refused("FORBIDDEN", head, err)
		}
		writer := w.Token(admin, nil, auth.ReadConversations, auth.WriteConversations)
		writer.Role = auth.Admin
		head = w.Head()
		_, _, err := x.Mail(t.Context(), writer, conversation.ExportInput{ConversationID: c})
		w.refused("FORBIDDEN", head, err) // it has no address
		if _, _, _, err := x.Link(t.Context(), writer, conversation.ExportInput{ConversationID: c}); err != nil {
			t.Errorf("an integration of an administrator's: %v", err)
		}
		head = w.Head()
		_, _, err = w.exports(nil).Mail(t.Context(), admin, conversation.ExportInput{ConversationID: c})
		if f := w.refused("CONFLICT", head, err); !strings.Contains(f.Text, "mail") && !strings.Contains(f.Text, "電子郵件") {
			t.Errorf("without a mail server one is told %q", f.Text)
		}
	})
}

// hands passes on what is written, and calls once at the first.
type hands struct {
	strings.Builder
	once func()
}

func (h *hands) Write(p []byte) (int, error) {
	if h.once != nil {
		h.once()
		h.once = nil
	}
	return h.Builder.Write(p)
}

// CONV-25, GRP-17: a long conversation is read a stretch after another while it is given, so that what is erased meanwhile is not in it; what is said meanwhile is
// not either.
func TestExportOfManyMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.Agent(auth.Admin)
		c := w.chat("Mia")
		const most = 1750
		words := strings.Repeat("many words ", 10)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			held, err := row.Lock(ctx, tx, c)
			if err != nil {
				return err
			}
			for from := held.MessageSeq + 1; from <= most; from += 250 {
				var all []*ent.MessageCreate
				for seq := from; seq < from+250 && seq <= most; seq++ {
					all = append(all, tx.Message.Create().SetTeamID(tx.Team).SetConversationID(c).SetChannelID(w.ChannelID).SetSeq(seq).SetDirection(message.DirectionINBOUND).SetSender(message.SenderCONTACT).
						SetKind("TEXT").SetText(fmt.Sprint(words, seq)).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now))
				}
				if err := tx.Message.CreateBulk(all...).Exec(ctx); err != nil {
					return err
				}
			}
			after := row.Copy(held)
			after.MessageSeq = most
			return row.Put(ctx, tx, held, after, system)
		})
		x := w.exports(nil)
		export, err := x.Open(t.Context(), c, w.linked(x, admin, conversation.ExportInput{ConversationID: c}))
		if err != nil {
			t.Fatal(err)
		}
		table := &hands{once: func() {
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Message.Update().Where(message.ConversationID(c), message.Seq(most)).SetUnsentAt(tx.Now).SetText("").Exec(ctx)
			})
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				held, err := row.Lock(ctx, tx, c)
				if err != nil {
					return err
				}
				_, err = conversation.AppendIn(ctx, tx, held, row.Copy(held), &ent.Message{Direction: message.DirectionINBOUND, Sender: message.SenderCONTACT, Delivery: message.DeliveryNONE, Kind: "TEXT", Text: "later"}, system)
				return err
			})
		}}
		if err := export.Write(t.Context(), table); err != nil {
			t.Fatal(err)
		}
		all := rows(t, table.String())
		if len(all) != most+1 || strings.Contains(all[most][3], "many words") || all[most-1][3] != fmt.Sprint(words, most-1) || all[2][3] != fmt.Sprint(words, 2) {
			t.Errorf("%d rows, which end %q", len(all), all[len(all)-2:])
		}
	})
}

// mailed does a job's work once.
func (w *world) mailed(x *conversation.Exports, j *ent.Job, isLast bool) error {
	w.T.Helper()
	args, err := json.Marshal(map[string]int64{"job": j.ID})
	if err != nil {
		w.T.Fatal(err)
	}
	ctx := w.T.Context()
	if isLast {
		ctx = job.LastTry(ctx)
	}
	return x.Work(ctx, w.Team, args)
}

func (w *world) exportJob(n int64) *ent.Job {
	w.T.Helper()
	var j *ent.Job
	w.Read(func(ctx context.Context, v *store.View) (err error) {
		j, err = v.Job.Get(ctx, n)
		return err
	})
	return j
}

// attached gives the file of a letter, and the letter's id.
func attached(t testing.TB, l post.Letter) (id, file string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(l.Text))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatalf("no file is attached: %v", err)
		}
		if part.FileName() == "" {
			continue
		}
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
		if err != nil {
			t.Fatal(err)
		}
		return m.Header.Get("Message-Id"), string(b)
	}
}

// CONV-25, CONV-24: the table goes to the address of who asked; what the server refuses for a while is tried again, what was taken is not sent twice, and where nobody
// knows whether it was, the second carries the same id. The job tells how it ended.
func TestExportByMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		admin := w.Agent(auth.Admin)
		c := w.chat("Mia")
		w.hears(c, "+1")
		o := post.Open(t, nil)
		x := w.exports(o)
		ask := func(key string) *ent.Job {
			t.Helper()
			j, _, err := x.Mail(ctx, admin, conversation.ExportInput{ConversationID: c, IdempotencyKey: key})
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		j := ask("once")
		if again := ask("once"); again.ID != j.ID || j.State != "QUEUED" || j.Total != 1 {
			t.Errorf("asked for twice: %+v and %+v", j, again)
		}
		if log := w.Log(c); !slices.Equal(log[len(log)-1:], []string{"log.exported_mail"}) || slices.Index(log, "log.exported_mail") != len(log)-1 {
			t.Errorf("the log says %v", log)
		}
		if w.Conversation(c).LastExportedAt == nil {
			t.Error("it is not kept when it was exported")
		}
		o.Answer("RCPT", "451 greylisted", "451 greylisted")
		for range 2 {
			if err := w.mailed(x, j, false); err == nil || fault.Of(err) != fault.Internal {
				t.Errorf("greylisted: %v", err)
			}
		}
		if now := w.exportJob(j.ID); now.State != "RUNNING" || now.EndedAt != nil || len(o.Letters()) != 0 {
			t.Errorf("meanwhile the job is %+v", now)
		}
		for range 2 { // the queue may do it once more
			if err := w.mailed(x, j, false); err != nil {
				t.Fatal(err)
			}
		}
		all := o.Letters()
		if now := w.exportJob(j.ID); now.State != "DONE" || now.Done != 1 || now.Failed != 0 || now.EndedAt == nil || len(all) != 1 {
			t.Fatalf("the job is %+v, %d letters", now, len(all))
		}
		var address string
		w.Read(func(ctx context.Context, v *store.View) error {
			a, err := v.Agent.Get(ctx, admin.AgentID)
			if err == nil {
				address = a.Email
			}
			return err
		})
		letterID, file := attached(t, all[0])
		if got := rows(t, file); len(got) != 3 || got[2][3] != "'+1" || !slices.Equal(all[0].To, []string{address}) {
			t.Errorf("to %v goes %q", all[0].To, file)
		}

		// A server that dies with the letter in its hands: it is sent again, recognisably the same.
		j = ask("")
		o.Answer(".", post.HangUp)
		if err := w.mailed(x, j, false); err == nil {
			t.Error("nobody knows whether it was taken, and it is not tried again")
		}
		if err := w.mailed(x, j, false); err != nil {
			t.Fatal(err)
		}
		all = o.Letters()
		if len(all) != 3 {
			t.Fatalf("%d letters", len(all))
		}
		first, _ := attached(t, all[1])
		second, _ := attached(t, all[2])
		if first != second || first == letterID {
			t.Errorf("their ids are %s and %s, after %s", first, second, letterID)
		}
		// A goodbye that fails is none of the letter's business.
		j = ask("")
		o.Answer("RSET", post.HangUp)
		if err := w.mailed(x, j, false); err != nil || len(o.Letters()) != 4 || w.exportJob(j.ID).State != "DONE" {
			t.Errorf("taken, with a bad goodbye: %v, %d letters", err, len(o.Letters()))
		}

		for name, y := range map[string]struct {
			prepare func()
			isLast  bool
		}{
			"refused for good":         {func() { o.Answer("RCPT", "550 no such mailbox") }, false},
			"refused too many times":   {func() { o.Answer("RCPT", "451 greylisted") }, true},
			"no administrator by then": {func() { w.demote(admin) }, false},
		} {
			j := ask("")
			y.prepare()
			if err := w.mailed(x, j, y.isLast); err != nil {
				t.Errorf("%s: it is tried again: %v", name, err)
			}
			if now := w.exportJob(j.ID); now.State != "FAILED" || now.Failed != 1 || now.Error == "" || strings.Contains(now.Error, "550") {
				t.Errorf("%s: the job is %+v", name, now)
			}
			w.Write(func(ctx context.Context, tx *store.Tx) error {
				return tx.Agent.UpdateOneID(admin.AgentID).SetRole(agent.RoleADMIN).Exec(ctx)
			})
		}
		j = ask("")
		w.gone(c)
		if err := w.mailed(x, j, false); err != nil || w.exportJob(j.ID).State != "FAILED" {
			t.Errorf("of a conversation that was deleted: %v", err)
		}
		if n := len(o.Letters()); n != 4 {
			t.Errorf("%d letters", n)
		}
	})
}

func (w *world) demote(p auth.Principal) {
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		return tx.Agent.UpdateOneID(p.AgentID).SetRole(agent.RoleSUPERVISOR).Exec(ctx)
	})
}
