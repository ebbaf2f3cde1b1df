package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/graph"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// book is the API over contacts, tags and custom fields.
type book struct {
	exec       *executor.Executor
	db         *store.DB
	contacts   *contact.Service
	admin      auth.Principal
	statements atomic.Int64 // an operation's fields are read at the same time
}

func newBook(t *testing.T, dialect string) *book {
	t.Helper()
	b := &book{}
	b.db = storetest.Open(t, dialect, store.Config{Asked: func(string) { b.statements.Add(1) }})
	team, err := b.db.CreateTeam(t.Context(), store.NewTeam{Slug: "shop", Name: "shop", Language: "zh-Hant", TimeZone: "Asia/Taipei", Country: "TW"})
	if err != nil {
		t.Fatal(err)
	}
	b.admin = auth.Principal{TeamID: team, AgentID: 1, Role: auth.Admin, Permissions: []auth.Permission{auth.SeePersonalData}, Language: "en"}
	b.contacts = contact.New(b.db)
	adapters, err := channels.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("1", 64)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	b.exec = executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{DB: b.db, Clock: clock.Real{}, Log: log, Contacts: b.contacts,
		Fields: customfield.New(b.db, random.New()), Tagging: tagging.New(b.db), Inbox: inbox.New(b.db, adapters),
		Automation: automation.New(automation.Config{DB: b.db, Files: filetest.New(t, b.db, adapters, nil).Service, Random: random.New(), Keys: keys})}}))
	b.exec.Use(compared(t))
	b.exec.SetErrorPresenter(graph.Present(log))
	return b
}

// ask runs an operation for a principal and gives the answer as JSON: its data, or its errors.
func (b *book) ask(t *testing.T, p auth.Principal, query string, variables map[string]any) (data map[string]any, errs string) {
	t.Helper()
	ctx := auth.With(graphql.StartOperationTrace(t.Context()), p)
	oc, list := b.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if list != nil {
		t.Fatal(list)
	}
	next, ctx := b.exec.DispatchOperation(ctx, oc)
	response := next(ctx)
	if len(response.Data) > 0 {
		if err := json.Unmarshal(response.Data, &data); err != nil {
			t.Fatal(err)
		}
	}
	if len(response.Errors) > 0 {
		text, err := json.Marshal(response.Errors)
		if err != nil {
			t.Fatal(err)
		}
		errs = string(text)
	}
	return data, errs
}

// must is ask that fails the test on errors, and gives the value at a path such as "contact.phones.0.typed".
func (b *book) must(t *testing.T, p auth.Principal, path, query string, variables map[string]any) any {
	t.Helper()
	data, errs := b.ask(t, p, query, variables)
	if errs != "" {
		t.Fatalf("%s: %s", query, errs)
	}
	return at(t, data, path)
}

func at(t *testing.T, data any, path string) any {
	t.Helper()
	for step := range strings.SplitSeq(path, ".") {
		switch x := data.(type) {
		case map[string]any:
			data = x[step]
		case []any:
			var n int
			if _, err := fmt.Sscan(step, &n); err != nil || n >= len(x) {
				t.Fatalf("no %s in %v", step, x)
			}
			data = x[n]
		default:
			t.Fatalf("no %s in %v", step, data)
		}
	}
	return data
}

