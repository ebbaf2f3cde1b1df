package transport

import (
	"mime"
	"strconv"
	"strings"
)

const (
	typeJSON   = "application/json"
	typeGQL    = "application/graphql-response+json"
	typeStream = "text/event-stream"
)

// negotiate picks the media type of the answer by Accept; "" means that nothing we have is wanted. A wildcard, and no header at all, is
// application/json, as the GraphQL over HTTP specification asks for clients of old.
func negotiate(accept []string) string {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return typeJSON
	}
	best, bestQ := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if s, ok := params["q"]; ok {
			if v, err := strconv.ParseFloat(s, 64); err == nil {
				q = v
			}
		}
		have := ""
		switch name {
		case "*/*", "application/*", typeJSON:
			have = typeJSON
		case typeGQL:
			have = typeGQL
		case typeStream, "text/*":
			have = typeStream
		}
		if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") {
			continue
		}
		if have != "" && q > bestQ {
			best, bestQ = have, q
		}
	}
	return best
}
