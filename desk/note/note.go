// Package note is what a private note among agents is (MSG-17): a message of a kind of its own that is never sent. desk/conversation adds them.
package note

import (
	"encoding/json"
	"fmt"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
)

// Kind is a note's kind. It is none of the channels' contract: no adapter can be asked to send one, and none can bring one.
const Kind = "NOTE"

// content is what is stored of a note beside its text.
type content struct {
	Agents []int64 `json:"agents,omitempty"`
}

// Encode gives what is stored of a note beside its text: the agents whom it mentions; "" for none.
func Encode(agents []int64) (string, error) {
	if len(agents) == 0 {
		return "", nil
	}
	b, err := json.Marshal(content{agents})
	if err != nil {
		return "", fmt.Errorf("encode a note: %w", err)
	}
	return string(b), nil
}

// Mentioned are the agents whom a note mentions; none for any other message.
func Mentioned(m *ent.Message) []int64 {
	var c content
	if m.Kind != Kind || m.Content == "" || json.Unmarshal([]byte(m.Content), &c) != nil {
		return nil
	}
	return c.Agents
}
