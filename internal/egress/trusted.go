package egress

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// trustedWait is how long a trusted server may take until its answer begins.
const trustedWait = time.Minute

// Trusted makes the transport to a server that the operator names in the settings, such as the store of files: it is trusted wherever it is,
// and no Gate stands before it. Addresses that anybody else decides never go through it. It uses no proxy from the environment and speaks
// TLS 1.2 or later; how much is read is the caller's to say, and so is how long a call may take in all.
func Trusted() *http.Transport {
	d := &net.Dialer{Timeout: Timeout}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            d.DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    Timeout,
		ResponseHeaderTimeout:  trustedWait,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		// What is stored is bytes: it must come as it was kept.
		DisableCompression: true,
	}
}
