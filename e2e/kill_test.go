package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/internal/testkit"
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
func open(t *testing.T, dialect string) *shop {
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

// RT-8, MSG-2, MSG-15, CHAN-9, CHAN-11: a server that is killed in the middle of its work, again and again, loses nothing that it
// acknowledged and does nothing twice: every message is in the history once, in order, and every answer reached LINE once, in order.
func TestKilled(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		const customers, kills, each = 3, 5, 25
		s := open(t, dialect)
		ctx, enough := context.WithCancel(t.Context())
		defer enough()
		var acknowledged atomic.Int64
		var load sync.WaitGroup
		defer load.Wait()
		written, answered := make([][]string, customers), make([][]string, customers)
		conversations, people := make([]string, customers), make([]*fakeline.Customer, customers)
		for i := range customers {
			people[i] = s.bot.AddCustomer(fakeline.Person{Name: fmt.Sprint("Customer ", i)})
			if !s.insist(ctx, people[i].Text(fmt.Sprintf("first of %d", i))) {
				t.Fatal("the first message was not taken")
			}
			conversations[i] = s.boss().find(fmt.Sprintf("first of %d", i), &customer{user: people[i].ID()})
			if got := s.boss().do(follow, map[string]any{"c": conversations[i]}); str(got, "conversationFollow.conversation.status") != "IN_PROGRESS" {
				t.Fatalf("follow: %v", got)
			}
			written[i] = []string{fmt.Sprintf("first of %d", i)}
			load.Go(func() {
				for n := 0; ; n++ {
					text := fmt.Sprintf("question %d of %d", n, i)
					if !s.insist(ctx, people[i].Text(text)) {
						return
					}
					written[i] = append(written[i], text)
					acknowledged.Add(1)
				}
			})
			load.Go(func() {
				for n := 0; ; n++ {
					text := fmt.Sprintf("answer %d of %d", n, i)
					if !s.reply(ctx, conversations[i], text) {
						return
					}
					answered[i] = append(answered[i], text)
					acknowledged.Add(1)
				}
			})
		}
		for range kills {
			from := acknowledged.Load()
			testkit.Await(t, "the server works", func() bool { return acknowledged.Load() >= from+each })
			s.server.kill()
			s.serve()
		}
		from := acknowledged.Load()
		testkit.Await(t, "the server works again", func() bool { return acknowledged.Load() >= from+each })
		enough()
		load.Wait()
		for i := range customers {
			var history, sent []string
			testkit.Await(t, "everything is sent", func() bool {
				history, sent = s.boss().conversation(conversations[i])
				return !slices.Contains(sent, "SENDING")
			})
			var questions, answers []string
			for _, text := range history {
				if strings.HasPrefix(text, "answer") {
					answers = append(answers, text)
				} else {
					questions = append(questions, text)
				}
			}
			s.compare("the history's questions", questions, written[i])
			s.compare("the history's answers", answers, answered[i])
			var delivered []string
			for _, d := range s.line.Journal().To(people[i].ID()) {
				for _, m := range d.Messages {
					delivered = append(delivered, bodyText(t, m))
				}
			}
			if !slices.Equal(delivered, answers) {
				t.Errorf("LINE got %q and not %q", delivered, answers)
			}
			for _, state := range sent {
				if state == "FAILED" {
					t.Errorf("something failed: %v", sent)
				}
			}
		}
	})
}

// compare wants what was acknowledged, and after it at most the one that was on its way when the load ended.
func (s *shop) compare(what string, got, acknowledged []string) {
	s.t.Helper()
	if len(got) < len(acknowledged) || len(got) > len(acknowledged)+1 || !slices.Equal(got[:len(acknowledged)], acknowledged) {
		s.t.Errorf("%s are %q, acknowledged were %q", what, got, acknowledged)
	}
}

// conversation reads all of a conversation's texts in their order, and how far its answers are.
func (a *agent) conversation(id string) (texts, deliveries []string) {
	a.t.Helper()
	var after any
	for {
		page := a.do(`query($c: ID!, $a: Cursor) { messages(conversationId: $c, first: 100, after: $a) { pageInfo { hasNextPage endCursor }
			nodes { seq delivery content { ... on TextContent { text } } } } }`, map[string]any{"c": id, "a": after})
		nodes, _ := at(page, "messages.nodes").([]any)
		for _, n := range nodes {
			if texts = append(texts, str(n, "content.text")); num(n, "seq") != len(texts) {
				a.t.Errorf("message %d has the number %d", len(texts), num(n, "seq"))
			}
			if d := str(n, "delivery"); d != "" {
				deliveries = append(deliveries, d)
			}
		}
		if at(page, "messages.pageInfo.hasNextPage") != true {
			return texts, deliveries
		}
		after = str(page, "messages.pageInfo.endCursor")
	}
}