// show writes a value as JSON.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// CONT-1, CONT-5, CONT-6, CONT-7, CONT-12, CONT-13, CONT-15, CONT-19
func TestContacts(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		category := b.must(t, b.admin, "customFieldCategoryCreate.category.id", `mutation { customFieldCategoryCreate(input: {name: "會員"}) { category { id } userErrors { message } } }`, nil)
		field := func(typ, options string) map[string]any {
			return b.must(t, b.admin, "customFieldCreate.customField", `mutation($c: ID!) { customFieldCreate(input: {categoryId: $c, name: "`+typ+`", type: `+typ+options+`}) {
				customField { id options { id label } category { name } } userErrors { message } } }`, map[string]any{"c": category}).(map[string]any)
		}
		number, choice, empty := field("NUMBER", ""), field("MULTI_CHOICE", `, options: [{label: "S"}, {label: "M"}]`), field("DATE", "")
		small := at(t, choice, "options.0.id")
		made := b.must(t, b.admin, "contactCreate", `mutation($n: ID!, $m: ID!, $o: [ID!]!) { contactCreate(input: {firstName: "王", lastName: "小明", identityNo: "A123456789",
			phones: ["0912-345-678"], customFields: [{fieldId: $n, value: {number: "12.50"}}, {fieldId: $m, value: {options: $o}}]}) {
			contact { id name customFields { field { name category { name } } value { __typename ... on NumberValue { number } ... on OptionsValue { options { label } } } } }
			userErrors { message } cursor } }`, map[string]any{"n": number["id"], "m": choice["id"], "o": []any{small}})
		if got, want := show(at(t, made, "contact.customFields")), `[{"field":{"category":{"name":"會員"},"name":"NUMBER"},"value":{"__typename":"NumberValue","number":"12.5"}},`+
			`{"field":{"category":{"name":"會員"},"name":"MULTI_CHOICE"},"value":{"__typename":"OptionsValue","options":[{"label":"S"}]}},`+
			`{"field":{"category":{"name":"會員"},"name":"DATE"},"value":null}]`; got != want {
			t.Errorf("custom fields %s\nwant %s", got, want)
		}
		id := at(t, made, "contact.id")
		for _, name := range []string{"a", "b", "c", "d"} {
			b.must(t, b.admin, "contactTag.tagging.count", `mutation($id: ID!, $n: String!) { contactTag(input: {contactId: $id, name: $n}) { tagging { count } userErrors { message } } }`,
				map[string]any{"id": id, "n": name})
		}
		again := b.must(t, b.admin, "contactTag", `mutation($id: ID!) { contactTag(input: {contactId: $id, name: "A"}) { isTaggedAlready tagging { count tag { name } } cursor } }`, map[string]any{"id": id})
		if show(again) != `{"cursor":null,"isTaggedAlready":true,"tagging":{"count":1,"tag":{"name":"a"}}}` {
			t.Errorf("tagging again says %s", show(again))
		}
		query := `query($id: ID!) { node(id: $id) { ... on Contact { identityNo phones { typed e164 } tagCount first: tags { tag { name } } none: tags(first: 0) { count } all: tags(first: 100) { count } } } }`
		c := b.must(t, b.admin, "node", query, map[string]any{"id": id})
		if got := show(c); got != `{"all":[{"count":1},{"count":1},{"count":1},{"count":1}],"first":[{"tag":{"name":"a"}},{"tag":{"name":"b"}},{"tag":{"name":"c"}}],`+
			`"identityNo":"A123456789","none":[],"phones":[{"e164":"+886912345678","typed":"0912-345-678"}],"tagCount":4}` {
			t.Errorf("the contact is %s", got)
		}
		agent := auth.Principal{TeamID: b.admin.TeamID, AgentID: 2, Role: auth.AgentRole, Permissions: []auth.Permission{auth.SendMessages}}
		if c := b.must(t, agent, "node", query, map[string]any{"id": id}); at(t, c, "identityNo") != "*******789" || at(t, c, "phones.0.typed") != "****-***-678" || at(t, c, "phones.0.e164") != "+*********678" {
			t.Errorf("without the permission the contact is %s", show(c))
		}
		changed := b.must(t, agent, "contactUpdate", `mutation($id: ID!, $n: ID!) { contactUpdate(input: {contactId: $id, lastName: null, customFields: [{fieldId: $n, value: null}]}) {
			contact { name note customFields { value { __typename } } } userErrors { message } } }`, map[string]any{"id": id, "n": number["id"]})
		if got := show(changed); got != `{"contact":{"customFields":[{"value":null},{"value":{"__typename":"OptionsValue"}},{"value":null}],"name":"王","note":""},"userErrors":[]}` {
			t.Errorf("after the update %s", got)
		}
		refused := b.must(t, agent, "contactUpdate", `mutation($id: ID!, $d: ID!) { contactUpdate(input: {contactId: $id, customFields: [{fieldId: $d, value: {text: "x"}}]}) {
			contact { id } userErrors { code field } cursor } }`, map[string]any{"id": id, "d": empty["id"]})
		if got := show(refused); got != `{"contact":null,"cursor":null,"userErrors":[{"code":"VALIDATION","field":"customFields[0].value"}]}` {
			t.Errorf("a wrong value says %s", got)
		}
		if got := b.must(t, agent, "contactDelete.userErrors.0.code", `mutation($id: ID!) { contactDelete(input: {contactId: $id}) { userErrors { code } } }`, map[string]any{"id": id}); got != "FORBIDDEN" {
			t.Errorf("an agent deletes: %v", got)
		}
		if got := b.must(t, b.admin, "contactDelete.deletedContactId", `mutation($id: ID!) { contactDelete(input: {contactId: $id}) { deletedContactId } }`, map[string]any{"id": id}); got != id {
			t.Errorf("deleted %v", got)
		}
		for _, gone := range []any{id, "cont_zzzz", "tag_1z141z3", "nonsense"} {
			if got := b.must(t, b.admin, "contact", `query($id: ID!) { contact(id: $id) { id } }`, map[string]any{"id": gone}); got != nil {
				t.Errorf("%v is %v", gone, got)
			}
		}
	})
}

