package main

import (
	"context"
	"encoding/json"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// kill kills the server again and again in the middle of its work.
func kill() Scenario {
	return Scenario{
		Name: "kill",
		Proves: "a server that is killed at any moment loses nothing it acknowledged, stores and sends nothing twice, keeps every order, and every " +
			"subscriber ends with what the database holds (RT-3, RT-4, RT-8, CHAN-9, CHAN-11, MSG-2, MSG-15, MSG-16)",
		Run: func(ctx context.Context, w *rig.World) error {
			kills, l := 200, load{customers: 200, watchers: 300, webhooks: 50_000, sends: 20_000, writers: 16, senders: 8}
			if w.IsShort {
				kills, l = 6, load{customers: 8, watchers: 16, webhooks: 600, sends: 240, writers: 4, senders: 2}
			}
			server, err := w.Server()
			if err != nil {
				return err
			}
			team, err := w.Team(ctx, server, "tea")
			if err != nil {
				return err
			}
			t, err := newTraffic(ctx, w, team, l)
			if err != nil {
				return err
			}
			t.start(ctx)
			total := int64(l.webhooks + l.sends)
			for k := range kills {
				// Somewhere in the k-th part of the work.
				at := total*int64(k)/int64(kills) + int64(w.Random.Int(int(total)/kills))
				if err := w.Follow(ctx, "the server works", func() bool { return t.done() >= at }, t.done); err != nil {
					w.Violate("worked: %v", err)
					break
				}
				server.Kill()
				w.Count("kills", 1)
				if err := server.Start(ctx); err != nil {
					return err
				}
			}
			if err := w.Follow(ctx, "the server works to the end", t.isEnough, t.done); err != nil {
				w.Violate("worked: %v", err)
			}
			return t.finish(ctx)
		},
	}
}

// text is the text of a message that LINE was sent.
func text(m fake.Message) string {
	var body struct{ Text string }
	if json.Unmarshal(m.Body, &body) != nil {
		return string(m.Body)
	}
	return body.Text
}
