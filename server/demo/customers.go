package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/channels/fake"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/random"
)

// Customers are simulated customers and a group that write through the real, signed webhook, and thank agents for their answers.
type Customers struct {
	// URL is the server they write to, without a slash at the end.
	URL string
	// PlatformURL is the fake LINE that accepts what agents answer; the server says where it is (Info). Empty: nobody thanks.
	PlatformURL string
	Rate        float64 // messages a second
	Clock       clock.Clock
	Random      *random.Source
	Client      *http.Client
	Out         io.Writer // a line a message
}

// Info is what a server that was started for a demo says of itself at /demo.
type Info struct {
	Platform string `json:"platform"` // the fake LINE's address
}

// Run writes until the context ends. It gives the number of messages that the server took, and an error when the server refused one.
func (c *Customers) Run(ctx context.Context) (int, error) {
	p, err := StartPlatform(c.URL)
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	pause := time.Duration(float64(time.Second) / c.Rate)
	replies := make(chan fake.Delivery, 64)
	if c.PlatformURL != "" {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.listen(ctx, replies)
		}()
		defer func() { <-done }()
	}
	for n := 0; ; n++ {
		speaker, event := c.next(p, replies)
		answer, err := event.deliver(ctx)
		switch {
		case ctx.Err() != nil:
			return n, nil
		case err != nil:
			return n, fmt.Errorf("the server at %s does not answer: %w", c.URL, err)
		case answer.Status != http.StatusOK:
			return n, fmt.Errorf("the server answered %d: was it started with --demo?", answer.Status)
		}
		_, _ = fmt.Fprintf(c.Out, "%s  %s  (taken in %d ms)\n", speaker, event.text, answer.Took.Milliseconds())
		if c.Clock.Sleep(ctx, pause) != nil {
			return n + 1, nil
		}
	}
}

// utterance is one message on its way.
type utterance struct {
	bot   *fakeline.Bot
	event fakeline.Event
	text  string
}

func (u utterance) deliver(ctx context.Context) (fakeline.Answer, error) {
	return u.bot.Deliver(ctx, u.event)
}

// next is what is written next: thanks to an agent who answered, a word in the group one time in eight, else a customer's question.
func (c *Customers) next(p *Platform, replies <-chan fake.Delivery) (string, utterance) {
	select {
	case d := <-replies:
		for i, l := range Lines {
			if l.UserID != d.Account || len(d.To) == 0 {
				continue
			}
			for n, who := range p.people[i] {
				if who.ID() == d.To[0] {
					text := thanks[c.Random.Int(len(thanks))]
					return name(n).first, utterance{p.bots[i], who.Text(text), text}
				}
			}
		}
	default:
	}
	text := questions[c.Random.Int(len(questions))]
	if c.Random.Int(8) == 0 {
		member := p.people[0][c.Random.Int(groupSize)]
		text = groupTalk[c.Random.Int(len(groupTalk))]
		return "group", utterance{p.bots[0], member.In(p.group).Text(text), text}
	}
	line := c.Random.Int(len(p.bots))
	n := c.Random.Int(len(p.people[line]))
	return name(n).first, utterance{p.bots[line], p.people[line][n].Text(text), text}
}

// listen hands on what the server's fake LINE accepts from agents from now on.
func (c *Customers) listen(ctx context.Context, replies chan<- fake.Delivery) {
	seen, isFirst := int64(0), true
	for c.Clock.Sleep(ctx, time.Second) == nil {
		all, err := c.log(ctx, seen)
		if err != nil {
			continue
		}
		for _, d := range all {
			seen = max(seen, d.Seq)
			if isFirst {
				continue
			}
			select {
			case replies <- d:
			default:
			}
		}
		isFirst = false
	}
}

func (c *Customers) log(ctx context.Context, after int64) ([]fake.Delivery, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.PlatformURL+"/_fake/log?after="+strconv.FormatInt(after, 10), nil)
	if err != nil {
		return nil, err
	}
	res, err := c.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		Deliveries []fake.Delivery `json:"deliveries"`
	}
	return answer.Deliveries, json.NewDecoder(res.Body).Decode(&answer)
}
