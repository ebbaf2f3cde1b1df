package limit

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// ReadTrusted reads a list of trusted documents: an object of texts by their SHA-256, as Relay's compiler and GraphQL Code Generator write it, or
// Apollo's manifest with its operations. The hashes are computed anew: a list whose hash is not that of the text is a fault of kind Invalid, and so
// is a document that cannot be parsed.
func ReadTrusted(file []byte) (map[string]string, error) {
	var manifest struct {
		Operations []struct {
			ID   string `json:"id"`
			Body string `json:"body"`
		} `json:"operations"`
	}
	list := map[string]string{}
	if err := json.Unmarshal(file, &list); err != nil {
		if err := json.Unmarshal(file, &manifest); err != nil || manifest.Operations == nil {
			return nil, fault.New(fault.Invalid, `TRUSTED_DOCUMENTS must be JSON: {"<sha256>": "<text>"}, or a manifest with operations`)
		}
		list = map[string]string{}
		for _, o := range manifest.Operations {
			list[o.ID] = o.Body
		}
	}
	trusted := make(map[string]string, len(list))
	for id, text := range list {
		if hash := hashOf(text); !strings.EqualFold(id, hash) {
			return nil, fault.New(fault.Invalid, "TRUSTED_DOCUMENTS: the hash of %q is %s", id, hash)
		}
		if _, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, Tokens); err != nil {
			return nil, fault.Wrap(fmt.Errorf("parse: %w", err), fault.Invalid, "TRUSTED_DOCUMENTS: the document %s cannot be parsed", id)
		}
		trusted[strings.ToLower(id)] = text
	}
	return trusted, nil
}
