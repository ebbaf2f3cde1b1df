package wire

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Stream is a client's end of a subscription over server-sent events.
type Stream struct {
	conn   *net.TCPConn
	r      *bufio.Reader
	body   []byte // what came of it and was not given
	isOver bool   // the last chunk came
	// Status is that of the answer. Where it is not 200, Refusal is the body and there is no stream.
	Status  int
	Refusal string
}

// DialStream begins a subscription at the server's address. window is the size of the receive buffer in bytes, so that a client that does not read is felt
// soon; 0 is the machine's own.
func DialStream(ctx context.Context, server, token, query string, variables map[string]any, window int) (*Stream, error) {
	conn, host, err := dial(ctx, server, window)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return nil, err
	}
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /graphql HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", host, token, len(body))
	b.Write(body)
	if _, err := conn.Write(b.Bytes()); err != nil {
		_ = conn.Close()
		return nil, err
	}
	s := &Stream{conn: conn, r: bufio.NewReader(conn)}
	res, err := http.ReadResponse(s.r, nil)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	s.Status = res.StatusCode
	if s.Status != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		said, _ := io.ReadAll(res.Body)
		_ = conn.Close()
		s.Refusal = string(said)
		return s, nil
	}
	_ = conn.SetDeadline(time.Time{})
	return s, nil
}

// Next gives the next event: "next" with its data or "complete". A stream that has ended is a *Closed, one where nothing comes in time ErrNothing.
func (s *Stream) Next(ctx context.Context) (Frame, error) {
	if s.Status != http.StatusOK {
		return Frame{}, &Closed{Cause: fmt.Errorf("refused with %d: %s", s.Status, s.Refusal)}
	}
	for {
		text, rest, ok := bytes.Cut(s.body, []byte("\n\n"))
		if !ok {
			if s.isOver {
				return Frame{}, &Closed{Cause: io.EOF}
			}
			if err := s.chunk(ctx); err != nil {
				return Frame{}, err
			}
			continue
		}
		s.body = rest
		var f Frame
		for line := range strings.SplitSeq(string(text), "\n") {
			if v, ok := strings.CutPrefix(line, "event: "); ok {
				f.Type = v
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok {
				f.Data = json.RawMessage(v)
			}
		}
		switch f.Type {
		case "": // a comment
		case "next":
			return f, f.open()
		default:
			return f, nil
		}
	}
}

// chunk reads one chunk of the body.
func (s *Stream) chunk(ctx context.Context) error {
	if err := await(ctx, s.conn, s.r); err != nil {
		return err
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(20 * time.Second)) // a chunk that has begun comes to its end
	line, err := s.r.ReadString('\n')
	if err != nil {
		return &Closed{Cause: err}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(line), 16, 32)
	if err != nil {
		return &Closed{Cause: err}
	}
	b := make([]byte, n+2) // and the line's end
	if _, err := io.ReadFull(s.r, b); err != nil {
		return &Closed{Cause: err}
	}
	s.isOver = n == 0
	s.body = append(s.body, b[:n]...)
	return nil
}

// Cut ends the connection with a reset, as a client that dies does.
func (s *Stream) Cut() { cut(s.conn) }
