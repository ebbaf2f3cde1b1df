package egress

import "crypto/x509"

// Trust has the mail server's certificate vouched for by these, and no others.
func (s *SMTP) Trust(roots *x509.CertPool) { s.secure.RootCAs = roots }
