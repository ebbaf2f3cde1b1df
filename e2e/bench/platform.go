package main

import (
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/bench/data"
)

// platform is the LINE that our server sends to. Its cost is nobody's: it runs in this program.
type platform struct{ *fakeline.Server }

func startPlatform() (*platform, error) {
	s, err := fakeline.Start(fakeline.Options{})
	if err != nil {
		return nil, err
	}
	s.AddBot(fakeline.Setup{UserID: data.BotID(data.Large), ChannelID: "1", ChannelSecret: data.ChannelSecret, AccessToken: data.AccessToken, BasicID: "@bench", DisplayName: "bench",
		WebhookOff: true, IsVerified: true, KnowsEverybody: true})
	return &platform{s}, nil
}

// count is how many messages it has taken.
func (p *platform) count() int { return len(p.Journal().All()) }
