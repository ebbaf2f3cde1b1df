package egress_test

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/testkit/post"
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

// letterOf opens a post office and an SMTP over it.
func letterOf(t *testing.T) (*post.Office, *egress.SMTP) {
	t.Helper()
	o := post.Open(t, nil)
	s, err := egress.NewSMTP(seal.Hide("smtp+insecure://"+o.Address), "desk@desk.example", "The Desk")
	if err != nil {
		t.Fatal(err)
	}
	return o, s
}

var table = egress.Letter{To: "mia@shop.example", Subject: "對話紀錄", Body: "見附件", ID: "export.1", FileName: "talk.csv", ContentType: "text/csv; charset=utf-8", File: []byte("\ufeff\"時間\"\r\n")}

func TestSendFile(t *testing.T) {
	t.Parallel()
	o, s := letterOf(t)
	if err := s.SendFile(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	all := o.Letters()
	if len(all) != 1 || all[0].From != "desk@desk.example" || len(all[0].To) != 1 || all[0].To[0] != "mia@shop.example" {
		t.Fatalf("taken are %+v", all)
	}
	m, err := mail.ReadMessage(strings.NewReader(all[0].Text))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("Message-Id"); got != "<export.1@desk.example>" {
		t.Errorf("its id is %s", got)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	if _, err := parts.NextPart(); err != nil {
		t.Fatal(err)
	}
	file, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, file))
	if err != nil || !bytes.Equal(b, table.File) || file.FileName() != "talk.csv" || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("its file is %q, %q, %v", file.Header, b, err)
	}
}

// A refusal for good is told from one for a while, and a letter that was taken is not sent again because the goodbye failed.
func TestSendFileRefused(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		verb, answer string
		taken        int
		fails        bool
		isForGood    bool
	}{
		"no such mailbox":                      {"RCPT", "550 no such mailbox", 0, true, true},
		"greylisted":                           {"RCPT", "451 try later", 0, true, false},
		"a sender that is not welcome":         {"MAIL", "553 not from here", 0, true, true},
		"too large":                            {".", "552 too large", 0, true, true},
		"full for now":                         {".", "452 full", 0, true, false},
		"the line breaks before the letter":    {"DATA", post.HangUp, 0, true, false},
		"the line breaks before the answer":    {".", post.HangUp, 1, true, false},
		"the line breaks after the answer":     {"RSET", post.HangUp, 1, false, false},
		"a goodbye that is not answered well":  {"QUIT", "500 what", 1, false, false},
		"a server that is about to be stopped": {"MAIL", "421 closing", 0, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, s := letterOf(t)
			o.Answer(x.verb, x.answer)
			err := s.SendFile(t.Context(), table)
			if (err != nil) != x.fails || fault.Is(err, fault.Invalid) != x.isForGood || len(o.Letters()) != x.taken {
				t.Errorf("%v; %d were taken", err, len(o.Letters()))
			}
		})
	}
}

// The connection is secured before a letter is said, with a server that is who it says, or nothing is.
func TestSendFileSecured(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(server.Close)
	o := post.Open(t, server.TLS)
	s, err := egress.NewSMTP(seal.Hide("smtp://"+o.Address), "desk@desk.example", "The Desk")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendFile(t.Context(), table); err == nil || len(o.Letters()) != 0 || slices.Contains(o.Said(), "MAIL") {
		t.Errorf("a server that nobody vouches for: %v, %v", err, o.Said())
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	s.Trust(roots)
	if err := s.SendFile(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	if all := o.Letters(); len(all) != 1 || !all[0].IsSecure {
		t.Errorf("taken are %+v", all)
	}
}
