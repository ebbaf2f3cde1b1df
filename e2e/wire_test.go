package e2e_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// wire stands between clients and a server, at an address that stays, and does to connections what networks do.
type wire struct {
	URL string

	mu        sync.Mutex
	to        string // host:port
	isCut     bool
	crossings map[*crossing]struct{}
}

// crossing is one connection over a wire.
type crossing struct {
	client, server net.Conn
	stalled        chan struct{} // closed when nothing is carried on
	done           chan struct{} // closed with the crossing
	once, still    sync.Once
}

// newWire listens until the test ends.
func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &wire{URL: "http://" + l.Addr().String(), crossings: map[*crossing]struct{}{}}
	x.lead(to)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { x.carry(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		x.cut(true)
		running.Wait()
	})
	return x
}

// lead leads new connections to another server.
func (x *wire) lead(to string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.to = strings.TrimPrefix(to, "http://")
}

// carry carries a connection until either side ends it. Where no server answers, the client is told so by the end of it.
func (x *wire) carry(client net.Conn) {
	x.mu.Lock()
	to := x.to
	x.mu.Unlock()
	server, err := net.Dial("tcp", to)
	if err != nil {
		_ = client.Close()
		return
	}
	c := &crossing{client: client, server: server, stalled: make(chan struct{}), done: make(chan struct{})}
	x.mu.Lock()
	if x.isCut {
		c.close(false)
	}
	x.crossings[c] = struct{}{}
	x.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { c.copy(server, client) })
	both.Go(func() { c.copy(client, server) })
	both.Wait()
	x.mu.Lock()
	delete(x.crossings, c)
	x.mu.Unlock()
}

// copy carries one direction. Once it stalls what is still read is lost, and neither side hears of the other again.
func (c *crossing) copy(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		select {
		case <-c.stalled:
			<-c.done
			return
		default:
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			c.close(!errors.Is(err, io.EOF))
			return
		}
	}
}

// stall loses what comes from now on. The second time it does nothing.
func (c *crossing) stall() { c.still.Do(func() { close(c.stalled) }) }

// close ends both sides: in order, or by a reset.
func (c *crossing) close(isReset bool) {
	c.once.Do(func() {
		for _, side := range []net.Conn{c.client, c.server} {
			if tcp, ok := side.(*net.TCPConn); ok && isReset {
				_ = tcp.SetLinger(0)
			}
			_ = side.Close()
		}
		close(c.done)
	})
}

func (x *wire) each(f func(*crossing)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for c := range x.crossings {
		f(c)
	}
}

// cut ends all connections and lets no new ones through, until it is called with false.
func (x *wire) cut(isCut bool) {
	x.mu.Lock()
	x.isCut = isCut
	x.mu.Unlock()
	x.each(func(c *crossing) { c.close(false) })
}

// reset breaks all connections by a TCP reset, on both sides.
func (x *wire) reset() { x.each(func(c *crossing) { c.close(true) }) }

// stall leaves all connections open and carries nothing over them again, as when a phone loses its network. New ones are carried.
func (x *wire) stall() { x.each(func(c *crossing) { c.stall() }) }
