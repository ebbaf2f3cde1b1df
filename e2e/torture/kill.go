package main

import (
	"context"
	"encoding/json"
	"strings"
	"syscall"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// points are the fault points that traffic passes, and those of a stop.
func points() (traffic, stop []string) {
	return []string{
			"webhook/verified", "inbound/marked", "inbound/before-commit", "inbound/committed", "webhook/before-answer", "send/committed",
			"store/before-commit", "store/after-commit", "delivery/leased", "delivery/before-call", "delivery/called", "delivery/before-commit",
			"delivery/recorded", "job/begun", "job/done", "tail/read",
		}, []string{
			"stop/begun", "stop/sockets-told", "stop/work-ended",
		}
}

// fates gives where a server dies, one life after the other; "" is a random moment. Half of them are points, each as often as any other.
func fates(w *rig.World, n int) []string {
	traffic, stop := points()
	all := append(traffic, stop...)
	if w.Points != nil {
		all = w.Points
	}
	var deck, list []string
	for i := range n {
		if i%2 == 0 && w.Points == nil {
			list = append(list, "")
			continue
		}
		if len(deck) == 0 {
			deck = append(deck, all...)
			for j := range deck {
				k := w.Random.Int(j + 1)
				deck[j], deck[k] = deck[k], deck[j]
			}
		}
		list, deck = append(list, deck[0]), deck[1:]
	}
	return list
}

// kill kills the server again and again in the middle of its work.
func kill() Scenario {
	return Scenario{
		Name: "kill",
		Proves: "a server that is killed at any moment loses nothing it acknowledged, stores and sends nothing twice, keeps every order, and every " +
			"subscriber ends with what the database holds (RT-3, RT-4, RT-8, RT-10, CHAN-9, CHAN-11, MSG-2, MSG-15, MSG-16)",
		Run: func(ctx context.Context, w *rig.World) error {
			kills, l := 200, load{customers: 200, watchers: 300, webhooks: 50_000, sends: 20_000, writers: 16, senders: 8}
			if w.IsShort {
				kills, l = 6, load{customers: 8, watchers: 16, webhooks: 600, sends: 240, writers: 6, senders: 3}
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
			if err := slowly(w, l.sends/8); err != nil {
				return err
			}
			t.start(ctx)
			total := int64(l.webhooks + l.sends)
			for k, point := range fates(w, kills) {
				if k > 0 || point != "" {
					if err := begin(ctx, w, server, point); err != nil {
						return err
					}
				}
				// Somewhere in the k-th part of the work.
				at := total*int64(k)/int64(kills) + int64(w.Random.Int(int(total)/kills))
				if err := t.die(ctx, server, point, at, total/int64(kills)); err != nil {
					w.Violate("worked: %v", err)
					break
				}
			}
			server.Kill()
			if err := server.Start(ctx); err != nil {
				return err
			}
			if err := w.Follow(ctx, "the server works to the end", t.isEnough, t.done); err != nil {
				w.Violate("worked: %v", err)
			}
			return t.finish(ctx)
		},
	}
}

// begin starts a life that is to end at a point; "" ends at no point.
func begin(ctx context.Context, w *rig.World, server *rig.Server, point string) error {
	server.Kill()
	if point == "" {
		return server.Start(ctx)
	}
	n := 1
	if !strings.HasPrefix(point, "stop/") && !strings.HasPrefix(point, "job/") {
		n += w.Random.Int(12)
	}
	return server.StartAt(ctx, point, n)
}

// die awaits that a life ends as it should, and ends it where the point is not passed.
func (t *traffic) die(ctx context.Context, server *rig.Server, point string, at, part int64) error {
	w := t.world
	isOver := func() bool { return server.IsDead() || t.done() >= at }
	switch {
	case point == "":
		if err := w.Follow(ctx, "the server works", isOver, t.done); err != nil {
			return err
		}
		server.Kill()
		w.Count("kills at random", 1)
		return nil
	case strings.HasPrefix(point, "stop/"):
		if err := w.Follow(ctx, "the server works", isOver, t.done); err != nil {
			return err
		}
		_ = server.Signal(syscall.SIGTERM)
		if err := w.Await(ctx, "the server dies at "+point, server.IsDead); err != nil {
			return err
		}
	default:
		// A point that is rarely passed is waited for somewhat longer.
		if err := w.Follow(ctx, "the server works", func() bool { return server.IsDead() || t.done() >= at+3*part }, t.done); err != nil {
			return err
		}
	}
	if server.IsDead() {
		w.Count("kills at points", 1)
		return nil
	}
	w.Count("points not passed", 1)
	w.Say("%s was not passed", point)
	server.Kill()
	return nil
}

// text is the text of a message that LINE was sent.
func text(m fake.Message) string {
	var body struct{ Text string }
	if json.Unmarshal(m.Body, &body) != nil {
		return string(m.Body)
	}
	return body.Text
}
