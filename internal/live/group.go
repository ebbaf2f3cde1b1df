package live

import (
	"bytes"
	"container/list"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// template is an operation that is executed again for every object: what of the first subscriber's request is the same for all.
type template struct {
	key string
	op  graphql.OperationContext
}

// newTemplate keys an operation by its document, name and variables, without the cursor that `after` gives: that one only places the
// subscriber.
func newTemplate(oc *graphql.OperationContext) *template {
	query, name := withoutCursor(oc)
	vars := oc.Variables
	if _, ok := vars[name]; ok {
		vars = make(map[string]any, len(oc.Variables))
		for k, v := range oc.Variables {
			if k != name {
				vars[k] = v
			}
		}
	}
	b, err := json.Marshal(vars)
	if err != nil { // what came as JSON can be written as JSON; if it cannot, nothing is shared
		b = fmt.Appendf(nil, "%p", oc)
	}
	return &template{
		key: strings.Join([]string{oc.OperationName, string(b), query}, "\x00"),
		op: graphql.OperationContext{
			RawQuery: oc.RawQuery, Variables: oc.Variables, OperationName: oc.OperationName, Doc: oc.Doc, Operation: oc.Operation,
			DisableIntrospection: oc.DisableIntrospection, RecoverFunc: oc.RecoverFunc,
			ResolverMiddleware: oc.ResolverMiddleware, RootResolverMiddleware: oc.RootResolverMiddleware,
		},
	}
}

// fresh gives the context of one execution: gqlgen keeps state of its own in it, and statistics.
func (t *template) fresh() *graphql.OperationContext {
	return &graphql.OperationContext{
		RawQuery: t.op.RawQuery, Variables: t.op.Variables, OperationName: t.op.OperationName, Doc: t.op.Doc, Operation: t.op.Operation,
		DisableIntrospection: t.op.DisableIntrospection, RecoverFunc: t.op.RecoverFunc,
		ResolverMiddleware: t.op.ResolverMiddleware, RootResolverMiddleware: t.op.RootResolverMiddleware,
		Stats: graphql.Stats{OperationStart: graphql.Now()},
	}
}

// withoutCursor gives the query without the root field's literal `after`, or the name of the variable that it comes from, where that
// variable is used for nothing else.
func withoutCursor(oc *graphql.OperationContext) (query, variable string) {
	arg := cursorArgument(oc.Doc, oc.Operation.SelectionSet, 0)
	if arg == nil || arg.Value == nil {
		return oc.RawQuery, ""
	}
	if arg.Value.Kind == ast.Variable {
		if strings.Count(oc.RawQuery, "$"+arg.Value.Raw) == 2 { // its declaration and this use; a longer name counts too and only prevents sharing
			return oc.RawQuery, arg.Value.Raw
		}
		return oc.RawQuery, ""
	}
	if p := arg.Value.Position; p != nil && arg.Value.Kind == ast.StringValue {
		r := []rune(oc.RawQuery) // positions count characters, and the end of a string lies within its quotes or behind them
		if start := p.Start; start >= 0 && start < len(r) {
			text := string(r[start:])
			if i := strings.Index(text, arg.Value.Raw); i >= 0 && i <= len(`"""`) {
				return string(r[:start]) + text[i+len(arg.Value.Raw):], ""
			}
		}
	}
	return oc.RawQuery, ""
}

func cursorArgument(doc *ast.QueryDocument, set ast.SelectionSet, depth int) *ast.Argument {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			return sel.Arguments.ForName("after")
		case *ast.InlineFragment:
			if a := cursorArgument(doc, sel.SelectionSet, depth+1); a != nil {
				return a
			}
		case *ast.FragmentSpread:
			if f := doc.Fragments.ForName(sel.Name); f != nil && depth < 10 {
				if a := cursorArgument(doc, f.SelectionSet, depth+1); a != nil {
					return a
				}
			}
		}
	}
	return nil
}

// group is the subscribers of one node who are shown the same bytes.
type group struct {
	hub      *Hub
	key      string
	tmpl     *template
	perAgent bool
	refs     int // under the hub's mutex

	mu     sync.Mutex
	cells  map[cellKey]*cell
	sights map[string]*sight
}

// sight is what those of a group who judge alike have made of the newest events.
type sight struct{ newest [64]atomic.Pointer[judged] }

