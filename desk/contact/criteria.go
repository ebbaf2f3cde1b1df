package contact

import (
	"time"

	"github.com/switchyard-chat/switchyard/desk/customfield"
)

// Criteria say which contacts are meant (CONT-3), as somebody writes it down; Resolve checks them. All that is given must hold. They are kept
// as JSON: nothing is omitted that means something, such as an empty list, which no contact is in.
type Criteria struct {
	And                 []Criteria       `json:"and,omitzero"`
	Or                  []Criteria       `json:"or,omitzero"`
	Not                 *Criteria        `json:"not,omitempty"`
	IDs                 []int64          `json:"ids,omitzero"`
	Genders             []string         `json:"genders,omitzero"`
	BirthAt             *DateRange       `json:"birthAt,omitempty"`
	BirthMonths         []int            `json:"birthMonths,omitzero"`
	NamePrefix          *string          `json:"namePrefix,omitempty"`
	Name                *TextCriterion   `json:"name,omitempty"`
	CustomFields        []FieldCriterion `json:"customFields,omitzero"`
	Phone               *string          `json:"phone,omitempty"`
	Email               *string          `json:"email,omitempty"`
	CreatedAt           *TimeRange       `json:"createdAt,omitempty"`
	UpdatedAt           *TimeRange       `json:"updatedAt,omitempty"`
	IdentityNo          *string          `json:"identityNo,omitempty"`
	MembershipNo        *string          `json:"membershipNo,omitempty"`
	Tags                *SetCriterion    `json:"tags,omitempty"`
	Companies           *SetCriterion    `json:"companies,omitempty"`
	ChannelIDs          []int64          `json:"channelIds,omitzero"`
	ChannelTypes        []string         `json:"channelTypes,omitzero"`
	ResponsibleAgentIDs []int64          `json:"responsibleAgentIds,omitzero"`
	HasResponsibleAgent *bool            `json:"hasResponsibleAgent,omitempty"`
	IsBlocked           *bool            `json:"isBlocked,omitempty"`
	Text                *string          `json:"text,omitempty"`
}

// DateRange is a range of days, YYYY-MM-DD, both counting; nil is open.
type DateRange struct {
	From *string `json:"from,omitempty"`
	To   *string `json:"to,omitempty"`
}

// TimeRange is a range of moments: From counts, To does not; nil is open.
type TimeRange struct {
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
}

// TextCriterion is a condition on a text, without regard to case: exactly one part is set.
type TextCriterion struct {
	Eq       *string `json:"eq,omitempty"`
	Prefix   *string `json:"prefix,omitempty"`
	Contains *string `json:"contains,omitempty"`
	IsEmpty  *bool   `json:"isEmpty,omitempty"`
}

// SetCriterion is a condition on a set: at least one of Any, each of All, none of None; nil asks nothing.
type SetCriterion struct {
	Any  []int64 `json:"any,omitzero"`
	All  []int64 `json:"all,omitzero"`
	None []int64 `json:"none,omitzero"`
}

// FieldCriterion is a condition on a custom field (CONT-5).
type FieldCriterion struct {
	FieldID int64              `json:"fieldId"`
	Op      customfield.Op     `json:"op"`
	Value   *customfield.Input `json:"value,omitempty"`
}
