package walls_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// decoded is what an opaque word holds; nothing where it is not base64.
func decoded(word []byte) []byte {
	b, err := base64.RawURLEncoding.DecodeString(string(word))
	if err != nil {
		return nil
	}
	return b
}

// Every place in the arguments of the schema has a meaning, and no meaning is left over: what is new in the schema is to be tried too.
func TestEveryPlaceHasAMeaning(t *testing.T) {
	t.Parallel()
	s := load(t)
	used := map[string]bool{}
	for _, c := range carriers(s) {
		if _, ok := meaning[c.key]; !ok {
			t.Errorf("%s: what %s means is not said", c, c.key)
		}
		used[c.key] = true
	}
	for key := range meaning {
		if !used[key] {
			t.Errorf("%s has a meaning and is not in the schema", key)
		}
	}
	for _, a := range innerArguments(s) {
		t.Errorf("%s can name something and is below the roots: these tests do not reach it", a)
	}
}

// attempt tries the API as amber.
type attempt struct {
	*world
	t      *testing.T
	schema *ast.Schema
	seen   seen
	tries  int
	fresh  int
}

// CONV-28, RT-2. What a team can name of another is as if it did not exist: nothing of it is read, nothing of it is changed, and the answer is the
// same, byte for byte, as for what nobody has.
func TestTeamsAreWalledOff(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) { walledOff(t, newWorld(t, dialect)) })
}

// CONV-28. PostgreSQL's row-level security is a wall by itself: the same holds where the guard in front of ent is left out.
func TestRowLevelSecurityHoldsAlone(t *testing.T) {
	t.Parallel()
	walledOff(t, newWorldWith(t, "postgres", func(c *store.Config) { c.Unguarded = true }))
}

func walledOff(t *testing.T, w *world) {
	w.checkFurnished(t)
	a := &attempt{world: w, t: t, schema: load(t), seen: seen{}}
	a.awaitIndex()
	before := a.explore()
	w.grow()
	after := a.explore()
	for name, was := range before {
		if after[name] != was {
			t.Errorf("%s is another answer once the other team has more:\n%s\n%s", name, was, after[name])
		}
	}
	a.streams()
	rows := w.dump(w.cobalt.id)
	a.lists()
	a.foreign("Query")
	a.foreign("Mutation")
	a.doors()
	a.unchanged(rows, "what was foreign was refused")
	a.controls()
	a.keys()
	a.ways()
	a.unchanged(rows, "amber worked with its own")
	a.covered()
	t.Logf("%d calls", a.tries)
}

// unchanged wants the other team's rows as they were.
func (a *attempt) unchanged(rows map[string][]string, when string) {
	a.t.Helper()
	for _, c := range changed(rows, a.dump(a.cobalt.id)) {
		a.t.Errorf("after %s, cobalt has changed: %s", when, c)
	}
}

// as tries an operation and checks that nothing of cobalt is in the answer.
func (a *attempt) as(token, query string, vars map[string]any, what string) []byte {
	a.t.Helper()
	a.tries++
	b := a.ask(token, query, vars)
	for _, l := range a.cobalt.leaks(b) {
		a.t.Errorf("%s shows %s", what, l)
	}
	return b
}

// awaitIndex waits until messages are found.
func (a *attempt) awaitIndex() {
	a.t.Helper()
	const search = `query($t: String!) { messageSearch(text: $t, first: 1) { nodes { message { id } } } }`
	for _, x := range []*team{a.amber, a.cobalt} {
		testkit.Await(a.t, "messages are in the index", func() bool {
			return bytes.Contains(a.ask(x.admin, search, map[string]any{"t": x.mark}), []byte(`"msg_`))
		})
	}
}

// types are the object types that a document about a root field is written for, each alone where there are many.
func (a *attempt) types(f *ast.FieldDefinition) [][]string {
	possible := a.schema.PossibleTypes[f.Type.Name()]
	of := f.Type.Name()
	if of == "LogPage" {
		possible = a.schema.PossibleTypes["LogEvent"]
	}
	if len(possible) < 2 || a.schema.Types[of].Kind == ast.Object && of != "LogPage" {
		return [][]string{nil}
	}
	var all [][]string
	for _, p := range possible {
		all = append(all, []string{p.Name})
	}
	return all
}

// document is the operation on a root field that selects everything.
func (a *attempt) document(operation string, f *ast.FieldDefinition, only []string) string {
	d := document{schema: a.schema, only: only}
	if f.Type.Name() == "LogPage" && only != nil {
		// The page's own fields, and of its events those of the types.
		text := d.write("query", &ast.FieldDefinition{Name: f.Name, Arguments: f.Arguments, Type: ast.NamedType("LogEvent", nil)})
		open := strings.Index(text, f.Name+"(")
		at := open + strings.Index(text[open:], "{")
		end := at + strings.Index(text[at:], "}") + 1
		return text[:at] + "{ __typename cursor hasMore events " + text[at:end] + " }" + text[end:]
	}
	return d.write(strings.ToLower(operation), f)
}