// judged is an event as it was judged, and what it is shown as.
type judged struct {
	gen     int
	seq     int64
	verdict Verdict
	shown   atomic.Pointer[shown]
}

// shown is a payload that may be given again, until it is too old.
type shown struct {
	payload []byte
	oldAt   time.Time
}

// see gives what those see who have the same sight; nil for who judges alone.
func (g *group) see(name string) *sight {
	if name == "" {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.sights == nil {
		g.sights = map[string]*sight{}
	}
	if g.sights[name] == nil {
		g.sights[name] = &sight{}
	}
	return g.sights[name]
}

// judge gives the verdict on the event at a position: of whoever came first.
func (s *sight) judge(gen int, seq int64, judge func() Verdict) *judged {
	slot := &s.newest[uint64(seq)%uint64(len(s.newest))]
	j := slot.Load()
	if j == nil || j.gen != gen || j.seq != seq {
		j = &judged{gen: gen, seq: seq, verdict: judge()}
		slot.Store(j)
	}
	return j
}

// cellKey says which object of which event is meant.
type cellKey struct {
	gen     int
	seq     int64
	heard   int64 // number of what was heard; 0 for an event
	own     int64 // number of the only subscription that it is for; 0 for all
	isDue   bool  // it was coalesced: not the event's own object
	variant string
}

// cell is an object rendered once, or being rendered.
type cell struct {
	done    chan struct{}
	payload []byte // empty where nothing is to be shown
	err     error
	kept    *list.Element // in the cellar, under its mutex
	oldAt   time.Time     // from then on it is made anew; set once it is made
}

// errUnreadable is an object that could not be shown, as opposed to one that could not be had just now.
var errUnreadable = errors.New("the event could not be shown")

// join gives the group of a subscriber.
func (h *Hub) join(t *template, v Viewer, class string, perAgent bool) *group {
	who := ""
	if perAgent {
		who = strconv.FormatInt(v.AgentID, 10)
	}
	key := strings.Join([]string{strconv.FormatInt(v.TeamID, 10), who, v.Language, class, t.key}, "\x00")
	h.mu.Lock()
	defer h.mu.Unlock()
	g, ok := h.groups[key]
	if !ok {
		g = &group{hub: h, key: key, tmpl: t, perAgent: perAgent, cells: map[cellKey]*cell{}}
		h.groups[key] = g
	}
	g.refs++
	return g
}

func (h *Hub) leave(g *group) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if g.refs--; g.refs == 0 {
		delete(h.groups, g.key)
		g.hub.cells.forget(g)
	}
}

// render gives the payload of the object that load gives, made once for all who ask, and when it is too old to be given. An empty payload shows
// nothing.
func (g *group) render(ctx context.Context, now time.Time, key cellKey, e *entry, load func(context.Context) (any, error)) (shown, error) {
	g.mu.Lock()
	c, ok := g.cells[key]
	if ok && !c.oldAt.IsZero() && now.After(c.oldAt) {
		ok = false
	}
	if !ok {
		c = &cell{done: make(chan struct{})}
		g.cells[key] = c
	}
	g.mu.Unlock()
	if !ok {
		// A goroutine of its own: whoever came first may go away while the others wait, and its stack does not stay grown.
		// A hub that closes waits for it, and starts no more.
		g.hub.spawn(func() { g.fill(context.WithoutCancel(ctx), key, c, e, load) })
	}
	select { // mostly it is there already
	case <-c.done:
		return shown{c.payload, c.oldAt}, c.err
	default:
	}
	select {
	case <-c.done:
		return shown{c.payload, c.oldAt}, c.err
	case <-ctx.Done():
		return shown{}, ctx.Err()
	case <-g.hub.ctx.Done():
		return shown{}, context.Canceled
	}
}

func (g *group) fill(ctx context.Context, key cellKey, c *cell, e *entry, load func(context.Context) (any, error)) {
	ctx, cancel := context.WithTimeout(ctx, g.hub.cfg.Render)
	defer cancel()
	elapsed := g.hub.cfg.Clock.Stopwatch()
	c.payload, c.err = g.execute(ctx, e, load)
	if c.err != nil {
		g.hub.failed(ctx, c.err)
		g.mu.Lock()
		if g.cells[key] == c {
			delete(g.cells, key)
		}
		g.mu.Unlock()
	} else {
		g.mu.Lock()
		c.oldAt = g.hub.cfg.Clock.Now().Add(keep)
		g.mu.Unlock()
		g.hub.cells.keep(g, key, c)
	}
	if g.hub.cfg.Hooks.Executed != nil {
		g.hub.cfg.Hooks.Executed(elapsed())
	}
	close(c.done)
}