// CONV-15, CONV-24, CONV-28: whoever may answer blocks and unblocks; who may only look on does not; another team's contact does not exist. The log says it in the reader's language.
func TestContactBlock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, looker, boss := w.Agent(auth.AgentRole), w.Agent(auth.MarketingCS), w.Agent(auth.Supervisor)
		looker.Permissions, boss.Permissions = nil, nil
		c := w.Conversation(w.Channel("LINE"), factory.Spec{})
		of := id.Format(id.Contact, *c.ContactID)
		set := func(p auth.Principal, what, of string) (isBlocked bool, code string, isNew bool) {
			t.Helper()
			var got map[string]struct {
				Contact    *struct{ IsBlocked bool }
				UserErrors []struct{ Code string }
				Cursor     *string
			}
			if errs := w.query(t, p, `mutation($c: ID!) { contact`+what+`(input: {contactId: $c}) { contact { isBlocked } userErrors { code } cursor } }`, map[string]any{"c": of}, &got); errs != nil {
				t.Fatal(errs)
			}
			x := got["contact"+what]
			if len(x.UserErrors) > 0 {
				code = x.UserErrors[0].Code
			}
			return x.Contact != nil && x.Contact.IsBlocked, code, x.Cursor != nil
		}
		for _, step := range []struct {
			who       auth.Principal
			what, of  string
			isBlocked bool
			code      string
			isNew     bool
		}{
			{looker, "Block", of, false, "FORBIDDEN", false}, {amy, "Block", "cont_zzzz", false, "NOT_FOUND", false},
			{amy, "Block", of, true, "", true}, {boss, "Block", of, true, "", false},
			{looker, "Unblock", of, false, "FORBIDDEN", false}, {boss, "Unblock", of, false, "", true}, {amy, "Unblock", of, false, "", false},
		} {
			if isBlocked, code, isNew := set(step.who, step.what, step.of); isBlocked != step.isBlocked || code != step.code || isNew != step.isNew {
				t.Errorf("%s of %s by %s: blocked %v, %q, changed %v", step.what, step.of, step.who.Role, isBlocked, code, isNew)
			}
		}
		amy.Language = catalogue.Chinese
		var got struct {
			Activities struct{ Nodes []struct{ Text string } }
		}
		if errs := w.query(t, amy, `query($c: ID!) { activities(conversationId: $c, first: 2) { nodes { text } } }`, map[string]any{"c": conv(c.ID)}, &got); errs != nil {
			t.Fatal(errs)
		}
		if all := got.Activities.Nodes; len(all) != 2 || !strings.HasSuffix(all[0].Text, " 解除封鎖了顧客。") || !strings.HasSuffix(all[1].Text, " 封鎖了顧客。") {
			t.Errorf("the log says %q", all)
		}
	})
}

