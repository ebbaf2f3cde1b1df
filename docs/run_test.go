package docs_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// patience is how long a test waits for what should happen at once.
const patience = 20 * time.Second

// start runs a demo server until the test ends.
func start(t *testing.T, dialect string) server.Running {
	t.Helper()
	env := []string{"HOST=127.0.0.1", "PORT=0", "DATA_DIR=" + t.TempDir(), "LOG_LEVEL=ERROR"}
	if dialect == "postgres" {
		redis, _ := testkit.Redis(t)
		env = append(env, "DATABASE_URL="+storetest.URL(t), "REDIS_URL="+redis, "SECRET_KEY="+strings.Repeat("A", 43)+"=")
	}
	c, err := config.Read(env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan server.Running, 1), make(chan error, 1)
	go func() {
		log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
		ended <- server.Run(ctx, server.Options{Config: c, IsDemo: true, Out: io.Discard, Log: log, Ready: func(r server.Running) { ready <- r }})
	}()
	select {
	case r := <-ready:
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the server ended with: %v", err)
			}
		})
		return r
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
		return server.Running{}
	}
}

// reader is somebody who works through a page.
type reader struct {
	t      *testing.T
	url    string
	schema *ast.Schema
	tokens map[string]string // by caller
	saved  map[string]string
}

// Every example of docs/api does what its page says, on both databases.
func TestExamplesRun(t *testing.T) {
	t.Parallel()
	s := schema(t)
	testkit.Each(t, func(t *testing.T, dialect string) {
		url := start(t, dialect).URL
		for _, page := range pages(t) {
			// One after another: the pages share the demo team.
			t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
				r := &reader{t: t, url: url, schema: s, tokens: map[string]string{"nobody": ""}, saved: map[string]string{}}
				all := readExamples(t, page)
				for _, e := range all {
					if e.during == "" {
						r.run(e, all)
					}
				}
			})
		}
	})
}

// token signs a demo agent of the role in, once a page.
func (r *reader) token(as string) string {
	r.t.Helper()
	if token, ok := r.tokens[as]; ok {
		return token
	}
	for _, a := range demo.Accounts {
		if strings.ReplaceAll(strings.ToLower(string(a.Role)), "_", "-") != as {
			continue
		}
		answer := r.post("", `mutation In($input: SignInInput!) { signIn(input: $input) { accessToken } }`,
			map[string]any{"input": map[string]any{"team": demo.Team, "email": a.Email, "password": demo.Password}})
		token, _ := at(answer, "data.signIn.accessToken")
		text, _ := token.(string)
		if text == "" {
			r.t.Fatalf("%s cannot sign in: %v", a.Email, answer)
		}
		r.tokens[as] = text
		return text
	}
	r.t.Fatalf("the demo team has no %s", as)
	return ""
}

func (r *reader) request(ctx context.Context, token, query string, variables any) *http.Request {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req
}

func (r *reader) post(token, query string, variables any) map[string]any {
	r.t.Helper()
	res, err := http.DefaultClient.Do(r.request(r.t.Context(), token, query, variables))
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var answer map[string]any
	if err := decode(string(text), &answer); err != nil {
		r.t.Fatalf("%d %s: %v", res.StatusCode, text, err)
	}
	return answer
}

// run runs an example and, of a subscription, those that belong into its time.
func (r *reader) run(e *example, all []*example) {
	r.t.Helper()
	variables := r.variables(e)
	if e.isInvalid {
		r.judge(e, e.responses[0], r.post(r.token(e.as), e.document, variables), nil)
		return
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: e.document})
	if err != nil {
		r.t.Fatal(err)
	}
	if found := validator.ValidateWithRules(r.schema, doc, rules.NewDefaultRules()); len(found) > 0 {
		r.t.Fatal(found)
	}
	operation := doc.Operations[0]
	if operation.Operation != ast.Subscription {
		r.judge(e, e.responses[0], r.post(r.token(e.as), e.document, variables), operation)
		return
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	req := r.request(ctx, r.token(e.as), e.document, variables)
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for i, sample := range e.responses {
		if i == 1 {
			for _, other := range all {
				if other.during == e.name {
					r.run(other, all)
				}
			}
		}
		r.judge(e, sample, r.frame(e, sample, lines), operation)
	}
}

// frame reads on until a frame of the sample's type comes.
func (r *reader) frame(e *example, sample string, lines *bufio.Scanner) map[string]any {
	r.t.Helper()
	want := kind(r.t, sample)
	var seen []string
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "" {
			continue
		}
		if kind(r.t, data) == want {
			var answer map[string]any
			if err := decode(data, &answer); err != nil {
				r.t.Fatal(err)
			}
			return answer
		}
		seen = append(seen, data)
	}
	r.t.Fatalf("%s: no %s came (%v), but %v", e.name, want, lines.Err(), seen)
	return nil
}