// explore reads everything that amber can reach from the roots, by every object of its own, and gives the answers.
func (a *attempt) explore() map[string]string {
	a.t.Helper()
	all := map[string]string{}
	read := func(name string, f *ast.FieldDefinition, only []string, vars map[string]any) {
		b := a.as(a.amber.admin, a.document("query", f, only), vars, name)
		v := decode(a.t, b)
		if v["errors"] != nil {
			a.t.Errorf("%s: %v", name, v["errors"])
		}
		a.seen.read(v)
		all[name] = still(b)
	}
	for _, f := range a.schema.Query.Fields {
		switch {
		case strings.HasPrefix(f.Name, "__"):
		case f.Name == "node" || f.Name == "nodes":
			for name, global := range a.amber.refs {
				typ, ok := kinds[strings.SplitN(global, "_", 2)[0]]
				if !ok {
					continue
				}
				vars := map[string]any{"id": global}
				if f.Name == "nodes" {
					vars = map[string]any{"ids": []string{global}}
				}
				read(f.Name+" of "+name, f, []string{typ}, vars)
			}
		default:
			for _, only := range a.types(f) {
				vars := a.vars(carrier{operation: "Query", field: f}, a.amber, nil)
				if f.Name == "events" {
					vars["after"] = event.Cursor{Epoch: a.amber.epoch}.String()
				}
				read(f.Name+strings.Join(only, " "), f, only, vars)
			}
		}
	}
	search := a.schema.Query.Fields.ForName("search")
	a.seen.read(decode(a.t, a.as(a.amber.admin, a.document("query", search, nil), map[string]any{"text": a.amber.texts["member.name"]}, "search for a member")))
	list := a.schema.Query.Fields.ForName("conversations")
	own := a.vars(carrier{operation: "Query", field: list}, a.amber, nil)
	own["view"] = "MY_IN_PROGRESS"
	read("conversations of one's own", list, nil, own)
	viewer := a.schema.Query.Fields.ForName("viewer")
	a.seen.read(decode(a.t, a.as(a.amber.bot, a.document("query", viewer, nil), nil, "viewer of an integration")))
	return all
}

// kinds are the types of the objects that node finds, by the first part of their ids.
var kinds = map[string]string{
	"team": "Team", "agent": "Agent", "token": "ApiToken", "chan": "Channel", "cont": "Contact", "comp": "Company", "iden": "Identity", "fcat": "CustomFieldCategory", "field": "CustomField",
	"tag": "Tag", "conv": "Conversation", "msg": "Message", "file": "Attachment", "group": "Group", "memb": "GroupMember", "act": "Activity", "note": "Notification", "job": "Job", "inev": "FailedInboundEvent",
	"kwr": "KeywordRule", "bot": "BotModule", "entry": "BotEntry", "shift": "WorkingHours",
}

// say gives what a place means in an operation.
func say(c carrier) (what string, isAlways bool) {
	what = meaning[c.key]
	read, write, ok := strings.Cut(what, " | ")
	if ok && c.operation == "Mutation" {
		what = write
	} else {
		what = read
	}
	what, isAlways = strings.CutPrefix(what, "!")
	if strings.Contains(strings.ToLower(c.field.Name), "compan") {
		what = strings.NewReplacer("contact.name", "company.name", "field.contact", "field.company", "option.contact", "option.company").Replace(what)
	}
	if what == "@upload.automatic" { // a picture is used once
		what += "." + c.field.Name
	}
	if c.field.Name == "conversationBulkMessageSend" && strings.HasPrefix(what, "@upload.") { // so is a file
		what += ".many"
	}
	if slices.Contains(c.path, "companies") {
		what = strings.ReplaceAll(what, "tag.red", "company.inc")
	}
	return what, isAlways
}

// value is what stands at a place where a team names something of its own.
func (a *attempt) value(c carrier, who *team) string {
	what, _ := say(c)
	kind, rest, _ := strings.Cut(what, " ")
	switch {
	case what == "@*":
		return who.refs["conversation.ann"]
	case strings.HasPrefix(what, "@"):
		v, ok := who.refs[strings.TrimPrefix(what, "@")]
		if !ok {
			a.t.Fatalf("%s: the furnishing has no %s", c, what)
		}
		return v
	case kind == "find":
		v, ok := who.texts[rest]
		if !ok {
			a.t.Fatalf("%s: the furnishing has no text %s", c, rest)
		}
		return v
	case kind == "key":
		a.fresh++
		if c.path[len(c.path)-1] == "email" {
			return fmt.Sprintf("own%d@example.com", a.fresh)
		}
		return fmt.Sprintf("own-%d", a.fresh)
	case kind == "words" && rest != "":
		return rest
	}
	return "words"
}

