package inbound_test

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// mediaWorld is a team whose customers send files through a LINE that holds them. Its platform's clock stands still.
type mediaWorld struct {
	t       *testing.T
	db      *store.DB
	team    int64
	channel int64
	clock   *clock.Manual
	line    *fakeline.Server
	bot     *fakeline.Bot
	mia     *fakeline.Customer
	adapter channels.Adapter
	shelf   *filetest.Shelf
	inbound *inbound.Service
}

func mediaSetup(t *testing.T, dialect string) *mediaWorld {
	t.Helper()
	w := &mediaWorld{t: t, db: storetest.Open(t, dialect, store.Config{}), clock: clock.NewManual(morning)}
	var err error
	if w.line, err = fakeline.Start(fakeline.Options{Clock: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.line.Stop)
	w.bot = w.line.AddBot(fakeline.Setup{})
	w.mia = w.bot.AddCustomer(fakeline.Person{Name: "Mia"})
	gate, err := egress.New(egress.Options{Allow: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	w.adapter = line.New(gate.Client(egress.Limits{Timeout: 10 * time.Second}))
	adapters, err := channels.NewRegistry(w.adapter)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Config{DB: w.db, Adapters: adapters, Keys: keys, Random: random.New(), PublicURL: filetest.PublicURL,
		BaseURLs: map[channels.Type]map[string]string{channels.LINE: w.line.BaseURLs()}, Log: slog.New(slog.DiscardHandler)})
	if w.team, err = w.db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "Shop", Language: "en", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	w.write(func(ctx context.Context, tx *store.Tx) error {
		c, err := accounts.CreateIn(ctx, tx, event.Actor{Kind: event.BySystem}, account.NewChannel{
			Type: channels.LINE, Name: "LINE", Info: channels.AccountInfo{PlatformID: w.bot.Setup().UserID}, Credentials: w.bot.Account().Credentials,
		})
		if err == nil {
			w.channel = c.ID
		}
		return err
	})
	w.shelf = filetest.New(t, w.db, adapters, accounts)
	w.inbound = inbound.New(inbound.Config{DB: w.db, Contacts: contact.New(w.db), Groups: group.New(w.db), Adapters: adapters, Fetcher: &asked{},
		Files: w.shelf.Service, Queue: w.shelf.Queue})
	return w
}

func (w *mediaWorld) write(f func(ctx context.Context, tx *store.Tx) error) {
	w.t.Helper()
	if _, err := w.db.Write(w.t.Context(), w.team, f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *mediaWorld) read(f func(ctx context.Context, v *store.View) error) {
	w.t.Helper()
	if err := w.db.Read(w.t.Context(), w.team, f); err != nil {
		w.t.Fatal(err)
	}
}

// take takes in what LINE delivers.
func (w *mediaWorld) take(said ...fakeline.Event) {
	w.t.Helper()
	events, err := w.adapter.Parse(w.bot.Account(), w.bot.Body(said...))
	if err != nil {
		w.t.Fatal(err)
	}
	w.receive(events...)
}

func (w *mediaWorld) receive(events ...channels.Event) {
	w.t.Helper()
	r, err := w.inbound.Receive(w.t.Context(), inbound.Body{Team: w.team, ChannelID: w.channel, Type: channels.LINE, Events: events})
	if err != nil || r.Applied != len(events) {
		w.t.Fatalf("received %+v, %v", r, err)
	}
}

// of gives the message that is called so on the platform, and its attachment.
func (w *mediaWorld) of(platformID string) (*ent.Message, *ent.Attachment) {
	w.t.Helper()
	var m *ent.Message
	var a *ent.Attachment
	w.read(func(ctx context.Context, v *store.View) (err error) {
		if m, err = v.Message.Query().Where(message.PlatformMessageID(platformID)).Only(ctx); err != nil {
			return err
		}
		a, err = v.Attachment.Query().Where(attachment.MessageID(m.ID)).WithFile().Only(ctx)
		return err
	})
	return m, a
}

func (w *mediaWorld) await(what, platformID string, state attachment.State) *ent.Attachment {
	w.t.Helper()
	var a *ent.Attachment
	testkit.Await(w.t, what, func() bool {
		_, a = w.of(platformID)
		return a.State == state
	})
	return a
}

// count counts rows of the whole database.
func (w *mediaWorld) count(q string, args ...any) int {
	w.t.Helper()
	if !w.db.IsPostgres() {
		q = strings.ReplaceAll(q, "::text", "")
	}
	n := 0
	if err := w.db.SQL().QueryRowContext(w.t.Context(), q, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	return n
}

// done waits until no task is left that is to be done now; what looks for forgotten bytes an hour later is not.
func (w *mediaWorld) done() {
	w.t.Helper()
	testkit.Await(w.t, "the tasks are done", func() bool {
		return w.count("SELECT COUNT(*) FROM river_job WHERE state::text NOT IN ('completed', 'cancelled', 'discarded', 'scheduled')") == 0
	})
}

// nowhere fails where the words of a canary are kept in any table that holds content, also in tasks that are done.
func (w *mediaWorld) nowhere(words ...string) {
	w.t.Helper()
	for _, word := range words {
		for _, where := range []string{
			"messages WHERE text LIKE '%X%' OR content LIKE '%X%'", "inbound_events WHERE raw LIKE '%X%'", "early_effects WHERE content LIKE '%X%'",
			"attachments WHERE name LIKE '%X%' OR platform_media_id LIKE '%X%' OR source_url LIKE '%X%' OR preview_url LIKE '%X%'",
			"files WHERE name LIKE '%X%'", "river_job WHERE args::text LIKE '%X%' OR errors::text LIKE '%X%'", "conversations WHERE last_message_preview LIKE '%X%'",
		} {
			if n := w.count("SELECT COUNT(*) FROM " + strings.ReplaceAll(where, "X", word)); n != 0 {
				w.t.Errorf("%q is still kept: %s", word, where)
			}
		}
	}
}

// keys lists under what the bytes of all files lie.
func (w *mediaWorld) keys() []string {
	w.t.Helper()
	var keys []string
	w.read(func(ctx context.Context, v *store.View) error {
		all, err := v.File.Query().All(ctx)
		for _, f := range all {
			keys = append(keys, f.BlobKey)
			if f.PreviewKey != "" {
				keys = append(keys, f.PreviewKey)
			}
		}
		return err
	})
	return keys
}

// gone fails where bytes still lie under one of the keys, or a row of a file is left.
func (w *mediaWorld) gone(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		if is, err := w.shelf.Blobs.Exists(w.t.Context(), key); err != nil || is {
			w.t.Errorf("bytes are left under %s: %v", key, err)
		}
	}
	if n := w.count("SELECT COUNT(*) FROM files"); n != 0 {
		w.t.Errorf("%d rows of files are left", n)
	}
}

// CHAN-14, GRP-14, MSG-1: what customers send is there at once as a message, and its file when it is fetched: of every kind, one-to-one and in
// groups, from LINE and from an address elsewhere.
func TestMediaIn(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := mediaSetup(t, dialect)
		picture := filetest.JPEG(300, 200)
		inGroup := w.mia.In(w.bot.AddGroup(fakeline.GroupSetup{Name: "Friends", Members: []*fakeline.Customer{w.mia}}))
		image, document := w.mia.Image(picture), w.mia.File("報價.pdf", filetest.PDF("offer"))
		film := w.mia.Video(filetest.Film(4200), filetest.JPEG(40, 30), 4200*time.Millisecond, 1)
		sound, shared := inGroup.Audio(filetest.Sound(61000), 61*time.Second), inGroup.Image(filetest.PNG(20, 10))
		w.take(image, document, film, sound, shared)
		for platformID, kind := range map[string]string{
			image.MessageID(): "IMAGE", document.MessageID(): "FILE", film.MessageID(): "VIDEO", sound.MessageID(): "AUDIO", shared.MessageID(): "IMAGE",
		} {
			if m, a := w.of(platformID); m.Kind != kind || a.State != attachment.StatePENDING || a.FileID != nil {
				t.Errorf("%s before it is fetched: %s, %s", kind, m.Kind, a.State)
			}
		}
		if len(w.line.Requests().Requests()) != 0 {
			t.Error("LINE was asked within the transaction")
		}
		head := w.head()
		w.shelf.Start()
		a := w.await("the picture is there", image.MessageID(), attachment.StateREADY)
		if a.ContentType != "image/jpeg" || a.Size != int64(len(picture)) || a.Width != 300 || a.Height != 200 || a.Edges.File == nil || a.Edges.File.PreviewKey == "" {
			t.Errorf("the picture is %+v", a)
		}
		for what, c := range map[string]struct {
			of   fakeline.Event
			kind string
			ms   int64
			name string
		}{
			"the document": {document, "application/pdf", 0, "報價.pdf"}, "the film": {film, "video/mp4", 4200, ""},
			"the sound": {sound, "audio/mp4", 61000, ""}, "the group's picture": {shared, "image/png", 0, ""},
		} {
			a := w.await(what+" is there", c.of.MessageID(), attachment.StateREADY)
			if a.ContentType != c.kind || a.DurationMs != c.ms || c.name != "" && a.Name != c.name || a.Size == 0 {
				t.Errorf("%s is %+v", what, a)
			}
		}
		m, a := w.of(image.MessageID())
		if a.Version < 2 || !w.told(head, m) {
			t.Errorf("nobody is told that the picture is there: version %d", a.Version)
		}
	})
}

func (w *mediaWorld) head() (head int64) {
	w.t.Helper()
	w.read(func(ctx context.Context, v *store.View) error {
		at, err := v.AsOf(ctx)
		head = at.Seq
		return err
	})
	return head
}

// told says whether an event after a position tells of a message's change.
func (w *mediaWorld) told(after int64, m *ent.Message) bool {
	w.t.Helper()
	return w.count("SELECT COUNT(*) FROM events WHERE team_id = "+strconv.FormatInt(w.team, 10)+" AND seq > "+strconv.FormatInt(after, 10)+" AND kind = '"+string(event.MessageChanged)+
		"' AND object_id = "+strconv.FormatInt(m.ID, 10)) > 0
}

// CHAN-14: what cannot be fetched is FAILED, with a reason, and the message stays.
func TestMediaLost(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := mediaSetup(t, dialect)
		lost := w.mia.Image(filetest.JPEG(9, 9))
		w.mia.Unsend(lost.MessageID()) // LINE has it no more, and its event is still to come
		broken := w.mia.Video(filetest.Film(1000), nil, time.Second, -1)
		w.take(lost, broken)
		w.shelf.Start()
		for _, e := range []fakeline.Event{lost, broken} {
			if a := w.await("it is given up", e.MessageID(), attachment.StateFAILED); a.FailureCode == "" || a.FileID != nil {
				t.Errorf("given up as %+v", a)
			}
		}
	})
}

