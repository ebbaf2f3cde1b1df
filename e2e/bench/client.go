package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/switchyard-chat/switchyard/internal/id"
)

// client speaks with what is measured. Answers come as they are written: packing them would be measured too.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxIdleConns: 1024, DisableCompression: true}, Timeout: 2 * time.Minute}

// send makes a request and gives the body of an answer of 200.
func send(ctx context.Context, method, url string, header http.Header, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		r.Header = header
	}
	a, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.500s", a.Status, b)
	}
	return b, err
}

// unmarshal reads an answer, and says what it was where it cannot.
func unmarshal(b []byte, into any) error {
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%w: %.300s", err, b)
	}
	return nil
}

// asks gives what makes a target of a GraphQL operation, as an agent.
func asks(p *Process, token, document string, variables func(n int) map[string]any) func(context.Context, int) ([]byte, error) {
	return func(ctx context.Context, n int) ([]byte, error) {
		var given map[string]any
		if variables != nil {
			given = variables(n)
		}
		body, err := json.Marshal(map[string]any{"query": document, "variables": given})
		if err != nil {
			return nil, err
		}
		b, err := send(ctx, http.MethodPost, p.URL+"/graphql", http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"},
			"Authorization": {"Bearer " + token}}, body)
		if err == nil && bytes.Contains(b[:min(len(b), 64)], []byte(`"errors"`)) {
			err = fmt.Errorf("it answers %.500s", b)
		}
		return b, err
	}
}

// gets gives what makes a target of an address.
func gets(p *Process, path func(n int) string) func(context.Context, int) ([]byte, error) {
	return func(ctx context.Context, n int) ([]byte, error) {
		return send(ctx, http.MethodGet, p.URL+path(n), nil, nil)
	}
}

// ref is an object's number, read from an id of the API or from a number.
type ref int64

// UnmarshalJSON implements json.Unmarshaler.
func (r *ref) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] != '"' {
		return json.Unmarshal(b, (*int64)(r))
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	_, n, ok := id.Split(s)
	if !ok {
		return fmt.Errorf("%q is no id", s)
	}
	*r = ref(n)
	return nil
}

// named is an object with its name.
type named struct {
	ID   ref
	Name string
}

// sense reads an answer into T and writes it in one form, whoever it is from. An answer of GraphQL has it below data and the field.
func sense[T any](field string) func([]byte) (string, error) {
	return func(b []byte) (string, error) {
		var answer struct {
			Data map[string]json.RawMessage
		}
		if err := json.Unmarshal(b, &answer); err == nil && answer.Data != nil {
			b = answer.Data[field]
		}
		var t T
		if err := json.Unmarshal(b, &t); err != nil {
			return "", err
		}
		out, err := json.MarshalIndent(t, "", " ")
		return string(out), err
	}
}