// vars are the variables of an operation: what it must have, of a team's own, and one value at the place of the carrier.
func (a *attempt) vars(c carrier, who *team, at any) map[string]any {
	vars, rows := map[string]any{}, 4
	if c.field.Name == "conversations" { // everything of them at once costs nearly as much as an operation may
		rows = 3
	}
	for _, arg := range c.field.Arguments {
		x := c
		x.path, x.key = []string{arg.Name}, fmt.Sprintf("%s.%s(%s)", c.operation, c.field.Name, arg.Name)
		if v, ok := a.given(x, who, arg.Type, arg.DefaultValue, false); ok {
			vars[arg.Name] = v
		}
		if arg.Name == "first" && !slices.Contains(c.path, "before") {
			vars["first"] = rows
			if c.field.Name == "events" {
				vars["first"] = 100
			}
		}
		if arg.Name == "last" && slices.Contains(c.path, "before") {
			vars["last"] = rows
		}
	}
	if at != nil {
		a.put(vars, c, who, at)
	}
	return vars
}

// given is what stands at a place in every call; false for nothing.
func (a *attempt) given(c carrier, who *team, typ *ast.Type, byDefault *ast.Value, must bool) (any, bool) {
	list := func(v any) any {
		if typ.Elem != nil {
			return []any{v}
		}
		return v
	}
	name := typ.Name()
	def := a.schema.Types[name]
	isNeeded := must || typ.NonNull && byDefault == nil
	if v, ok := special[c.key]; ok && (isNeeded || def.Kind == ast.Scalar) {
		return v(who), true
	}
	if names(name) {
		if _, isAlways := say(c); !isNeeded && !isAlways {
			return nil, false
		}
		return list(a.value(c, who)), true
	}
	if !isNeeded {
		return nil, false
	}
	if def.Kind == ast.InputObject {
		return list(a.object(c, who, def)), true
	}
	if def.Kind == ast.Enum {
		return list(def.EnumValues[0].Name), true
	}
	return list(map[string]any{"Int": 1, "Float": 25.0, "Boolean": true, "DateTime": "2026-01-31T08:15:30Z", "Date": "2026-01-31", "Decimal": "1"}[name]), true
}

// object is an input object with what every call gives.
func (a *attempt) object(c carrier, who *team, def *ast.Definition) map[string]any {
	out := map[string]any{}
	isOneOf := def.Directives.ForName("oneOf") != nil
	for _, f := range def.Fields {
		x := c
		x.path, x.key = append(slices.Clone(c.path), f.Name), def.Name+"."+f.Name
		if v, ok := a.given(x, who, f.Type, f.DefaultValue, false); ok && (!isOneOf || len(out) == 0) {
			out[f.Name] = v
		}
	}
	return out
}

// special are values that the schema alone does not tell.
var special = map[string]func(*team) any{
	"ChannelConnectInput.type":        func(*team) any { return "WEBCHAT" },
	"ChannelDistributionSetInput.to":  func(*team) any { return "AGENTS" },
	"ChannelConnectInput.credentials": func(*team) any { return []any{} },
	"ChannelReconnectInput.credentials": func(x *team) any {
		return []any{map[string]any{"name": "channelId", "value": x.digits + "2"}, map[string]any{"name": "channelSecret", "value": x.mark + "-channel-secret-lost"},
			map[string]any{"name": "channelAccessToken", "value": x.mark + "-channel-token-lost"}}
	},
	"ConversationRemindInput.at":   func(*team) any { return time.Now().UTC().Add(1000 * time.Hour).Format(time.RFC3339) },
	"ConversationBulkInput.action": func(*team) any { return "MARK_READ" }, // what changes least of one's own
	"CustomFieldCondition.op":      func(*team) any { return "EQ" },
	"CustomFieldCreateInput.type":  func(*team) any { return "TEXT" },
	"ApiTokenCreateInput.role":     func(*team) any { return "AGENT" },
	"AgentInviteInput.role":        func(*team) any { return "AGENT" },
	"RoleUpdateInput.role":         func(*team) any { return "SALES" },
	"RoleUpdateInput.permissions":  func(*team) any { return []any{"SEND_MESSAGES"} },
	"Query.groupUsage(from)":       func(*team) any { return "2000-01-01T00:00:00Z" },
	"Query.groupUsage(to)":         func(*team) any { return "2100-01-01T00:00:00Z" },
	"TeamUpdateInput.idleMinutes":  func(*team) any { return 27 },
}