// CONT-3, CONT-4, CONT-5
func TestContactLists(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		for i := range 30 {
			b.must(t, b.admin, "contactCreate.contact.id", `mutation($n: String!) { contactCreate(input: {firstName: $n}) { contact { id } } }`, map[string]any{"n": fmt.Sprintf("C%02d", i)})
		}
		page := b.must(t, b.admin, "contactPage", `{ contactPage(sort: NAME, direction: ASC, page: 2) { nodes { name } currentPage from to lastPage perPage total totalIsExact } }`, nil)
		if at(t, page, "nodes.0.name") != "C15" || show(at(t, page, "from")) != "16" || show(at(t, page, "to")) != "30" || show(at(t, page, "lastPage")) != "2" || show(at(t, page, "total")) != "30" {
			t.Errorf("the second page is %s", show(page))
		}
		list := b.must(t, b.admin, "contacts", `{ contacts(filter: {namePrefix: "c0", not: {name: {eq: "C05"}}}, sort: NAME, first: 4) { nodes { name } edges { cursor } pageInfo { hasNextPage endCursor } totalCount totalIsExact asOf } }`, nil)
		if len(at(t, list, "nodes").([]any)) != 4 || at(t, list, "nodes.0.name") != "C09" || show(at(t, list, "totalCount")) != "9" || at(t, list, "pageInfo.hasNextPage") != true {
			t.Errorf("the list is %s", show(list))
		}
		b.statements.Store(0)
		b.must(t, b.admin, "contacts", `{ contacts(sort: NAME, first: 100) { nodes { name } } }`, nil)
		bare := b.statements.Load()
		b.statements.Store(0)
		b.must(t, b.admin, "contacts", `{ contacts(sort: NAME, first: 100) { totalCount nodes { name tags { count } customFields { value { __typename } } identities { conversationId } } } }`, nil)
		if bare > 4 || b.statements.Load() > 14 {
			t.Errorf("names alone take %d statements, with tags, answers and identities %d", bare, b.statements.Load())
		}
		for what, c := range map[string]struct{ query, field string }{
			"a wrong operation":  {`{ contacts(filter: {customFields: [{fieldId: "field_zz", op: EQ}]}) { nodes { id } } }`, "filter.customFields[0].fieldId"},
			"an id of no tag":    {`{ contacts(filter: {or: [{tags: {any: ["cont_1"]}}]}) { nodes { id } } }`, "filter.or[0].tags.any[0]"},
			"too many rows":      {`{ contacts(first: 101) { nodes { id } } }`, "first"},
			"a page beyond":      {`{ contactPage(page: 1001) { nodes { id } } }`, "page"},
			"a cursor of no one": {`{ contacts(after: "abc") { nodes { id } } }`, "after"},
		} {
			if _, errs := b.ask(t, b.admin, c.query, nil); !strings.Contains(errs, `"field":"`+c.field+`"`) || !strings.Contains(errs, "BAD_USER_INPUT") {
				t.Errorf("%s: %s", what, errs)
			}
		}
	})
}

// CONT-9, CONV-28: an identity names its conversation only to those who may see it.
func TestIdentityShowsTheConversation(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		var known contact.Known
		var conversation int64
		if _, err := b.db.Write(t.Context(), b.admin.TeamID, func(ctx context.Context, tx *store.Tx) error {
			ch, err := tx.Channel.Create().SetTeamID(tx.Team).SetType("LINE").SetName("a").SetWebhookKey("k").SetPlatformID("p").SetCredentials([]byte("sealed")).
				SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			a, err := tx.Agent.Create().SetTeamID(tx.Team).SetEmail("a@b.tw").SetEmailFolded("a@b.tw").SetName("A").SetRole("AGENT").SetStatus("ACTIVE").
				SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			if err != nil {
				return err
			}
			if known, err = b.contacts.EnsureForIdentityIn(ctx, tx, contact.Person{ChannelID: ch.ID, UserID: "U1"}); err != nil {
				return err
			}
			c, err := row.Create(ctx, tx, tx.Conversation.Create().SetChannelID(ch.ID).SetChannelType("LINE").SetIdentityID(known.Identity.ID).SetContactID(known.Contact.ID).
				SetKind("ONE_ON_ONE").SetStatus("IN_PROGRESS").SetFollowerID(a.ID).SetName("a").SetNameFolded("a").SetLastAt(tx.Now), event.Actor{Kind: event.BySystem})
			if err == nil {
				conversation = c.ID
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		stranger := auth.Principal{TeamID: b.admin.TeamID, AgentID: 1 << 30, Role: auth.AgentRole}
		query := `query($c: ID!, $i: ID!) { contact(id: $c) { identities { platformUserId channelType conversationId } } node(id: $i) { ... on Identity { conversationId } } }`
		vars := map[string]any{"c": id.Format(id.Contact, known.Contact.ID), "i": id.Format(id.Identity, known.Identity.ID)}
		seen := id.Format(id.Conversation, conversation)
		data, errs := b.ask(t, b.admin, query, vars)
		if errs != "" || at(t, data, "contact.identities.0.conversationId") != seen || at(t, data, "node.conversationId") != seen || at(t, data, "contact.identities.0.channelType") != "LINE" {
			t.Errorf("the administrator sees %s %s", show(data), errs)
		}
		data, errs = b.ask(t, stranger, query, vars)
		if errs != "" || at(t, data, "contact.identities.0.conversationId") != nil || at(t, data, "node.conversationId") != nil {
			t.Errorf("an agent without the right sees %s %s", show(data), errs)
		}
	})
}
