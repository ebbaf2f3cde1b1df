package file_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/role"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/blob/blobtest"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/media"
	"github.com/switchyard-chat/switchyard/internal/media/mediatest"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

var noon = time.Date(2026, 3, 2, 12, 7, 0, 0, time.UTC)

// world is a team with files.
type world struct {
	*rowtest.World
	clock *clock.Manual
	blobs blob.Store
	files *file.Service
}

// each runs a test with SQLite and a folder, and with PostgreSQL and a bucket.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		var blobs blob.Store = blobtest.Local(t)
		if dialect == "postgres" {
			blobs = blobtest.Open(t, blobtest.Server(t))
		}
		test(t, setup(t, dialect, blobs))
	})
}

func setup(t testing.TB, dialect string, blobs blob.Store) *world {
	t.Helper()
	c := clock.NewManual(noon)
	db := storetest.Open(t, dialect, store.Config{Clock: c})
	w := &world{World: rowtest.New(t, db, "shop"), clock: c, blobs: blobs}
	queue, err := job.New(db, slog.New(slog.DiscardHandler), 1, map[string]job.Handler{file.FetchTask: nil, file.DeleteTask: nil})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	if w.files, err = file.New(file.Config{DB: db, Blobs: blobs, Random: random.New(), Queue: queue, PublicURL: "https://desk.example.com/", Signer: keys, MaxBytes: 32 << 20}); err != nil {
		t.Fatal(err)
	}
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		for _, r := range auth.Roles {
			if err := tx.Role.Create().SetRole(role.Role(r)).SetPermissions([]string{}).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) upload(p auth.Principal, name, claim string, b []byte) (*ent.File, error) {
	return w.files.Upload(w.T.Context(), p, file.UploadInput{Name: name, ContentType: claim, Body: bytes.NewReader(b), Size: int64(len(b))})
}

// sent makes a message of a conversation of a follower (0 for PENDING), with a file.
func (w *world) sent(follower int64, f *ent.File, how file.Attach) (*ent.Message, *ent.Attachment) {
	w.T.Helper()
	var m *ent.Message
	var a *ent.Attachment
	w.Write(func(ctx context.Context, tx *store.Tx) error {
		who, err := tx.Identity.Create().SetChannelID(w.ChannelID).SetPlatformUserID(random.New().UUID()).SetFirstSeenAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		create := tx.Conversation.Create().SetChannelID(w.ChannelID).SetChannelType(conversation.ChannelTypeLINE).SetKind(conversation.KindONE_ON_ONE).
			SetStatus(conversation.StatusPENDING).SetIdentityID(who.ID).SetLastAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now)
		if follower != 0 {
			create.SetStatus(conversation.StatusIN_PROGRESS).SetFollowerID(follower)
		}
		c, err := create.Save(ctx)
		if err != nil {
			return err
		}
		if m, err = tx.Message.Create().SetConversationID(c.ID).SetChannelID(w.ChannelID).SetSeq(1).SetDirection(message.DirectionOUTBOUND).
			SetSender(message.SenderAGENT).SetKind("IMAGE").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
			return err
		}
		if f, err = w.files.ClaimIn(ctx, tx, f.Author, f.ID); err != nil {
			return err
		}
		a, err = w.files.AttachIn(ctx, tx, m, f, how)
		return err
	})
	return m, a
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.As(err).Code
}