// beside are other values next to a carrier's, so that what one carrier changed does not hide another.
var beside = map[string]map[string]string{
	"ConversationTakeOverInput.fromAgentId": {"conversationId": "conversation.taken2"}, "ConversationTransferInput.toAgentId": {"conversationId": "conversation.over2"},
	"ConversationCollaboratorsAddInput.agentIds": {"conversationId": "conversation.growing2"}, "ConversationCollaboratorsRemoveInput.agentIds": {"conversationId": "conversation.joint2"},
	"MediaInput.previewUploadId": {"uploadId": "upload.third"},
}

// put puts a value at the carrier's place and makes the objects on the way.
func (a *attempt) put(vars map[string]any, c carrier, who *team, at any) {
	var typ *ast.Type
	in := vars
	for i, step := range c.path {
		var def *ast.Definition
		if i == 0 {
			typ = c.field.Arguments.ForName(step).Type
		} else {
			def = a.schema.Types[typ.Name()]
			typ = def.Fields.ForName(step).Type
		}
		if def != nil && def.Directives.ForName("oneOf") != nil {
			maps.DeleteFunc(in, func(name string, _ any) bool { return name != step })
		}
		if i == len(c.path)-1 {
			if c.isList[i] {
				at = []any{at}
			}
			in[step] = at
			break
		}
		x := c
		x.path = c.path[:i+1]
		next, _ := in[step].(map[string]any)
		if list, ok := in[step].([]any); ok && len(list) > 0 {
			next, _ = list[0].(map[string]any)
		}
		if next == nil {
			next = a.object(x, who, a.schema.Types[typ.Name()])
		}
		in[step] = next
		if c.isList[i] {
			in[step] = []any{next}
		}
		// A condition on a choice is about a field that has choices; a list of values wants an operator that takes one.
		if name := a.schema.Types[typ.Name()].Name; i+2 < len(c.path) && (name == "CustomFieldCondition" || name == "CustomFieldAnswerInput") {
			last, of := c.path[len(c.path)-1], "contact"
			if strings.Contains(strings.ToLower(c.field.Name), "compan") {
				of = "company"
			}
			if last == "option" || last == "options" {
				next["fieldId"] = who.refs["field."+of+".single_choice"]
			}
			if last == "options" && c.operation == "Mutation" {
				next["fieldId"] = who.refs["field."+of+".multi_choice"]
			}
			if name == "CustomFieldCondition" && (last == "options" || last == "texts") {
				next["op"] = "IN"
			}
		}
		in = next
	}
	for name, of := range beside[c.key] {
		if c.field.Name == "conversationBulkMessageSend" {
			of += ".many"
		}
		in[name] = who.refs[of]
	}
	if c.field.Name == "conversationBulkMessageSend" && slices.Contains(c.path, "selection") { // those named, or those selected
		delete(vars["input"].(map[string]any), "conversationIds")
	}
	switch c.key {
	case "ConversationBulkInput.toAgentId":
		in["action"], in["conversationIds"] = "TRANSFER", []any{who.refs["conversation.over3"]}
	case "ConversationBulkInput.onBehalfOf":
		in["conversationIds"] = []any{who.refs["conversation.marked"]}
	}
	if c.key == "CustomFieldOptionInput.id" && c.field.Name == "customFieldCreate" {
		vars["input"].(map[string]any)["type"] = "SINGLE_CHOICE"
	}
	if c.path[len(c.path)-1] == "imageUploadId" { // a message is a text or a picture
		delete(in, "text")
	}
	if slices.Contains(c.path, "around") {
		delete(vars, "first")
	}
	if c.field.Name == "contactTag" && slices.Contains(c.path, "name") {
		delete(vars["input"].(map[string]any), "tagId")
	}
}

// missing is what nobody has, of the kind of a value.
func missing(value string) string {
	if kind, n, ok := id.Split(value); ok && n != 0 {
		return id.Format(kind, 9_000_000_000)
	}
	return strings.Repeat("q", 3) + "-nobody-" + fmt.Sprint(len(value))
}

// caller is who tries a carrier: an integration, where it says for whom it acts.
func (a *attempt) caller(c carrier) string {
	if c.path[len(c.path)-1] == "onBehalfOf" {
		return a.amber.bot
	}
	return a.amber.admin
}

// isLast says whether a change leaves nothing to be changed again.
func isLast(f *ast.FieldDefinition) bool {
	return slices.ContainsFunc([]string{"Delete", "Deactivate", "Revoke", "signOut"}, func(part string) bool { return strings.Contains(f.Name, part) })
}

// ordered are the carriers of an operation, those whose change is for ever last.
func (a *attempt) ordered(operation string) []carrier {
	all := slices.DeleteFunc(carriers(a.schema), func(c carrier) bool { return c.operation != operation })
	slices.SortStableFunc(all, func(x, y carrier) int {
		switch {
		case isLast(x.field) == isLast(y.field):
			return 0
		case isLast(y.field):
			return -1
		}
		return 1
	})
	return all
}

