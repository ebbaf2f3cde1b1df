package automation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/botmodule"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/keptfile"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/input"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Message is one message that is sent without a person: a text, perhaps with buttons, or a picture.
type Message struct {
	Text    string   `json:"text,omitempty"`
	FileID  int64    `json:"fileId,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
}

// ButtonKind is what a button does.
type ButtonKind string

// What buttons do (PROD-7).
const (
	OpensModule  ButtonKind = "MODULE"
	OpensAddress ButtonKind = "URL"
	AsksPerson   ButtonKind = "PERSON"
)

// Button stands under a text.
type Button struct {
	Label    string     `json:"label"`
	Kind     ButtonKind `json:"kind"`
	ModuleID int64      `json:"moduleId,omitempty"`
	URL      string     `json:"url,omitempty"`
}

// What fits on the platforms; LINE's buttons are the narrowest of those that have them.
const (
	maxMessages    = 5
	maxMessageText = 2000
	maxButtonText  = 160
	maxButtons     = 4
	maxLabel       = 20
	maxURL         = 1000
)

// Messages reads what is stored of messages. What cannot be read is a failure of ours.
func Messages(stored string) ([]Message, error) {
	if stored == "" {
		return nil, nil
	}
	var all []Message
	if err := json.Unmarshal([]byte(stored), &all); err != nil {
		return nil, fmt.Errorf("read automatic messages: %w", err)
	}
	return all, nil
}

// compose checks messages and gives their stored form with the files in them. A picture is an upload of the principal's, or one that the holder has.
func (s *Service) compose(ctx context.Context, tx *store.Tx, p auth.Principal, holder string, all []Message) (stored string, files []int64, err error) {
	if len(all) > maxMessages {
		return "", nil, fault.Input("messages", "at most %d messages", maxMessages)
	}
	if len(all) == 0 {
		return "", nil, nil
	}
	out := make([]Message, len(all))
	for i, m := range all {
		if out[i], err = s.composeOne(ctx, tx, p, holder, fmt.Sprintf("messages.%d", i), m); err != nil {
			return "", nil, err
		}
		if m.FileID != 0 {
			files = append(files, m.FileID)
		}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return "", nil, fmt.Errorf("write automatic messages: %w", err)
	}
	return string(b), files, nil
}

func (s *Service) composeOne(ctx context.Context, tx *store.Tx, p auth.Principal, holder, field string, m Message) (Message, error) {
	if m.FileID != 0 {
		if strings.TrimSpace(m.Text) != "" || len(m.Buttons) > 0 {
			return m, fault.Input(field, "a message is a text or a picture")
		}
		return Message{FileID: m.FileID}, s.picture(ctx, tx, p, holder, field+".imageUploadId", m.FileID)
	}
	most := maxMessageText
	if len(m.Buttons) > 0 {
		most = maxButtonText
	}
	var err error
	if m.Text, err = input.Text(field+".text", m.Text, most); err != nil {
		return m, err
	}
	if m.Text == "" {
		return m, fault.Input(field+".text", "this cannot be empty")
	}
	if len(m.Buttons) > maxButtons {
		return m, fault.Input(field+".buttons", "at most %d buttons", maxButtons)
	}
	m.Buttons = slices.Clone(m.Buttons)
	for i, b := range m.Buttons {
		if m.Buttons[i], err = button(ctx, tx, fmt.Sprintf("%s.buttons.%d", field, i), b); err != nil {
			return m, err
		}
	}
	return m, nil
}

func button(ctx context.Context, tx *store.Tx, field string, b Button) (Button, error) {
	label, err := input.Line(field+".label", b.Label, maxLabel)
	if err != nil {
		return b, err
	}
	b.Label = label
	switch b.Kind {
	case OpensModule:
		b.URL = ""
		return b, existsModule(ctx, tx, field+".moduleId", b.ModuleID)
	case OpensAddress:
		b.ModuleID = 0
		u, err := url.Parse(strings.TrimSpace(b.URL))
		isAddress := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
		if !isAddress || utf8.RuneCountInString(b.URL) > maxURL || strings.ContainsRune(b.URL, 0) || !utf8.ValidString(b.URL) {
			return b, fault.Input(field+".url", "this is an http or https address of at most %d characters", maxURL)
		}
		b.URL = u.String()
	case AsksPerson:
		b.ModuleID, b.URL = 0, ""
	default:
		return b, fault.Input(field+".kind", "this is no kind of button")
	}
	return b, nil
}

// existsModule refuses a module that is not the team's.
func existsModule(ctx context.Context, tx *store.Tx, field string, moduleID int64) error {
	is, err := tx.BotModule.Query().Where(botmodule.ID(moduleID)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find module %d: %w", moduleID, err)
	}
	if !is {
		return fault.Input(field, "there is no such bot module")
	}
	return nil
}

// picture claims an upload for use, unless the holder has it already.
func (s *Service) picture(ctx context.Context, tx *store.Tx, p auth.Principal, holder, field string, fileID int64) error {
	has, err := tx.KeptFile.Query().Where(keptfile.Holder(holder), keptfile.FileID(fileID)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("find file %d: %w", fileID, err)
	}
	if has {
		return nil
	}
	f, err := s.Files.ClaimIn(ctx, tx, p.Key(), fileID)
	if err != nil {
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
			return fault.Input(field, "%s", fault.As(err).Text)
		}
		return err
	}
	if f.ContentType != "image/jpeg" && f.ContentType != "image/png" || f.PreviewKey == "" {
		return fault.Input(field, "this is a JPEG or PNG picture that can be shown")
	}
	return nil
}

// keep notes which files a holder sends.
func (s *Service) keep(ctx context.Context, tx *store.Tx, holder string, files []int64) error {
	return s.Files.KeepIn(ctx, tx, holder, files...)
}

// parts writes messages as they are sent: buttons that lead to another module, or ask for a person, get our data.
func (s *Service) parts(team int64, all []Message) []conversation.Part {
	out := make([]conversation.Part, len(all))
	for i, m := range all {
		out[i] = conversation.Part{Text: m.Text, FileID: m.FileID}
		for _, b := range m.Buttons {
			x := conversation.Button{Label: b.Label, URL: b.URL}
			switch b.Kind {
			case OpensModule:
				x.Data = s.PostbackData(team, b.ModuleID)
			case AsksPerson:
				x.Data = s.PostbackData(team, 0)
			}
			out[i].Buttons = append(out[i].Buttons, x)
		}
	}
	return out
}

// asName reads a name and refuses one that another of the same sort has.
func asName(field, s string) (string, error) { return input.Line(field, s, 100) }

// isTaken makes a fault of kind Conflict of a name that is there already.
func isTaken(cause error, name string) error {
	f := fault.Wrap(cause, fault.Conflict, "the name %q is taken; choose another", name)
	f.Field = "name"
	return f
}

// missing makes a fault of kind NotFound of a row that is not there.
func missing(err error, what string) error {
	if ent.IsNotFound(err) {
		return fault.Missing(what)
	}
	return fmt.Errorf("read %s: %w", what, err)
}
