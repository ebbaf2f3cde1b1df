package line

import (
	"slices"
)

// Person is somebody with LINE on the phone.
type Person struct {
	ID            string // "U" and 32 hexadecimal digits; "" is made up
	Name          string
	PictureURL    string
	StatusMessage string
	Language      string // "zh-Hant"
	IsStranger    bool   // no friend of the account
}

// Customer is a person of one account, who writes to it: embedded is the Speaker of the one-to-one chat.
type Customer struct {
	Speaker
}

// AddCustomer makes a person known to the account. One with an id that is known already is changed.
func (b *Bot) AddCustomer(p Person) *Customer {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	if p.ID == "" {
		p.ID = b.server.id("U")
	}
	known := b.people[p.ID]
	if known == nil {
		known = &person{}
		b.people[p.ID] = known
	}
	known.Person, known.isFriend = p, !p.IsStranger
	return &Customer{Speaker{bot: b, chat: p.ID, person: p.ID}}
}

// ID is the person's id for this account.
func (c *Customer) ID() string { return c.person }

// In is the customer's voice in a group. A person who is no member speaks all the same, as with LINE's late events.
func (c *Customer) In(g *Group) Speaker { return Speaker{bot: c.bot, chat: g.id, person: c.person} }

// Follow adds the account as a friend, or unblocks it.
func (c *Customer) Follow(isUnblocked bool) Event {
	c.bot.change(func() {
		p := c.bot.people[c.person]
		p.isFriend, p.isBlocked = true, false
	})
	return c.event("follow", true).with("follow", fields{"isUnblocked": isUnblocked})
}

// Unfollow blocks the account. Pushes are still answered with 200.
func (c *Customer) Unfollow() Event {
	c.bot.change(func() {
		p := c.bot.people[c.person]
		p.isFriend, p.isBlocked = false, true
	})
	return c.event("unfollow", false)
}

// LinkAccount ends an account link with success. A failed one has no source: FailLink.
func (c *Customer) LinkAccount(nonce string) Event {
	return c.event("accountLink", true).with("link", fields{"result": "ok", "nonce": nonce})
}

// FailLink ends somebody's account link without success. LINE does not say whose.
func (b *Bot) FailLink(nonce string) Event {
	return Speaker{bot: b}.event("accountLink", false).without("source").with("link", fields{"result": "failed", "nonce": nonce})
}

// GroupSetup describes a group or room.
type GroupSetup struct {
	ID         string // "C" and 32 hexadecimal digits, "R" for a room; "" is made up
	Name       string // rooms have none
	PictureURL string
	IsRoom     bool
	Members    []*Customer
}

// Group is a group or room of one account.
type Group struct {
	bot *Bot
	id  string
}

// AddGroup makes a group with the account in it. Join gives the event that tells so.
func (b *Bot) AddGroup(setup GroupSetup) *Group {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	if setup.ID == "" {
		letter := "C"
		if setup.IsRoom {
			letter = "R"
		}
		setup.ID = b.server.id(letter)
	}
	g := &group{id: setup.ID, name: setup.Name, pictureURL: setup.PictureURL, isRoom: setup.IsRoom, isJoined: true}
	for _, m := range setup.Members {
		g.members = append(g.members, m.person)
	}
	b.groups[g.id] = g
	return &Group{bot: b, id: g.id}
}

// ID is the group's id.
func (g *Group) ID() string { return g.id }

// IsJoined says whether the account is in the group.
func (g *Group) IsJoined() bool {
	joined := false
	g.bot.change(func() { joined = g.bot.groups[g.id].isJoined })
	return joined
}

// Rename changes name and picture. LINE sends no event for that.
func (g *Group) Rename(name, pictureURL string) {
	g.bot.change(func() { g.bot.groups[g.id].name, g.bot.groups[g.id].pictureURL = name, pictureURL })
}

// Join invites the account into the group.
func (g *Group) Join() Event {
	g.bot.change(func() { g.bot.groups[g.id].isJoined = true })
	return g.speaker().event("join", true)
}

// Leave removes the account from the group.
func (g *Group) Leave() Event {
	g.bot.change(func() { g.bot.groups[g.id].isJoined = false })
	return g.speaker().event("leave", false)
}

// MembersJoined lets people enter.
func (g *Group) MembersJoined(people ...*Customer) Event {
	g.bot.change(func() {
		group := g.bot.groups[g.id]
		for _, c := range people {
			if !slices.Contains(group.members, c.person) {
				group.members = append(group.members, c.person)
			}
		}
	})
	return g.speaker().event("memberJoined", true).with("joined", fields{"members": memberList(people)})
}

// MembersLeft lets people leave.
func (g *Group) MembersLeft(people ...*Customer) Event {
	g.bot.change(func() {
		group := g.bot.groups[g.id]
		for _, c := range people {
			group.members = slices.DeleteFunc(group.members, func(id string) bool { return id == c.person })
		}
	})
	return g.speaker().event("memberLeft", false).with("left", fields{"members": memberList(people)})
}

// Unknown is the voice of a member without consent: LINE tells no id.
func (g *Group) Unknown() Speaker { return g.speaker() }

func (g *Group) speaker() Speaker { return Speaker{bot: g.bot, chat: g.id} }

func memberList(people []*Customer) []fields {
	list := make([]fields, 0, len(people))
	for _, c := range people {
		list = append(list, fields{"type": "user", "userId": c.person})
	}
	return list
}

// change runs f under the server's lock.
func (b *Bot) change(f func()) {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	f()
}
