package savedreply_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/row/rowtest"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// world is a team that keeps saved replies.
type world struct {
	*rowtest.World
	replies *savedreply.Service
	files   *filetest.Shelf
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, dialect string) {
		t.Helper()
		db := storetest.Open(t, dialect, store.Config{})
		adapters, err := channels.NewRegistry(line.New(&http.Client{}))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{World: rowtest.New(t, db, "shop"), files: filetest.New(t, db, adapters, nil)}
		w.replies = savedreply.New(db, w.files.Service)
		test(t, w)
	})
}

func (w *world) create(p auth.Principal, in savedreply.CreateInput) *savedreply.Reply {
	w.T.Helper()
	if in.Body == "" {
		in.Body = "body of " + in.Title
	}
	r, at, err := w.replies.Create(w.T.Context(), p, in)
	if err != nil {
		w.T.Fatal(err)
	}
	if at.Seq == 0 {
		w.T.Error("nobody is told of a new reply")
	}
	return r
}

// titles lists the titles that a principal finds, in their order.
func (w *world) titles(p auth.Principal, in savedreply.ListInput) []string {
	w.T.Helper()
	if in.Window.Limit == 0 {
		in.Window.Limit = 100
	}
	all, _, err := w.replies.List(w.T.Context(), p, in)
	if err != nil {
		w.T.Fatal(err)
	}
	out := []string{}
	for _, r := range all {
		out = append(out, r.Title)
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

// PROD-4: each sees what is for everybody, for its role or its branch, and its own; nobody else's own, not even an administrator who keeps the rest in order.
func TestVisibility(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, admin, amy, sales := w.Agent(auth.Supervisor), w.Agent(auth.Admin), w.Agent(auth.AgentRole, auth.SendMessages), w.Agent(auth.Sales, auth.SendMessages)
		sales.BranchID = "taipei"
		bot := w.Token(admin, nil, auth.ReadWorkspace)
		all := w.create(boss, savedreply.CreateInput{Title: "a all", Visibility: savedreply.Everybody})
		roles := w.create(boss, savedreply.CreateInput{Title: "b roles", Visibility: savedreply.Roles, Roles: []string{"SALES", "SALES_MANAGER", "SALES"}})
		branch := w.create(boss, savedreply.CreateInput{Title: "c branch", Visibility: savedreply.Branches, Branches: []string{" taipei "}})
		own := w.create(amy, savedreply.CreateInput{Title: "d own", Visibility: savedreply.Me})
		if !slices.Equal(roles.Audience, []string{"SALES", "SALES_MANAGER"}) || !slices.Equal(branch.Audience, []string{"taipei"}) || len(own.Audience) > 0 {
			t.Errorf("they are for %v, %v and %v", roles.Audience, branch.Audience, own.Audience)
		}
		for _, x := range []struct {
			name string
			p    auth.Principal
			all  bool
			want []string
		}{
			{"its author sees what is for others", boss, false, []string{"a all", "b roles", "c branch"}},
			{"an administrator sees what is for everybody", admin, false, []string{"a all"}},
			{"and, to keep order, what is for some, but nobody's own", admin, true, []string{"a all", "b roles", "c branch"}},
			{"an agent sees its own", amy, false, []string{"a all", "d own"}},
			{"asking for all is for administrators", amy, true, []string{"a all", "d own"}},
			{"roles and branches see theirs", sales, false, []string{"a all", "b roles", "c branch"}},
			{"an integration sees what is for everybody", bot, true, []string{"a all"}},
		} {
			if got := w.titles(x.p, savedreply.ListInput{IncludeAll: x.all}); !slices.Equal(got, x.want) {
				t.Errorf("%s: %v", x.name, got)
			}
			for _, r := range []*savedreply.Reply{all, roles, branch, own} {
				_, err := w.replies.Get(ctx, x.p, r.ID)
				isFound := slices.Contains(x.want, r.Title) || x.p.Role == auth.Admin && x.p.AgentID != 0 && r.Title != "d own"
				if (err == nil) != isFound || err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s: by its id %q gives %v", x.name, r.Title, err)
				}
				w.Read(func(ctx context.Context, v *store.View) error {
					_, err := savedreply.SeenIn(ctx, v, x.p, r.ID)
					if sees := slices.Contains(w.titles(x.p, savedreply.ListInput{}), r.Title); (err == nil) != sees {
						t.Errorf("%s: to be sent %q gives %v", x.name, r.Title, err)
					}
					return nil
				})
			}
		}

		// Who may change what: the author, and manager roles that see it. What is not seen is not there.
		title := "changed"
		set := func(p auth.Principal, id int64, change func(*savedreply.UpdateInput)) string {
			in := savedreply.UpdateInput{ID: id, Title: &title}
			if change != nil {
				change(&in)
			}
			_, _, err := w.replies.Update(ctx, p, in)
			return code(err)
		}
		everybody, me := savedreply.Everybody, savedreply.Me
		for _, x := range []struct {
			name, want string
			got        string
		}{
			{"an agent changes what is for everybody", "FORBIDDEN", set(amy, all.ID, nil)},
			{"an agent changes what it does not see", "NOT_FOUND", set(amy, roles.ID, nil)},
			{"an agent shows its own to everybody", "FORBIDDEN", set(amy, own.ID, func(in *savedreply.UpdateInput) { in.Visibility = &everybody })},
			{"an administrator changes another's own", "NOT_FOUND", set(admin, own.ID, nil)},
			{"an administrator takes what is for everybody to itself", "VALIDATION visibility", set(admin, all.ID, func(in *savedreply.UpdateInput) { in.Visibility = &me })},
			{"an integration without the scope", "FORBIDDEN", set(bot, all.ID, nil)},
			{"an administrator keeps order", "", set(admin, branch.ID, nil)},
			{"an agent changes its own", "", set(amy, own.ID, nil)},
		} {
			if x.got != x.want {
				t.Errorf("%s: %q, not %q", x.name, x.got, x.want)
			}
		}
		if r, _, err := w.replies.Update(ctx, boss, savedreply.UpdateInput{ID: branch.ID, Branches: &[]string{"tainan", "kaohsiung"}}); err != nil || !slices.Equal(r.Audience, []string{"kaohsiung", "tainan"}) || r.Version != 3 {
			t.Errorf("other branches: %+v, %v", r, err)
		}
		if got := w.titles(sales, savedreply.ListInput{}); !slices.Equal(got, []string{"a all", "b roles"}) {
			t.Errorf("who is of neither branch finds %v", got)
		}
		for name, got := range map[string]string{
			"one for others by an agent":       code(second(w.replies.Create(ctx, amy, savedreply.CreateInput{Title: "x", Body: "y", Visibility: savedreply.Everybody}))),
			"one's own without the permission": code(second(w.replies.Create(ctx, w.Agent(auth.AgentRole), savedreply.CreateInput{Title: "x", Body: "y", Visibility: savedreply.Me}))),
		} {
			if got != "FORBIDDEN" {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}

func second[A, B any](_ A, _ B, err error) error { return err }

// PROD-4: found by words of title, category and text, whatever case and width, and by category; pages go through all, each once.
func TestFind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Supervisor)
		for _, x := range [][3]string{{"運費說明", "滿 1,000 免運", "物流"}, {"Returns", "Within 7 days, 100% money back", "After sale"}, {"退貨", "七天鑑賞期 RETURN_FORM", "after SALE"}, {"Hello", "您好 {{system:customer_name}}", ""}} {
			w.create(boss, savedreply.CreateInput{Title: x[0], Body: x[1], Category: x[2], Visibility: savedreply.Everybody})
		}
		for search, want := range map[string][]string{
			"":              {"Hello", "Returns", "退貨", "運費說明"},
			"return":        {"Returns", "退貨"},
			"ＲＥＴＵＲＮ":        {"Returns", "退貨"},
			"return days":   {"Returns"},
			"return_":       {"退貨"},
			"100%":          {"Returns"},
			"免運":            {"運費說明"},
			"after sale 七天": {"退貨"},
			"nothing":       {},
		} {
			if got := w.titles(boss, savedreply.ListInput{Search: search}); !slices.Equal(got, want) {
				t.Errorf("%q finds %v", search, got)
			}
		}
		if got := w.titles(boss, savedreply.ListInput{Category: " after sale "}); !slices.Equal(got, []string{"Returns", "退貨"}) {
			t.Errorf("a category holds %v", got)
		}
		if got, err := w.replies.Categories(t.Context(), boss); err != nil || len(got) != 2 || !strings.EqualFold(got[0], "after sale") || got[1] != "物流" {
			t.Errorf("the categories are %v, %v", got, err)
		}
		var all []string
		window := page.Window{Limit: 3}
		for range 3 {
			rows, at, err := w.replies.List(t.Context(), boss, savedreply.ListInput{Window: window})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				all = append(all, r.Title)
			}
			if !at.HasNext {
				break
			}
			window.After = at.Cursors[len(rows)-1]
		}
		if !slices.Equal(all, []string{"Hello", "Returns", "退貨", "運費說明"}) {
			t.Errorf("pages give %v", all)
		}
		if _, _, err := w.replies.List(t.Context(), boss, savedreply.ListInput{Search: strings.Repeat("a ", 11), Window: page.Window{Limit: 1}}); code(err) != "VALIDATION search" {
			t.Errorf("eleven words: %v", err)
		}
	})
}