// foreign names cobalt's things in every place where amber can name something, and wants the answer of what nobody has.
func (a *attempt) foreign(operation string) {
	a.t.Helper()
	for _, c := range a.ordered(operation) {
		what, _ := say(c)
		if !strings.HasPrefix(what, "@") && !strings.HasPrefix(what, "find ") {
			continue
		}
		if c.field.Name == "contactPage" && len(c.path) > 2 || c.field.Name == "messageSearch" && len(c.path) > 3 {
			continue // the filters of contacts and conversations, which those lists try in full
		}
		if what == "@*" {
			tried := map[string]bool{}
			for name, global := range a.cobalt.refs {
				kind, _, _ := strings.Cut(global, "_")
				if c.field.Name == "nodes" && tried[kind] {
					continue // one of each kind: node tries them all
				}
				tried[kind] = true
				if typ, ok := kinds[strings.SplitN(global, "_", 2)[0]]; ok {
					a.compare(c, name, a.document("query", c.field, []string{typ}), global, a.amber.refs[name])
				}
			}
			continue
		}
		query := a.document(operation, c.field, a.types(c.field)[0])
		own := ""
		if operation == "Query" {
			own = a.value(c, a.amber)
		}
		a.compare(c, what, query, a.value(c, a.cobalt), own)
	}
}

// compare tries a foreign value and one that nobody has, and, where it changes nothing, one's own, which must be answered otherwise.
func (a *attempt) compare(c carrier, what, query, foreign, own string) {
	a.t.Helper()
	nobodys := missing(foreign)
	name := fmt.Sprintf("%s with cobalt's %s", c, what)
	got := a.echoless(c, query, foreign, name)
	want := a.echoless(c, query, nobodys, name)
	if got != want {
		a.t.Errorf("%s is answered\n%s\nand what nobody has (%s)\n%s", name, apart(got, want), nobodys, apart(want, got))
	}
	if own == "" {
		return
	}
	b := a.as(a.caller(c), query, a.vars(c, a.amber, own), c.String())
	a.seen.read(decode(a.t, b))
	if still(b) == want && !isSilent(c, what) {
		a.t.Errorf("%s: one's own (%s) is answered like what nobody has, so that this proves nothing:\n%s", c, own, want)
	}
}

// echoless is the answer to a call with a value at the carrier's place, without that value, which the caller knows.
func (a *attempt) echoless(c carrier, query, value, name string) string {
	a.t.Helper()
	a.tries++
	b := a.ask(a.caller(c), query, a.vars(c, a.amber, value))
	a.seen.read(decode(a.t, b))
	b = bytes.ReplaceAll(b, []byte(value), []byte("VALUE"))
	for _, l := range a.cobalt.leaks(b) {
		a.t.Errorf("%s shows %s", name, l)
	}
	return still(b)
}

// isSilent says that a value is answered like what nobody has though it is the team's: another agent's notification.
func isSilent(_ carrier, what string) bool { return what == "note.2" }

// lists are pages that begin at a position of cobalt's in the same list, or in its log.
func (a *attempt) lists() {
	a.t.Helper()
	for _, c := range a.ordered("Query") {
		what, _ := say(c)
		if what != "page" && what != "log" {
			continue
		}
		query := a.document("query", c.field, a.types(c.field)[0])
		position := map[*team]string{}
		for _, x := range []*team{a.amber, a.cobalt} {
			if what == "log" {
				position[x] = event.Cursor{Epoch: x.epoch, Seq: 3}.String()
				continue
			}
			end := map[string]string{"after": "startCursor", "before": "endCursor"}[c.path[0]]
			v := decode(a.t, a.ask(x.admin, query, a.vars(carrier{operation: "Query", field: c.field, path: c.path}, x, nil)))
			all := values(v, end)
			if len(all) == 0 {
				a.t.Fatalf("%s: the list has no rows: %v", c, v)
			}
			position[x] = all[len(all)-1]
		}
		a.position(c, query, position[a.cobalt], position[a.amber])
	}
}

