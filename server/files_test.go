package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/blob/blobtest"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/media/mediatest"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/origin"
)

// shelf is the entry of files of a team, whose agents' tokens are their names.
type shelf struct {
	t      testing.TB
	db     *store.DB
	desk   *file.Service
	url    string
	client *http.Client
	amy    auth.Principal
}

func setupShelf(t testing.TB, dialect string, blobs blob.Store) *shelf {
	t.Helper()
	db := storetest.Open(t, dialect, store.Config{})
	team, err := db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "Shop", Language: "en", TimeZone: "UTC", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := job.New(db, slog.New(slog.DiscardHandler), 1, map[string]job.Handler{file.FetchTask: nil, file.DeleteTask: nil})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{t: t, db: db, amy: auth.Principal{TeamID: team, AgentID: 1, Role: auth.AgentRole, Language: "en"}}
	people := map[string]auth.Principal{"amy": s.amy, "ben": {TeamID: team, AgentID: 2, Role: auth.AgentRole, Language: "en"}}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	if s.desk, err = file.New(file.Config{DB: db, Blobs: blobs, Random: random.New(), Queue: queue, PublicURL: server.URL, Signer: keys, MaxBytes: 32 << 20}); err != nil {
		t.Fatal(err)
	}
	w := workspace.New(workspace.Config{DB: db, Random: random.New(), Attempts: attempt.NewMemory(clock.Real{}), LinkURL: server.URL})
	h := newFiles(s.desk, nil, w, attempt.NewMemory(clock.Real{}), clock.Real{}, slog.New(slog.DiscardHandler))
	h.authenticate = func(ctx context.Context, token string, _ *http.Request) (context.Context, transport.Identity, error) {
		if p, ok := people[token]; ok {
			return auth.With(ctx, p), transport.Identity{}, nil
		}
		if token != "" {
			return ctx, transport.Identity{}, fault.New(fault.Unauthenticated, "no token of ours")
		}
		return ctx, transport.Identity{}, nil
	}
	if err := h.routes(mux, origin.New(server.URL, []string{"https://desk.example.com"}).Guard); err != nil {
		t.Fatal(err)
	}
	s.url, s.client = server.URL, server.Client()
	return s
}

func eachShelf(t *testing.T, test func(t *testing.T, s *shelf)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		var blobs blob.Store = blobtest.Local(t)
		if dialect == "postgres" {
			blobs = blobtest.Open(t, blobtest.Server(t))
		}
		test(t, setupShelf(t, dialect, blobs))
	})
}

// ask sends a request with headers "name: value" and gives the answer with its body.
func (s *shelf) ask(method, at string, body io.Reader, headers ...string) (*http.Response, []byte) {
	s.t.Helper()
	if !strings.HasPrefix(at, "http") {
		at = s.url + at
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, at, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, b
}

const amysToken = "Authorization: Bearer amy"

// give uploads a file and gives the answer's fields.
func (s *shelf) give(content []byte, headers ...string) (int, map[string]any) {
	s.t.Helper()
	res, b := s.ask(http.MethodPost, "/uploads", bytes.NewReader(content), append([]string{amysToken}, headers...)...)
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		s.t.Fatalf("%d %s: %v", res.StatusCode, b, err)
	}
	if e, ok := out["error"].(map[string]any); ok {
		out = e
	}
	return res.StatusCode, out
}

