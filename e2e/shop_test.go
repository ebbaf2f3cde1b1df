package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
)

// shop is a team in production: its server is a process that may be killed, its LINE lives on.
type shop struct {
	t      *testing.T
	env    []string
	line   *fakeline.Server
	bot    *fakeline.Bot
	server *process
	hook   string // the webhook's path
	token  string
	url    atomic.Pointer[string]
	pace   *time.Ticker // of the load: other tests need the machine too
}

// open makes a team by command, accepts its invitation and connects its LINE account, as an operator would.
func open(t *testing.T, dialect string, settings ...string) *shop {
	t.Helper()
	line, err := fakeline.Start(fakeline.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Stop)
	pace := time.NewTicker(10 * time.Millisecond)
	t.Cleanup(pace.Stop)
	s := &shop{t: t, line: line, pace: pace, bot: line.AddBot(fakeline.Setup{IsVerified: true, DisplayName: "Tea House"})}
	at := line.BaseURLs()
	s.env = append(empty(t, dialect), "AGENT_COST_BURST=1000000", "LINE_API_URL="+at["api"], "LINE_DATA_URL="+at["data"],
		"EGRESS_ALLOW="+strings.TrimPrefix(at["api"], "http://")+","+strings.TrimPrefix(at["data"], "http://"))
	s.env = append(s.env, settings...)
	token := newTeam(t, s.env, "tea")
	s.serve()
	boss := s.boss()
	got := boss.do(accept, map[string]any{"i": map[string]any{"token": token, "name": "Bo", "password": "correct horse battery"}})
	s.token = str(got, "invitationAccept.tokens.accessToken")
	setup := s.bot.Setup()
	made := s.boss().do(`mutation($i: ChannelConnectInput!) { channelConnect(input: $i) { channel { state webhookUrl accountName } userErrors { message } } }`, map[string]any{"i": map[string]any{
		"type": "LINE", "name": "Tea House", "credentials": []map[string]string{
			{"name": "channelId", "value": setup.ChannelID}, {"name": "channelSecret", "value": setup.ChannelSecret}, {"name": "channelAccessToken", "value": setup.AccessToken},
		},
	}})
	_, path, ok := strings.Cut(str(made, "channelConnect.channel.webhookUrl"), "/webhooks/")
	if !ok || str(made, "channelConnect.channel.state") != "CONNECTED" || str(made, "channelConnect.channel.accountName") != "Tea House" {
		t.Fatalf("connect: %v", made)
	}
	s.hook = "/webhooks/" + path
	s.bot.SetWebhook(s.server.URL+s.hook, true)
	return s
}

func (s *shop) serve() {
	s.t.Helper()
	s.server = launch(s.t, s.env, "serve")
	s.url.Store(&s.server.URL)
	s.bot.SetWebhook(s.server.URL+s.hook, true)
}

// boss is the team's administrator.
func (s *shop) boss() *agent {
	return &agent{t: s.t, w: &world{URL: *s.url.Load()}, token: s.token}
}

// paced waits for the next turn; false where the context has ended.
func (s *shop) paced(ctx context.Context) bool {
	select {
	case <-s.pace.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// insist writes an event until the server has acknowledged it, as LINE redelivers what was not.
func (s *shop) insist(ctx context.Context, e fakeline.Event) bool {
	for s.paced(ctx) {
		if a, err := s.bot.Deliver(ctx, e); err == nil && a.Status == http.StatusOK {
			return true
		}
	}
	return false
}

// reply answers in a conversation until the server has acknowledged it, as an app does that was told nothing.
func (s *shop) reply(ctx context.Context, conversation, text string) bool {
	body, err := json.Marshal(map[string]any{"query": answer, "variables": map[string]any{"c": conversation, "t": text, "k": text}})
	if err != nil {
		return false
	}
	for s.paced(ctx) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, *s.url.Load()+"/graphql", bytes.NewReader(body))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+s.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		var got map[string]any
		err = json.NewDecoder(res.Body).Decode(&got)
		_ = res.Body.Close()
		if err == nil && str(got, "data.messageSend.message.id") != "" {
			return true
		}
	}
	return false
}
