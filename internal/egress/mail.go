package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/switchyard-chat/switchyard/internal/seal"
)

// mailTimeout is how long one letter may take.
const mailTimeout = 15 * time.Second

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
	s.options = append(s.options, mail.WithPort(port), mail.WithTimeout(mailTimeout), mail.WithTLSConfig(s.secure))
	if name := u.User.Username(); name != "" {
		password, _ := u.User.Password()
		s.options = append(s.options, mail.WithSMTPAuth(kind), mail.WithUsername(name), mail.WithPassword(password))
	}
	return s, nil
}

// Send sends a text to one address.
func (s *SMTP) Send(ctx context.Context, to, subject string, body seal.Secret) error {
	m := mail.NewMsg()
	if err := m.FromFormat(s.fromName, s.from); err != nil {
		return fmt.Errorf("mail from: %w", err)
	}
	if err := m.To(to); err != nil {
		return fmt.Errorf("mail to: %w", err)
	}
	m.Subject(subject)
	m.SetBodyString(mail.TypeTextPlain, body.Reveal())
	// The library leaves a connection open when what the server offers does not satisfy it, so ours ends it.
	var conn net.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	c, err := mail.NewClient(s.host, append(slices.Clone(s.options), mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		conn, err = s.dial(ctx, network, address)
		return conn, err
	}))...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := c.DialAndSendWithContext(ctx, m); err != nil {
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