// attach makes an upload a message's of a conversation that amy follows, and gives its id and the platform's key.
func (s *shelf) attach(upload any) (string, string) {
	s.t.Helper()
	n, err := id.Parse(id.Upload, upload.(string))
	if err != nil {
		s.t.Fatal(err)
	}
	var attachment, key string
	_, err = s.db.Write(s.t.Context(), s.amy.TeamID, func(ctx context.Context, tx *store.Tx) error {
		ch := tx.Channel.Create().SetType("LINE").SetName("LINE").SetWebhookKey(random.New().UUID()).SetPlatformID(random.New().UUID()).
			SetCredentials([]byte("sealed")).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SaveX(ctx)
		who := tx.Identity.Create().SetChannelID(ch.ID).SetPlatformUserID("U1").SetFirstSeenAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SaveX(ctx)
		a := tx.Agent.Create().SetEmail(ch.WebhookKey).SetEmailFolded(ch.WebhookKey).SetName("Amy").SetRole("AGENT").SetStatus("ACTIVE").SetPermissions([]string{}).
			SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SaveX(ctx)
		c := tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType(conversation.ChannelTypeLINE).SetKind(conversation.KindONE_ON_ONE).
			SetStatus(conversation.StatusIN_PROGRESS).SetFollowerID(a.ID).SetIdentityID(who.ID).SetLastAt(tx.Now).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SaveX(ctx)
		m := tx.Message.Create().SetConversationID(c.ID).SetChannelID(ch.ID).SetSeq(1).SetDirection(message.DirectionOUTBOUND).SetSender(message.SenderAGENT).
			SetKind("FILE").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SaveX(ctx)
		f, err := s.desk.ClaimIn(ctx, tx, s.amy.Key(), n)
		if err != nil {
			return err
		}
		at, err := s.desk.AttachIn(ctx, tx, m, f, file.Attach{ForPlatform: true})
		if err != nil {
			return err
		}
		if a.ID != s.amy.AgentID {
			s.t.Fatalf("amy has the number %d", a.ID)
		}
		attachment, key = id.Format(id.Attachment, at.ID), *at.DeliveryKey
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return attachment, key
}

// MSG-7: an upload is answered with what it is, and a refusal with a code.
func TestUploads(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		status, got := s.give(mediatest.JPEG(60, 40), "Content-Type: image/jpg", "Upload-Name: "+url.PathEscape("報告 1.jpg"))
		if status != http.StatusCreated || got["contentType"] != "image/jpeg" || got["name"] != "報告 1.jpg" || got["width"] != 60.0 || len(got["sha256"].(string)) != 64 ||
			!strings.HasPrefix(got["id"].(string), "upl_") || got["expiresAt"] == nil {
			t.Errorf("%d %v", status, got)
		}
		for name, c := range map[string]struct {
			file    []byte
			headers []string
			status  int
			code    string
		}{
			"nobody":     {[]byte("x"), []string{"Authorization: "}, 401, "UNAUTHENTICATED"},
			"a stranger": {[]byte("x"), []string{"Authorization: Bearer eve"}, 401, "UNAUTHENTICATED"},
			"a liar":     {[]byte(mediatest.HTML), []string{"Content-Type: image/png"}, 415, file.CodeMismatch},
			"empty":      {nil, nil, 400, file.CodeEmpty},
			"too large":  {make([]byte, 33<<20), nil, 413, file.CodeTooLarge},
			"a bomb":     {mediatest.BombPNG(60_000, 60_000), nil, 413, file.CodeManyPixels},
			"a bad name": {[]byte("x"), []string{"Upload-Name: %zz"}, 400, "VALIDATION"},
			"elsewhere":  {[]byte("x"), []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403, ""},
		} {
			if name == "elsewhere" {
				if res, _ := s.ask(http.MethodPost, "/uploads", bytes.NewReader(c.file), append(c.headers, amysToken)...); res.StatusCode != c.status {
					t.Errorf("%s: %d", name, res.StatusCode)
				}
				continue
			}
			if status, got := s.give(c.file, c.headers...); status != c.status || got["code"] != c.code {
				t.Errorf("%s: %d %v", name, status, got)
			}
		}
		if res, _ := s.ask(http.MethodGet, "/uploads", nil, amysToken); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET: %d", res.StatusCode)
		}
		res, _ := s.ask(http.MethodOptions, "/uploads", nil, "Origin: https://desk.example.com", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type,upload-name")
		if res.Header.Get("Access-Control-Allow-Origin") != "https://desk.example.com" || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "upload-name") {
			t.Errorf("a web app may not upload: %v", res.Header)
		}
	})
}

