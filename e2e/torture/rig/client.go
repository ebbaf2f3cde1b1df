package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client asks a server as an agent's app does.
type Client struct {
	URL   string // of the server
	Token string
	HTTP  *http.Client
}

// NewClient makes a client with connections of its own.
func NewClient(url, token string) *Client {
	return &Client{URL: url, Token: token, HTTP: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// At is the same agent at another server.
func (c *Client) At(s *Server) *Client { return &Client{URL: s.URL, Token: c.Token, HTTP: c.HTTP} }

// Answer is what an operation answered.
type Answer struct {
	Status int
	Header http.Header
	Data   map[string]any
	Errors []any
}

// Ask sends one operation. The error says that no answer came, or that it was none of GraphQL's.
func (c *Client) Ask(ctx context.Context, query string, variables map[string]any) (Answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return Answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Language", "en")
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, err
	}
	var got struct {
		Data   map[string]any `json:"data"`
		Errors []any          `json:"errors"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		return Answer{}, fmt.Errorf("%d: %w: %.200s", res.StatusCode, err, b)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Data: got.Data, Errors: got.Errors}, nil
}

// Do sends one operation and gives its data; an answer with errors is an error.
func (c *Client) Do(ctx context.Context, query string, variables map[string]any) (map[string]any, error) {
	a, err := c.Ask(ctx, query, variables)
	if err == nil && a.Errors != nil {
		err = fmt.Errorf("%.80s: %v", query, a.Errors)
	}
	return a.Data, err
}

// At reads a value out of an answer by its path, "conversations.nodes.0.id"; nil where there is none.
func At(v any, path string) any {
	for p := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			var i int
			if _, err := fmt.Sscan(p, &i); err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Str is At where it is a text, else "".
func Str(v any, path string) string {
	s, _ := At(v, path).(string)
	return s
}

// Num is At where it is a number, else 0.
func Num(v any, path string) int {
	n, _ := At(v, path).(float64)
	return int(n)
}