// PROD-4: up to ten files, or a bot module; files stay for as long as the reply has them, and title and text are needed.
func TestFilesAndModules(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, other := w.Agent(auth.Supervisor), w.Agent(auth.Supervisor)
		upload := func(p auth.Principal) int64 {
			return w.files.Add(p, "a.jpg", "image/jpeg", filetest.JPEG(20, 10)).ID
		}
		var module int64
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			m, err := tx.BotModule.Create().SetTeamID(tx.Team).SetName("menu").SetNameFolded("menu").SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err == nil {
				module = m.ID
			}
			return err
		})
		kept := func(ids ...int64) int {
			n := 0
			w.Read(func(ctx context.Context, v *store.View) error {
				for _, id := range ids {
					switch f, err := v.File.Get(ctx, id); {
					case err == nil && f.ExpiresAt == nil:
						n++
					case err != nil && !ent.IsNotFound(err):
						return err
					}
				}
				return nil
			})
			return n
		}
		a, b := upload(boss), upload(boss)
		in := savedreply.CreateInput{Title: "pictures", Body: "see", Visibility: savedreply.Everybody, FileIDs: []int64{b, a}, IdempotencyKey: "once"}
		r := w.create(boss, in)
		if len(r.Files) != 2 || r.Files[0].ID != b || r.Files[1].ID != a || kept(a, b) != 2 {
			t.Errorf("its files are %v", r.Files)
		}
		if again, _, err := w.replies.Create(ctx, boss, in); err != nil || again.ID != r.ID {
			t.Errorf("again: %+v, %v", again, err)
		}
		if got, _, err := w.replies.Update(ctx, other, savedreply.UpdateInput{ID: r.ID, FileIDs: &[]int64{a}}); err != nil || len(got.Files) != 1 || kept(a, b) != 1 {
			t.Errorf("with one file less: %+v, %v", got, err)
		}
		foreign, eleven := upload(other), []int64{}
		for range 11 {
			eleven = append(eleven, upload(boss))
		}
		for name, x := range map[string]struct {
			want   string
			change func(*savedreply.CreateInput)
		}{
			"no title":         {"VALIDATION title", func(in *savedreply.CreateInput) { in.Title = " " }},
			"no text":          {"VALIDATION body", func(in *savedreply.CreateInput) { in.Body = " \n" }},
			"a text too long":  {"VALIDATION body", func(in *savedreply.CreateInput) { in.Body = strings.Repeat("字", 5001) }},
			"another's upload": {"VALIDATION fileUploadIds", func(in *savedreply.CreateInput) { in.FileIDs = []int64{foreign} }},
			"one file twice":   {"VALIDATION fileUploadIds", func(in *savedreply.CreateInput) { in.FileIDs = []int64{eleven[0], eleven[0]} }},
			"eleven files":     {"LIMIT_EXCEEDED fileUploadIds", func(in *savedreply.CreateInput) { in.FileIDs = eleven }},
			"no such module":   {"VALIDATION moduleId", func(in *savedreply.CreateInput) { in.ModuleID = 999 }},
			"both":             {"VALIDATION moduleId", func(in *savedreply.CreateInput) { in.ModuleID, in.FileIDs = module, eleven[:1] }},
			"no roles":         {"VALIDATION roles", func(in *savedreply.CreateInput) { in.Visibility = savedreply.Roles }},
			"no role":          {"VALIDATION roles", func(in *savedreply.CreateInput) { in.Visibility, in.Roles = savedreply.Roles, []string{"KING"} }},
			"no branches":      {"VALIDATION branchIds", func(in *savedreply.CreateInput) { in.Visibility = savedreply.Branches }},
			"no visibility":    {"VALIDATION visibility", func(in *savedreply.CreateInput) { in.Visibility = "NOBODY" }},
		} {
			in := savedreply.CreateInput{Title: "t", Body: "b", Visibility: savedreply.Everybody}
			x.change(&in)
			head := w.Head()
			if _, _, err := w.replies.Create(ctx, boss, in); code(err) != x.want || w.Head() != head {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A bot module that is deleted leaves the reply, which says so (PROD-5).
		bot := w.create(boss, savedreply.CreateInput{Title: "bot", Visibility: savedreply.Everybody, ModuleID: module})
		if bot.IsModuleDeleted() || bot.ModuleID == nil {
			t.Errorf("its module is %v", bot.ModuleID)
		}
		head := w.Head()
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			if err := savedreply.LetGoIn(ctx, tx, module, event.Actor{Kind: event.BySystem}); err != nil {
				return err
			}
			return tx.BotModule.DeleteOneID(module).Exec(ctx)
		})
		if now, err := w.replies.Get(ctx, boss, bot.ID); err != nil || !now.IsModuleDeleted() || now.Version != 2 || len(w.Events(head)) != 1 {
			t.Errorf("then it is %+v, %v", now, err)
		}
		none := int64(0)
		if now, _, err := w.replies.Update(ctx, boss, savedreply.UpdateInput{ID: bot.ID, ModuleID: &none}); err != nil || now.IsModuleDeleted() {
			t.Errorf("without one it is %+v, %v", now, err)
		}
		if _, err := w.replies.Delete(ctx, boss, r.ID); err != nil || kept(a) != 0 {
			t.Errorf("deleted: %v, %d files are kept", err, kept(a))
		}
		if _, err := w.replies.Delete(ctx, boss, r.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("deleted again: %v", err)
		}
	})
}

