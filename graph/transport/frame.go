package transport

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// The part of RFC 6455 that a server needs that never compresses. It is written out here, and not taken from a library, for what a connection costs: a read
// buffer of 512 bytes, no buffer for writing while nothing is written, several messages in one write.

// The kinds of frame.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const maxControl = 125

// closeError is a close code that reading led to: the peer broke the protocol, or said goodbye itself.
type closeError struct {
	code   int
	reason string
	isPeer bool
}

func (e *closeError) Error() string { return fmt.Sprintf("close %d %s", e.code, e.reason) }

func violation(text string) error { return &closeError{code: 1002, reason: text} }

// messages reads frames and puts messages together.
type messages struct {
	r   *bufio.Reader
	max int
	// control is given pings and pongs as they come, between the frames of a message too.
	control func(op byte, payload []byte) error
}

type header struct {
	op     byte
	isLast bool
	size   uint64
	mask   [4]byte
}

// next gives the next message. A close frame, like everything that ends the connection, is an error.
func (m *messages) next() (op byte, text []byte, err error) {
	var message []byte
	for {
		h, err := m.header()
		if err != nil {
			return 0, nil, err
		}
		if h.op >= opClose {
			if err := m.take(h); err != nil {
				return 0, nil, err
			}
			continue
		}
		if (h.op == opContinuation) != (op != 0) {
			return 0, nil, violation("a message is begun or continued out of turn")
		}
		if h.op != opContinuation {
			op = h.op
		}
		if h.size > uint64(m.max-len(message)) {
			return 0, nil, &closeError{code: 1009, reason: "the message is too big"}
		}
		payload, err := m.payload(h)
		if err != nil {
			return 0, nil, err
		}
		if message == nil {
			message = payload
		} else {
			message = append(message, payload...)
		}
		if !h.isLast {
			continue
		}
		if op == opText && !utf8.Valid(message) {
			return 0, nil, &closeError{code: 1007, reason: "the text is not UTF-8"}
		}
		return op, message, nil
	}
}

// take deals with a control frame.
func (m *messages) take(h header) error {
	if h.size > maxControl || !h.isLast {
		return violation("a control frame is too long or in pieces")
	}
	payload, err := m.payload(h)
	if err != nil {
		return err
	}
	if h.op != opClose {
		return m.control(h.op, payload)
	}
	if len(payload) == 0 {
		return &closeError{code: 1005, isPeer: true}
	}
	if len(payload) == 1 || !utf8.Valid(payload[2:]) {
		return violation("the close frame is malformed")
	}
	code := int(binary.BigEndian.Uint16(payload))
	if !mayBeSent(code) {
		return violation("the close code is not for sending")
	}
	return &closeError{code: code, isPeer: true}
}

func mayBeSent(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

func (m *messages) header() (header, error) {
	var b [14]byte
	if _, err := io.ReadFull(m.r, b[:2]); err != nil {
		return header{}, err
	}
	h := header{op: b[0] & 0x0f, isLast: b[0]&0x80 != 0, size: uint64(b[1] & 0x7f)}
	switch {
	case b[0]&0x70 != 0:
		return header{}, violation("an extension that was not agreed on")
	case h.op > opBinary && h.op < opClose || h.op > opPong:
		return header{}, violation("an unknown kind of frame")
	case b[1]&0x80 == 0:
		return header{}, violation("a frame from the client is not masked")
	}
	more := 0
	switch h.size {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if _, err := io.ReadFull(m.r, b[:more+4]); err != nil {
		return header{}, err
	}
	switch more {
	case 2:
		h.size = uint64(binary.BigEndian.Uint16(b[:2]))
	case 8:
		h.size = binary.BigEndian.Uint64(b[:8])
	}
	copy(h.mask[:], b[more:more+4])
	return h, nil
}

func (m *messages) payload(h header) ([]byte, error) {
	if h.size == 0 {
		return nil, nil
	}
	p := make([]byte, h.size)
	if _, err := io.ReadFull(m.r, p); err != nil {
		return nil, err
	}
	for i := range p {
		p[i] ^= h.mask[i&3]
	}
	return p, nil
}

// appendFrame appends a whole frame whose payload is the parts put together.
func appendFrame(b []byte, op byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = append(b, 0x80|op)
	switch {
	case n <= 125:
		b = append(b, byte(n))
	case n <= 0xffff:
		b = append(b, 126, byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// appendClose appends a close frame. A code that may not be sent stands for none.
func appendClose(b []byte, code int, reason string) []byte {
	if !mayBeSent(code) {
		return appendFrame(b, opClose)
	}
	if len(reason) > maxControl-2 {
		reason = reason[:maxControl-2]
	}
	return appendFrame(b, opClose, []byte{byte(code >> 8), byte(code)}, []byte(reason))
}

// upgradeKey checks the request for a socket; the answer's accept key, or the status and text of a refusal.
func upgradeKey(r *http.Request) (accept string, status int, text string) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key")))
	switch {
	case r.Method != http.MethodGet:
		return "", http.StatusMethodNotAllowed, "a socket is opened by GET"
	case !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"):
		return "", http.StatusUpgradeRequired, "the only upgrade here is to websocket"
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return "", http.StatusUpgradeRequired, "the version of WebSocket must be 13"
	case err != nil || len(key) != 16 || len(r.Header.Values("Sec-WebSocket-Key")) != 1:
		return "", http.StatusBadRequest, "the key of the socket is malformed"
	}
	sum := sha1.Sum([]byte(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key")) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:]), 0, ""
}

// hasToken says whether a header that is a list has the token.
func hasToken(h http.Header, name, token string) bool {
	for _, v := range h.Values(name) {
		for t := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(t), token) {
				return true
			}
		}
	}
	return false
}