// position compares a page at cobalt's position with one at a position that nobody's row has.
func (a *attempt) position(c carrier, query, foreign, own string) {
	a.t.Helper()
	plain := decoded([]byte(foreign))
	var parts []any
	nobodys := event.Cursor{Epoch: "nobodys-epoch", Seq: 3}.String()
	switch err := json.Unmarshal(plain, &parts); {
	case err == nil && (parts[0] == "messages" || parts[0] == "bulk"):
		nobodys = foreign // a number within the one conversation, or the one action: it is nobody's
	case err == nil:
		n, ok := parts[len(parts)-1].(float64)
		if !ok {
			a.t.Fatalf("%s: the position is %s", c, plain)
		}
		parts[len(parts)-1] = int64(n) + 1_000_000
		b, err := json.Marshal(parts)
		if err != nil {
			a.t.Fatal(err)
		}
		nobodys = base64.RawURLEncoding.EncodeToString(b)
	}
	name := c.String() + " from cobalt's position"
	got := still(a.as(a.amber.admin, query, a.vars(c, a.amber, foreign), name))
	want := still(a.as(a.amber.admin, query, a.vars(c, a.amber, nobodys), c.String()))
	if got != want {
		a.t.Errorf("%s is answered\n%s\nand what nobody has\n%s", name, apart(got, want), apart(want, got))
	}
	b := a.as(a.amber.admin, query, a.vars(c, a.amber, own), c.String())
	a.seen.read(decode(a.t, b))
	if strings.Contains(string(b), `"errors":[`) || still(b) == want && nobodys != foreign {
		a.t.Errorf("%s: one's own position is answered like one that nobody has, so that this proves nothing:\n%s", c, b)
	}
}

// controls does with amber's own what was tried with cobalt's: that it is refused there proves something only where it works here.
func (a *attempt) controls() {
	a.t.Helper()
	var done []string
	for _, c := range a.ordered("Mutation") {
		what, _ := say(c)
		if !strings.HasPrefix(what, "@") || c.field.Name == "customFieldCreate" && c.key == "CustomFieldOptionInput.id" { // a new field has no options yet: it takes no id
			continue
		}
		done = append(done, c.field.Name)
		query := a.document("mutation", c.field, nil)
		want := still(a.as(a.caller(c), query, a.vars(c, a.amber, missing(a.value(c, a.amber))), c.String()))
		b := a.as(a.caller(c), query, a.vars(c, a.amber, a.value(c, a.amber)), c.String())
		v := decode(a.t, b)
		a.seen.read(v)
		if v["errors"] != nil || still(b) == want {
			a.t.Errorf("%s: one's own is answered like what nobody has, so that this proves nothing:\n%s", c, b)
		}
	}
	for _, f := range a.schema.Mutation.Fields {
		if slices.Contains(done, f.Name) || f.Name == "signOut" || strings.Contains(meaning[f.Arguments[0].Type.Name()+".password"]+meaning[f.Arguments[0].Type.Name()+".refreshToken"]+meaning[f.Arguments[0].Type.Name()+".email"], "secret") {
			continue
		}
		v := decode(a.t, a.as(a.amber.admin, a.document("mutation", f, nil), a.vars(carrier{operation: "Mutation", field: f}, a.amber, nil), f.Name))
		if a.seen.read(v); v["errors"] != nil {
			a.t.Errorf("%s: %v", f.Name, v["errors"])
		}
	}
}

// keys uses cobalt's names and keys for amber's own things: that cobalt has them too must not be told.
func (a *attempt) keys() {
	a.t.Helper()
	var used []string // what amber has said itself by now
	taken := map[string]string{"clientMessageId": a.cobalt.mark + "-client-id",
		"membershipNo": a.cobalt.texts["contact.membership"], "identityNo": a.cobalt.texts["contact.identity"]}
	for _, c := range a.ordered("Mutation") {
		what, _ := say(c)
		kind, of, _ := strings.Cut(what, " ")
		if kind != "key" {
			continue
		}
		foreign, ok := taken[c.path[len(c.path)-1]]
		if of != "" {
			foreign, ok = a.cobalt.texts[of]
		}
		if c.path[len(c.path)-1] == "idempotencyKey" {
			foreign, ok = a.cobalt.mark+"-key-"+c.field.Name, true
		}
		if !ok {
			a.t.Fatalf("%s: the furnishing has no such key", c)
		}
		query := a.document("mutation", c.field, nil)
		answer := func(v string) string {
			a.tries++
			b := a.ask(a.amber.admin, query, a.vars(c, a.amber, v))
			all := decode(a.t, b)
			a.seen.read(all)
			used = append(used, v)
			for _, v := range used {
				b = bytes.ReplaceAll(b, []byte(v), []byte("KEY"))
			}
			for _, l := range a.cobalt.leaks(b) {
				a.t.Errorf("%s with cobalt's key shows %s", c, l)
			}
			return outcome(all, c.field.Name, v)
		}
		nobodys := "free-" + fmt.Sprint(a.tries)
		if strings.Contains(foreign, "@") {
			nobodys += "@example.com"
		}
		if got, want := answer(foreign), answer(nobodys); got != want {
			a.t.Errorf("%s with a key that cobalt has is answered\n%s\nand with another\n%s", c, apart(got, want), apart(want, got))
		}
	}
}

