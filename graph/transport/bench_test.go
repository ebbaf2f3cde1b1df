package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/live"
)

// The benchmarks compare with a splice: a server without GraphQL that holds the connections in a slice and writes, for every message, each
// client's id before the same bytes, one write a client. It is the floor of what fan-out costs (performance.md W6 and W8). The clients are in a process of their
// own, so that what is measured is the server alone. Read the ratios; the times are those of the machine.

const readers = "TRANSPORT_READERS" // in the environment: this process is the clients: address and number

// read is the process of the clients: every connection subscribes and reads until standard input ends.
func read(spec string) {
	addr, count, _ := strings.Cut(spec, " ")
	n, _ := strconv.Atoi(count)
	for i := range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n")
		_, _ = conn.Write(masked(0x81, []byte(`{"type":"connection_init","payload":{"authorization":"Bearer agent-`+strconv.Itoa(i)+`"}}`)))
		go func() {
			r := bufio.NewReaderSize(conn, 4<<10)
			_, _ = r.ReadString('k') // up to "connection_ack": the protocol wants it before a subscription
			for !bytes.Contains(peek(r), []byte("_ack")) && !bytes.Contains(peek(r), []byte("limit")) {
				_, _ = r.ReadByte()
			}
			_, _ = conn.Write(masked(0x81, []byte(`{"type":"subscribe","id":"0000-0000-0000-`+strconv.Itoa(i)+`","payload":{"query":"subscription { said { __typename cursor ... on Said { seq text } } }"}}`)))
			_, _ = io.Copy(io.Discard, r)
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func peek(r *bufio.Reader) []byte { b, _ := r.Peek(max(1, r.Buffered())); return b }

// clients starts the process of the clients.
func clients(b *testing.B, addr string, n int) {
	b.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), readers+"="+addr+" "+strconv.Itoa(n))
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = c.Wait() })
}

// cpu is what this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// awaitCount waits until the counter has reached n.
func awaitCount(b *testing.B, c *atomic.Int64, n int64) {
	b.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(60 * time.Second); c.Load() < n; <-tick.C {
		if time.Now().After(limit) {
			b.Fatalf("%d of %d", c.Load(), n)
		}
	}
}

// fleet is a server with connections, ours or the splice.
type fleet interface {
	publish()
	delivered() *atomic.Int64
}

type ours struct {
	*transportServer
	n atomic.Int64
}

type transportServer struct {
	say  func()
	addr string
}

func (o *ours) publish()                 { o.say() }
func (o *ours) delivered() *atomic.Int64 { return &o.n }

func newOurs(b *testing.B, n int) *ours {
	b.Helper()
	o := &ours{}
	s := newToy(func(c *transport.Config, lc *live.Config) {
		c.Limits.PerTeam, c.Limits.PerNode = 100_000, 100_000
		c.Hooks.Delivered = func(_ string, frames, _ int) { o.n.Add(int64(frames)) }
		lc.Tick = time.Hour
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	h := &http.Server{Handler: s}
	go func() { _ = h.Serve(l) }()
	b.Cleanup(func() { s.Close(); _ = h.Close() })
	o.transportServer = &transportServer{addr: l.Addr().String(), say: func() { s.Say(1); s.Hint(context.Background()) }}
	clients(b, o.addr, n)
	awaitCount(b, &o.n, int64(n)) // every Hello
	return o
}

// splice is the limit server.
type splice struct {
	mu    sync.Mutex
	conns []net.Conn
	ids   [][]byte
	seq   int
	buf   []byte
	n     atomic.Int64
	addr  string
}

func newSplice(b *testing.B, n int) *splice {
	b.Helper()
	s := &splice{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s.addr = l.Addr().String()
	h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nok\r\n\r\n limit")
		early := append([]byte(nil), peek(rw.Reader)...)
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.ids = append(s.ids, []byte(`{"type":"next","id":"0000-0000-0000-`+strconv.Itoa(len(s.conns))+`","payload":`))
		s.mu.Unlock()
		s.n.Add(1)
		go drain(conn, early) // the reader that a real server has
	})}
	go func() { _ = h.Serve(l) }()
	b.Cleanup(func() {
		_ = h.Close()
		for _, c := range s.conns {
			_ = c.Close()
		}
	})
	clients(b, s.addr, n)
	awaitCount(b, &s.n, int64(n))
	return s
}

func drain(conn net.Conn, early []byte) {
	small := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), 512)
	for {
		if _, err := small.ReadByte(); err != nil {
			return
		}
	}
}

func (s *splice) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	payload := fmt.Appendf(nil, `{"data":{"said":{"__typename":"Said","cursor":"MS5maXJzdC4xMDAwMA","seq":%d,"text":"by 0"}}}`, s.seq)
	for i, c := range s.conns {
		n := len(s.ids[i]) + len(payload) + 1
		s.buf = append(s.buf[:0], 0x81, 126, byte(n>>8), byte(n))
		s.buf = append(append(append(s.buf, s.ids[i]...), payload...), '}')
		_, _ = c.Write(s.buf)
	}
	s.n.Add(int64(len(s.conns)))
}

func (s *splice) delivered() *atomic.Int64 { return &s.n }

// W6: CPU of one delivery to 1,000 subscribers, in turns with the splice.
func BenchmarkFanOut(b *testing.B) {
	const n = 1000
	a, limit := fleet(newOurs(b, n)), fleet(newSplice(b, n))
	var used [2]time.Duration
	pace := time.NewTicker(50 * time.Millisecond) // 20 a second: back to back everything would be in the caches, as it never is
	defer pace.Stop()
	b.ResetTimer()
	for range b.N {
		for i, f := range []fleet{a, limit} {
			before, from := cpu(), f.delivered().Load()
			for range 20 {
				<-pace.C
				f.publish()
				from += n
				awaitCount(b, f.delivered(), from)
			}
			used[i] += cpu() - before
		}
	}
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(b.N*20*n) / 1000 }
	b.ReportMetric(per(used[0]), "µs/delivery")
	b.ReportMetric(per(used[1]), "µs/splice")
	b.ReportMetric(float64(used[0])/float64(used[1]), "ratio")
}

// W8: memory of an idle subscription: heap and stacks after a collection, and resident. For the resident figure run each alone, in a new process.
func BenchmarkIdle(b *testing.B) {
	const n = 5000
	for name, start := range map[string]func(*testing.B){
		"ours":   func(b *testing.B) { newOurs(b, n) },
		"splice": func(b *testing.B) { newSplice(b, n) },
	} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				r := rss()
				start(b)
				resident := rss() - r
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n/1024, "KiB-heap")
				b.ReportMetric(float64(after.StackInuse-before.StackInuse)/n/1024, "KiB-stack")
				b.ReportMetric(float64(resident)/n/1024, "KiB-rss")
			}
		})
	}
}

func rss() int64 {
	f, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(f))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
