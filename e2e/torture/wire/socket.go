// Package wire holds clients that can misbehave: graphql-transport-ws and server-sent events written out by hand over a TCP connection, so that a scenario
// may stop reading, send what is no protocol, or vanish. They do only what they are told: nothing reads in the background, and a ping is answered when Next
// comes across it. The package imports nothing of the server's.
package wire

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// The kinds of frame of RFC 6455 that scenarios send.
const (
	Text   = 0x1
	Binary = 0x2
	Close  = 0x8
	Ping   = 0x9
	Pong   = 0xA
)

// Frame is one message of an operation: "next" with its data, "error" or "complete"; or "connection_ack" and "pong", which have no id.
type Frame struct {
	Type string
	ID   string
	Data json.RawMessage // of a next: the response's data; of an error: its payload
}

// Closed is the error of a connection that has ended. Code is that of a close frame, 0 where none came.
type Closed struct {
	Code   int
	Reason string
	Cause  error // what ended it without a close frame
}

// Error implements error.
func (c *Closed) Error() string {
	if c.Code == 0 {
		return fmt.Sprintf("closed without a word: %v", c.Cause)
	}
	return fmt.Sprintf("closed with %d %s", c.Code, c.Reason)
}

// Unwrap gives what ended the connection.
func (c *Closed) Unwrap() error { return c.Cause }

// CodeOf is the close code of an error; 0 where it has none, -1 where it does not say that the connection ended.
func CodeOf(err error) int {
	var c *Closed
	if !errors.As(err, &c) {
		return -1
	}
	return c.Code
}

// ErrNothing says that nothing came in time; the connection goes on.
var ErrNothing = errors.New("nothing came in time")

// Socket is a client's end of a WebSocket. It is for one goroutine that reads and one that writes.
type Socket struct {
	conn   *net.TCPConn
	r      *bufio.Reader
	IsMute bool // pings are not answered
	Pings  int  // that came
}

// dial opens the TCP connection. window is the size of the receive buffer in bytes, so that a client that does not read is felt soon; 0 is the machine's own.
func dial(ctx context.Context, server string, window int) (*net.TCPConn, string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, "", err
	}
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		if window == 0 {
			return nil
		}
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, window)
		})
		return errors.Join(err, failed)
	}}
	conn, err := d.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, "", err
	}
	return conn.(*net.TCPConn), u.Host, nil
}

// Dial opens a WebSocket at the server's address (http://host:port), up to the upgrade. A refusal is an error that names the status. window: see
// DialStream.
func Dial(ctx context.Context, server string, window int) (*Socket, error) {
	conn, host, err := dial(ctx, server, window)
	if err != nil {
		return nil, err
	}
	var key [16]byte
	_, _ = rand.Read(key[:])
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	_, err = fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
		host, base64.StdEncoding.EncodeToString(key[:]))
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		_ = conn.Close()
		return nil, fmt.Errorf("the upgrade was answered %d", res.StatusCode)
	}
	_ = conn.SetDeadline(time.Time{})
	return &Socket{conn: conn, r: r}, nil
}

// Open dials, signs in with the access token and waits for the acknowledgement.
func Open(ctx context.Context, server, token string, window int) (*Socket, error) {
	s, err := Dial(ctx, server, window)
	if err != nil {
		return nil, err
	}
	if err := s.Init(token); err != nil {
		s.Cut()
		return nil, err
	}
	f, err := s.Next(ctx)
	if err == nil && f.Type != "connection_ack" {
		err = fmt.Errorf("%s came instead of the acknowledgement", f.Type)
	}
	if err != nil {
		s.Cut()
		return nil, err
	}
	return s, nil
}

// Init sends connection_init.
func (s *Socket) Init(token string) error {
	return s.Send(map[string]any{"type": "connection_init", "payload": map[string]any{"authorization": "Bearer " + token}})
}

// Subscribe sends an operation.
func (s *Socket) Subscribe(id, query string, variables map[string]any) error {
	return s.Send(map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{"query": query, "variables": variables}})
}

// Send writes a message of the protocol.
func (s *Socket) Send(m any) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.Write(Text, b)
}

