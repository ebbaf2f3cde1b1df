// Package limit bounds what a GraphQL operation may ask for, before anything of it is executed: first its shape, before it is validated, for
// validation itself can be made to cost seconds; then its cost, from the schema; then what its caller has left.
package limit

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// The most that a document may have. The standard introspection query needs the depth.
const (
	Tokens     = 1500
	Visits     = 5000 // fields, with every fragment where it is spread
	Depth      = 15
	RootFields = 10 // each is a read of its own
	Aliases    = 30
	Directives = 20
	Selections = 120 // of one selection set
	Repeats    = 4   // of one response name in one selection set
	Merged     = 60  // of one response name in one place, through fragments: a fragment for each type of a union asks for the same again
	Items      = 100 // of a list or an input object that is written in the document
	Nesting    = 32  // levels of a value, in the document or in a variable
	Sets       = 60  // selections within one another, inline fragments and spread ones counted too
	Text       = 64 << 10
	Name       = 128 // characters of a name or a number
)

// code is how an operation that asks for too much is refused.
const code = "QUERY_TOO_COMPLEX"

func tooMuch(format string, args ...any) *gqlerror.Error {
	e := gqlerror.Errorf(format, args...)
	e.Extensions = map[string]any{"code": code}
	return e
}

// Shape refuses a document that is too large in any direction, in time that grows with its length alone: what a fragment holds is looked at
// once, however often it is spread. A document that cannot be read is nil: the executor says so in its own words.
func Shape(query string) *gqlerror.Error {
	if len(query) > Text {
		return tooMuch("a document is at most %d bytes long; give long texts as variables", Text)
	}
	if !hasModestNames(query) {
		return tooMuch("a name or a number in a document is at most %d characters long", Name)
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, Tokens)
	if err != nil {
		return nil //nolint:nilerr // parsing again gives the error
	}
	w := walk{fragments: map[string]*ast.FragmentDefinition{}, known: map[string]*shape{}}
	for _, f := range doc.Fragments {
		if w.fragments[f.Name] != nil { // validation looks at both before it says so
			return refuse("GRAPHQL_VALIDATION_FAILED", "a document has more than one fragment of one name")
		}
		w.fragments[f.Name] = f
	}
	var aliases, directives int
	for _, f := range doc.Fragments {
		s, err := w.spread(f.Name)
		if err != nil {
			return err
		}
		if err := s.fits(); err != nil { // validation looks at those that nobody spreads too
			return err
		}
		aliases, directives = aliases+s.aliases, directives+s.directives+len(f.Directives)
		if err := w.lists(f.Directives); err != nil {
			return err
		}
	}
	for _, op := range doc.Operations {
		s, err := w.set(op.SelectionSet)
		if err != nil {
			return err
		}
		if err := w.lists(op.Directives); err != nil {
			return err
		}
		aliases, directives = aliases+s.aliases, directives+s.directives+len(op.Directives)
		for _, v := range op.VariableDefinitions {
			directives += len(v.Directives)
			if err := w.value(v.DefaultValue, 0); err != nil {
				return err
			}
		}
		root := 0
		for _, n := range s.names {
			root += n
		}
		if root > RootFields {
			return tooMuch("an operation has at most %d root fields, this one has %d; split it", RootFields, root)
		}
		if err := s.fits(); err != nil {
			return err
		}
	}
	switch {
	case aliases > Aliases:
		return tooMuch("a document has at most %d aliases, this one has %d", Aliases, aliases)
	case directives > Directives:
		return tooMuch("a document has at most %d directives, this one has %d", Directives, directives)
	}
	return nil
}

// shape is the size of a selection set. Counts stop growing a little above their limits.
type shape struct {
	visits, depth int
	sets          int // selections within one another
	// aliases and directives are of what is written here; what is in a spread fragment is counted with the fragment.
	aliases, directives int
	names               map[string]int // response names at the top, through fragments
}

// fits says what is too much of an operation, or of a fragment by itself.
func (s *shape) fits() *gqlerror.Error {
	switch {
	case s.depth > Depth:
		return tooMuch("an operation is at most %d levels deep, this one is deeper", Depth)
	case s.sets > Sets:
		return tooMuch("selections and fragments are at most %d within one another, here are more", Sets)
	case s.visits > Visits:
		return tooMuch("an operation asks for at most %d fields, its fragments included; split it", Visits)
	}
	return nil
}

// walk is the measuring of one document.
type walk struct {
	fragments map[string]*ast.FragmentDefinition
	known     map[string]*shape // nil while it is being measured
}

func (w *walk) spread(name string) (*shape, *gqlerror.Error) {
	s, isKnown := w.known[name]
	if isKnown && s != nil {
		return s, nil
	}
	f := w.fragments[name]
	if isKnown || f == nil { // it refers to itself, or is not there: validation says so
		return &shape{}, nil
	}
	w.known[name] = nil
	s, err := w.set(f.SelectionSet)
	if err != nil {
		return nil, err
	}
	w.known[name] = s
	return s, nil
}