// MSG-7, CHAN-14: a file is what its content says; what was said otherwise, is empty, too large or made to do harm is refused, and nothing of it stays.
func TestUpload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole, auth.SendMessages)
		for name, c := range map[string]struct {
			claim string
			file  []byte
			want  string // the type, or the code of the refusal
		}{
			"photo.jpg":   {"image/jpg", mediatest.JPEG(2000, 1000), media.JPEG},
			"film.mp4":    {"video/mp4", mediatest.Film("isom", 640, 360, 1234, false), media.MP4},
			"voice.m4a":   {"audio/x-m4a", mediatest.Film("M4A ", 0, 0, 2500, false), media.M4A},
			"list.csv":    {"text/csv", []byte(mediatest.CSV), "text/csv"},
			"unsaid":      {"", []byte(mediatest.PDF), "application/pdf"},
			"draw.svg":    {"image/svg+xml", []byte(mediatest.SVG), "image/svg+xml"},
			"liar.png":    {"image/png", []byte(mediatest.HTML), file.CodeMismatch},
			"liar.jpg":    {"image/jpeg", mediatest.PNG(4, 4, false), file.CodeMismatch},
			"empty.txt":   {"text/plain", nil, file.CodeEmpty},
			"bomb.png":    {"image/png", mediatest.BombPNG(60_000, 60_000), file.CodeManyPixels},
			"too big.bin": {"", make([]byte, 32<<20+1), file.CodeTooLarge},
		} {
			f, err := w.upload(amy, name, c.claim, c.file)
			if err != nil {
				if code(err) != c.want || !fault.Is(err, fault.Invalid) {
					t.Errorf("%s: %v, want %s", name, err, c.want)
				}
				continue
			}
			if f.ContentType != c.want || f.Size != int64(len(c.file)) || f.Name != name || f.Author != amy.Key() || f.ExpiresAt == nil || !f.ExpiresAt.Equal(noon.Add(24*time.Hour)) {
				t.Errorf("%s: %+v, want %s", name, f, c.want)
			}
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			all, err := v.File.Query().All(ctx)
			if len(all) != 6 {
				t.Errorf("%d files are kept", len(all))
			}
			for _, f := range all {
				if (f.PreviewKey != "") != (f.Name == "photo.jpg") {
					t.Errorf("%s has the preview %q", f.Name, f.PreviewKey)
				}
				if f.Name == "photo.jpg" && (f.Width != 2000 || f.Height != 1000 || f.PreviewType != media.JPEG || f.PreviewSize > media.PreviewBytes) {
					t.Errorf("%+v", f)
				}
				if f.Name == "voice.m4a" && f.DurationMs != 2500 {
					t.Errorf("the voice takes %d ms", f.DurationMs)
				}
			}
			return err
		})
	})
}

// What does not arrive whole is not kept, and an integration needs the scope.
func TestUploadFails(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole, auth.SendMessages)
		cut := io.MultiReader(strings.NewReader("some"), broken{errors.New("gone")})
		if _, err := w.files.Upload(t.Context(), amy, file.UploadInput{Name: "x", Body: cut, Size: -1}); code(err) != file.CodeIncomplete {
			t.Errorf("cut off: %v", err)
		}
		if _, err := w.files.Upload(t.Context(), amy, file.UploadInput{Name: "x", Body: strings.NewReader("some"), Size: 10}); code(err) != file.CodeIncomplete {
			t.Errorf("shorter than announced: %v", err)
		}
		reader := w.Token(amy, nil, auth.ReadConversations)
		if _, err := w.upload(reader, "x", "", []byte("x")); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without the scope: %v", err)
		}
		w.Read(func(ctx context.Context, v *store.View) error {
			if n := v.File.Query().CountX(ctx); n != 0 {
				t.Errorf("%d files are kept", n)
			}
			return nil
		})
	})
}

type broken struct{ error }

func (b broken) Read([]byte) (int, error) { return 0, b.error }

// CHAN-14, CHAN-12: a visitor's picture loses what says where it was taken, and other types are refused.
func TestStoreForVisitors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		rule := file.Rule{Types: []string{media.JPEG, media.PNG}, MaxBytes: 1 << 20, StripsMetadata: true}
		give := func(claim string, b []byte) (*ent.File, error) {
			return w.files.Store(t.Context(), w.Team, "visitor:3", file.UploadInput{Name: "p", ContentType: claim, Body: bytes.NewReader(b), Size: -1}, rule)
		}
		f, err := give("image/jpeg", mediatest.CameraJPEG(600, 400, 6))
		if err != nil {
			t.Fatal(err)
		}
		if f.Width != 400 || f.Height != 600 || f.Author != "visitor:3" {
			t.Errorf("%+v", f)
		}
		_, a := w.sent(0, f, file.Attach{})
		for _, isPreview := range []bool{false, true} {
			c, err := w.files.Open(t.Context(), w.Agent(auth.AgentRole), a.ID, isPreview)
			b := filetest.Bytes(t, c, err)
			if bytes.Contains(b, []byte("canary")) || len(b) == 0 {
				t.Errorf("%d bytes tell where it was taken", len(b))
			}
			if !isPreview && int64(len(b)) != f.Size {
				t.Errorf("%d bytes, the row says %d", len(b), f.Size)
			}
		}
		for name, c := range map[string]struct {
			claim, want string
			file        []byte
		}{
			"a page": {"image/png", file.CodeNotAllowed, []byte(mediatest.HTML)}, "a film": {"", file.CodeNotAllowed, mediatest.Film("isom", 4, 4, 9, false)},
			"half a picture": {"", file.CodeNotReadable, mediatest.JPEG(80, 80)[:300]}, "a large one": {"", file.CodeTooLarge, make([]byte, 1<<20+1)},
		} {
			if _, err := give(c.claim, c.file); code(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
	})
}