// outcome is what a change came to: its errors, and which parts of the payload are there. What was made differs each time.
func outcome(answer map[string]any, field, key string) string {
	data, _ := answer["data"].(map[string]any)
	payload, _ := data[field].(map[string]any)
	parts := []string{fmt.Sprint(answer["errors"]), strings.ReplaceAll(fmt.Sprint(payload["userErrors"]), key, "KEY")}
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		parts = append(parts, fmt.Sprint(name, payload[name] != nil))
	}
	return strings.Join(parts, " ")
}

// apart is a text from a little before it is another than the other.
func apart(s, other string) string {
	i := 0
	for i < len(s) && i < len(other) && s[i] == other[i] {
		i++
	}
	return "…" + s[max(0, i-80):min(len(s), i+200)]
}

// ways goes the ways in with amber's own secrets.
func (a *attempt) ways() {
	a.t.Helper()
	const password = "correct horse battery"
	for _, step := range []struct {
		field string
		input map[string]any
		token string
	}{
		{"invitationAccept", map[string]any{"token": a.amber.invitation, "password": password}, ""},
		{"signIn", map[string]any{"team": "amber-teams-slug", "email": a.amber.texts["mail.invited"], "password": password}, ""},
		{"sessionRefresh", map[string]any{"refreshToken": a.amber.refresh}, ""},
		{"passwordResetRequest", map[string]any{"team": "amber-teams-slug", "email": a.amber.texts["mail.invited"]}, ""},
		{"passwordResetComplete", map[string]any{"token": a.amber.reset, "password": password}, ""},
		{"signOut", map[string]any{}, a.amber.member},
	} {
		f := a.schema.Mutation.Fields.ForName(step.field)
		v := decode(a.t, a.as(step.token, a.document("mutation", f, nil), map[string]any{"input": step.input}, step.field))
		if a.seen.read(v); v["errors"] != nil && step.field != "signOut" {
			a.t.Errorf("%s: %v", step.field, v["errors"])
		}
	}
}

// frames are what a subscription over server-sent events gives.
type frames struct {
	lines  chan string
	cancel context.CancelFunc
}

// stream opens a subscription as amber's administrator; it ends with the test.
func (a *attempt) stream(query string, vars map[string]any) *frames {
	a.t.Helper()
	return a.streamAs(a.amber.admin, query, vars)
}