// CHAN-14, CONV-28: files are had by who may see them, in parts too, as data that a browser does not run.
func TestFilesAreServed(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		content := []byte(mediatest.SVG)
		_, up := s.give(content, "Upload-Name: draw.svg")
		if res, _ := s.ask(http.MethodGet, "/files/"+up["id"].(string), nil, amysToken); res.StatusCode != http.StatusNotFound {
			t.Errorf("an upload is served before it is used: %d", res.StatusCode)
		}
		n, key := s.attach(up["id"])
		for _, at := range []string{"/files/" + n, "/d/" + key} {
			res, b := s.ask(http.MethodGet, at, nil, amysToken)
			h := res.Header
			if res.StatusCode != 200 || !bytes.Equal(b, content) || h.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=draw.svg") ||
				h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Cache-Control"), "no-cache") {
				t.Errorf("%s: %d %v", at, res.StatusCode, h)
			}
			part, b := s.ask(http.MethodGet, at, nil, amysToken, "Range: bytes=2-5")
			if part.StatusCode != http.StatusPartialContent || string(b) != string(content[2:6]) {
				t.Errorf("%s, a part: %d %q", at, part.StatusCode, b)
			}
			if again, b := s.ask(http.MethodGet, at, nil, amysToken, "If-None-Match: "+h.Get("ETag")); again.StatusCode != http.StatusNotModified || len(b) > 0 {
				t.Errorf("%s, again: %d", at, again.StatusCode)
			}
			if head, _ := s.ask(http.MethodHead, at, nil, amysToken); head.StatusCode != 200 || head.ContentLength != int64(len(content)) {
				t.Errorf("%s, its head: %d, %d bytes", at, head.StatusCode, head.ContentLength)
			}
			if none, _ := s.ask(http.MethodGet, at+"/preview", nil, amysToken); none.StatusCode != http.StatusNotFound {
				t.Errorf("%s has a small picture: %d", at, none.StatusCode)
			}
		}
		for header, want := range map[string]int{"Authorization: ": 401, "Authorization: Bearer ben": 404} {
			if res, _ := s.ask(http.MethodGet, "/files/"+n, nil, header); res.StatusCode != want {
				t.Errorf("%s: %d", header, res.StatusCode)
			}
		}
		for _, at := range []string{"/files/" + n + "?sig=x", "/files/file_zzz", "/files/conv_1", "/d/x", "/d/" + strings.Repeat("a", 43)} {
			if res, _ := s.ask(http.MethodGet, at, nil, amysToken); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d", at, res.StatusCode)
			}
		}
		// The customer's own link is followed by a person.
		for language, want := range map[string]string{"zh-TW,zh;q=0.9": "這個連結已失效", "en-GB": "This link does not work any more"} {
			res, b := s.ask(http.MethodGet, "/d/"+strings.Repeat("a", 43), nil, "Accept-Language: "+language)
			if res.StatusCode != http.StatusNotFound || !strings.Contains(string(b), want) || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") {
				t.Errorf("a link that leads nowhere, in %s: %d %s %q", language, res.StatusCode, res.Header.Get("Content-Type"), b)
			}
		}
	})
}

// uploadsAtOnce and uploadSize are the load of which the most memory is measured.
const (
	uploadsAtOnce = 100
	uploadSize    = 25 << 20
)

// BenchmarkUploads takes in 100 files of 25 MB at once and says how high the heap went, and by how much.
func BenchmarkUploads(b *testing.B) {
	s := setupShelf(b, "sqlite", blobtest.Local(b))
	before := heap()
	for b.Loop() {
		stop, most := make(chan struct{}), make(chan uint64)
		go func() {
			tick, peak := clock.Real{}.Ticker(20*time.Millisecond), uint64(0)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					peak = max(peak, heap())
				case <-stop:
					most <- peak
					return
				}
			}
		}()
		var all sync.WaitGroup
		for i := range uploadsAtOnce {
			all.Go(func() {
				p := auth.Principal{TeamID: s.amy.TeamID, AgentID: int64(i + 1)}
				body := io.LimitReader(endless{}, uploadSize)
				if _, err := s.desk.Upload(b.Context(), p, file.UploadInput{Name: "x", Body: body, Size: uploadSize}); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		close(stop)
		peak := <-most
		b.ReportMetric(float64(peak)/(1<<20), "peak-heap-MB")
		b.ReportMetric(float64(peak-min(peak, before))/(1<<20)/uploadsAtOnce, "MB/upload")
	}
	b.SetBytes(uploadsAtOnce * uploadSize)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// endless is bytes without an end that are of no known type.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 0x01
	}
	return len(p), nil
}