// GRP-17, MSG-12, CHAN-14: an unsend before, while and after the file is fetched leaves nothing of it anywhere: no bytes, no preview, no row, no
// name, no body, no task; and every link to it is dead.
func TestMediaUnsent(t *testing.T) {
	t.Parallel()
	canary := filetest.PDF("canary")
	picture := filetest.JPEG(300, 200)
	unsend := func(w *mediaWorld, e fakeline.Event) {
		w.t.Helper()
		w.take(w.mia.Unsend(e.MessageID()))
		if m, a := w.of(e.MessageID()); m.UnsentAt == nil || a.State != attachment.StateERASED || a.FileID != nil || a.Name != "" || a.Size != 0 {
			w.t.Errorf("right after the unsend: %+v", a)
		}
	}
	t.Run("before it is fetched", func(t *testing.T) {
		t.Parallel()
		testkit.Each(t, func(t *testing.T, dialect string) {
			w := mediaSetup(t, dialect)
			e := w.mia.File("canary.pdf", canary)
			w.take(e)
			unsend(w, e)
			w.shelf.Start()
			w.done()
			w.gone()
			w.nowhere("canary", e.MessageID()+"/")
		})
	})
	t.Run("while it is fetched", func(t *testing.T) {
		t.Parallel()
		testkit.Each(t, func(t *testing.T, dialect string) {
			w := mediaSetup(t, dialect)
			if err := w.line.Faults().Add(fake.Fault{Kind: fake.Slow, Operation: fakeline.Content, Delay: time.Hour}); err != nil {
				t.Fatal(err)
			}
			e := w.mia.Image(picture)
			w.take(e)
			w.shelf.Start()
			if _, err := w.line.Requests().Wait(t.Context(), func(all []fake.Request) bool { return len(all) == 1 }); err != nil {
				t.Fatal(err)
			}
			// Not by the fake's Unsend: LINE still gives the bytes, as it may.
			events, err := w.adapter.Parse(w.bot.Account(), w.bot.Body(w.mia.Unsend("0").With("unsend", map[string]any{"messageId": e.MessageID()})))
			if err != nil {
				t.Fatal(err)
			}
			w.receive(events...)
			w.clock.Advance(time.Hour)
			w.done()
			if _, a := w.of(e.MessageID()); a.State != attachment.StateERASED || a.FileID != nil {
				t.Errorf("a fetch that came too late made it %+v", a)
			}
			w.gone()
			w.empty()
		})
	})
	t.Run("after it is fetched", func(t *testing.T) {
		t.Parallel()
		testkit.Each(t, func(t *testing.T, dialect string) {
			w := mediaSetup(t, dialect)
			image, document := w.mia.Image(picture), w.mia.File("canary.pdf", canary)
			w.take(image, document)
			w.shelf.Start()
			a := w.await("the picture is there", image.MessageID(), attachment.StateREADY)
			b := w.await("the document is there", document.MessageID(), attachment.StateREADY)
			keys := w.keys()
			if len(keys) != 3 { // the picture, its preview, and the document
				t.Fatalf("kept under %v", keys)
			}
			for _, key := range keys {
				if is, err := w.shelf.Blobs.Exists(t.Context(), key); err != nil || !is {
					t.Fatalf("nothing lies under %s: %v", key, err)
				}
			}
			unsend(w, image)
			unsend(w, document)
			w.done()
			w.gone(keys...)
			w.nowhere("canary")
			w.empty()
			for _, x := range []*ent.Attachment{a, b} {
				if x.DeliveryKey != nil {
					t.Errorf("what a customer sent has an address for the platform: %s", *x.DeliveryKey)
				}
			}
		})
	})
	t.Run("before it came", func(t *testing.T) {
		t.Parallel()
		testkit.Each(t, func(t *testing.T, dialect string) {
			w := mediaSetup(t, dialect)
			e := w.mia.File("canary.pdf", canary)
			w.take(w.mia.Text("hi"), w.mia.Unsend(e.MessageID()))
			w.take(e)
			w.shelf.Start()
			w.done()
			if n := w.count("SELECT COUNT(*) FROM attachments"); n != 0 {
				t.Errorf("%d attachments", n)
			}
			w.gone()
			w.nowhere("canary")
		})
	})
}

