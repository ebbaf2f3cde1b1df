package sdl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

var (
	pascal = regexp.MustCompile(`^[A-Z][a-zA-Z0-9]*$`)
	camel  = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)
	upper  = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	first  = regexp.MustCompile(`^[a-z0-9]+`)
)

// verbs are words that a mutation's name must not begin with: the noun comes first, so that what belongs together is listed together. The
// ways in ("signIn") have no noun.
var verbs = []string{
	"add", "cancel", "change", "check", "close", "connect", "create", "delete", "disable", "disconnect", "edit", "enable", "end", "follow", "get",
	"invite", "mark", "merge", "move", "pause", "pin", "post", "put", "read", "refresh", "remove", "reopen", "replay", "reset", "restore", "retry",
	"revoke", "save", "send", "set", "star", "start", "stop", "take", "transfer", "unpin", "update", "upload", "upsert",
}

// Lint gives what in a schema is not described or not named and shaped as the API's conventions say, each as a line "file:line: text".
func Lint(s *ast.Schema) []string {
	l := &lint{schema: s}
	for _, d := range own(s) {
		l.definition(d)
	}
	for _, d := range ownDirectives(s) {
		l.described(d.Position, "@"+d.Name, d.Description)
		l.named(d.Position, camel, "a directive", "@"+d.Name, d.Name)
		l.arguments("@"+d.Name, d.Arguments)
	}
	slices.Sort(l.found)
	return l.found
}

type lint struct {
	schema *ast.Schema
	found  []string
}

func (l *lint) report(at *ast.Position, format string, args ...any) {
	place := "schema"
	if at != nil && at.Src != nil {
		place = fmt.Sprintf("%s:%d", at.Src.Name, at.Line)
	}
	l.found = append(l.found, place+": "+fmt.Sprintf(format, args...))
}

func (l *lint) described(at *ast.Position, what, description string) {
	if strings.TrimSpace(description) == "" {
		l.report(at, "%s has no description", what)
	}
}

func (l *lint) named(at *ast.Position, form *regexp.Regexp, kind, what, name string) {
	if !form.MatchString(name) {
		l.report(at, "%s: the name of %s is written %s", what, kind, map[*regexp.Regexp]string{pascal: "LikeThis", camel: "likeThis", upper: "LIKE_THIS"}[form])
	}
}

func (l *lint) deprecated(at *ast.Position, what string, directives ast.DirectiveList) {
	d := directives.ForName("deprecated")
	if d == nil {
		return
	}
	if reason := d.Arguments.ForName("reason"); reason == nil || strings.TrimSpace(reason.Value.Raw) == "" {
		l.report(at, "%s is deprecated without a reason", what)
	}
}

func (l *lint) definition(d *ast.Definition) {
	l.described(d.Position, d.Name, d.Description)
	l.named(d.Position, pascal, "a type", d.Name, d.Name)
	for _, v := range d.EnumValues {
		what := d.Name + "." + v.Name
		l.described(v.Position, what, v.Description)
		l.named(v.Position, upper, "an enum value", what, v.Name)
		l.deprecated(v.Position, what, v.Directives)
	}
	for _, f := range d.Fields {
		if isMeta(f.Name) {
			continue
		}
		what := d.Name + "." + f.Name
		l.described(f.Position, what, f.Description)
		l.named(f.Position, camel, "a field", what, f.Name)
		l.deprecated(f.Position, what, f.Directives)
		l.arguments(what, f.Arguments)
		l.list(d, f)
	}
	switch {
	case l.schema.Mutation != nil && d.Name == l.schema.Mutation.Name:
		for _, f := range d.Fields {
			l.mutation(f)
		}
	case d.Kind == ast.Object && strings.HasSuffix(d.Name, "Connection"):
		l.connection(d)
	}
}

func (l *lint) arguments(of string, arguments ast.ArgumentDefinitionList) {
	for _, a := range arguments {
		what := of + "(" + a.Name + ")"
		l.described(a.Position, what, a.Description)
		l.named(a.Position, camel, "an argument", what, a.Name)
		l.deprecated(a.Position, what, a.Directives)
	}
}

// mutation: noun first, one argument `input: XInput!`, a payload `XPayload!` with its errors.
func (l *lint) mutation(f *ast.FieldDefinition) {
	if isMeta(f.Name) {
		return
	}
	what := "Mutation." + f.Name
	if slices.Contains(verbs, first.FindString(f.Name)) {
		l.report(f.Position, "%s begins with a verb: the noun comes first, as in conversationFollow", what)
	}
	name := strings.ToUpper(f.Name[:1]) + f.Name[1:]
	if len(f.Arguments) != 1 || f.Arguments[0].Name != "input" || f.Arguments[0].Type.String() != name+"Input!" {
		l.report(f.Position, "%s takes one argument, input: %sInput!", what, name)
	}
	if f.Type.String() != name+"Payload!" {
		l.report(f.Position, "%s returns %sPayload!", what, name)
		return
	}
	payload := l.schema.Types[f.Type.Name()]
	if errors := payload.Fields.ForName("userErrors"); errors == nil || errors.Type.String() != "[UserError!]!" {
		l.report(payload.Position, "%s has userErrors: [UserError!]!", payload.Name)
	}
}

// connection: edges of an edge type with cursor and node, and where the page stands.
func (l *lint) connection(d *ast.Definition) {
	edge := strings.TrimSuffix(d.Name, "Connection") + "Edge"
	if f := d.Fields.ForName("edges"); f == nil || f.Type.String() != "["+edge+"!]!" {
		l.report(d.Position, "%s has edges: [%s!]!", d.Name, edge)
	}
	if f := d.Fields.ForName("pageInfo"); f == nil || f.Type.String() != "PageInfo!" {
		l.report(d.Position, "%s has pageInfo: PageInfo!", d.Name)
	}
	e := l.schema.Types[edge]
	if e == nil {
		l.report(d.Position, "%s has no type %s", d.Name, edge)
		return
	}
	if f := e.Fields.ForName("cursor"); f == nil || f.Type.String() != "Cursor!" {
		l.report(e.Position, "%s has cursor: Cursor!", edge)
	}
	node := e.Fields.ForName("node")
	if node == nil || node.Type.Elem != nil || !node.Type.NonNull {
		l.report(e.Position, "%s has node, one object that is never null", edge)
		return
	}
	if f := d.Fields.ForName("nodes"); f != nil && f.Type.String() != "["+node.Type.Name()+"!]!" {
		l.report(f.Position, "%s.nodes is [%s!]!", d.Name, node.Type.Name())
	}
}

// list: a field that gives a connection can be paged, and is empty rather than null; but a query that is given the id of what may not be
// seen has no list at all.
func (l *lint) list(of *ast.Definition, f *ast.FieldDefinition) {
	what := of.Name + "." + f.Name
	if f.Type.Elem != nil || !strings.HasSuffix(f.Type.Name(), "Connection") {
		return
	}
	for _, pair := range [][2]string{{"first", "after"}, {"last", "before"}} {
		size, from := f.Arguments.ForName(pair[0]), f.Arguments.ForName(pair[1])
		if pair[0] == "last" && size == nil && from == nil {
			continue // a list that is read forwards only
		}
		if size == nil || size.Type.String() != "Int" || from == nil || from.Type.String() != "Cursor" {
			l.report(f.Position, "%s takes %s: Int and %s: Cursor", what, pair[0], pair[1])
		}
	}
	byID := slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.String() == "ID!" })
	if !f.Type.NonNull && !(of == l.schema.Query && byID) {
		l.report(f.Position, "%s is never null: a list may be empty", what)
	}
}
