package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"

	"github.com/switchyard-chat/switchyard/channels"
	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/graph"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// office is the API over the workspace and its channels, with a fake LINE.
type office struct {
	t    *testing.T
	exec *executor.Executor
	ws   *workspace.Service
	line *fakeline.Server
}

func newOffice(t *testing.T, db *store.DB) *office {
	t.Helper()
	o := &office{t: t}
	var err error
	if o.line, err = fakeline.Start(fakeline.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.line.Stop)
	gate, err := egress.New(egress.Options{Allow: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	adapters, err := channels.NewRegistry(line.New(gate.Client(egress.Limits{})))
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.NewKeyring(seal.Hide(strings.Repeat("ab", 32)), random.New())
	if err != nil {
		t.Fatal(err)
	}
	o.ws = workspace.New(workspace.Config{
		DB: db, Random: random.New(), Attempts: attempt.NewMemory(clock.Real{}), LinkURL: "https://desk.example/enter",
		PasswordCost:  workspace.PasswordCost{MemoryKiB: 64, Passes: 1},
		Release:       func(context.Context, *store.Tx, int64, event.Actor) (int, error) { return 2, nil },
		ReleaseGroups: func(context.Context, *store.Tx, int64, event.Actor) (int, error) { return 0, nil },
		Connections:   auth.Connections{Idle: 30 * time.Minute, PerAgent: 10, PerTeam: 2000},
	})
	log := slog.New(slog.DiscardHandler)
	r := &graph.Resolver{
		DB: db, Clock: clock.Real{}, Log: log, PublicURL: "https://desk.example", Workspace: o.ws,
		Accounts: account.New(account.Config{
			DB: db, Adapters: adapters, Keys: keys, Random: random.New(), PublicURL: "https://desk.example",
			BaseURLs: map[channels.Type]map[string]string{channels.LINE: o.line.BaseURLs()},
		}),
	}
	o.exec = executor.New(gen.NewExecutableSchema(gen.Config{Resolvers: r}))
	o.exec.Use(compared(t))
	o.exec.SetErrorPresenter(graph.Present(log))
	return o
}

// ask runs an operation for who holds the token, nobody where it is empty, and gives data and errors as JSON.
func (o *office) ask(token, query string, variables map[string]any) (data map[string]any, errs string) {
	o.t.Helper()
	ctx := graphql.StartOperationTrace(o.t.Context())
	if token != "" {
		p, _, err := o.ws.Authenticate(ctx, token, workspace.Caller{})
		if err != nil {
			o.t.Fatal(err)
		}
		ctx = auth.With(ctx, p)
	}
	// Numbers arrive as a transport reads them.
	var vars map[string]any
	b, err := json.Marshal(variables)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := json.Unmarshal(b, &vars); err != nil {
		o.t.Fatal(err)
	}
	oc, list := o.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: vars})
	if list != nil {
		o.t.Fatal(list)
	}
	next, ctx := o.exec.DispatchOperation(ctx, oc)
	response := next(ctx)
	if len(response.Data) > 0 {
		if err := json.Unmarshal(response.Data, &data); err != nil {
			o.t.Fatal(err)
		}
	}
	if len(response.Errors) > 0 {
		b, err := json.Marshal(response.Errors)
		if err != nil {
			o.t.Fatal(err)
		}
		errs = string(b)
	}
	return data, errs
}

// must is ask that succeeds, and gives what lies at a path of the data, as JSON.
func (o *office) must(token, query string, variables map[string]any, path ...string) any {
	o.t.Helper()
	data, errs := o.ask(token, query, variables)
	if errs != "" {
		o.t.Fatalf("%s: %s", query, errs)
	}
	var v any = data
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			o.t.Fatalf("no %s in %v", p, v)
		}
		v = m[p]
	}
	return v
}

// boss makes a team and gives its ADMIN's access token.
func (o *office) boss(slug string) string {
	o.t.Helper()
	made, err := o.ws.CreateTeam(o.t.Context(), workspace.TeamInput{Slug: slug, Name: slug, AdminEmail: "boss@" + slug + ".example", Language: "en"})
	if err != nil {
		o.t.Fatal(err)
	}
	return o.must("", `mutation($i: InvitationAcceptInput!) { invitationAccept(input: $i) { tokens { accessToken refreshToken } viewer { role } userErrors { code } } }`,
		map[string]any{"i": map[string]any{"token": made.Token.Reveal(), "password": "correct horse battery"}}, "invitationAccept", "tokens", "accessToken").(string)
}

