// Package conformance is the suite that every platform's adapter passes: what the desk relies on, whatever the platform. It runs against a
// fake platform over HTTP. What only one platform does is tested in that platform's package.
package conformance

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/random"
)

// Subject is what the suite has to know of a platform.
type Subject struct {
	// Start gives an adapter and a fake platform of its own to each case, and ends both with the test.
	Start func(t *testing.T) *Platform
	// Genuine are bodies as the platform sends them, as many kinds as possible.
	Genuine [][]byte
	// Foreign are bodies that are no bodies of the platform, beside those the suite knows of itself.
	Foreign [][]byte
	// Mix writes a body of three events: a text message "first", the given JSON in an event's place, and a text message "last". It is nil where
	// a body of the platform is always one event.
	Mix func(malformed json.RawMessage) []byte
}

// Platform is a fake platform with one connected account.
type Platform struct {
	Adapter channels.Adapter
	Account channels.Account
	Other   channels.Account // another account of the platform, with credentials of its own
	// Sign gives the header under which the platform would send a body to Account.
	Sign func(body []byte) http.Header

	User    channels.Peer // somebody Account may write to
	Nobody  channels.Peer // a well-formed id that stands for nobody
	Group   channels.Peer // these three where the platform has groups: one the account is in, with three members,
	Member  string        // one of them,
	NoGroup channels.Peer // and a group the account is not in

	Send     string // the fake's name for the operation of sending,
	Profile  string // and of asking for a profile
	RetryKey string // the header that carries the retry key; "" where the platform has none

	// Held is something that a customer sent and the platform holds, HeldBytes what it is, and Gone what was unsent; Content is the fake's name for
	// the operation of fetching it. Content is "" where the platform's messages carry everything.
	Held      channels.Media
	HeldBytes []byte
	Gone      channels.Media
	Content   string

	Faults   *fake.Faults
	Journal  *fake.Journal
	Requests *fake.Recorder
	Stop     func() // the platform can no longer be reached
}

// Run runs the suite.
func Run(t *testing.T, subject Subject) {
	t.Helper()
	s := suite{Subject: subject, random: random.New(), clock: clock.Real{}}
	for name, test := range map[string]func(*testing.T){
		"capability": s.capability,
		"verify":     s.verify,
		"parse":      s.parse,
		"malformed":  s.malformed,
		"send":       s.send,
		"refuse":     s.refuse,
		"faults":     s.faults,
		"give up":    s.giveUp,
		"fetch":      s.fetch,
		"groups":     s.groups,
		"check":      s.check,
		"media":      s.media,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type suite struct {
	Subject
	random *random.Source
	clock  clock.Clock
}

// setup gives a case its own world.
func (s suite) setup(t *testing.T) *Platform {
	t.Helper()
	p := s.Start(t)
	t.Cleanup(p.Stop)
	return p
}

// text is a message to the platform's user under a new retry key.
func (s suite) text(p *Platform, text string) channels.Outgoing {
	return channels.Outgoing{
		To: p.User, Content: channels.Content{Kind: channels.Text, Text: text}, RetryKey: s.random.UUID(),
	}
}

// hasNoSecret checks that nothing of what leaves the adapter as text gives a credential away.
func (p *Platform) hasNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, field := range p.Adapter.Capability().Credentials {
		if secret := p.Account.Credentials[field.Name]; field.IsSecret && secret != "" && strings.Contains(text, secret) {
			t.Errorf("%s is given away in %q", field.Name, text)
		}
	}
}

func (p *Platform) add(t *testing.T, fault fake.Fault) {
	t.Helper()
	if err := p.Faults.Add(fault); err != nil {
		t.Fatal(err)
	}
}

// CHAN-1: an administrator can be asked for the credentials, and the desk knows how to count.
func (s suite) capability(t *testing.T) {
	p := s.setup(t)
	c := p.Adapter.Capability()
	if c.Type == "" || c.TextLimit <= 0 || c.TextUnits != channels.UTF16Units && c.TextUnits != channels.CodePoints {
		t.Errorf("incomplete: %+v", c)
	}
	named := map[string]bool{}
	hasSecret := false
	for _, field := range c.Credentials {
		if field.Name == "" || field.Text == "" || named[field.Name] {
			t.Errorf("credential %+v", field)
		}
		named[field.Name] = true
		hasSecret = hasSecret || field.IsSecret
	}
	if !hasSecret {
		t.Errorf("no credential is secret: %+v", c.Credentials)
	}
	for name := range p.Account.Credentials {
		if !named[name] {
			t.Errorf("the adapter is given %q, which it does not name", name)
		}
	}
	kinds := map[channels.MessageKind]bool{}
	for _, kind := range c.SendKinds {
		if kinds[kind] {
			t.Errorf("%s twice", kind)
		}
		kinds[kind] = true
	}
	if !kinds[channels.Text] || kinds[channels.Unsupported] {
		t.Errorf("sends %v", c.SendKinds)
	}
	if (c.RetryKeyFor > 0) != (p.RetryKey != "") {
		t.Errorf("retry keys hold for %v, in header %q", c.RetryKeyFor, p.RetryKey)
	}
}
