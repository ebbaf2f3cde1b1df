package main

import (
	"context"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// walls asks for what is another team's.
func walls() Scenario {
	return Scenario{
		Name:   "walls",
		Proves: "what is another team's answers like what does not exist (the rules' own suite proves it for every field)",
		Run: func(ctx context.Context, w *rig.World) error {
			server, err := w.Server()
			if err != nil {
				return err
			}
			tea, err := w.Team(ctx, server, "tea")
			if err != nil {
				return err
			}
			t, err := newTraffic(ctx, w, tea, load{customers: 2})
			if err != nil {
				return err
			}
			if err := server.Stop(ctx); err != nil {
				return err
			}
			ink, err := w.Team(ctx, server, "ink")
			if err != nil {
				return err
			}
			const list = `query($c: ID!) { messages(conversationId: $c, last: 10) { nodes { id } } }`
			own, err := tea.Boss.Do(ctx, list, map[string]any{"c": t.conversations[0]})
			if err != nil {
				return err
			}
			message := rig.Str(own, "messages.nodes.0.id")
			const contacts = `{ contacts(first: 10) { nodes { id } } }`
			people, err := tea.Boss.Do(ctx, contacts, nil)
			if err != nil {
				return err
			}
			for _, id := range []string{t.conversations[0], message, rig.Str(people, "contacts.nodes.0.id")} {
				const node = `query($id: ID!) { node(id: $id) { id } }`
				mine, err := tea.Boss.Ask(ctx, node, map[string]any{"id": id})
				if err != nil || rig.Str(mine.Data, "node.id") != id {
					return err
				}
				theirs, err := ink.Boss.Ask(ctx, node, map[string]any{"id": id})
				if err != nil {
					return err
				}
				if rig.At(theirs.Data, "node") != nil {
					w.Violate("walls: %s of another team is read: %v", id, theirs.Data)
				}
				w.Count("asked", 1)
			}
			seen, err := ink.Boss.Do(ctx, contacts, nil)
			if err != nil {
				return err
			}
			if rig.Str(seen, "contacts.nodes.0.id") != "" {
				w.Violate("walls: another team's contacts are listed: %v", seen)
			}
			theirs, err := ink.Boss.Ask(ctx, list, map[string]any{"c": t.conversations[0]})
			if err == nil && rig.Str(theirs.Data, "messages.nodes.0.id") != "" {
				w.Violate("walls: another team's messages are listed: %v", theirs.Data)
			}
			return err
		},
	}
}
