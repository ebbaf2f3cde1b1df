package transport

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// A frame of a client, masked with zeros so that the fuzzer sees what it writes.
func clientFrame(first byte, payload string) []byte {
	b := []byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}
	return append(b, payload...)
}

// What is read off a socket ends, within its limit, and what is given as text is text.
func FuzzFrames(f *testing.F) {
	f.Add(clientFrame(0x81, `{"type":"connection_init"}`))
	f.Add(append(clientFrame(0x01, "ab"), clientFrame(0x80, "cd")...))
	f.Add(append(clientFrame(0x89, "ping"), clientFrame(0x88, "\x03\xe8bye")...))
	f.Add([]byte{0x81, 0xfe, 0x00, 0x01, 0, 0, 0, 0, 'a'})
	f.Add([]byte{0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 'a'})
	f.Add([]byte{0xc1, 0x80, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		const most = 1 << 10
		controls := 0
		m := &messages{r: bufio.NewReaderSize(bytes.NewReader(in), 64), max: most, control: func(op byte, payload []byte) error {
			if controls++; len(payload) > maxControl || op != opPing && op != opPong {
				t.Errorf("a control frame %x of %d bytes", op, len(payload))
			}
			return nil
		}}
		for {
			op, text, err := m.next()
			if err != nil {
				bye := &closeError{}
				if !errors.As(err, &bye) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("ended by %v", err)
				}
				return
			}
			if len(text) > most || op == opText && !utf8.Valid(text) {
				t.Errorf("a message of %d bytes: %q", len(text), text)
			}
		}
	})
}

// What the fuzzer sends as a message is taken apart or refused, and an id comes back as it was.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		`{"type":"connection_init","payload":{"authorization":"Bearer x","language":"en"}}`,
		`{"type":"subscribe","id":"1","payload":{"query":"{ a }","operationName":"A","variables":{"x":[1,{"y":null}]},"extensions":{"persistedQuery":{"version":1}}}}`,
		`{"type":"ping","payload":{"a":1}}`, `{"type":"complete","id":"\u0000\ud800"}`, `{"type":1}`, `[]`, `{"type":"ping"}{}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m message
		if decode(text, &m) != nil {
			return
		}
		var id string
		if err := json.Unmarshal(encodeID(m.ID), &id); err != nil || id != m.ID {
			t.Errorf("the id %q comes back as %q", m.ID, id)
		}
		if !json.Valid(pong(m.Payload)) || !json.Valid(complete(m.ID)) {
			t.Errorf("what is answered is no JSON: %s %s", pong(m.Payload), complete(m.ID))
		}
		if len(m.Payload) > 0 {
			var p graphql.RawParams
			_ = decode(m.Payload, &p)
		}
	})
}

// A header of any form is read, and gives one of ours or nothing.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{
		"application/graphql-response+json, application/json;q=0.9, text/event-stream;q=0.8", "*/*", "text/*;q=0", `application/json;charset="utf-8"`, ";;,,=", "Bearer abc",
		"bearer", "keep-alive, Upgrade", "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		switch as := negotiate([]string{one, two}); as {
		case "", typeJSON, typeGQL, typeStream:
		default:
			t.Errorf("an answer of type %q", as)
		}
		if token := bearer(one); strings.TrimSpace(token) != token {
			t.Errorf("a token %q", token)
		}
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Connection": {one}, "Upgrade": {two}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {one}}}
		if accept, status, text := upgradeKey(r); (accept == "") != (status != 0) || (status != 0) != (text != "") {
			t.Errorf("accepted as %q, refused with %d %q", accept, status, text)
		}
	})
}
