package line_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// CHAN-14: a film is fetched once LINE has it ready, and not at all where LINE cannot prepare it.
func TestFetchFilm(t *testing.T) {
	t.Parallel()
	bot := started(t).AddBot(fakeline.Setup{})
	mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
	film, broken := mia.Video([]byte("mp4"), []byte("frame"), time.Minute, 2), mia.Video([]byte("mp4"), nil, time.Minute, -1)
	adapter := line.New(client(t))
	for range 2 {
		if _, err := adapter.FetchMedia(t.Context(), bot.Account(), channels.Media{ID: film.MessageID()}); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("a film that is not ready: %v", err)
		}
	}
	stream, err := adapter.FetchMedia(t.Context(), bot.Account(), channels.Media{ID: film.MessageID()})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if b, err := io.ReadAll(stream); err != nil || string(b) != "mp4" || stream.ContentType != "video/mp4" || stream.Size != 3 {
		t.Errorf("%q of type %s, %d bytes, %v", b, stream.ContentType, stream.Size, err)
	}
	if _, err := adapter.FetchMedia(t.Context(), bot.Account(), channels.Media{ID: broken.MessageID()}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a film that cannot be prepared: %v", err)
	}
}

// CHAN-14: what each answer means to who waits for the file; the text never holds the account's token.
func TestFetchStatuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status   int
		external bool
		want     fault.Kind
	}{
		"202":                      {202, false, fault.Unavailable},
		"400":                      {400, false, fault.NotFound},
		"401":                      {401, false, fault.Unauthenticated},
		"403":                      {403, false, fault.Forbidden},
		"404":                      {404, false, fault.NotFound},
		"410":                      {410, false, fault.NotFound},
		"429":                      {429, false, fault.Throttled},
		"500":                      {500, false, fault.Unavailable},
		"a redirect":               {302, false, fault.Unavailable},
		"401 elsewhere":            {401, true, fault.NotFound},
		"202 elsewhere":            {202, true, fault.NotFound},
		"404 elsewhere":            {404, true, fault.NotFound},
		"a redirect elsewhere":     {302, true, fault.NotFound},
		"429 elsewhere":            {429, true, fault.Throttled},
		"503 elsewhere, try later": {503, true, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("a redirect was followed")
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(c.status)
			})
			media := channels.Media{ID: "461230966842064897"}
			if c.external {
				media = channels.Media{URL: account.BaseURLs["api"] + "photo.jpg"}
			}
			account.BaseURLs["data"] = account.BaseURLs["api"]
			_, err := line.New(client(t)).FetchMedia(t.Context(), account, media)
			if !fault.Is(err, c.want) || strings.Contains(err.Error(), token) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// CHAN-14: the token goes to LINE's host of content alone; the address of an external content provider never sees it.
func TestFetchKeepsTheToken(t *testing.T) {
	t.Parallel()
	picture := []byte("a picture")
	var inside, outside atomic.Pointer[http.Request]
	account := answering(t, func(w http.ResponseWriter, r *http.Request) {
		inside.Store(r)
		_, _ = w.Write(picture)
	})
	account.BaseURLs["data"] = account.BaseURLs["api"]
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		outside.Store(r)
		_, _ = w.Write(picture)
	}))
	t.Cleanup(elsewhere.Close)
	for _, m := range []channels.Media{{ID: "46 1/../x"}, {URL: elsewhere.URL + "/photo.jpg?sig=1"}} {
		stream, err := line.New(client(t)).FetchMedia(t.Context(), account, m)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(stream); err != nil || !bytes.Equal(b, picture) {
			t.Errorf("%q, %v", b, err)
		}
		_ = stream.Close()
	}
	if r := inside.Load(); r.Header.Get("Authorization") != "Bearer "+token || r.URL.EscapedPath() != "/v2/bot/message/46%201%2F..%2Fx/content" {
		t.Errorf("LINE was asked for %s with %v", r.URL.EscapedPath(), r.Header)
	}
	r := outside.Load()
	var sent strings.Builder
	_ = r.Header.Write(&sent)
	if r.URL.RequestURI() != "/photo.jpg?sig=1" || r.Header.Get("Authorization") != "" || strings.Contains(sent.String(), token) {
		t.Errorf("the other host was asked for %s with %s", r.URL, sent.String())
	}
}

// MSG-1: a picture of an external content provider is known by its address, and not by an id of LINE's.
func TestExternalContent(t *testing.T) {
	t.Parallel()
	bot := started(t).AddBot(fakeline.Setup{})
	event := bot.AddCustomer(fakeline.Person{Name: "Mia"}).External("https://cdn.example.com/a.jpg", "https://cdn.example.com/p.jpg")
	events, err := line.New(client(t)).Parse(bot.Account(), bot.Body(event))
	if err != nil || len(events) != 1 || events[0].Content == nil {
		t.Fatalf("%+v, %v", events, err)
	}
	if m := events[0].Content.Media; m == nil || m.ID != "" || m.URL != "https://cdn.example.com/a.jpg" || m.PreviewURL != "https://cdn.example.com/p.jpg" {
		t.Errorf("got %+v", m)
	}
}
