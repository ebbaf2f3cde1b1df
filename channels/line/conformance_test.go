package line_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/conformance"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
)

// client is a client of the test's own. Connections are not kept: one that broke while idle would be no fault of the platform's.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// started is a fake LINE that ends with the test.
func started(t *testing.T) *fakeline.Server {
	t.Helper()
	server, err := fakeline.Start(fakeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}

// CHAN-9, CHAN-11, CHAN-13, GRP-8: for accounts of both classes.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, isVerified := range map[string]bool{"verified": true, "unverified": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject := conformance.Subject{
				Start: func(t *testing.T) *conformance.Platform { return platform(t, isVerified) },
				Mix: func(malformed json.RawMessage) []byte {
					text := func(id, text string) string {
						return `{"type":"message","webhookEventId":"E` + id + `","timestamp":1762000001700,"source":{"type":"user","userId":"U1"},` +
							`"message":{"type":"text","id":"` + id + `","text":"` + text + `"}}`
					}
					return []byte(`{"destination":"U0","events":[` + text("1", "first") + `,` + string(malformed) + `,` + text("2", "last") + `]}`)
				},
				Foreign: [][]byte{
					[]byte(`{}`), []byte(`[]`), []byte(`null`), []byte(`{"object":"page","entry":[]}`), []byte(`{"update_id":1}`), []byte(`{"events":7}`),
					[]byte(`<xml></xml>`),
				},
			}
			for _, f := range fixtures(t) {
				subject.Genuine = append(subject.Genuine, f.body)
			}
			conformance.Run(t, subject)
		})
	}
}

func platform(t *testing.T, isVerified bool) *conformance.Platform {
	t.Helper()
	server := started(t)
	bot := server.AddBot(fakeline.Setup{IsVerified: isVerified})
	mia := bot.AddCustomer(fakeline.Person{Name: "Mia"})
	tom := bot.AddCustomer(fakeline.Person{Name: "Tom", IsStranger: true})
	ann := bot.AddCustomer(fakeline.Person{Name: "Ann"})
	group := bot.AddGroup(fakeline.GroupSetup{Name: "出貨群組", Members: []*fakeline.Customer{mia, tom, ann}})
	held, gone := mia.Image([]byte("\xff\xd8\xff a picture")), mia.Image([]byte("taken back"))
	mia.Unsend(gone.MessageID())
	return &conformance.Platform{
		Adapter: line.New(client(t)),
		Account: bot.Account(),
		Other:   server.AddBot(fakeline.Setup{}).Account(),
		Sign: func(body []byte) http.Header {
			return http.Header{"X-Line-Signature": {bot.Sign(body)}}
		},
		User:      channels.Peer{Type: channels.PeerUser, ID: mia.ID()},
		Nobody:    channels.Peer{Type: channels.PeerUser, ID: "U" + strings.Repeat("0", 32)},
		Group:     channels.Peer{Type: channels.PeerGroup, ID: group.ID()},
		Member:    tom.ID(),
		NoGroup:   channels.Peer{Type: channels.PeerGroup, ID: "C" + strings.Repeat("0", 32)},
		Held:      channels.Media{ID: held.MessageID()},
		HeldBytes: []byte("\xff\xd8\xff a picture"),
		Gone:      channels.Media{ID: gone.MessageID()},
		Content:   fakeline.Content,

		Send:     fakeline.Push,
		Profile:  fakeline.Profile,
		RetryKey: "X-Line-Retry-Key",
		Faults:   server.Faults(),
		Journal:  server.Journal(),
		Requests: server.Requests(),
		Stop:     server.Stop,
	}
}
