package transport

import (
	"encoding/json"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/switchyard-chat/switchyard/internal/clock"
)

// suffix is what follows the payload of a `next`.
var suffix = []byte("}")

// maxID is the longest id of an operation; stock clients send UUIDs.
const maxID = 256

// message is one message of graphql-transport-ws.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

func invalid() error { return &closeError{code: 4400, reason: "Invalid message received"} }

// receive acts on a message. An error closes the socket.
func (c *socket) receive(op byte, text []byte) error {
	var m message
	if op != opText || decode(text, &m) != nil {
		return invalid()
	}
	switch m.Type {
	case "connection_init":
		return c.begin(m)
	case "ping":
		c.s.enqueue(appendFrame(nil, opText, pong(m.Payload)))
	case "pong":
	case "subscribe":
		return c.subscribe(m)
	case "complete":
		if m.ID == "" {
			return invalid()
		}
		c.s.mu.Lock()
		op := c.s.ops[m.ID]
		c.s.mu.Unlock()
		c.s.end(op) // what has ended already may cross with it
	default:
		return invalid()
	}
	return nil
}

func (c *socket) begin(m message) error {
	if c.isBegun {
		return &closeError{code: 4429, reason: "Too many initialisation requests"}
	}
	c.isBegun = true
	_ = c.conn.SetReadDeadline(time.Time{})
	if c.s.isOver() { // the writer may have set a deadline for the end just before
		_ = c.conn.SetReadDeadline(clock.Real{}.Now().Add(linger))
	}
	var payload map[string]any
	if len(m.Payload) > 0 && decode(m.Payload, &payload) != nil {
		return invalid()
	}
	if err := c.authenticate(payload); err != nil {
		return err
	}
	c.isAcked = true
	c.s.enqueue(appendFrame(nil, opText, []byte(`{"type":"connection_ack"}`)))
	return nil
}

func (c *socket) subscribe(m message) error {
	if !c.isAcked {
		return &closeError{code: 4401, reason: "Unauthorized"}
	}
	var p struct {
		Query         *string        `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
		Extensions    map[string]any `json:"extensions"`
	}
	if m.ID == "" || len(m.ID) > maxID || decode(m.Payload, &p) != nil || p.Query == nil && p.Extensions["persistedQuery"] == nil {
		return invalid()
	}
	id := encodeID(m.ID)
	prefix := append(append([]byte(`{"type":"next","id":`), id...), `,"payload":`...)
	op, isTaken, isFull := c.s.begin(m.ID, prefix)
	switch {
	case isTaken:
		return &closeError{code: 4409, reason: "Subscriber for " + m.ID + " already exists"}
	case isFull:
		return &closeError{code: 4429, reason: "Too many operations"}
	}
	c.s.act()
	params := &graphql.RawParams{OperationName: p.OperationName, Variables: p.Variables, Extensions: p.Extensions}
	if p.Query != nil {
		params.Query = *p.Query
	}
	params.ReadTime.Start = graphql.Now()
	params.ReadTime.End = params.ReadTime.Start
	c.h.spawn(func() { c.execute(op, params) })
	return nil
}

// execute runs the operation and queues its answer: `next` and `complete`, or `error` alone. A subscription is left to the writer.
func (c *socket) execute(op *operation, p *graphql.RawParams) {
	out := c.s.run(op, p, func(ast.Operation) error { return nil })
	if out.sub != nil || !c.s.end(op) || out.response == nil {
		return
	}
	if out.isExecuted {
		payload, err := encode(out.response, true)
		if err != nil {
			payload, _ = encode(broken(), true)
		}
		c.s.enqueue(appendFrame(appendFrame(nil, opText, op.prefix, payload, suffix), opText, complete(op.id)))
		return
	}
	errs, err := json.Marshal(out.response.Errors)
	if err != nil {
		errs, _ = json.Marshal(broken().Errors)
	}
	c.s.enqueue(appendFrame(nil, opText, []byte(`{"type":"error","id":`), encodeID(op.id), []byte(`,"payload":`), errs, suffix))
}

func complete(id string) []byte {
	return append(append([]byte(`{"type":"complete","id":`), encodeID(id)...), '}')
}

func pong(payload json.RawMessage) []byte {
	if len(payload) == 0 {
		return []byte(`{"type":"pong"}`)
	}
	return append(append([]byte(`{"type":"pong","payload":`), payload...), '}')
}