// An upload is its author's, once, until it expires.
func TestClaim(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.Agent(auth.AgentRole), w.Agent(auth.Admin)
		f, err := w.upload(amy, "x", "", []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		late, err := w.upload(amy, "late", "", []byte("late"))
		if err != nil {
			t.Fatal(err)
		}
		claim := func(p auth.Principal, n int64) error {
			_, err := w.DB.Write(t.Context(), w.Team, func(ctx context.Context, tx *store.Tx) error {
				_, err := w.files.ClaimIn(ctx, tx, p.Key(), n)
				return err
			})
			return err
		}
		if err := claim(ben, f.ID); fault.As(err).Field != "uploadId" {
			t.Errorf("another's: %v", err)
		}
		var all sync.WaitGroup
		won := make(chan error, 8)
		for range 8 {
			all.Go(func() { won <- claim(amy, f.ID) })
		}
		all.Wait()
		n := 0
		for range 8 {
			if err := <-won; err == nil {
				n++
			} else if !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		}
		if n != 1 {
			t.Errorf("%d of 8 at once use it", n)
		}
		w.clock.Advance(24*time.Hour + time.Second)
		if err := claim(amy, late.ID); !fault.Is(err, fault.Invalid) {
			t.Errorf("expired: %v", err)
		}
	})
}

// CONV-28: who may see the conversation may open its file, and to anybody else it does not exist.
func TestOpen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben, boss := w.Agent(auth.AgentRole), w.Agent(auth.AgentRole), w.Agent(auth.Supervisor)
		content := mediatest.JPEG(1500, 1500)
		f, err := w.upload(amy, "photo.jpg", "", content)
		if err != nil {
			t.Fatal(err)
		}
		_, a := w.sent(amy.AgentID, f, file.Attach{Name: "../x/\u202egpj.photo\n"})
		for _, p := range []auth.Principal{amy, boss} {
			c, err := w.files.Open(t.Context(), p, a.ID, false)
			if b := filetest.Bytes(t, c, err); !bytes.Equal(b, content) || c.ContentType != media.JPEG || !c.IsInline || c.Name != "gpj.photo" || c.Size() != f.Size {
				t.Errorf("%s: %d bytes, %+v", p.Role, len(b), c)
			}
		}
		other := rowtest.New(t, w.DB, "other").Agent(auth.Admin)
		for _, p := range []auth.Principal{ben, other} {
			if _, err := w.files.Open(t.Context(), p, a.ID, false); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", p.Role, err)
			}
		}
		if _, err := w.files.Open(t.Context(), w.Token(amy, nil, auth.ReadContacts), a.ID, false); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without the scope: %v", err)
		}
	})
}

// CHAN-14: what may run is never shown by a browser itself, whatever it looks like from outside.
func TestInline(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.Agent(auth.AgentRole)
		for name, c := range map[string]struct {
			file []byte
			want bool
		}{
			"picture":                  {mediatest.JPEG(10, 10), true},
			"film":                     {mediatest.Film("isom", 4, 4, 9, false), true},
			"drawing":                  {[]byte(mediatest.SVG), false},
			"page":                     {[]byte(mediatest.HTML), false},
			"document":                 {[]byte(mediatest.PDF), false},
			"picture with a page":      {append(mediatest.GIF(10, 10), mediatest.HTML...), false},
			"picture with an archive":  {append(mediatest.PNG(10, 10, false), "PK\x05\x06"+strings.Repeat("\x00", 18)...), false},
			"picture within a program": {append([]byte("GIF89a/*\x00\x01\x00\x00\x00\x00"), "*/=0;<script>alert(1)</script>"...), false},
		} {
			f, err := w.upload(amy, name, "", c.file)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			_, a := w.sent(0, f, file.Attach{})
			o, err := w.files.Open(t.Context(), amy, a.ID, false)
			filetest.Bytes(t, o, err)
			if o.IsInline != c.want {
				t.Errorf("%s is shown: %v", name, o.IsInline)
			}
		}
	})
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"報告.pdf": "報告.pdf", "/etc/passwd": "passwd", `C:\x\y.txt`: "y.txt", "a\x00b\r\n.txt": "ab.txt", " x ": "x", "..": "", "\u202egpj.exe": "gpj.exe",
		strings.Repeat("長", 200) + ".xlsx": strings.Repeat("長", 83) + ".xlsx", "\xff.txt": ".txt",
	} {
		if got := file.CleanName(name); got != want {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}
