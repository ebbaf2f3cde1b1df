package graph

import (
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/detect"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// findingsModel is what was found as the viewer sees it.
func findingsModel(p auth.Principal, all []finding.Found) *model.Findings {
	m := &model.Findings{Phones: []*model.FoundPhone{}, Emails: []*model.FoundEmail{}, Addresses: []*model.FoundAddress{}}
	for _, f := range all {
		in, of := id.Format(id.Conversation, f.ConversationID), id.Format(id.Message, f.MessageID)
		switch f.Kind {
		case detect.Phone:
			x := &model.FoundPhone{Number: f.Value, Written: f.Written, ConversationID: in, MessageID: of, At: f.At}
			if !p.Has(auth.SeePersonalData) {
				x.Number, x.Written = contact.Mask(x.Number), contact.Mask(x.Written)
			}
			m.Phones = append(m.Phones, x)
		case detect.Email:
			m.Emails = append(m.Emails, &model.FoundEmail{Address: f.Value, ConversationID: in, MessageID: of, At: f.At})
		case detect.Address:
			m.Addresses = append(m.Addresses, &model.FoundAddress{Text: f.Written, ConversationID: in, MessageID: of, At: f.At})
		}
	}
	return m
}
