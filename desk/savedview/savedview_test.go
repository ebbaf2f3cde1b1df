package savedview_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// world is a team that keeps views.
type world struct {
	*rowtest.World
	views *savedview.Service
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		db := storetest.Open(t, dialect, store.Config{})
		test(t, &world{rowtest.New(t, db, "shop"), savedview.New(db)})
	})
}

// view is a view with what a test does not care about.
func view(name, visibility string, change ...func(*savedview.CreateInput)) savedview.CreateInput {
	in := savedview.CreateInput{Name: name, View: inbox.All, Sort: inbox.ByLastMessage, IsDescending: true, Visibility: visibility}
	for _, f := range change {
		f(&in)
	}
	return in
}

func (w *world) create(p auth.Principal, in savedview.CreateInput) *savedview.View {
	w.T.Helper()
	x, at, err := w.views.Create(w.T.Context(), p, in)
	if err != nil {
		w.T.Fatal(err)
	}
	if at.Seq == 0 {
		w.T.Error("nobody is told of a new view")
	}
	return x
}

func (w *world) names(p auth.Principal, all bool) []string {
	w.T.Helper()
	found, err := w.views.List(w.T.Context(), p, all)
	if err != nil {
		w.T.Fatal(err)
	}
	out := []string{}
	for _, x := range found {
		out = append(out, x.Name)
	}
	return out
}

func code(err error) string {
	if err == nil {
		return ""
	}
	f := fault.As(err)
	return strings.TrimSpace(f.Code + " " + f.Field)
}

// PROD-16: each sees what is for everybody, for its role, and its own; the manager roles alone share and change what is shared; nobody sees another's own.
func TestVisibility(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		admin, boss, amy, ben := w.Agent(auth.Admin), w.Agent(auth.Supervisor), w.Agent(auth.AgentRole), w.Agent(auth.Sales)
		bot := w.Token(admin, nil, auth.ReadWorkspace)
		all := w.create(boss, view("all", savedview.Everybody))
		sales := w.create(boss, view("sales", savedview.Roles, func(in *savedview.CreateInput) { in.Roles = []string{"SALES", "SALES_MANAGER", "SALES"} }))
		own := w.create(amy, view("own", savedview.Me))
		if !slices.Equal(sales.Roles, []string{"SALES", "SALES_MANAGER"}) || sales.AgentID == nil || *sales.AgentID != boss.AgentID {
			t.Errorf("it is for %v", sales.Roles)
		}
		for _, x := range []struct {
			name string
			p    auth.Principal
			all  bool
			want []string
		}{
			{"the author of what is for another role", boss, false, []string{"all", "sales"}},
			{"an agent", amy, false, []string{"all", "own"}},
			{"an agent that asks for all", amy, true, []string{"all", "own"}},
			{"one of the role", ben, false, []string{"all", "sales"}},
			{"an administrator", admin, false, []string{"all"}},
			{"an administrator who keeps order", admin, true, []string{"all", "sales"}},
			{"an integration", bot, true, []string{"all"}},
		} {
			if got := w.names(x.p, x.all); !slices.Equal(got, x.want) {
				t.Errorf("%s sees %v", x.name, got)
			}
			for _, v := range []*savedview.View{all, sales, own} {
				_, err := w.views.Get(ctx, x.p, v.ID)
				if isSeen := slices.Contains(x.want, v.Name) || x.p.AgentID == admin.AgentID && v != own; (err == nil) != isSeen || err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: by its id %q gives %v", x.name, v.Name, err)
				}
			}
		}
		name, everybody, me := "changed", savedview.Everybody, savedview.Me
		update := func(p auth.Principal, id int64, change func(*savedview.UpdateInput)) string {
			in := savedview.UpdateInput{ID: id, Name: &name}
			if change != nil {
				change(&in)
			}
			_, _, err := w.views.Update(ctx, p, in)
			return code(err)
		}
		deleted := func(p auth.Principal, id int64) string { _, err := w.views.Delete(ctx, p, id); return code(err) }
		moved := func(p auth.Principal, id int64) string { _, _, err := w.views.Move(ctx, p, id, 0); return code(err) }
		created := func(p auth.Principal, in savedview.CreateInput) string {
			_, _, err := w.views.Create(ctx, p, in)
			return code(err)
		}
		head := w.Head()
		for _, x := range []struct{ name, want, got string }{
			{"an agent changes what is shared", "FORBIDDEN", update(amy, all.ID, nil)},
			{"an agent deletes what is shared", "FORBIDDEN", deleted(amy, all.ID)},
			{"an agent moves what is shared", "FORBIDDEN", moved(amy, all.ID)},
			{"one of the role changes it", "FORBIDDEN", update(ben, sales.ID, nil)},
			{"an agent changes what it does not see", "NOT_FOUND", update(amy, sales.ID, nil)},
			{"an administrator changes another's own", "NOT_FOUND", update(admin, own.ID, nil)},
			{"an administrator deletes another's own", "NOT_FOUND", deleted(admin, own.ID)},
			{"an agent shares its own", "FORBIDDEN", update(amy, own.ID, func(in *savedview.UpdateInput) { in.Visibility = &everybody })},
			{"what is shared is made one's own", "VALIDATION visibility", update(boss, all.ID, func(in *savedview.UpdateInput) { in.Visibility = &me })},
			{"an agent makes one for everybody", "FORBIDDEN", created(amy, view("x", savedview.Everybody))},
			{"an agent makes one for its role", "FORBIDDEN", created(amy, view("x", savedview.Roles, func(in *savedview.CreateInput) { in.Roles = []string{"AGENT"} }))},
			{"an integration without the scope", "FORBIDDEN", update(bot, all.ID, nil)},
		} {
			if x.got != x.want {
				t.Errorf("%s: %q, not %q", x.name, x.got, x.want)
			}
		}
		writer := w.Token(admin, nil, auth.ReadWorkspace, auth.WriteWorkspace)
		writer.Role = auth.Admin
		if got := created(writer, view("x", savedview.Me)); got != "VALIDATION visibility" {
			t.Errorf("an integration has one of its own: %q", got)
		}
		if w.Head() != head {
			t.Error("what is refused is told")
		}
		if update(admin, sales.ID, nil) != "" || update(amy, own.ID, nil) != "" || deleted(amy, own.ID) != "" {
			t.Error("who may is refused")
		}
		mine := w.create(boss, view("mine", savedview.Me))
		if got := update(boss, mine.ID, func(in *savedview.UpdateInput) { in.Visibility = &everybody }); got != "" || !slices.Equal(w.names(amy, false), []string{"all", "changed"}) {
			t.Errorf("sharing one's own: %q, an agent sees %v", got, w.names(amy, false))
		}
	})
}

