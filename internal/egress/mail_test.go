package egress_test

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// postOffice is a mail server on this machine that takes one letter and gives what it was told.
func postOffice(t *testing.T, greeting string) (address string, told <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			close(c)
			return
		}
		defer conn.Close()
		var said strings.Builder
		defer func() { c <- said.String() }()
		say := func(line string) { _, _ = conn.Write([]byte(line + "\r\n")) }
		say(greeting)
		in := bufio.NewScanner(conn)
		isData := false
		for in.Scan() {
			line := in.Text()
			said.WriteString(line + "\n")
			switch {
			case isData && line == ".":
				isData = false
				say("250 taken")
			case isData:
			case strings.HasPrefix(line, "EHLO"):
				say("250-post.example\r\n250-AUTH PLAIN\r\n250 8BITMIME")
			case strings.HasPrefix(line, "AUTH"):
				say("235 come in")
			case line == "DATA":
				isData = true
				say("354 go on")
			case line == "QUIT":
				say("221 bye")
				return
			default:
				say("250 fine")
			}
		}
	}()
	return l.Addr().String(), c
}

func TestSMTP(t *testing.T) {
	t.Parallel()
	address, told := postOffice(t, "220 post.example")
	s, err := egress.NewSMTP(seal.Hide("smtp+insecure://desk:canary@"+address), "desk@desk.example", "The Desk")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), "mia@shop.example", "設定密碼", seal.Hide("https://desk.example/enter#reset=swl_x")); err != nil {
		t.Fatal(err)
	}
	letter := <-told
	for _, want := range []string{"AUTH PLAIN", "MAIL FROM:<desk@desk.example>", "RCPT TO:<mia@shop.example>", "Subject: =?UTF-8?q?=E8=A8=AD", "enter#reset=3Dswl_x"} {
		if !strings.Contains(letter, want) {
			t.Errorf("the mail server is not told %q", want)
		}
	}
}

func TestSMTPDemandsTLS(t *testing.T) {
	t.Parallel()
	address, told := postOffice(t, "220 post.example")
	s, err := egress.NewSMTP(seal.Hide("smtp://desk:canary@"+address), "desk@desk.example", "The Desk")
	if err != nil {
		t.Fatal(err)
	}
	err = s.Send(t.Context(), "mia@shop.example", "x", seal.Hide("the link"))
	if err == nil {
		t.Error("a letter goes to a server without TLS")
	} else if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error repeats the password: %v", err)
	}
	if letter := <-told; strings.Contains(letter, "AUTH") || strings.Contains(letter, "the link") {
		t.Errorf("without TLS the mail server is told %q", letter)
	}
}

func TestSMTPAddress(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{"", "mail.example", "http://desk:canary@mail.example", "smtp://desk:canary@", "smtp://desk:canary@mail.example:x"} {
		if _, err := egress.NewSMTP(seal.Hide(wrong), "desk@desk.example", "The Desk"); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q gives %v", wrong, err)
		}
	}
	if _, err := egress.NewSMTP(seal.Hide("smtp://mail.example"), "nobody", "The Desk"); err == nil {
		t.Error("a sender without an address is taken")
	}
}
