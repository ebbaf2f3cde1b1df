package transport_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/event"
)

// raw is a socket by hand: what a well-behaved client would never do.
type raw struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

func (p place) raw(t testing.TB) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(1 << 10)
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
	r := &raw{t, conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(r.r, nil)
	if err != nil || resp.StatusCode != 101 {
		t.Fatalf("%v %v", resp, err)
	}
	return r
}

// masked makes a frame of a client, with the first byte given.
func masked(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = append(b, 0x80|126, byte(n>>8), byte(n))
	default:
		b = append(b, 0x80|127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	mask := []byte{1, 2, 3, 4}
	b = append(b, mask...)
	for i, c := range payload {
		b = append(b, c^mask[i&3])
	}
	return b
}

func (r *raw) try(m string) error {
	_, err := r.conn.Write(masked(0x81, []byte(m)))
	return err
}

func (r *raw) text(m string) {
	r.t.Helper()
	if err := r.try(m); err != nil {
		r.t.Fatal(err)
	}
}

// stick subscribes to more than the buffers of the kernel hold, reads nothing, and returns when the server's writer is stuck.
func (r *raw) stick(p place) {
	r.t.Helper()
	for range 3000 {
		p.Say(1)
	}
	q, _ := json.Marshal(strings.Replace(said, "said {", `said(after: "`+event.Cursor{Epoch: "first"}.String()+`") {`, 1))
	r.text(`{"type":"subscribe","id":"` + strings.Repeat("x", 250) + `","payload":{"query":` + string(q) + `}}`)
	for limit := time.Now().Add(10 * time.Second); p.stuck.Load() == 0; runtime.Gosched() {
		if time.Now().After(limit) {
			r.t.Fatal("the writer is not stuck")
		}
	}
}

// frame reads one frame of the server.
func (r *raw) frame() (op byte, payload []byte, err error) {
	var h [2]byte
	if _, err := io.ReadFull(r.r, h[:]); err != nil {
		return 0, nil, err
	}
	n := int(h[1])
	if n == 126 {
		var l [2]byte
		if _, err := io.ReadFull(r.r, l[:]); err != nil {
			return 0, nil, err
		}
		n = int(l[0])<<8 | int(l[1])
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r.r, payload)
	return h[0] & 0x0f, payload, err
}

// RFC 6455: what a frame may be.
func TestFrames(t *testing.T) {
	t.Parallel()
	p := setup(t, nil)
	join := func(f ...[]byte) []byte { return bytes.Join(f, nil) }
	text := []byte(`{"type":"ping"}`)
	for name, c := range map[string]struct {
		send []byte
		code int // 0 is a pong message instead of an end
	}{
		"a message in pieces with a ping between": {join(masked(0x01, text[:5]), masked(0x89, []byte("x")), masked(0x00, text[5:9]), masked(0x80, text[9:])), 0},
		"an unmasked frame":                       {[]byte{0x81, 0x01, 'x'}, 1002},
		"a reserved bit":                          {masked(0xC1, text), 1002},
		"an unknown opcode":                       {masked(0x83, text), 1002},
		"a ping that is too long":                 {masked(0x89, bytes.Repeat([]byte("x"), 126)), 1002},
		"a ping in pieces":                        {masked(0x09, nil), 1002},
		"a piece of nothing":                      {masked(0x80, text), 1002},
		"a message within a message":              {join(masked(0x01, text), masked(0x81, text)), 1002},
		"text that is not UTF-8":                  {masked(0x81, []byte{0xff, 0xfe}), 1007},
		"a length beyond all bounds":              {[]byte{0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4}, 1009},
		"pieces that are too big together":        {join(masked(0x01, bytes.Repeat([]byte("x"), 40<<10)), masked(0x80, bytes.Repeat([]byte("x"), 40<<10))), 1009},
		"a close frame is echoed":                 {masked(0x88, []byte{0x0F, 0xA0, 'b'}), 4000},
		"a close code that may not be sent":       {masked(0x88, []byte{0x03, 0xED}), 1002},
		"a close frame of one byte":               {masked(0x88, []byte{3}), 1002},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := p.raw(t)
			_ = r.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			_, _ = r.conn.Write(c.send)
			for {
				op, payload, err := r.frame()
				switch {
				case err != nil:
					t.Fatal(err)
				case op == 0x0A && string(payload) == "x":
					continue
				case op == 0x01 && c.code == 0 && string(payload) == `{"type":"pong"}`:
					return
				case op == 0x08 && c.code != 0 && int(payload[0])<<8|int(payload[1]) == c.code:
					if _, _, err := r.frame(); err != io.EOF {
						t.Errorf("after the close frame: %v", err)
					}
					return
				default:
					t.Fatalf("frame %x %q", op, payload)
				}
			}
		})
	}
}