// PROD-16: what is kept is what was given, filter, sort and columns; what does not go together is refused, and changes nothing.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy := w.Agent(auth.AgentRole)
		yes := true
		var tag int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			x, err := tx.Tag.Create().SetName("vip").SetNameFolded("vip").SetColour("RED").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				tag = x.ID
			}
			return err
		})
		filter := &inbox.Filter{Or: []inbox.Filter{{IsStarred: &yes, AnyTags: []int64{tag}}, {WaitingAtLeast: inbox.OneHour.Least(), Kinds: []string{}}}, Not: &inbox.Filter{ChannelIDs: []int64{w.ChannelID}}}
		in := view(" late ones ", savedview.Me, func(in *savedview.CreateInput) {
			in.View, in.Filter, in.Sort, in.Columns, in.IdempotencyKey = inbox.PendingHuman, filter, inbox.ByWaiting, []string{"NAME", "WAITING"}, "once"
		})
		x := w.create(amy, in)
		if again, _, err := w.views.Create(ctx, amy, in); err != nil || again.ID != x.ID {
			t.Error("the same key makes another")
		}
		same := func(a, b *inbox.Filter) bool {
			c, _ := json.Marshal(a)
			d, _ := json.Marshal(b)
			return string(c) == string(d)
		}
		if x.Name != "late ones" || x.Selects().View != inbox.PendingHuman || !same(x.Filter, filter) || x.Filter.Or[1].Kinds == nil || x.Filter.Or[0].Kinds != nil || !slices.Equal(x.Columns, in.Columns) || x.Sort != "WAITING" {
			t.Errorf("kept is %+v with %+v", x.SavedView, x.Filter)
		}
		ended, none := inbox.MyEnded, (*inbox.Filter)(nil)
		deep := &inbox.Filter{}
		for range inbox.MaxDepth {
			deep = &inbox.Filter{Not: deep}
		}
		long := strings.Repeat("字", 61)
		foreign := &inbox.Filter{Or: []inbox.Filter{{AllTags: []int64{tag, 999_999}}}}
		head := w.Head()
		for name, y := range map[string]struct {
			want   string
			change savedview.UpdateInput
		}{
			"no name":                   {"VALIDATION name", savedview.UpdateInput{Name: new(string)}},
			"a name that is too long":   {"VALIDATION name", savedview.UpdateInput{Name: &long}},
			"a sort the view has not":   {"VALIDATION sort", savedview.UpdateInput{View: &ended}},
			"a column twice":            {"VALIDATION columns", savedview.UpdateInput{Columns: &[]string{"NAME", "NAME"}}},
			"no column":                 {"VALIDATION columns", savedview.UpdateInput{Columns: &[]string{"SECRET"}}},
			"a tag that is not there":   {"NOT_FOUND", savedview.UpdateInput{Filter: &foreign}},
			"a filter that is too deep": {"VALIDATION", savedview.UpdateInput{Filter: &deep}},
		} {
			y.change.ID = x.ID
			_, _, err := w.views.Update(ctx, amy, y.change)
			if got := code(err); !strings.HasPrefix(got, y.want) {
				t.Errorf("%s: %q", name, got)
			}
		}
		if w.Head() != head {
			t.Error("what is refused is told")
		}
		if again, _, err := w.views.Update(ctx, amy, savedview.UpdateInput{ID: x.ID, Columns: &[]string{"TAGS"}}); err != nil || !slices.Equal(again.Columns, []string{"TAGS"}) || again.Version != 2 {
			t.Errorf("with another column it is %+v, %v", again, err)
		}
		sort := inbox.ByLastMessage
		now, _, err := w.views.Update(ctx, amy, savedview.UpdateInput{ID: x.ID, View: &ended, Sort: &sort, Filter: &none, Columns: &[]string{}})
		if err != nil || now.Filter != nil || now.Selects().View != inbox.MyEnded || len(now.Columns) != 0 || now.Version != 3 || now.Name != "late ones" {
			t.Errorf("changed it is %+v, %v", now, err)
		}
	})
}

