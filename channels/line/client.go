package line

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/switchyard-chat/switchyard/channels"
)

// responseLimit bounds what is read of an answer. LINE's longest is a page of 100 member ids, under 4 KiB.
const responseLimit = 64 << 10

// Headers of LINE's.
const (
	retryKeyHeader          = "X-Line-Retry-Key"
	requestIDHeader         = "X-Line-Request-Id"
	acceptedRequestIDHeader = "X-Line-Accepted-Request-Id"
)

// request is one call of LINE's API.
type request struct {
	method   string
	path     string // begins with a slash, already escaped
	payload  any    // nil for none
	retryKey string // "" for none: LINE refuses an empty or unexpected one
}

// answer is what came back. Where nothing did, err says why and sent whether the request had left us.
type answer struct {
	status int
	header http.Header
	body   []byte
	sent   bool
	err    error
}

var (
	errNoToken    = errors.New("the account has no usable channel access token")
	errBadAddress = errors.New("the account's API address is no address")
	errCut        = errors.New("the answer broke off")
)

// do makes one call. It never returns the token or the address in an error: errors end up in logs.
func (a *Adapter) do(ctx context.Context, account channels.Account, r request) answer {
	token := account.Credentials[ChannelAccessToken]
	if !isHeaderWord(token) {
		return answer{err: errNoToken}
	}
	var body io.Reader
	if r.payload != nil {
		encoded, err := json.Marshal(r.payload)
		if err != nil {
			return answer{err: err}
		}
		body = bytes.NewReader(encoded)
	}
	base := account.BaseURLs[BaseAPI]
	if base == "" {
		base = defaultAPI
	}
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	call, err := http.NewRequestWithContext(ctx, r.method, strings.TrimRight(base, "/")+r.path, body)
	if err != nil {
		return answer{err: errBadAddress}
	}
	call.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		call.Header.Set("Content-Type", "application/json")
	}
	if r.retryKey != "" {
		call.Header.Set(retryKeyHeader, r.retryKey)
	}
	response, err := a.http.Do(call)
	if err != nil {
		// url.Error repeats the address, which holds people's ids.
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return answer{sent: connected.Load(), err: err}
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(io.LimitReader(response.Body, responseLimit))
	result := answer{status: response.StatusCode, header: response.Header, body: read, sent: true}
	if err != nil {
		result.err = errors.Join(errCut, err)
	}
	return result
}

// isHeaderWord says whether a token can stand in a header at all. A pasted line break would otherwise look like a network failure, and
// be tried again for ever.
func isHeaderWord(token string) bool {
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return false
		}
	}
	return token != ""
}

// into reads the answer's JSON.
func (r answer) into(target any) error {
	if r.err != nil {
		return r.err
	}
	return json.Unmarshal(r.body, target)
}

// problem is how LINE words an error: no code, only a message and where in the request it lies.
type problem struct {
	Message string `json:"message"`
	Details []struct {
		Message  string `json:"message"`
		Property string `json:"property"`
	} `json:"details"`
}

func (r answer) problem() problem {
	var p problem
	// What is no JSON, such as a proxy's error page, has no message: the status has to do.
	_ = json.Unmarshal(r.body, &p)
	return p
}
