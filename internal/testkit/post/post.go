// Package post is a mail server for tests: it speaks SMTP on a free port of this machine, and keeps what it takes.
package post

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// Letter is what was taken.
type Letter struct {
	From string
	To   []string
	// Text is the whole letter with its headers, lines ending with a line feed.
	Text string
	// IsSecure says that it came over TLS.
	IsSecure bool
}

// Office is the server.
type Office struct {
	// Address is where it listens: host and port.
	Address string

	t      testing.TB
	secure *tls.Config

	mu      sync.Mutex
	letters []Letter
	answers map[string][]string
	said    []string
}

// Open opens a server until the test ends. With a certificate it offers STARTTLS.
func Open(t testing.TB, secure *tls.Config) *Office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &Office{Address: l.Addr().String(), t: t, secure: secure, answers: map[string][]string{}}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			stop := make(chan struct{})
			wg.Go(func() {
				defer close(stop)
				o.serve(conn)
			})
			wg.Go(func() { // a client that goes silent does not outlive the test
				select {
				case <-stop:
				case <-t.Context().Done():
					_ = conn.Close()
				}
			})
		}
	})
	return o
}

// HangUp as an answer closes the connection instead.
const HangUp = "hang up"

// Answer answers the next commands of a verb, or of "." for the end of a letter, with these lines before it answers well again. A letter whose end is not answered
// with 250 or HangUp is not kept; with HangUp it is, as with a server that dies after it wrote the letter down.
func (o *Office) Answer(verb string, lines ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers[verb] = append(o.answers[verb], lines...)
}

// Letters are those that were taken, in their order.
func (o *Office) Letters() []Letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Letter{}, o.letters...)
}

// Said are the verbs that clients said, in their order.
func (o *Office) Said() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string{}, o.said...)
}

func (o *Office) answer(verb, well string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.said = append(o.said, verb)
	if next := o.answers[verb]; len(next) > 0 {
		o.answers[verb] = next[1:]
		return next[0]
	}
	return well
}

func (o *Office) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := textproto.NewReader(bufio.NewReader(conn))
	say := func(line string) bool {
		_, err := conn.Write([]byte(line + "\r\n"))
		return err == nil
	}
	if !say("220 post.example ESMTP") {
		return
	}
	var l Letter
	isSecure := false
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		well := "250 fine"
		switch verb {
		case "EHLO":
			well = "250-post.example\r\n250-AUTH PLAIN\r\n250 8BITMIME"
			if o.secure != nil && !isSecure {
				well = "250-post.example\r\n250-STARTTLS\r\n250 8BITMIME"
			}
		case "AUTH":
			well = "235 come in"
		case "STARTTLS":
			well = "220 go ahead"
		case "DATA":
			well = "354 go on"
		case "QUIT":
			well = "221 bye"
		}
		reply := o.answer(verb, well)
		if reply == HangUp || !say(reply) {
			return
		}
		if reply != well {
			continue
		}
		switch verb {
		case "STARTTLS":
			secured := tls.Server(conn, o.secure)
			if err := secured.HandshakeContext(o.t.Context()); err != nil {
				return
			}
			conn, isSecure = secured, true
			in = textproto.NewReader(bufio.NewReader(conn))
		case "MAIL":
			l = Letter{From: address(rest), IsSecure: isSecure}
		case "RCPT":
			l.To = append(l.To, address(rest))
		case "DATA":
			lines, err := in.ReadDotLines()
			if err != nil {
				return
			}
			l.Text = strings.Join(lines, "\n") + "\n"
			reply := o.answer(".", "250 taken")
			if reply == HangUp || strings.HasPrefix(reply, "250") {
				o.mu.Lock()
				o.letters = append(o.letters, l)
				o.mu.Unlock()
			}
			if reply == HangUp || !say(reply) {
				return
			}
		case "QUIT":
			return
		}
	}
}

// address is what stands between the brackets of MAIL and RCPT.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
