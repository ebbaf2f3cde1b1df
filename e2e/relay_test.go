package e2e_test

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// tell writes a line to the script.
func (s *script) tell(command string) {
	s.t.Helper()
	if _, err := io.WriteString(s.stdin, command+"\n"); err != nil {
		s.t.Fatal(err)
	}
}

// RT-1, RT-4: Relay's compiler takes the schema, and what it makes runs: an inbox of fragments that grows page by page, is kept by a
// subscription, and opens a conversation that is fetched anew by its id.
func TestRelay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.signIn(t, "agent@demo.example")
		s := sample(t, "relay", "out/run.js", map[string]any{"url": w.URL + "/graphql", "token": amy.token, "view": "PENDING_HUMAN", "count": 10})
		// rows are those that it showed at last.
		type state struct {
			Rows    []string
			HasNext bool
		}
		shows := func(what string, fits func(state) bool) (last state) {
			t.Helper()
			testkit.Await(t, what, func() bool {
				for _, line := range s.said() {
					var at state
					if json.Unmarshal([]byte(line), &at) == nil && at.Rows != nil {
						last = at
					}
				}
				return last.Rows != nil && fits(last)
			})
			return last
		}
		now := shows("the first page", func(state) bool { return true })
		for n := len(now.Rows); now.HasNext && n < 30; n = len(now.Rows) {
			s.tell("more")
			now = shows("the next page", func(at state) bool { return len(at.Rows) > n })
		}
		answer := amy.do(`query { conversations(view: PENDING_HUMAN, first: 100) { nodes { id } } }`, nil)
		var want []string
		list, _ := at(answer, "conversations.nodes").([]any)
		for _, row := range list {
			want = append(want, str(row, "id"))
		}
		if !slices.Equal(now.Rows, want[:min(len(now.Rows), len(want))]) || len(now.Rows) < 20 {
			t.Errorf("it shows %v, the inbox is %v", now.Rows, want)
		}
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef01234567e0"}
		c.write(demo.Lines[0].Secret, c.event("950000000000000001", "is Relay there?", nil))
		s.await(`"first":`, `"text":"is Relay there?"`, `"unreadCount":1`)
		id := shows("the newcomer", func(at state) bool { return len(at.Rows) == len(now.Rows)+1 }).Rows[0]
		s.tell("open " + id)
		s.await(`"details":"`+id+`"`, `"status":"PENDING"`, `"follower":null`)
		amy.do(follow, map[string]any{"c": id})
		shows("that it left", func(at state) bool { return !slices.Contains(at.Rows, id) })
		s.tell("again")
		s.await(`"details":"`+id+`"`, `"status":"IN_PROGRESS"`, `"follower":"`)
		_ = s.stdin.Close()
		said, complained, isWell := s.end()
		fetched := map[string]bool{}
		for _, line := range said {
			var at struct{ Fetched string }
			if json.Unmarshal([]byte(line), &at) == nil && at.Fetched != "" {
				fetched[at.Fetched] = true
			}
		}
		if got := slices.Sorted(maps.Keys(fetched)); !isWell || strings.Join(got, " ") != "inboxDetailsQuery inboxDetailsRefetchQuery inboxPageQuery inboxQuery" {
			t.Errorf("it asked %v and complained %s", got, complained)
		}
	})
}
