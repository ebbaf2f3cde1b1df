package fan

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The clients are one process with one thread that reads: on a machine where clients and server share two cores, what the clients use is
// taken from the server. They parse of a frame what they need and nothing else.

// Plan is what the clients shall do. It is given to their process as JSON on a line.
type Plan struct {
	Addr          netip.AddrPort
	Path          string
	Protocol      string // "graphql" (graphql-transport-ws) or "centrifuge"
	Query         string // the subscription
	Tokens        []string
	Count         int // connections
	Conversations int
}

// command is what is said to the clients afterwards: "run" begins to count with what the number of each conversation's last message is;
// "end" says how many messages each conversation had, and asks for the tally.
type command struct {
	Do   string
	Last []int
	Wait time.Duration // how long "end" waits for what is missing
}

// client is one connection.
type client struct {
	fd   int
	rest []byte  // the begin of a frame
	last []int32 // by conversation, the highest number seen
	gone bool
}

// holes are numbers that a later one overtook, by connection and conversation.
type hole struct{ client, conversation, number int32 }

type crowd struct {
	plan    Plan
	clients []client
	epoll   int

	mu      sync.Mutex // the reading thread holds it while it takes frames
	tally   Tally
	times   histogram
	missing map[hole]struct{}
	cpu     time.Duration
}

// Clients is the process of the clients: it connects, says "ready", and answers commands until its input ends.
func Clients(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	if !lines.Scan() {
		return errors.New("no plan")
	}
	c := &crowd{missing: map[hole]struct{}{}}
	if err := json.Unmarshal(lines.Bytes(), &c.plan); err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	go c.read()
	fmt.Fprintln(out, "ready")
	for lines.Scan() {
		var do command
		if err := json.Unmarshal(lines.Bytes(), &do); err != nil {
			return err
		}
		switch do.Do {
		case "run":
			c.begin(do.Last)
			fmt.Fprintln(out, "running")
		case "end":
			if err := json.NewEncoder(out).Encode(c.end(do)); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

// connect opens all connections, some at a time, each up to its first frame.
func (c *crowd) connect() error {
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	c.epoll = epoll
	c.clients = make([]client, c.plan.Count)
	next := make(chan int)
	failed := make(chan error, 16)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range next {
				if err := c.open(i); err != nil {
					select {
					case failed <- fmt.Errorf("connection %d: %w", i, err):
					default:
					}
				}
			}
		})
	}
	for i := range c.clients {
		next <- i
	}
	close(next)
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (c *crowd) open(i int) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	patience := syscall.Timeval{Sec: 60}
	_ = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &patience)
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(c.plan.Addr.Port()), Addr: c.plan.Addr.Addr().As4()}); err != nil {
		return err
	}
	protocol := ""
	if c.plan.Protocol == "graphql" {
		protocol = "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
	}
	r := bufio.NewReader(reader(fd))
	if err := write(fd, []byte("GET "+c.plan.Path+" HTTP/1.1\r\nHost: "+c.plan.Addr.String()+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+protocol+"\r\n")); err != nil {
		return err
	}
	for n := 0; ; n++ {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if n == 0 && !strings.Contains(line, " 101 ") {
			return fmt.Errorf("the server answered %q", line)
		}
		if line == "\r\n" {
			break
		}
	}
	if err := c.subscribe(i, fd, r); err != nil {
		return err
	}
	rest, _ := r.Peek(r.Buffered())
	c.clients[i] = client{fd: fd, rest: bytes.Clone(rest), last: make([]int32, c.plan.Conversations)}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	return syscall.EpollCtl(c.epoll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)})
}

// subscribe speaks the protocol up to where events come.
func (c *crowd) subscribe(i, fd int, r *bufio.Reader) error {
	say := func(text []byte) error { return write(fd, frame(opText, text)) }
	hear := func(word string) error {
		for {
			text, err := readFrame(r)
			if err != nil {
				return fmt.Errorf("instead of %s: %w", word, err)
			}
			if bytes.Contains(text, []byte(word)) {
				return nil
			}
			if bytes.Contains(text, []byte("error")) {
				return fmt.Errorf("instead of %s came %s", word, text)
			}
		}
	}
	if c.plan.Protocol == "centrifuge" {
		_ = say([]byte(`{"id":1,"connect":{}}`))
		if err := hear(`"connect"`); err != nil {
			return err
		}
		_ = say([]byte(`{"id":2,"subscribe":{"channel":"fan"}}`))
		return hear(`"subscribe"`)
	}
	token := ""
	if len(c.plan.Tokens) > 0 {
		token = c.plan.Tokens[i%len(c.plan.Tokens)]
	}
	_ = say([]byte(`{"type":"connection_init","payload":{"authorization":"Bearer ` + token + `"}}`))
	if err := hear(`connection_ack`); err != nil {
		return err
	}
	query, err := json.Marshal(c.plan.Query)
	if err != nil {
		return err
	}
	// As long as the ids that stock clients make.
	_ = say(fmt.Appendf(nil, `{"type":"subscribe","id":"0f8fad5b-d9cb-469f-a165-%012d","payload":{"query":%s}}`, i, query))
	return hear(`"next"`)
}

// read takes what comes, for as long as the process lives.
func (c *crowd) read() {
	events := make([]syscall.EpollEvent, 512)
	buf := make([]byte, 256<<10)
	for {
		n, err := syscall.EpollWait(c.epoll, events, -1)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return
		}
		c.mu.Lock()
		for _, e := range events[:max(n, 0)] {
			c.take(int(e.Fd), buf)
		}
		c.mu.Unlock()
		// What comes meanwhile is taken together. To be woken for every frame would cost the server that wakes us as much as the write itself.
		_ = syscall.Nanosleep(&syscall.Timespec{Nsec: rest}, nil)
	}
}

