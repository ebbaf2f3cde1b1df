package graph

import (
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
)

// draftModel is a draft as its owner, or everybody who shares it, is shown it.
func draftModel(d *ent.Draft) *model.Draft {
	return &model.Draft{Version: d.Version, IsShared: d.OwnerID == 0, Text: d.Text, ChangedBy: agentSummary(d.Edges.Agent), UpdatedAt: d.UpdatedAt}
}
