package limit_test

import (
	"encoding/json"
	"testing"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/graph/limit"
)

// What a request says of a persisted query, and its variables, are taken or refused.
func FuzzRequest(f *testing.F) {
	sum := hash("{ a }")
	for _, s := range []string{
		`{"persistedQuery":{"version":1,"sha256Hash":"` + sum + `"}}`, `{"persistedQuery":{"version":2}}`, `{"persistedQuery":[]}`, `{"persistedQuery":null}`,
		`{"persistedQuery":{"version":"1","sha256Hash":1}}`, `{"a":[[[{"b":[1,2]}]]]}`,
	} {
		f.Add("{ a }", []byte(s))
	}
	g := limit.New(limit.Config{})
	f.Fuzz(func(t *testing.T, query string, object []byte) {
		var m map[string]any
		if json.Unmarshal(object, &m) != nil {
			return
		}
		p := &graphql.RawParams{Query: query, Extensions: m, Variables: m}
		if err := g.MutateOperationParameters(t.Context(), p); err == nil && p.Query != query {
			t.Errorf("%q became %q, and nobody sent that before", query, p.Query)
		}
	})
}

// A list of trusted documents is one whose hashes are those of the texts, or none.
func FuzzTrusted(f *testing.F) {
	f.Add([]byte(`{"` + hash("{ a }") + `":"{ a }"}`))
	f.Add([]byte(`{"operations":[{"id":"` + hash("{ a }") + `","body":"{ a }","name":"A","type":"query"}]}`))
	f.Add([]byte(`{"operations":null}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, err := limit.ReadTrusted(file)
		if err != nil {
			return
		}
		for id, text := range list {
			if id != hash(text) {
				t.Errorf("%s stands for %q", id, text)
			}
		}
	})
}