// rest is how long the clients do nothing between two looks, in nanoseconds. It is in every latency.
const rest = 500_000

func (c *crowd) take(i int, buf []byte) {
	k := &c.clients[i]
	if k.gone {
		return
	}
	at := copy(buf, k.rest)
	n, err := syscall.Read(k.fd, buf[at:])
	switch {
	case err != nil && (errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)):
		return
	case n <= 0:
		k.gone = true
		c.tally.Closed++
		_ = syscall.Close(k.fd)
		return
	}
	now := time.Now().UnixNano()
	b := buf[:at+n]
	for {
		op, text, size := cutFrame(b)
		if size == 0 {
			break
		}
		c.tally.Bytes += int64(size)
		c.heard(i, k, op, text, now)
		b = b[size:]
	}
	k.rest = append(k.rest[:0], b...)
}

func (c *crowd) heard(i int, k *client, op byte, text []byte, now int64) {
	switch {
	case op == opPing:
		_ = write(k.fd, frame(opPong, text))
		return
	case op != opText:
		return
	}
	// Some servers put several messages into a frame, a line each.
	for line := range bytes.Lines(text) {
		m, ok := findMark(line)
		switch {
		case ok:
			c.count(i, k, m, now)
		case bytes.Equal(bytes.TrimSpace(line), []byte("{}")): // centrifuge's ping
			_ = write(k.fd, frame(opText, []byte("{}")))
		case bytes.Contains(line, []byte(`"type":"ping"`)):
			_ = write(k.fd, frame(opText, []byte(`{"type":"pong"}`)))
		default:
			c.tally.Strays++
		}
	}
}

func (c *crowd) count(i int, k *client, m Mark, now int64) {
	if m.Conversation >= len(k.last) {
		c.tally.Strays++
		return
	}
	last := &k.last[m.Conversation]
	number := int32(m.Number)
	h := hole{int32(i), int32(m.Conversation), number}
	switch _, isHole := c.missing[h]; {
	case number > *last:
		for n := *last + 1; n < number; n++ {
			c.missing[hole{h.client, h.conversation, n}] = struct{}{}
		}
		*last = number
	case isHole:
		delete(c.missing, h)
		c.tally.Late++
	default:
		c.tally.Doubled++
		return
	}
	c.tally.Delivered++
	c.times.add((now - m.At) / 1000)
}

func (c *crowd) begin(last []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.clients {
		for n, l := range last {
			c.clients[i].last[n] = int32(l)
		}
	}
	c.tally, c.times = Tally{Closed: c.tally.Closed}, histogram{}
	clear(c.missing)
	c.cpu = used()
}

// end waits until everything has come, or no longer, and counts what has not.
func (c *crowd) end(do command) Tally {
	limit := time.Now().Add(do.Wait)
	for {
		c.mu.Lock()
		lost := int64(len(c.missing))
		for i := range c.clients {
			for n, l := range do.Last {
				lost += int64(int32(l) - c.clients[i].last[n])
			}
		}
		if lost == 0 || time.Now().After(limit) {
			t := c.tally
			t.Lost, t.P50, t.P99, t.Max = lost, c.times.quantile(0.5), c.times.quantile(0.99), c.times.max
			t.CPU = (used() - c.cpu).Microseconds()
			c.mu.Unlock()
			return t
		}
		c.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
}

// used is the CPU time of this process.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type reader int

func (fd reader) Read(b []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), b)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func write(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		b = b[max(n, 0):]
	}
	return nil
}

const (
	opText = 0x1
	opPing = 0x9
	opPong = 0xA
)

// frame is a masked frame of a client. The mask is all zeros: it hides nothing from a server that we started.
func frame(op byte, text []byte) []byte {
	b := []byte{0x80 | op}
	switch {
	case len(text) <= 125:
		b = append(b, 0x80|byte(len(text)))
	default:
		b = append(b, 0x80|126, byte(len(text)>>8), byte(len(text)))
	}
	return append(append(b, 0, 0, 0, 0), text...)
}

// cutFrame gives the first frame; size 0 where it is not whole.
func cutFrame(b []byte) (op byte, text []byte, size int) {
	if len(b) < 2 {
		return 0, nil, 0
	}
	head, n := 2, int(b[1]&0x7f)
	switch n {
	case 126:
		if head = 4; len(b) < head {
			return 0, nil, 0
		}
		n = int(binary.BigEndian.Uint16(b[2:]))
	case 127:
		if head = 10; len(b) < head {
			return 0, nil, 0
		}
		n = int(binary.BigEndian.Uint64(b[2:]))
	}
	if len(b) < head+n {
		return 0, nil, 0
	}
	return b[0] & 0x0f, b[head : head+n], head + n
}

func readFrame(r *bufio.Reader) ([]byte, error) {
	for size := 2; ; size++ {
		b, err := r.Peek(size)
		if err != nil {
			return nil, err
		}
		op, text, n := cutFrame(b)
		if n == 0 {
			continue
		}
		text = bytes.Clone(text)
		_, _ = r.Discard(n)
		if op == 0x8 {
			return nil, errors.New("it closed: " + strconv.Quote(string(text)))
		}
		return text, nil
	}
}
