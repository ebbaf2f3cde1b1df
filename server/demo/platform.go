package demo

import (
	"fmt"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
)

// Platform is a fake LINE with the demo team's accounts, customers and group.
type Platform struct {
	*fakeline.Server
	bots   []*fakeline.Bot
	people [][]*fakeline.Customer // by account
	group  *fakeline.Group
}

// StartPlatform starts a fake LINE on free ports of 127.0.0.1 that calls webhooks below base, the address of a Switchyard server without a
// slash at the end.
func StartPlatform(base string) (*Platform, error) {
	server, err := fakeline.Start(fakeline.Options{})
	if err != nil {
		return nil, fmt.Errorf("start the fake LINE: %w", err)
	}
	p := &Platform{Server: server}
	for i, l := range Lines {
		bot := server.AddBot(fakeline.Setup{
			UserID: l.UserID, ChannelID: l.ChannelID, ChannelSecret: l.Secret, AccessToken: l.Token, BasicID: l.Handle, DisplayName: l.Name,
			WebhookURL: base + "/webhooks/line/" + l.Key, IsVerified: true, KnowsEverybody: true,
		})
		many := contacts
		if i > 0 {
			many = onSecond
		}
		people := make([]*fakeline.Customer, many)
		for n := range people {
			who := name(n)
			shown := who.first + who.last
			if isEnglish(n) {
				shown = who.first + " " + who.last
			}
			people[n] = bot.AddCustomer(fakeline.Person{ID: UserID(i, n), Name: shown, Language: "zh-Hant"})
		}
		p.bots, p.people = append(p.bots, bot), append(p.people, people)
	}
	p.group = p.bots[0].AddGroup(fakeline.GroupSetup{ID: GroupID, Name: "團購揪團 Group buy", Members: p.people[0][:groupSize]})
	return p, nil
}