func (a *attempt) streamAs(token, query string, vars map[string]any) *frames {
	a.t.Helper()
	a.tries++
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	for k, v := range map[string]string{"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": "Bearer " + token, "Accept-Language": "en"} {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	f := &frames{lines: make(chan string, 1000), cancel: cancel}
	go func() {
		defer close(f.lines)
		defer res.Body.Close()
		r := bufio.NewReader(res.Body)
		for {
			line, err := r.ReadString('\n')
			if data, ok := strings.CutPrefix(strings.TrimSpace(line), "data:"); ok && strings.TrimSpace(data) != "" || strings.HasPrefix(line, "{") {
				if !ok {
					data = line
				}
				f.lines <- data
			}
			if err != nil {
				if err != io.EOF && ctx.Err() == nil {
					f.lines <- err.Error()
				}
				return
			}
		}
	}()
	return f
}

// until gives what came up to a frame that holds the text, or the end.
func (f *frames) until(t *testing.T, text string) []string {
	t.Helper()
	limit := time.After(time.Minute)
	var all []string
	for {
		select {
		case line, ok := <-f.lines:
			if !ok {
				return all
			}
			all = append(all, line)
			if strings.Contains(line, text) {
				return all
			}
		case <-limit:
			t.Fatalf("no %s came; got %v", text, all)
		}
	}
}

// streams subscribes with every value of cobalt's and with what nobody has, lets things happen in both teams, and compares all that comes until
// the next sign of life.
func (a *attempt) streams() {
	a.t.Helper()
	type pair struct {
		c                     carrier
		foreign, nobodys, own *frames
	}
	var pairs []pair
	const field = "agentPresence" // it names nothing: what it shows is only looked through
	there := a.stream(a.document("subscription", a.schema.Subscription.Fields.ForName(field), nil), nil)
	for _, line := range there.until(a.t, a.amber.refs["agent.admin"]) {
		for _, l := range a.cobalt.leaks([]byte(line)) {
			a.t.Errorf("%s shows %s", field, l)
		}
		if v := map[string]any{}; json.Unmarshal([]byte(line), &v) == nil {
			a.seen.read(v)
		}
	}
	there.cancel()
	for _, c := range a.ordered("Subscription") {
		what, _ := say(c)
		if len(c.path) > 2 && (c.path[1] == "and" || c.path[1] == "or" || c.path[1] == "not") {
			continue // the filter is one grammar, tried in full by the queries
		}
		var foreign, nobodys, own string
		if what == "log" {
			foreign, nobodys, own = event.Cursor{Epoch: a.cobalt.epoch, Seq: 3}.String(), event.Cursor{Epoch: "nobodys-epoch", Seq: 3}.String(), event.Cursor{Epoch: a.amber.epoch, Seq: 3}.String()
		} else {
			foreign, own = a.value(c, a.cobalt), a.value(c, a.amber)
			nobodys = missing(foreign)
		}
		query := a.document("subscription", c.field, nil)
		open := func(v string) *frames { return a.stream(query, a.vars(c, a.amber, v)) }
		pairs = append(pairs, pair{c, open(foreign), open(nobodys), open(own)})
	}
	var began [][3][]string
	for _, p := range pairs {
		began = append(began, [3][]string{p.foreign.until(a.t, `"Hello"`), p.nobodys.until(a.t, `"Hello"`), p.own.until(a.t, `"Hello"`)})
	}
	const typing = `mutation($c: ID!) { typingSet(input: {conversationId: $c}) { userErrors { message } } }`
	for _, x := range []*team{a.amber, a.cobalt} { // cobalt has what is newest, as it has the higher ids
		a.ask(x.member, typing, map[string]any{"c": x.refs["conversation.ann"]})
		a.ask(x.member, `mutation($c: ID!) { presenceSet(input: {conversationId: $c}) { userErrors { message } } }`, map[string]any{"c": x.refs["conversation.ann"]})
		a.ask(x.admin, `mutation($c: ID!) { conversationFollow(input: {conversationId: $c}) { userErrors { message } } }`, map[string]any{"c": x.refs["conversation.entering"]})
		a.ask(x.admin, `mutation($c: ID!) { messageSend(input: {conversationId: $c, content: {text: "`+x.mark+` says"}, clientMessageId: "`+x.mark+`-streams"}) { userErrors { message } } }`, map[string]any{"c": x.refs["conversation.ann"]})
	}
	for i, p := range pairs {
		what, _ := say(p.c)
		foreign, nobodys := append(began[i][0], p.foreign.until(a.t, `"Tick"`)...), append(began[i][1], p.nobodys.until(a.t, `"Tick"`)...)
		own := append(began[i][2], p.own.until(a.t, `"Tick"`)...)
		for _, line := range slices.Concat(foreign, nobodys, own) {
			for _, l := range a.cobalt.leaks([]byte(line)) {
				a.t.Errorf("%s shows %s", p.c, l)
			}
			if v := map[string]any{}; json.Unmarshal([]byte(line), &v) == nil {
				a.seen.read(v)
			}
		}
		// When a sign of life comes, and how much of what happened it covers, differs from stream to stream: the frames between are compared.
		if got, want := plot(foreign), plot(nobodys); !reflect.DeepEqual(got, want) {
			a.t.Errorf("%s with cobalt's %s shows\n%s\nand what nobody has\n%s", p.c, what, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if reflect.DeepEqual(plot(own), plot(nobodys)) {
			a.t.Errorf("%s: one's own shows what nobody's shows, so that this proves nothing:\n%s", p.c, strings.Join(own, "\n"))
		}
		p.foreign.cancel()
		p.nobodys.cancel()
		p.own.cancel()
	}
}

// counted is what tells of totals, up to where they stand in the log, and asOf says that once more.
var (
	counted = regexp.MustCompile(`"UnreadCountsChanged","cursor":"[^"]*"`)
	asOf    = regexp.MustCompile(`"asOf":"[^"]*"`)
)

// plot are the frames of a stream without ticks, and without what is another in each stream. Of totals that change fast a stream tells the last, and how
// many it leaves out is a matter of time: of those in a row the last is compared, wherever in the log it stands.
func plot(lines []string) []string {
	var all []string
	wasCounted := false
	for _, line := range lines {
		if strings.Contains(line, `"Tick"`) {
			continue
		}
		isCounted := counted.MatchString(line)
		if isCounted {
			line = asOf.ReplaceAllString(line, `"asOf":""`)
			if wasCounted {
				all = all[:len(all)-1]
			}
		}
		all = append(all, still([]byte(counted.ReplaceAllString(line, `"UnreadCountsChanged"`))))
		wasCounted = isCounted
	}
	return all
}

// covered wants a value of every field of every type of the schema in what amber was answered: what no answer shows, no test has compared.
func (a *attempt) covered() {
	a.t.Helper()
	n := 0
	for _, name := range slices.Sorted(maps.Keys(a.schema.Types)) {
		def := a.schema.Types[name]
		if def.BuiltIn || def.Kind != ast.Object || def == a.schema.Query || def == a.schema.Mutation || def == a.schema.Subscription {
			continue
		}
		for _, f := range def.Fields {
			key := name + "." + f.Name
			n++
			_, isExcused := unseen[key]
			if !a.seen[key] && !isExcused {
				a.t.Errorf("%s had no value in any answer: furnish one", key)
			}
		}
	}
	a.t.Logf("%d fields of types had a value", n-len(unseen))
}