// PROD-4, RT-1: everybody is told that what others see has changed, and its author alone of what is for it alone.
func TestEventsOfReplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.Agent(auth.Supervisor, auth.SendMessages)
		head := w.Head()
		r := w.create(boss, savedreply.CreateInput{Title: "own", Visibility: savedreply.Me})
		everybody, me := savedreply.Everybody, savedreply.Me
		for _, v := range []*string{&everybody, &me, nil} {
			title := "other"
			if _, _, err := w.replies.Update(t.Context(), boss, savedreply.UpdateInput{ID: r.ID, Title: &title, Visibility: v}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.replies.Delete(t.Context(), boss, r.ID); err != nil {
			t.Fatal(err)
		}
		var of []int64
		versions := []int{}
		for _, e := range w.Events(head) {
			if e.Kind != event.SavedReplyChanged || e.ObjectID != r.ID {
				t.Errorf("told of %+v", e)
			}
			of, versions = append(of, e.AgentID), append(versions, e.ObjectVersion)
		}
		if want := []int64{boss.AgentID, 0, 0, boss.AgentID, boss.AgentID}; !slices.Equal(of, want) || !slices.Equal(versions, []int{1, 2, 3, 4, 5}) {
			t.Errorf("the events are for %v, of versions %v", of, versions)
		}
	})
}