// kind is the type of a frame.
func kind(t *testing.T, text string) string {
	t.Helper()
	var frame struct {
		Data map[string]struct {
			Type string `json:"__typename"`
		}
	}
	if err := json.Unmarshal([]byte(text), &frame); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, one := range frame.Data {
		return one.Type
	}
	return ""
}

func (r *reader) variables(e *example) map[string]any {
	r.t.Helper()
	// {{system:customer_name}}, which the desk fills in, is no placeholder: it holds a colon.
	text := placeholder.ReplaceAllStringFunc(e.variables, func(m string) string {
		return r.saved[strings.Trim(m, "{}")]
	})
	var all map[string]any
	if err := decode(text, &all); err != nil {
		r.t.Fatalf("%s: %v", e.name, err)
	}
	return all
}

// judge compares an answer with what the page says.
func (r *reader) judge(e *example, sample string, answer map[string]any, operation *ast.OperationDefinition) {
	r.t.Helper()
	where := fmt.Sprintf("%s:%d: %s", e.page, e.line, e.name)
	var want map[string]any
	if err := decode(sample, &want); err != nil {
		r.t.Fatal(err)
	}
	if (want["errors"] == nil) != (answer["errors"] == nil) {
		r.t.Errorf("%s: got %s", where, show(answer))
		return
	}
	if data := answer["data"]; data != nil && operation != nil {
		root := map[ast.Operation]*ast.Definition{ast.Query: r.schema.Query, ast.Mutation: r.schema.Mutation, ast.Subscription: r.schema.Subscription}[operation.Operation]
		if err := (shape{r.schema, "data"}).object(data, operation.SelectionSet, root); err != nil {
			r.t.Errorf("%s: %v", where, err)
		}
	}
	if path := unlike(want["data"], answer["data"], "data"); path != "" {
		r.t.Errorf("%s: the page shows something at %s, the server nothing: %s", where, path, show(answer))
	}
	for _, x := range e.expects {
		if _, shown := at(want, x.path); !shown {
			continue // of another frame
		}
		got, ok := at(answer, x.path)
		var wish any
		if x.op != "exists" {
			if err := decode(x.want, &wish); err != nil {
				r.t.Fatal(err)
			}
		}
		holds := ok && got != nil
		switch x.op {
		case "=":
			holds = ok && reflect.DeepEqual(got, wish)
		case "!=":
			holds = ok && !reflect.DeepEqual(got, wish)
		}
		if !holds {
			r.t.Errorf("%s: expected %s %s %s, got %s", where, x.path, x.op, x.want, show(answer))
		}
	}
	for _, one := range e.saves {
		value, _ := at(answer, one.path)
		text, ok := value.(string)
		if !ok {
			r.t.Fatalf("%s: nothing to save at %s: %s", where, one.path, show(answer))
		}
		r.saved[one.name] = text
	}
}

// unlike gives the first path at which the sample has an object or a filled list and the answer has not; empty where there is none.
func unlike(sample, got any, path string) string {
	switch s := sample.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return path
		}
		if s["__typename"] != g["__typename"] {
			return ""
		}
		for name, one := range s {
			if p := unlike(one, g[name], path+"."+name); p != "" {
				return p
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(s) > 0 && len(g) == 0 && !mayBeEmpty.MatchString(path) {
			return path
		}
	}
	return ""
}

// mayBeEmpty are the lists that a sample fills to show what is in them.
var mayBeEmpty = regexp.MustCompile(`\.(tags|collaborators|mentions|emojis|params|companies|identities|permissions)$`)

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

var tourBlock = regexp.MustCompile("(?s)<!-- tour: (\\w+) -->\n```sh\n(.*?)```")

// tour gives the commands of a page by their names, for a server at url.
func tour(t *testing.T, page, url string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, m := range tourBlock.FindAllStringSubmatch(string(text), -1) {
		blocks[m[1]] = strings.ReplaceAll(m[2], "http://localhost:8080", url)
	}
	return blocks
}

