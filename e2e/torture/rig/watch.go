package rig

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// Wire is how a subscription travels.
type Wire string

// The wires.
const (
	WebSocket Wire = "websocket"
	SSE       Wire = "sse"
)

// pause is how long a watch waits before it connects again.
const pause = 50 * time.Millisecond

// Watch is a subscription that comes back with its cursor whenever it is cut off, as a good client does.
type Watch struct {
	Client *Client
	Wire   Wire
	// Query is the subscription. Its one root field takes the cursor from the variable $a: Cursor.
	Query     string
	Variables map[string]any
	// After is where it begins; "" is now. It is moved on by every frame.
	After string
	// Frame is given the value of the root field of each frame, one after the other.
	Frame func(frame map[string]any)
	// Greeted is called when a connection has said Hello. Nil is allowed.
	Greeted func()
	// Resync reads the lists anew when the server asks for it, and gives the position of what it read. Nil is where nobody can miss
	// that much: the watch then ends with an error.
	Resync func(ctx context.Context) (cursor string, err error)
	// At gives the server's address before each connection; nil is the client's.
	At func() string
}

// ErrResync is the end of a watch that was told to read anew and cannot.
var ErrResync = errors.New("the server asks to read anew")

// Run watches until the context ends, and returns nil then. Every other return means that the server said something a client cannot go on from.
func (w *Watch) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		var refused refusal
		err := w.Once(ctx)
		switch {
		case errors.Is(err, ErrResync) && w.Resync != nil:
			for ctx.Err() == nil {
				if after, err := w.Resync(ctx); err == nil {
					w.After = after
					break
				}
				wait(ctx, pause)
			}
			continue
		case errors.Is(err, ErrResync), errors.As(err, &refused):
			return err
		}
		wait(ctx, pause)
	}
	return nil
}

// refusal is an answer that says no.
type refusal struct{ text string }

// Error gives the text.
func (r refusal) Error() string { return "the subscription was refused: " + r.text }

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// Once watches over one connection until that ends, and says why.
func (w *Watch) Once(ctx context.Context) error {
	if w.Wire == SSE {
		return w.stream(ctx)
	}
	return w.socket(ctx)
}

func (w *Watch) url() string {
	if w.At != nil {
		return w.At()
	}
	return w.Client.URL
}

func (w *Watch) operation() map[string]any {
	variables := map[string]any{}
	for k, v := range w.Variables {
		variables[k] = v
	}
	if w.After != "" {
		variables["a"] = w.After
	}
	return map[string]any{"query": w.Query, "variables": variables}
}

// take reads one payload, and says with an error that the stream must not go on.
func (w *Watch) take(payload []byte) error {
	var p struct {
		Data   map[string]map[string]any `json:"data"`
		Errors json.RawMessage           `json:"errors"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return refusal{fmt.Sprintf("%v in %.200s", err, payload)}
	}
	if p.Data == nil {
		return w.refused(p.Errors)
	}
	for _, frame := range p.Data {
		w.Frame(frame)
		if at := Str(frame, "cursor"); at != "" {
			w.After = at
		}
		switch frame["__typename"] {
		case "Hello":
			if w.Greeted != nil {
				w.Greeted()
			}
		case "ResyncRequired":
			return ErrResync
		case "StreamEnded":
			if frame["resubscribe"] == false {
				return refusal{fmt.Sprint("it ended: ", frame["reason"])}
			}
		}
	}
	return nil
}

// refused tells errors that pass, as a database that is away, from those that do not.
func (w *Watch) refused(list json.RawMessage) error {
	for _, passing := range []string{"UNAVAILABLE", "THROTTLED", "INTERNAL", "RATE_LIMITED"} {
		if bytes.Contains(list, []byte(passing)) {
			return errors.New(string(list))
		}
	}
	return refusal{string(list)}
}

func (w *Watch) socket(ctx context.Context) error {
	dialling, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(dialling, strings.Replace(w.url(), "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(4 << 20)
	send := func(m map[string]any) error {
		b, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return conn.Write(ctx, websocket.MessageText, b)
	}
	if err := send(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + w.Client.Token}}); err != nil {
		return err
	}
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var m struct {
			Type    string          `json:"type"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(b, &m); err != nil {
			return refusal{fmt.Sprintf("%v in %.200s", err, b)}
		}
		switch m.Type {
		case "connection_ack":
			err = send(map[string]any{"type": "subscribe", "id": "1", "payload": w.operation()})
		case "ping":
			err = send(map[string]any{"type": "pong"})
		case "next":
			err = w.take(m.Payload)
		case "error":
			err = w.refused(m.Payload)
		case "complete":
			err = errors.New("the stream is complete")
		}
		if err != nil {
			return err
		}
	}
}

func (w *Watch) stream(ctx context.Context) error {
	body, err := json.Marshal(w.operation())
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url()+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+w.Client.Token)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		err := fmt.Errorf("the stream was answered %d", res.StatusCode)
		if res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests {
			return refusal{err.Error()}
		}
		return err
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 4<<20)
	kind := ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case name == "event":
			kind = value
		case name == "data" && kind == "next":
			if err := w.take([]byte(value)); err != nil {
				return err
			}
		case name == "data" && kind == "complete":
			return errors.New("the stream is complete")
		}
	}
	return errors.Join(errors.New("the stream broke"), lines.Err())
}
