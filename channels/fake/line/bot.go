package line

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
)

// Setup describes an account of the fake. What is left empty is made up, except for the webhook and the quota.
type Setup struct {
	UserID        string // "U" and 32 hexadecimal digits
	ChannelID     string
	ChannelSecret string
	AccessToken   string
	BasicID       string // "@shop"
	PremiumID     string
	DisplayName   string
	WebhookURL    string
	WebhookOff    bool  // "Use webhook" is off
	IsVerified    bool  // LINE lists members and friends to it; a premium id does the same
	Quota         int64 // messages a month; 0 is without limit
	// KnowsEverybody takes every well-formed id for a friend or a joined group. It is for demos, where people write by other means than
	// this fake's customers.
	KnowsEverybody bool
}

// Bot is an account of the fake.
type Bot struct {
	server *Server
	setup  Setup

	isRevoked   bool
	used        int64
	people      map[string]*person
	groups      map[string]*group
	replyTokens map[string]*replyToken
	quoteKey    []byte // signs quote tokens
	retries     map[string]*retry
	contents    map[string]*content
}

type person struct {
	Person
	isFriend  bool
	isBlocked bool // the person blocked the account
	wroteAt   time.Time
}

type group struct {
	id, name, pictureURL string
	isRoom               bool
	isJoined             bool     // the account is in it
	members              []string // in the order they came
}

type replyToken struct {
	chat    string
	eventAt time.Time
	givenAt time.Time
	isUsed  bool
}

// retry is a request that was accepted under a retry key.
type retry struct {
	at        time.Time
	requestID string
	sent      []sentMessage // nil for multicast, which answers no ids
}

type sentMessage struct {
	ID         string `json:"id"`
	QuoteToken string `json:"quoteToken,omitempty"`
}

type content struct {
	contentType string
	bytes       []byte
	preview     []byte
	pendingFor  int // how often it is still being prepared when asked for; below 0: its preparation fails
	isGone      bool
}

// AddBot opens an account.
func (s *Server) AddBot(setup Setup) *Bot {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := len(s.bots) + 1
	for _, field := range []struct {
		target *string
		value  string
	}{
		{&setup.UserID, s.id("U")},
		{&setup.ChannelID, fmt.Sprintf("%010d", 2_000_000_000+made)},
		{&setup.ChannelSecret, s.hex(16)},
		{&setup.AccessToken, s.random.Token()},
		{&setup.BasicID, fmt.Sprintf("@%03dfake", made)},
		{&setup.DisplayName, fmt.Sprintf("Fake account %d", made)},
	} {
		if *field.target == "" {
			*field.target = field.value
		}
	}
	b := &Bot{
		server: s, setup: setup,
		people: map[string]*person{}, groups: map[string]*group{}, replyTokens: map[string]*replyToken{},
		quoteKey: s.random.Bytes(32), retries: map[string]*retry{}, contents: map[string]*content{},
	}
	s.bots = append(s.bots, b)
	return b
}

// Setup tells how the account was opened, with what was made up.
func (b *Bot) Setup() Setup {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return b.setup
}

// Account is the account as an adapter needs it.
func (b *Bot) Account() channels.Account {
	setup := b.Setup()
	return channels.Account{
		PlatformID: setup.UserID,
		Credentials: channels.Credentials{
			"channelId": setup.ChannelID, "channelSecret": setup.ChannelSecret, "channelAccessToken": setup.AccessToken,
		},
		BaseURLs: b.server.BaseURLs(),
	}
}

// SetWebhook changes where events are delivered, as in the console.
func (b *Bot) SetWebhook(url string, isActive bool) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.setup.WebhookURL, b.setup.WebhookOff = url, !isActive
}

// Revoke ends the account's access token: every request is answered with 401.
func (b *Bot) Revoke() {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.isRevoked = true
}

// Reissue gives the account a new access token and returns it; the old one is no longer valid.
func (b *Bot) Reissue() string {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.setup.AccessToken, b.isRevoked = b.server.random.Token(), false
	return b.setup.AccessToken
}

// SetQuota changes the messages a month and how many of them are used.
func (b *Bot) SetQuota(limit, used int64) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	b.setup.Quota, b.used = limit, used
}

// Used is how many messages of the quota are used: one for each person a push reaches.
func (b *Bot) Used() int64 {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	return b.used
}

// isIn says whether the account is in a group or room.
func (b *Bot) isIn(chat string) bool {
	if g, known := b.groups[chat]; known {
		return g.isJoined
	}
	return b.setup.KnowsEverybody && (isID("C", chat) || isID("R", chat))
}

// joined gives a group or room of the type the account is in; nil when it is in no such.
func (b *Bot) joined(chat string, isRoom bool) *group {
	if !b.isIn(chat) {
		return nil
	}
	g, known := b.groups[chat]
	if !known {
		// The account knows everybody: the group is made up as it is asked for.
		g = &group{id: chat, name: "Group " + chat[1:5], isRoom: chat[0] == 'R', isJoined: true}
		for id := range b.people {
			g.members = append(g.members, id)
		}
		slices.Sort(g.members)
		b.groups[chat] = g
	}
	if g.isRoom != isRoom {
		return nil
	}
	return g
}

// acquaintance gives a person the account knows; nil when it knows no such.
func (b *Bot) acquaintance(id string) *person {
	if p, known := b.people[id]; known {
		return p
	}
	if !b.setup.KnowsEverybody || !isID("U", id) {
		return nil
	}
	p := &person{Person: Person{ID: id, Name: "Customer " + id[1:5], Language: "zh-Hant"}, isFriend: true}
	b.people[id] = p
	return p
}

// botOf finds the account of a valid token; nil where there is none.
func (s *Server) botOf(token string) *Bot {
	for _, b := range s.bots {
		if b.setup.AccessToken == token && !b.isRevoked {
			return b
		}
	}
	return nil
}

// forget drops what LINE no longer recognises, so that a demo may run for days.
func (b *Bot) forget(now time.Time) {
	maps.DeleteFunc(b.retries, func(_ string, r *retry) bool { return now.Sub(r.at) >= retryKeyHolds })
	maps.DeleteFunc(b.replyTokens, func(_ string, t *replyToken) bool { return now.Sub(t.eventAt) > replyLatest })
}

func (s *Server) hex(bytes int) string { return hex.EncodeToString(s.random.Bytes(bytes)) }

// id makes one of LINE's ids: a letter and 32 hexadecimal digits.
func (s *Server) id(letter string) string { return letter + s.hex(16) }

// messageID makes a message's id: 18 digits, the first of them not 0.
func (s *Server) messageID() string {
	return fmt.Sprintf("%018d", 100_000_000_000_000_000+s.random.Uint64()%900_000_000_000_000_000)
}

// eventID makes a ULID of the moment.
func (s *Server) eventID(at time.Time) string {
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	id := make([]byte, 0, 26)
	ms := at.UnixMilli()
	for shift := 45; shift >= 0; shift -= 5 {
		id = append(id, crockford[ms>>shift&31])
	}
	for _, b := range s.random.Bytes(16) {
		id = append(id, crockford[b&31])
	}
	return string(id)
}

func isID(letter, id string) bool {
	if len(id) != 33 || id[:1] != letter {
		return false
	}
	_, err := hex.DecodeString(id[1:])
	return err == nil
}
