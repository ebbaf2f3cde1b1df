package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

// How long one letter may take, and one with a file: less than a task may.
const (
	mailTimeout = 15 * time.Second
	fileTimeout = 90 * time.Second
)

// SMTP sends mail through one server. The operator names that server, so it is trusted wherever it is: no Gate stands before it.
type SMTP struct {
	host     string
	from     string
	fromName string
	options  []mail.Option
	secure   *tls.Config
	// isImplicit says that the connection is under TLS from its first byte.
	isImplicit bool
}

// NewSMTP reads where mail is sent: smtp://user:password@host:587 (STARTTLS is demanded), smtps://user:password@host:465 (TLS from the start),
// or smtp+insecure://host:25 for a server that is trusted on a network that is. from is the sender's address. The error does not repeat the
// password.
func NewSMTP(address seal.Secret, from, fromName string) (*SMTP, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("SMTP_URL must look like smtp://user:password@host:587")
	}
	s := &SMTP{host: u.Hostname(), from: from, fromName: fromName, secure: &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}}
	if err := mail.NewMsg().FromFormat(fromName, from); err != nil {
		return nil, errors.New("MAIL_FROM must be an e-mail address")
	}
	port := 587
	kind := mail.SMTPAuthAutoDiscover
	switch u.Scheme {
	case "smtp":
		s.options = append(s.options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "smtps":
		port, s.isImplicit = 465, true
		s.options = append(s.options, mail.WithSSL())
	case "smtp+insecure":
		port, kind = 25, mail.SMTPAuthPlainNoEnc
		s.options = append(s.options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, errors.New("SMTP_URL must begin with smtp://, smtps:// or smtp+insecure://")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("SMTP_URL has a wrong port")
		}
	}
	s.options = append(s.options, mail.WithPort(port), mail.WithTLSConfig(s.secure))
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		s.options = append(s.options, mail.WithSMTPAuth(kind), mail.WithUsername(name), mail.WithPassword(password))
	}
	return s, nil
}

// Letter is a mail with a file.
type Letter struct {
	To, Subject, Body string
	// ID is the letter's name for ever, without brackets: a letter that is sent again, because nobody knows whether it arrived, carries the same, by which mailboxes
	// recognise it. Its end, after an @, is the sender's domain.
	ID                    string
	FileName, ContentType string
	File                  []byte
}

// Send sends a text to one address.
func (s *SMTP) Send(ctx context.Context, to, subject string, body seal.Secret) error {
	m, err := s.write(to, subject, body.Reveal())
	if err != nil {
		return err
	}
	return s.send(ctx, m, mailTimeout)
}

// SendFile sends a letter with a file. A fault of kind Invalid is the server's or ours for good: it would be the same another time. After any other error it
// may be sent again.
func (s *SMTP) SendFile(ctx context.Context, l Letter) error {
	m, err := s.write(l.To, l.Subject, l.Body)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "this is no address that mail can be sent to")
	}
	m.SetMessageIDWithValue(l.ID + "@" + s.domain())
	if err := m.AttachReader(l.FileName, bytes.NewReader(l.File), mail.WithFileContentType(mail.ContentType(l.ContentType))); err != nil {
		return fmt.Errorf("attach a file: %w", err)
	}
	err = s.send(ctx, m, fileTimeout)
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() >= 500 {
		return fault.Wrap(err, fault.Invalid, "the mail server refuses it for good")
	}
	return err
}

// domain is the sender's.
func (s *SMTP) domain() string { return s.from[strings.LastIndexByte(s.from, '@')+1:] }

func (s *SMTP) write(to, subject, body string) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.FromFormat(s.fromName, s.from); err != nil {
		return nil, fmt.Errorf("mail from: %w", err)
	}
	if err := m.To(to); err != nil {
		return nil, fmt.Errorf("mail to: %w", err)
	}
	m.Subject(subject)
	m.SetBodyString(mail.TypeTextPlain, body)
	return m, nil
}

func (s *SMTP) send(ctx context.Context, m *mail.Msg, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	// The library leaves a connection open when what the server offers does not satisfy it, so ours ends it.
	var conn net.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	c, err := mail.NewClient(s.host, append(slices.Clone(s.options), mail.WithTimeout(within), mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		conn, err = s.dial(ctx, network, address)
		return conn, err
	}))...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := c.DialAndSendWithContext(ctx, m); err != nil && !m.IsDelivered() { // once it is taken, a goodbye that fails is no reason to send it twice
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

func (s *SMTP) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: mailTimeout}
	if s.isImplicit {
		return (&tls.Dialer{NetDialer: d, Config: s.secure}).DialContext(ctx, network, address)
	}
	return d.DialContext(ctx, network, address)
}