// execute loads the object, runs the operation on it and gives the response as JSON.
func (g *group) execute(ctx context.Context, e *entry, load func(context.Context) (any, error)) (payload []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			g.hub.panicked(ctx, v)
			payload, err = nil, fmt.Errorf("%w: %w", errUnreadable, broken(v))
		}
	}()
	if e != nil {
		ctx = context.WithValue(ctx, entryKey{}, memory{e, g.hub.cfg.Clock.Now()})
	}
	object, err := load(ctx)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case fault.Is(err, fault.Unavailable), errors.Is(err, context.DeadlineExceeded):
		return nil, fault.Wrap(err, fault.Unavailable, "the event cannot be read now")
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	case object == nil:
		return nil, nil
	}
	op := g.tmpl.fresh()
	next, ctx := g.hub.cfg.Executor.DispatchOperation(context.WithValue(ctx, renderKey{}, &prepared{object}), op)
	r := next(ctx)
	if r == nil {
		return nil, fault.New(fault.Unavailable, "the event took too long")
	}
	// A root field that came to nothing carries no event and no cursor.
	if len(r.Data) == 0 || len(r.Errors) > 0 && (bytes.Equal(r.Data, []byte("null")) || bytes.HasSuffix(r.Data, []byte(`:null}`))) {
		return nil, fmt.Errorf("%w: %w", errUnreadable, r.Errors)
	}
	return encode(r)
}

func encode(r *graphql.Response) ([]byte, error) {
	if len(r.Errors) == 0 && len(r.Extensions) == 0 {
		b := make([]byte, 0, len(`{"data":}`)+len(r.Data))
		b = append(b, `{"data":`...)
		b = append(b, r.Data...)
		return append(b, '}'), nil
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	return b, nil
}

// cellar bounds what all groups keep together. The oldest goes first: what is new is what is asked for.
type cellar struct {
	mu    sync.Mutex
	limit int
	bytes int
	order list.List // of stored
}

type stored struct {
	group *group
	key   cellKey
	cell  *cell
	bytes int
}

// keep is how long what was made for one is given to others. Content is loaded at delivery so that what was erased stays erased: a replay minutes
// later must not be served from memory.
const keep = 10 * time.Second

// cellOverhead is what a cell costs beside its payload.
const cellOverhead = 256

func (c *cellar) keep(g *group, key cellKey, l *cell) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(l.payload) + cellOverhead
	l.kept = c.order.PushBack(stored{g, key, l, n})
	c.bytes += n
	for c.bytes > c.limit && c.order.Len() > 1 {
		c.discard(c.order.Front())
	}
}

// expire drops what is too old to be given.
func (c *cellar) expire(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for el := c.order.Front(); el != nil && now.After(el.Value.(stored).cell.oldAt); el = c.order.Front() {
		c.discard(el)
	}
}

func (c *cellar) discard(el *list.Element) {
	s := el.Value.(stored)
	c.drop(el)
	s.group.mu.Lock()
	defer s.group.mu.Unlock()
	s.cell.kept = nil
	if s.group.cells[s.key] == s.cell { // a newer one may have taken its place
		delete(s.group.cells, s.key)
	}
}

func (c *cellar) drop(el *list.Element) {
	c.bytes -= c.order.Remove(el).(stored).bytes
}

// forget drops all that a group has kept.
func (c *cellar) forget(g *group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.cells {
		if l.kept != nil {
			c.drop(l.kept)
			l.kept = nil
		}
	}
	clear(g.cells)
}

// control renders one of the frames that every field has.
func (g *group) control(ctx context.Context, now time.Time, gen int, s Stream, c Control) ([]byte, error) {
	key := cellKey{gen: gen, seq: c.Cursor.Seq,
		variant: strings.Join([]string{"\x00", strconv.Itoa(int(c.Kind)), strconv.FormatBool(c.Recovered), c.Reason,
			strconv.FormatBool(c.Resubscribe), c.Cursor.Epoch, c.IdleAt.String()}, "\x00")}
	made, err := g.render(ctx, now, key, nil, func(ctx context.Context) (any, error) { return s.Frame(ctx, c), nil })
	return made.payload, err
}
