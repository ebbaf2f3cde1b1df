package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
)

// Team is a team as its operator made it: an administrator who is signed in, and a LINE account that is connected.
type Team struct {
	World  *World
	Server *Server // where it was made
	Boss   *Client
	Bot    *fakeline.Bot
	// Hook is the webhook's path.
	Hook string
	// Slug is the team's name in addresses.
	Slug string

	hooks *http.Client
}

const (
	accept  = `mutation($i: InvitationAcceptInput!) { invitationAccept(input: $i) { tokens { accessToken } userErrors { code message } } }`
	connect = `mutation($i: ChannelConnectInput!) { channelConnect(input: $i) { channel { state webhookUrl } userErrors { code message } } }`
	found   = `query($a: Cursor) { conversations(view: ALL, first: 100, after: $a) { pageInfo { hasNextPage endCursor } nodes { id lastMessage { text } } } }`
	follow  = `mutation($c: ID!) { conversationFollow(input: {conversationId: $c}) { conversation { status } userErrors { code message } } }`
	send    = `mutation($c: ID!, $t: String!, $k: String!) { messageSend(input: {conversationId: $c, content: {text: $t}, clientMessageId: $k}) {
		message { id seq } userErrors { code message } } }`
)

var invitation = regexp.MustCompile(`(?m)^\S+/welcome#invitation=(\S+)$`)

// Team makes a team by command, starts the server with settings beside the world's own, accepts the invitation and connects a LINE account.
func (w *World) Team(ctx context.Context, s *Server, slug string, env ...string) (*Team, error) {
	code, said := w.Command(ctx, "team", "create", "--slug", slug, "--name", "Team "+slug, "--admin-email", "boss@"+slug+".example")
	link := invitation.FindStringSubmatch(said)
	if code != 0 || link == nil {
		return nil, fmt.Errorf("team create ended with %d: %s", code, said)
	}
	if err := s.Start(ctx, env...); err != nil {
		return nil, err
	}
	t := &Team{World: w, Server: s, Slug: slug, hooks: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	nobody := NewClient(s.URL, "")
	got, err := nobody.Do(ctx, accept, map[string]any{"i": map[string]any{"token": link[1], "name": "Bo", "password": "correct horse battery"}})
	if err != nil {
		return nil, err
	}
	t.Boss = NewClient(s.URL, Str(got, "invitationAccept.tokens.accessToken"))
	t.Bot = w.Line.AddBot(fakeline.Setup{IsVerified: true, DisplayName: "Team " + slug})
	setup := t.Bot.Setup()
	made, err := t.Boss.Do(ctx, connect, map[string]any{"i": map[string]any{
		"type": "LINE", "name": "Team " + slug, "credentials": []map[string]string{
			{"name": "channelId", "value": setup.ChannelID}, {"name": "channelSecret", "value": setup.ChannelSecret}, {"name": "channelAccessToken", "value": setup.AccessToken},
		},
	}})
	if err != nil {
		return nil, err
	}
	_, path, ok := strings.Cut(Str(made, "channelConnect.channel.webhookUrl"), "/webhooks/")
	if !ok || Str(made, "channelConnect.channel.state") != "CONNECTED" {
		return nil, fmt.Errorf("the channel is not connected: %v", made)
	}
	t.Hook = "/webhooks/" + path
	t.Bot.SetWebhook(s.URL+t.Hook, true)
	return t, nil
}

// Deliver posts events as one signed body to a server's webhook. The status is 0 where no answer came.
func (t *Team) Deliver(ctx context.Context, s *Server, events ...fakeline.Event) (status int, err error) {
	body := t.Bot.Body(events...)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+t.Hook, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header["x-line-signature"] = []string{t.Bot.Sign(body)}
	res, err := t.hooks.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode, res.Body.Close()
}

// Insist delivers events until a server has acknowledged them, as LINE delivers again what was not. Its error is the context's.
func (t *Team) Insist(ctx context.Context, at func() *Server, events ...fakeline.Event) error {
	for ctx.Err() == nil {
		if status, err := t.Deliver(ctx, at(), events...); err == nil && status == http.StatusOK {
			return nil
		}
		wait(ctx, 20*time.Millisecond)
	}
	return ctx.Err()
}

// Conversations are the ids of the team's conversations by the text of their last message.
func (t *Team) Conversations(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	var after any
	for {
		got, err := t.Boss.Do(ctx, found, map[string]any{"a": after})
		if err != nil {
			return nil, err
		}
		nodes, _ := At(got, "conversations.nodes").([]any)
		for _, n := range nodes {
			all[Str(n, "lastMessage.text")] = Str(n, "id")
		}
		if At(got, "conversations.pageInfo.hasNextPage") != true {
			return all, nil
		}
		after = Str(got, "conversations.pageInfo.endCursor")
	}
}

// Follow takes a conversation over for the administrator.
func (t *Team) Follow(ctx context.Context, conversation string) error {
	got, err := t.Boss.Do(ctx, follow, map[string]any{"c": conversation})
	if err == nil && Str(got, "conversationFollow.conversation.status") != "IN_PROGRESS" {
		err = fmt.Errorf("follow: %v", got)
	}
	return err
}

// ErrRefused says that the server answered and took nothing: asking again would not help.
var ErrRefused = errors.New("the server refused it")

// Send answers in a conversation, once. The error is ErrRefused where the server says no; any other leaves it open whether it was taken.
func (t *Team) Send(ctx context.Context, c *Client, conversation, text, key string) (seq int, err error) {
	a, err := c.Ask(ctx, send, map[string]any{"c": conversation, "t": text, "k": key})
	if err != nil {
		return 0, err
	}
	if Str(a.Data, "messageSend.message.id") != "" {
		return Num(a.Data, "messageSend.message.seq"), nil
	}
	if errs, _ := At(a.Data, "messageSend.userErrors").([]any); len(errs) > 0 {
		return 0, fmt.Errorf("%w: %v", ErrRefused, errs)
	}
	return 0, fmt.Errorf("send: %d %v", a.Status, a.Errors)
}

// InsistSend answers in a conversation until a server has acknowledged it, as an app does that was told nothing.
func (t *Team) InsistSend(ctx context.Context, c *Client, conversation, text, key string) (seq int, err error) {
	for ctx.Err() == nil {
		seq, err := t.Send(ctx, c, conversation, text, key)
		if err == nil || errors.Is(err, ErrRefused) {
			return seq, err
		}
		wait(ctx, 20*time.Millisecond)
	}
	return 0, ctx.Err()
}