// Write writes one whole frame, masked as a client's must be. The wait is bounded: a server that does not read is an error.
func (s *Socket) Write(op byte, payload []byte) error { return s.Raw(Encode(op, payload)) }

// Encode gives a whole masked frame.
func Encode(op byte, payload []byte) []byte {
	b := []byte{0x80 | op}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:])
	b = append(b, mask[:]...)
	for i, c := range payload {
		b = append(b, c^mask[i&3])
	}
	return b
}

// Raw writes bytes as they are.
func (s *Socket) Raw(b []byte) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
	_, err := s.conn.Write(b)
	return err
}

// Next gives the next message of the protocol, until the context ends: then it is ErrNothing. A connection that has ended is a *Closed.
func (s *Socket) Next(ctx context.Context) (Frame, error) {
	for {
		op, b, err := s.frame(ctx)
		if err != nil {
			return Frame{}, err
		}
		switch op {
		case Ping:
			s.Pings++
			if !s.IsMute {
				_ = s.Write(Pong, b)
			}
		case Close:
			c := &Closed{Code: 1005}
			if len(b) >= 2 {
				c.Code, c.Reason = int(binary.BigEndian.Uint16(b)), string(b[2:])
			}
			_ = s.Write(Close, b[:min(len(b), 2)])
			_ = s.conn.Close()
			return Frame{}, c
		case Text:
			return decode(b)
		}
	}
}

func decode(b []byte) (Frame, error) {
	var m struct {
		Type    string          `json:"type"`
		ID      string          `json:"id"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return Frame{}, fmt.Errorf("the server sent what is no message: %w", err)
	}
	f := Frame{Type: m.Type, ID: m.ID, Data: m.Payload}
	if m.Type == "next" {
		return f, f.open()
	}
	return f, nil
}

// open takes the data out of a response. Errors in it are an error: no scenario asks for what fails in part.
func (f *Frame) open() error {
	var r struct {
		Data   json.RawMessage   `json:"data"`
		Errors []json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(f.Data, &r); err != nil {
		return fmt.Errorf("the server sent what is no response: %w", err)
	}
	if len(r.Errors) > 0 {
		f.Type, f.Data = "error", r.Errors[0]
		return nil
	}
	f.Data = r.Data
	return nil
}

// frame reads one whole frame of the server's. A deadline is met between frames only in as far as what was read of one is not lost: Peek takes nothing away.
func (s *Socket) frame(ctx context.Context) (op byte, payload []byte, err error) {
	if err := await(ctx, s.conn, s.r); err != nil {
		return 0, nil, err
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // a frame that has begun comes to its end
	var h [10]byte
	if _, err := io.ReadFull(s.r, h[:2]); err != nil {
		return 0, nil, &Closed{Cause: err}
	}
	n := uint64(h[1] & 0x7f)
	switch n {
	case 126:
		if _, err := io.ReadFull(s.r, h[2:4]); err != nil {
			return 0, nil, &Closed{Cause: err}
		}
		n = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		if _, err := io.ReadFull(s.r, h[2:10]); err != nil {
			return 0, nil, &Closed{Cause: err}
		}
		n = binary.BigEndian.Uint64(h[2:])
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(s.r, payload); err != nil {
		return 0, nil, &Closed{Cause: err}
	}
	return h[0] & 0x0f, payload, nil
}

// await waits until there is something to read.
func await(ctx context.Context, conn net.Conn, r *bufio.Reader) error {
	if ctx.Err() != nil && r.Buffered() == 0 {
		return ErrNothing
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_ = conn.SetReadDeadline(time.Time{})
	if ctx.Err() != nil {
		_ = conn.SetReadDeadline(time.Unix(1, 0))
	}
	_, err := r.Peek(1)
	var late net.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &late) && late.Timeout():
		return ErrNothing
	}
	return &Closed{Cause: err}
}

// Cut ends the connection with a reset, as a client that dies does.
func (s *Socket) Cut() { cut(s.conn) }

func cut(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// Leave says goodbye and closes.
func (s *Socket) Leave() {
	_ = s.Write(Close, []byte{3, 232})
	_ = s.conn.Close()
}