func TestWaysIn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		o.boss("shop")
		const signIn = `mutation($i: SignInInput!) { signIn(input: $i) { accessToken refreshToken tokens { accessToken refreshTokenExpiresAt } viewer { name role } userErrors { code field message } } }`
		in := map[string]any{"team": "shop", "email": "boss@shop.example", "password": "correct horse battery"}
		got := o.must("", signIn, map[string]any{"i": in}, "signIn").(map[string]any)
		token, refresh := got["accessToken"].(string), got["refreshToken"].(string)
		if got["tokens"].(map[string]any)["accessToken"] != token || got["viewer"].(map[string]any)["role"] != "ADMIN" {
			t.Errorf("signed in: %v", got["viewer"])
		}
		in["password"] = "something else"
		if got := fmt.Sprint(o.must("", signIn, map[string]any{"i": in}, "signIn")); !strings.Contains(got, "code:CREDENTIALS") || strings.Contains(got, "swa_") {
			t.Errorf("a wrong password gives %s", got)
		}
		if got := fmt.Sprint(o.must(token, `{ viewer { agent { name permissions } apiToken { id } team { slug language } role language } }`, nil, "viewer")); got !=
			"map[agent:map[name:boss permissions:[SEND_MESSAGES MANAGE_OTHERS SEE_PERSONAL_DATA]] apiToken:<nil> language:EN role:ADMIN team:map[language:EN slug:shop]]" {
			t.Errorf("the viewer is %s", got)
		}
		if _, errs := o.ask("", `{ viewer { role } }`, nil); !strings.Contains(errs, `"code":"UNAUTHENTICATED"`) {
			t.Errorf("nobody asks who it is: %s", errs)
		}
		const again = `mutation($i: SessionRefreshInput!) { sessionRefresh(input: $i) { accessToken userErrors { code } } }`
		if next := o.must("", again, map[string]any{"i": map[string]any{"refreshToken": refresh}}, "sessionRefresh", "accessToken"); next == nil || next == token {
			t.Errorf("the next pair is %v", next)
		}
		if got := fmt.Sprint(o.must("", again, map[string]any{"i": map[string]any{"refreshToken": refresh}}, "sessionRefresh")); !strings.Contains(got, "CREDENTIALS") {
			t.Errorf("a refresh token's second use gives %s", got)
		}
		if got := o.must("", `mutation { passwordResetRequest(input: {team: "nowhere", email: "x"}) { userErrors { code } } }`, nil, "passwordResetRequest", "userErrors"); len(got.([]any)) != 0 {
			t.Errorf("a reset for nobody gives %v", got)
		}
		other := o.boss("other")
		if got := o.must(other, `mutation { signOut(input: {everywhere: true}) { userErrors { code } } }`, nil, "signOut", "userErrors"); len(got.([]any)) != 0 {
			t.Errorf("signing out gives %v", got)
		}
	})
}