func (w *walk) set(set ast.SelectionSet) (*shape, *gqlerror.Error) {
	if len(set) > Selections {
		return nil, tooMuch("a selection has at most %d fields and fragments, one here has %d", Selections, len(set))
	}
	sum := &shape{names: map[string]int{}, sets: 1}
	own := map[string]int{}
	for _, one := range set {
		var s *shape
		var err *gqlerror.Error
		switch one := one.(type) {
		case *ast.Field:
			if own[one.Alias]++; own[one.Alias] > Repeats {
				return nil, repeated(Repeats, one.Alias)
			}
			s, err = w.field(one)
		case *ast.InlineFragment:
			if err = w.lists(one.Directives); err == nil {
				s, err = w.set(one.SelectionSet)
			}
			if err == nil {
				s.directives += len(one.Directives)
			}
		case *ast.FragmentSpread:
			var f *shape
			if err = w.lists(one.Directives); err == nil {
				f, err = w.spread(one.Name)
			}
			if err == nil {
				s = &shape{visits: f.visits, depth: f.depth, sets: f.sets, names: f.names, directives: len(one.Directives)}
			}
		}
		if err != nil {
			return nil, err
		}
		sum.visits = min(sum.visits+s.visits, Visits+1)
		sum.depth = max(sum.depth, s.depth)
		sum.sets = max(sum.sets, s.sets+1)
		sum.aliases += s.aliases
		sum.directives += s.directives
		for name, n := range s.names {
			if sum.names[name] += n; sum.names[name] > Merged {
				return nil, repeated(Merged, name)
			}
		}
	}
	return sum, nil
}

func repeated(most int, name string) *gqlerror.Error {
	return tooMuch("one field is asked for at most %d times in one place, %q is asked for more often", most, name)
}

func (w *walk) field(f *ast.Field) (*shape, *gqlerror.Error) {
	s := &shape{}
	if len(f.SelectionSet) > 0 {
		inner, err := w.set(f.SelectionSet)
		if err != nil {
			return nil, err
		}
		s = inner
	}
	name := f.Alias // the response name: the field's own where there is none
	if name != f.Name {
		s.aliases++
	}
	s.visits, s.depth, s.names = min(s.visits+1, Visits+1), s.depth+1, map[string]int{name: 1}
	s.directives += len(f.Directives)
	for _, a := range f.Arguments {
		if err := w.value(a.Value, 0); err != nil {
			return nil, err
		}
	}
	return s, w.lists(f.Directives)
}

func (w *walk) lists(all ast.DirectiveList) *gqlerror.Error {
	for _, d := range all {
		if d.Name == "defer" { // which the executor knows and no transport of ours answers in parts
			return refuse("GRAPHQL_VALIDATION_FAILED", "@defer is not served here: answers come in one piece")
		}
		for _, a := range d.Arguments {
			if err := w.value(a.Value, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) value(v *ast.Value, depth int) *gqlerror.Error {
	if v == nil {
		return nil
	}
	switch {
	case len(v.Children) > Items:
		return tooMuch("a list or an object in a document has at most %d items, one here has %d; give it as a variable", Items, len(v.Children))
	case depth > Nesting:
		return tooDeep()
	}
	for _, c := range v.Children {
		if err := w.value(c.Value, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func tooDeep() *gqlerror.Error {
	return tooMuch("a value is at most %d levels deep, one here is deeper", Nesting)
}

// hasModestNames says whether no name and no number of a document is too long: validation compares names with one another, character by
// character, and repeats them in what it says. What stands in texts and comments is neither.
func hasModestNames(query string) bool {
	run := 0
	for i := 0; i < len(query); i++ {
		switch b := query[i]; {
		case b == '#':
			run = 0
			for i < len(query) && query[i] != '\n' && query[i] != '\r' {
				i++
			}
		case b == '"':
			run = 0
			i = endOfText(query, i)
		case b == '_' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			if run++; run > Name {
				return false
			}
		default:
			run = 0
		}
	}
	return true
}

// endOfText is where the text that begins at i ends, at its last quotation mark; the end of the document where it never does.
func endOfText(query string, i int) int {
	const block = `"""`
	if strings.HasPrefix(query[i:], block) {
		for i += len(block); i < len(query); i++ {
			switch {
			case strings.HasPrefix(query[i:], `\"""`):
				i += len(block)
			case strings.HasPrefix(query[i:], block):
				return i + len(block) - 1
			}
		}
		return i
	}
	for i++; i < len(query); i++ {
		switch query[i] {
		case '\\':
			i++
		case '"', '\n', '\r':
			return i
		}
	}
	return i
}