// PROD-16: views stand in an order, the shared ones in one and each agent's in its own; one is moved behind another of its kind, or before all. So many there may be and no
// more, however many are made at once.
func TestOrderAndLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, amy := w.Agent(auth.Supervisor), w.Agent(auth.AgentRole)
		ids := map[string]int64{}
		for _, name := range []string{"a", "b", "c"} {
			ids[name] = w.create(boss, view(name, savedview.Everybody)).ID
			ids["my "+name] = w.create(amy, view("my "+name, savedview.Me)).ID
		}
		move := func(p auth.Principal, name, after string) {
			t.Helper()
			if x, at, err := w.views.Move(ctx, p, ids[name], ids[after]); err != nil || x.Version != 2 && x.Version != 3 || at.Seq == 0 {
				t.Fatal(err)
			}
		}
		move(boss, "c", "")
		move(boss, "a", "b")
		move(amy, "my a", "my c")
		if got := w.names(amy, false); !slices.Equal(got, []string{"c", "b", "a", "my b", "my c", "my a"}) {
			t.Errorf("the order is %v", got)
		}
		for _, after := range []int64{ids["a"], 999_999} {
			if _, _, err := w.views.Move(ctx, amy, ids["my b"], after); !fault.Is(err, fault.NotFound) {
				t.Errorf("behind one of another kind: %v", err)
			}
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		made, refused := 0, 0
		for i := range 54 {
			wg.Go(func() {
				_, _, err := w.views.Create(ctx, amy, view(fmt.Sprint("n", i), savedview.Me))
				mu.Lock()
				defer mu.Unlock()
				switch code(err) {
				case "":
					made++
				case "LIMIT_EXCEEDED visibility":
					refused++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		places := map[int]bool{}
		w.Read(func(ctx context.Context, v *store.View) error {
			all, err := v.SavedView.Query().All(ctx)
			for _, x := range all {
				if x.AgentID != nil && *x.AgentID == amy.AgentID {
					places[x.Position] = true
				}
			}
			return err
		})
		if made != 47 || refused != 7 || len(places) != 50 {
			t.Errorf("%d were made and %d refused, at %d places", made, refused, len(places))
		}
	})
}

// PROD-16, RT-1: everybody is told that a shared view has changed, and its author alone of its own.
func TestEventsOfViews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Supervisor)
		head := w.Head()
		x := w.create(boss, view("x", savedview.Me))
		name, everybody := "y", savedview.Everybody
		for _, in := range []savedview.UpdateInput{{ID: x.ID, Name: &name}, {ID: x.ID, Visibility: &everybody}} {
			if _, _, err := w.views.Update(t.Context(), boss, in); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.views.Delete(t.Context(), boss, x.ID); err != nil {
			t.Fatal(err)
		}
		var of []int64
		var versions []int
		for _, e := range w.Events(head) {
			if e.Kind != event.SavedViewChanged || e.ObjectID != x.ID {
				t.Errorf("told of %+v", e)
			}
			of, versions = append(of, e.AgentID), append(versions, e.ObjectVersion)
		}
		if !slices.Equal(of, []int64{boss.AgentID, boss.AgentID, 0, 0}) || !slices.Equal(versions, []int{1, 2, 3, 4}) {
			t.Errorf("the events are for %v, of versions %v", of, versions)
		}
	})
}