func TestAgentsOverTheAPI(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		boss, other := o.boss("shop"), o.boss("other")
		invited := o.must(boss, `mutation { agentInvite(input: {email: "mia@shop.example", name: "Mia", role: SALES, permissions: [MANAGE_OTHERS], branchId: "Taipei"}) {
			agent { id version email role status permissions ownPermissions branchId language } link cursor userErrors { code } } }`, nil, "agentInvite").(map[string]any)
		agent := invited["agent"].(map[string]any)
		mia := agent["id"].(string)
		if agent["status"] != "INVITED" || fmt.Sprint(agent["ownPermissions"]) != "[MANAGE_OTHERS]" || invited["cursor"] == nil || !strings.Contains(invited["link"].(string), "#invitation=swl_") {
			t.Errorf("invited %v", agent)
		}
		for _, c := range []struct{ who, query, path, want string }{
			{boss, `mutation($a: ID!) { agentUpdate(input: {agentId: $a, role: AGENT, branchId: null, language: EN}) { agent { role branchId language name } userErrors { code } } }`, "agentUpdate",
				"map[agent:map[branchId:<nil> language:EN name:Mia role:AGENT] userErrors:[]]"},
			{boss, `mutation($a: ID!) { agentUpdate(input: {agentId: $a, language: null, name: ""}) { agent { name } userErrors { code field } } }`, "agentUpdate",
				"map[agent:<nil> userErrors:[map[code:VALIDATION field:name]]]"},
			{other, `mutation($a: ID!) { agentUpdate(input: {agentId: $a, name: "X"}) { agent { name } userErrors { code } } }`, "agentUpdate",
				"map[agent:<nil> userErrors:[map[code:NOT_FOUND]]]"},
			{boss, `mutation { agentUpdate(input: {agentId: "conv_1", name: "X"}) { agent { name } userErrors { code } } }`, "agentUpdate",
				"map[agent:<nil> userErrors:[map[code:NOT_FOUND]]]"},
			{boss, `query($a: ID!) { node(id: $a) { id ... on Agent { name } } }`, "node", "map[id:" + mia + " name:Mia]"},
			{other, `query($a: ID!) { node(id: $a) { id } }`, "node", "<nil>"},
			{boss, `{ agents(filter: {text: "MI", roles: [AGENT, SALES]}) { nodes { name } edges { node { name } } pageInfo { hasNextPage } } }`, "agents",
				"map[edges:[map[node:map[name:Mia]]] nodes:[map[name:Mia]] pageInfo:map[hasNextPage:false]]"},
			{boss, `mutation($a: ID!) { agentDeactivate(input: {agentId: $a}) { agent { status } releasedConversations userErrors { code } } }`, "agentDeactivate",
				"map[agent:map[status:DEACTIVATED] releasedConversations:2 userErrors:[]]"},
			{boss, `mutation($a: ID!) { agentResetLink(input: {agentId: $a}) { link userErrors { code } } }`, "agentResetLink", "map[link:<nil> userErrors:[map[code:CONFLICT]]]"},
			{boss, `mutation($a: ID!) { agentReactivate(input: {agentId: $a}) { agent { status } userErrors { code } } }`, "agentReactivate", "map[agent:map[status:INVITED] userErrors:[]]"},
			{boss, `mutation { roleUpdate(input: {role: SALES, permissions: []}) { role { role permissions } userErrors { code } } }`, "roleUpdate", "map[role:map[permissions:[] role:SALES] userErrors:[]]"},
			{boss, `mutation { teamUpdate(input: {idleMinutes: 10, connectionsPerTeam: null}) { team { slug version connectionLimits { idleMinutes { own server inForce } perAgent { own inForce } } } userErrors { code } } }`, "teamUpdate",
				"map[team:map[connectionLimits:map[idleMinutes:map[inForce:10 own:10 server:30] perAgent:map[inForce:10 own:<nil>]] slug:shop version:2] userErrors:[]]"},
			{boss, `mutation { teamUpdate(input: {idleMinutes: 31}) { team { slug } userErrors { code field ... on LimitExceeded { limit } } } }`, "teamUpdate",
				"map[team:<nil> userErrors:[map[code:LIMIT_EXCEEDED field:idleMinutes limit:30]]]"},
			{boss, `mutation { teamUpdate(input: {idleMinutes: null}) { team { connectionLimits { idleMinutes { own inForce } } } userErrors { code } } }`, "teamUpdate",
				"map[team:map[connectionLimits:map[idleMinutes:map[inForce:30 own:<nil>]]] userErrors:[]]"},
			{boss, `mutation { notificationMarkRead(input: {}) { count userErrors { code } } }`, "notificationMarkRead", "map[count:0 userErrors:[]]"},
			{boss, `mutation { notificationMarkRead(input: {notificationIds: ["note_zz"]}) { count userErrors { code } } }`, "notificationMarkRead", "map[count:0 userErrors:[map[code:NOT_FOUND]]]"},
			{boss, `{ notifications(unreadOnly: true, first: 5) { nodes { id } } }`, "notifications", "map[nodes:[]]"},
		} {
			vars := map[string]any{}
			if strings.Contains(c.query, "$a") {
				vars["a"] = mia
			}
			if got := fmt.Sprint(o.must(c.who, c.query, vars, c.path)); got != c.want {
				t.Errorf("%s\n gives %s\n not   %s", c.query, got, c.want)
			}
		}
		if roles := o.must(boss, `{ roles { role permissions } }`, nil, "roles").([]any); len(roles) != 7 {
			t.Errorf("%d roles", len(roles))
		}
		if _, errs := o.ask(boss, `{ agents(first: 101) { nodes { id } } }`, nil); !strings.Contains(errs, "BAD_USER_INPUT") {
			t.Errorf("a page of 101 gives %s", errs)
		}
	})
}

