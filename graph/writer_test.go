package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/writer"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// all selects everything of a type that needs no argument, to a depth, and nothing that `except` names.
func all(s *ast.Schema, typ string, depth int, except ...string) string {
	d := s.Types[typ]
	if d.IsLeafType() {
		return ""
	}
	var b strings.Builder
	b.WriteString(" { again: __typename __typename")
	if d.Kind != ast.Object {
		for _, one := range s.GetPossibleTypes(d) {
			if in := all(s, one.Name, depth, except...); in != "" {
				fmt.Fprintf(&b, " ... on %s%s", one.Name, in)
			}
		}
	}
	for _, f := range d.Fields {
		inner := s.Types[f.Type.Name()]
		if len(f.Arguments) > 0 || strings.HasPrefix(f.Name, "__") || slices.Contains(except, f.Name) || d.Kind != ast.Object || depth == 0 && !inner.IsLeafType() {
			continue
		}
		// Members of one interface may have fields of one name and several types.
		fmt.Fprintf(&b, " %s_%s: %s%s", strings.ToLower(typ), f.Name, f.Name, all(s, f.Type.Name(), depth-1, except...))
	}
	b.WriteString(" }")
	return b.String()
}

// Everything that can be selected of a list or an object is written by a plan as the executor writes it, on rows of every sort, and with fragments, aliases and
// conditions.
func TestPlansWriteWhatTheExecutorWrites(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, line, tag := w.Agent(auth.Admin), w.Channel("LINE"), w.Tag("常客 \"vip\" \\")
		other := w.Agent(auth.Supervisor)
		first := w.Conversation(line, factory.Spec{Messages: 5, Tags: []int64{tag}})
		second := w.Conversation(line, factory.Spec{Messages: 2, Status: "IN_PROGRESS", Follower: boss.AgentID})
		w.Conversation(line, factory.Spec{Status: "ENDED", Follower: boss.AgentID})
		w.Say(second.ID, boss.AgentID)
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return factory.Collaborate(ctx, tx, second.ID, []int64{other.AgentID})
		})
		schema := gen.NewExecutableSchema(gen.Config{Resolvers: w.resolver})
		planned := map[string]int{}
		both := compared(t)
		both.Planned = func(field string, isPlanned bool) {
			if isPlanned {
				planned[field]++
			}
		}
		w.exec = executor.New(schema)
		w.exec.Use(both)
		s := schema.Schema()
		ids := map[string]any{"c": conv(first.ID), "d": conv(second.ID), "yes": true, "no": false}
		fields := 0
		for field, query := range map[string]string{
			"conversations": `{ conversations(view: ALL, first: 50)%s }`,
			"conversation":  `query($c: ID!) { conversation(id: $c)%s }`,
			"messages":      `query($d: ID!) { messages(conversationId: $d, last: 50)%s }`,
			"activities":    `query($d: ID!) { activities(conversationId: $d)%s }`,
			"inboxCounts":   `{ inboxCounts%s }`,
			"contacts":      `{ contacts%s }`,
			"channels":      `{ channels%s }`,
			"node":          `query($c: ID!) { node(id: $c)%s }`,
			"nodes":         `query($c: ID!, $d: ID!) { nodes(ids: [$c, $d, "x"])%s }`,
		} {
			selection := all(s, s.Query.Fields.ForName(field).Type.Name(), 4, "sendability", "webchat", "customFields", "tagCounts", "responsibleAgent")
			if errs := w.query(t, boss, fmt.Sprintf(query, selection), ids, nil); len(errs) > 0 {
				t.Fatalf("%s: %v", field, errs)
			}
			if planned[field] == 0 {
				t.Errorf("%s was not written by a plan", field)
			}
			fields += strings.Count(selection, "_")
		}
		if fields < 300 {
			t.Errorf("only %d fields were selected", fields)
		}
		for name, query := range map[string]string{
			"an alias":              `{ mine: conversations(view: ALL) { nodes { n: name name } } theirs: conversations(view: MY_ENDED) { nodes { id } } }`,
			"a field named twice":   `{ conversations(view: ALL) { nodes { id channel { id } channel { name } id } } }`,
			"fragments":             `{ conversations(view: ALL) { ...P } } fragment P on ConversationConnection { nodes { ...R ... { kind } ... on Node { id } ... on Conversation { status } } } fragment R on Conversation { name contact { ... on Contact { name } } }`,
			"skip and include":      `query($yes: Boolean!, $no: Boolean!) { conversations(view: ALL) { nodes { id @skip(if: $yes) name @include(if: $yes) kind @include(if: $no) ... @skip(if: $no) { version } } } }`,
			"a page without rows":   `{ conversations(view: PENDING_BOT) { edges { cursor node { id } } nodes { id } pageInfo { startCursor endCursor hasNextPage } } }`,
			"nothing to be seen":    `{ conversation(id: "x") { id } }`,
			"what asks on its own":  `{ contacts { nodes { id tags(first: 1) { tag { name } } } } }`,
			"only the type's name":  `{ __typename conversations(view: ALL) { __typename } }`,
			"several roots at once": `query($c: ID!, $d: ID!) { a: conversation(id: $c) { name } b: conversation(id: $d) { name } inboxCounts { unreadMessages } }`,
		} {
			if errs := w.query(t, boss, query, ids, nil); len(errs) > 0 {
				t.Errorf("%s: %v", name, errs)
			}
		}
	})
}

// What the server answers with the writer is what it answers without: bytes and errors, with what only the executor can do in between.
func TestWriterChangesNoAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss, line := w.Agent(auth.Admin), w.Channel("LINE")
		c := w.Conversation(line, factory.Spec{Messages: 3})
		with := executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: w.resolver}))
		with.Use(&writer.Extension{})
		without := executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: w.resolver}))
		answer := func(e *executor.Executor, query string) string {
			ctx := graphql.StartOperationTrace(auth.With(t.Context(), boss))
			op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: map[string]any{}})
			if errs != nil {
				t.Fatal(errs)
			}
			next, ctx := e.DispatchOperation(ctx, op)
			r := next(ctx)
			return string(r.Data) + r.Errors.Error()
		}
		for _, query := range []string{
			`{ conversations(view: ALL) { nodes { id name channel { name } tags { name } lastMessage { text at } } pageInfo { endCursor } } }`,
			`{ a: conversations(view: ALL) { nodes { id } } b: conversations(view: ALL, first: 1000) { nodes { id } } }`,
			`{ contacts { nodes { id tags(first: 2) { count } } } inboxCounts { unreadMessages } }`,
			`{ conversation(id: "` + conv(c.ID) + `") { id contact { tags(first: 1) { count } name } } node(id: "` + conv(c.ID) + `") { id ... on Conversation { name } } }`,
		} {
			if a, b := answer(with, query), answer(without, query); a != b || a == "" {
				t.Errorf("%s:\nwith:    %s\nwithout: %s", query, a, b)
			}
		}
	})
}