// CHAN-12, CHAN-14: a picture that we hold already, of our own chat window, is the message's at once.
func TestStoredMedia(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := mediaSetup(t, dialect)
		picture := filetest.PNG(30, 20)
		f, err := w.shelf.Store(t.Context(), w.team, "visitor:1", file.UploadInput{Name: "a.png", ContentType: "image/png", Body: bytes.NewReader(picture), Size: -1}, file.Rule{})
		if err != nil {
			t.Fatal(err)
		}
		said := channels.Event{Kind: channels.MessageReceived, DedupeKey: "k", MessageID: "k", Peer: &channels.Peer{Type: channels.PeerUser, ID: "Uvisitor"}, SenderID: "Uvisitor",
			OccurredAt: w.db.Clock().Now(), Content: &channels.Content{Kind: channels.Image, Media: &channels.Media{StoredID: f.ID}}, Raw: []byte("{}")}
		w.receive(said)
		if _, a := w.of("k"); a.State != attachment.StateREADY || a.FileID == nil || *a.FileID != f.ID || a.Width != 30 || a.Edges.File.ExpiresAt != nil {
			t.Errorf("the picture is %+v of %+v", a, a.Edges.File)
		}
	})
}

// MSG-12: a file that an edit made a text leaves nothing behind it.
func TestMediaEditedAway(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := mediaSetup(t, dialect)
		e := w.mia.File("canary.pdf", filetest.PDF("canary"))
		w.take(e)
		w.receive(channels.Event{Kind: channels.MessageEdited, DedupeKey: "k", MessageID: e.MessageID(), Peer: &channels.Peer{Type: channels.PeerUser, ID: w.mia.ID()},
			OccurredAt: w.db.Clock().Now(), Content: &channels.Content{Kind: channels.Text, Text: "never mind"}, Raw: []byte("{}")})
		if m, a := w.of(e.MessageID()); m.Kind != "TEXT" || a.State != attachment.StateERASED || a.Name != "" {
			t.Errorf("edited: %s, %+v", m.Kind, a)
		}
		w.shelf.Start()
		w.done()
		w.gone()
	})
}

// empty fails where anything lies in the file store, drafts included.
func (w *mediaWorld) empty() {
	w.t.Helper()
	err := filepath.WalkDir(w.shelf.Folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			w.t.Errorf("the file store holds %s", path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