func TestIntegrationsOverTheAPI(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		boss := o.boss("shop")
		made := o.must(boss, `mutation { apiTokenCreate(input: {name: "CRM", role: SUPERVISOR, scopes: [ACT_AS, WORKSPACE_READ], allowList: ["10.0.0.0/8"], ratePerMinute: 60}) {
			apiToken { id name role scopes hint allowList ratePerMinute expiresAt revokedAt } token userErrors { code field } } }`, nil, "apiTokenCreate").(map[string]any)
		token := made["apiToken"].(map[string]any)
		if fmt.Sprint(token["scopes"]) != "[WORKSPACE_READ ACT_AS]" || token["ratePerMinute"] != float64(60) || !strings.HasSuffix(made["token"].(string), token["hint"].(string)) {
			t.Errorf("made %v", token)
		}
		bad := o.must(boss, `mutation { apiTokenCreate(input: {name: "CRM", role: SUPERVISOR, allowList: ["everywhere"]}) { apiToken { id } token userErrors { code field } } }`, nil, "apiTokenCreate")
		if fmt.Sprint(bad) != "map[apiToken:<nil> token:<nil> userErrors:[map[code:VALIDATION field:allowList[0]]]]" {
			t.Errorf("a wrong network gives %v", bad)
		}
		if list := fmt.Sprint(o.must(boss, `{ apiTokens { nodes { name } } }`, nil, "apiTokens")); list != "map[nodes:[map[name:CRM]]]" {
			t.Errorf("listed %s", list)
		}
		revoked := o.must(boss, `mutation($t: ID!) { apiTokenRevoke(input: {apiTokenId: $t}) { apiToken { revokedAt } userErrors { code } } }`, map[string]any{"t": token["id"]}, "apiTokenRevoke", "apiToken", "revokedAt")
		if revoked == nil {
			t.Error("it is not revoked")
		}
	})
}