// shell runs a script, with NAME=value in its environment, and gives what it prints.
func shell(t *testing.T, script string, environment ...string) string {
	t.Helper()
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Stderr, cmd.Env = &complaint, append(os.Environ(), environment...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	return strings.TrimSpace(string(out))
}

// CHAN-14: the commands of the page about files do what it says: what went up comes down again, by its address and by the signed one.
func TestFilesTour(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		at := start(t, dialect)
		r := &reader{t: t, url: at.URL, schema: schema(t), tokens: map[string]string{}}
		token := r.token("agent")
		blocks := tour(t, "api/files.md", at.URL)
		folder := t.TempDir()
		var photo bytes.Buffer
		if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "photo.jpg"), photo.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		var up struct {
			ID, ContentType string
			Size            int
		}
		said := shell(t, "cd "+folder+"\n"+blocks["upload"], "TOKEN="+token)
		if err := json.Unmarshal([]byte(said), &up); err != nil || up.ContentType != "image/jpeg" || up.Size != photo.Len() {
			t.Fatalf("the upload answered %s", said)
		}
		found := r.post(token, `query F { conversations(view: MY_IN_PROGRESS, filter: { channelTypes: [LINE] }, first: 1) { nodes { id } } }`, nil)
		id := found["data"].(map[string]any)["conversations"].(map[string]any)["nodes"].([]any)[0].(map[string]any)["id"]
		sent := r.post(token, `mutation S($id: ID!, $u: ID!) { messageSend(input: { conversationId: $id, clientMessageId: "files", content: { media: { uploadId: $u } } }) {
				message { content { ... on MediaContent { attachment { url signedUrl } } } } userErrors { message } } }`, map[string]any{"id": id, "u": up.ID})
		links := regexp.MustCompile(`"(url|signedUrl)":"([^"]+)"`).FindAllStringSubmatch(strings.ReplaceAll(show(sent), `\u0026`, "&"), -1)
		if len(links) != 2 {
			t.Fatalf("the message is %s", show(sent))
		}
		for _, link := range links {
			shell(t, "cd "+folder+"\n"+blocks["fetch"], "TOKEN="+token, "URL="+link[2])
			if got, err := os.ReadFile(filepath.Join(folder, "received.jpg")); err != nil || !bytes.Equal(got, photo.Bytes()) {
				t.Errorf("by %s came %d bytes (%v)", link[1], len(got), err)
			}
		}
	})
}

// CHAN-12: the page about the chat window signs a member's id as the server proves it.
func TestProofTour(t *testing.T) {
	t.Parallel()
	script := tour(t, "webchat.md", "")["proof"]
	hash, _, _ := strings.Cut(shell(t, script), " ")
	if len(hash) != 64 || !strings.Contains(script, "# "+hash) {
		t.Errorf("the command gives %s:\n%s", hash, script)
	}
}

// The README's tour does what it says: a signed body is taken, twice is once, a changed one is refused, the answer reaches LINE once.
func TestReadmeTour(t *testing.T) {
	t.Parallel()
	at := start(t, "sqlite3")
	blocks := tour(t, "../README.md", at.URL)
	sh := func(script string) string { t.Helper(); return shell(t, script) }
	// A machine that is too busy for the webhook's time limit answers 503, and LINE would send again.
	retry := "curl -sS --retry 20 --retry-delay 1"
	blocks["write"] = strings.ReplaceAll(blocks["write"], "curl -sS", retry)
	again := retry + ` -w '%{http_code}\n' -o /dev/null ` + at.URL + `/webhooks/line/demo-line -H "X-Line-Signature: $SIGNATURE" --data-binary `
	got := strings.Fields(sh(blocks["write"] + again + `"$BODY"` + "\n" + again + `"$BODY "`))
	if len(got) != 3 || got[0] != "200" || got[1] != "200" || got[2] != "401" {
		t.Fatalf("the webhook answered %v", got)
	}
	r := &reader{t: t, url: at.URL, schema: schema(t), tokens: map[string]string{}}
	token := r.token("agent")
	found := r.post(token, `query F { conversations(view: PENDING_HUMAN, first: 1) { nodes { id lastMessage { text } unreadCount } } }`, nil)
	if !strings.Contains(show(found), `"text":"請問還有現貨嗎?"`) || !strings.Contains(show(found), `"unreadCount":1`) {
		t.Fatalf("the message is not once at the top of the inbox: %s", show(found))
	}
	id := found["data"].(map[string]any)["conversations"].(map[string]any)["nodes"].([]any)[0].(map[string]any)["id"]
	for _, call := range []string{
		`mutation F($id: ID!) { conversationFollow(input: { conversationId: $id }) { userErrors { message } } }`,
		`mutation S($id: ID!) { messageSend(input: { conversationId: $id, clientMessageId: "tour", content: { text: "有的!" } }) { userErrors { message } } }`,
	} {
		if answer := show(r.post(token, call, map[string]any{"id": id})); !strings.Contains(answer, `"userErrors":[]`) {
			t.Fatal(answer)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		log := sh(blocks["log"])
		if n := strings.Count(log, "有的!"); n == 1 {
			break
		} else if n > 1 {
			t.Fatalf("LINE got it %d times: %s", n, log)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("LINE did not get the answer: %s", log)
		case <-time.After(50 * time.Millisecond):
		}
	}
	metrics, err := os.ReadFile("operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ownMetric.FindAllStringSubmatch(sh("curl -sS "+at.URL+"/metrics"), -1) {
		if !strings.Contains(string(metrics), "`"+m[1]+"`") {
			t.Errorf("docs/operations.md does not know the metric %s", m[1])
		}
	}
}

var ownMetric = regexp.MustCompile(`(?m)^# HELP (switchyard_\w+) `)