// CHAN-1, CHAN-2, CHAN-4, CHAN-10
func TestChannelsOverTheAPI(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := newOffice(t, db)
		boss, other := o.boss("shop"), o.boss("other")
		o.line.AddBot(fakeline.Setup{UserID: "U" + strings.Repeat("0", 32), ChannelID: "1", ChannelSecret: "secret-canary", AccessToken: "token-canary", BasicID: "@shop", DisplayName: "Shop"})
		credentials := []any{
			map[string]any{"name": "channelId", "value": "1"}, map[string]any{"name": "channelSecret", "value": "secret-canary"},
			map[string]any{"name": "channelAccessToken", "value": "token-canary"},
		}
		const connect = `mutation($c: [CredentialInput!]!) { channelConnect(input: {type: LINE, name: "官方帳號", credentials: $c, idempotencyKey: "k"}) {
			channel { id name state stateReason webhookUrl accountName accountHandle checks { name } } cursor userErrors { code field message } } }`
		vars := map[string]any{"c": credentials}
		got := o.must(boss, connect, vars, "channelConnect").(map[string]any)
		channel := got["channel"].(map[string]any)
		if channel["state"] != "CONNECTED" || channel["accountHandle"] != "@shop" || !strings.HasPrefix(channel["webhookUrl"].(string), "https://desk.example/webhooks/line/") || got["cursor"] == nil {
			t.Errorf("connected %v", got)
		}
		if strings.Contains(fmt.Sprint(got), "canary") {
			t.Error("credentials are returned")
		}
		if again := o.must(boss, connect, vars, "channelConnect", "channel", "id"); again != channel["id"] {
			t.Errorf("the same key gives %v", again)
		}
		if got := fmt.Sprint(o.must(other, connect, vars, "channelConnect")); !strings.Contains(got, "code:CONFLICT") {
			t.Errorf("another team connects the account: %s", got)
		}
		twice := append(append([]any{}, credentials...), credentials[0])
		if got := fmt.Sprint(o.must(other, connect, map[string]any{"c": twice}, "channelConnect")); !strings.Contains(got, "field:credentials") {
			t.Errorf("a credential that comes twice gives %s", got)
		}
		for _, c := range []struct{ who, query, path, want string }{
			{boss, `mutation($a: ID!) { channelPause(input: {channelId: $a}) { channel { state } userErrors { code } } }`, "channelPause", "map[channel:map[state:PAUSED] userErrors:[]]"},
			{other, `mutation($a: ID!) { channelPause(input: {channelId: $a}) { channel { state } userErrors { code } } }`, "channelPause", "map[channel:<nil> userErrors:[map[code:NOT_FOUND]]]"},
			{boss, `mutation($a: ID!) { channelResume(input: {channelId: $a}) { channel { state } userErrors { code } } }`, "channelResume", "map[channel:map[state:CONNECTED] userErrors:[]]"},
			{boss, `mutation($a: ID!) { channelUpdate(input: {channelId: $a, name: "Shop"}) { channel { name } userErrors { code } } }`, "channelUpdate", "map[channel:map[name:Shop] userErrors:[]]"},
			{boss, `mutation($a: ID!) { channelUpdate(input: {channelId: $a, name: "` + strings.Repeat("x", 41) + `"}) { channel { name } userErrors { code field } } }`, "channelUpdate",
				"map[channel:<nil> userErrors:[map[code:VALIDATION field:name]]]"},
			{boss, `query($a: ID!) { node(id: $a) { ... on Channel { name type platformId } } }`, "node", "map[name:Shop platformId:U" + strings.Repeat("0", 32) + " type:LINE]"},
			{other, `query($a: ID!) { node(id: $a) { id } }`, "node", "<nil>"},
			{boss, `{ channels(filter: {types: [LINE], states: [CONNECTED]}) { nodes { name } } }`, "channels", "map[nodes:[map[name:Shop]]]"},
			{other, `{ channels { nodes { name } } }`, "channels", "map[nodes:[]]"},
			{boss, `mutation($a: ID!) { channelDelete(input: {channelId: $a}) { channel { state stateReason webhookUrl } userErrors { code } } }`, "channelDelete",
				"map[channel:map[state:DISCONNECTED stateReason:the channel was deleted webhookUrl:<nil>] userErrors:[]]"},
			{boss, `mutation($a: ID!) { channelPause(input: {channelId: $a}) { channel { state } userErrors { code } } }`, "channelPause", "map[channel:<nil> userErrors:[map[code:CHANNEL_UNAVAILABLE]]]"},
			{boss, `{ channels { nodes { name } } }`, "channels", "map[nodes:[]]"},
			{boss, `{ channels(filter: {includeDeleted: true}) { nodes { name } } }`, "channels", "map[nodes:[map[name:Shop]]]"},
		} {
			if c.path == "channelDelete" { // checked and connected anew before it goes
				lines := o.must(boss, `mutation($a: ID!) { channelCheck(input: {channelId: $a}) { channel { checks { name status text } } userErrors { code } } }`, map[string]any{"a": channel["id"]}, "channelCheck", "channel", "checks").([]any)
				if len(lines) == 0 || lines[0].(map[string]any)["name"] != "CREDENTIALS" || lines[0].(map[string]any)["status"] != "OK" {
					t.Errorf("the check says %v", lines)
				}
				again := o.must(boss, `mutation($a: ID!, $c: [CredentialInput!]!) { channelReconnect(input: {channelId: $a, credentials: $c}) { channel { state } userErrors { code } } }`,
					map[string]any{"a": channel["id"], "c": credentials}, "channelReconnect")
				if fmt.Sprint(again) != "map[channel:map[state:CONNECTED] userErrors:[]]" {
					t.Errorf("reconnecting gives %v", again)
				}
			}
			vars := map[string]any{}
			if strings.Contains(c.query, "$a") {
				vars["a"] = channel["id"]
			}
			if got := fmt.Sprint(o.must(c.who, c.query, vars, c.path)); got != c.want {
				t.Errorf("%s\n gives %s\n not   %s", c.query, got, c.want)
			}
		}
	})
}
