package graph

import (
	"context"

	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

func replyInput(input model.SavedReplyCreateInput) (savedreply.CreateInput, error) {
	in := savedreply.CreateInput{
		Title: input.Title, Body: input.Body, Category: given(input.Category.Value(), ""), Visibility: string(input.Visibility),
		Roles: some[string](input.Roles), Branches: input.BranchIds.Value(), IdempotencyKey: given(input.IdempotencyKey.Value(), ""),
	}
	var err error
	if in.FileIDs, err = id.ParseAll(id.Upload, input.FileUploadIds.Value()); err != nil {
		return in, err
	}
	in.ModuleID, err = optionalID(id.BotModule, input.ModuleID)
	return in, err
}

func replyUpdate(input model.SavedReplyUpdateInput) (savedreply.UpdateInput, error) {
	in := savedreply.UpdateInput{Title: input.Title.Value(), Body: input.Body.Value(), Branches: listInput(input.BranchIds)}
	var err error
	if in.ID, err = id.Parse(id.SavedReply, input.SavedReplyID); err != nil {
		return in, err
	}
	if c, ok := input.Category.ValueOK(); ok {
		none := given(c, "")
		in.Category = &none
	}
	if v := input.Visibility.Value(); v != nil {
		visibility := string(*v)
		in.Visibility = &visibility
	}
	if all := listInput(input.Roles); all != nil {
		roles := each[string](*all)
		in.Roles = &roles
	}
	if in.FileIDs, err = idsInput(id.Upload, input.FileUploadIds); err != nil {
		return in, err
	}
	in.ModuleID, err = clearedID(id.BotModule, input.ModuleID)
	return in, err
}

// replyModel is a saved reply as those who see it are shown it.
func replyModel(x *savedreply.Reply) *model.SavedReply {
	m := &model.SavedReply{
		ID: id.Format(id.SavedReply, x.ID), Version: x.Version, Title: x.Title, Body: x.Body, Category: textOrNil(x.Category), Files: replyFiles(x),
		ModuleID: id.Optional(id.BotModule, x.ModuleID), IsModuleDeleted: x.IsModuleDeleted(), Visibility: model.SavedReplyVisibility(x.Visibility),
		Roles: []model.Role{}, BranchIds: []string{}, AuthorID: id.Optional(id.Agent, x.AgentID), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt,
	}
	switch string(x.Visibility) {
	case savedreply.Roles:
		m.Roles = each[model.Role](x.Audience)
	case savedreply.Branches:
		m.BranchIds = append(m.BranchIds, x.Audience...)
	}
	return m
}

func replyFiles(x *savedreply.Reply) []*model.SavedReplyFile {
	out := make([]*model.SavedReplyFile, len(x.Files))
	for i, f := range x.Files {
		out[i] = &model.SavedReplyFile{UploadID: id.Format(id.Upload, f.ID), Name: textOrNil(f.Name), ContentType: f.ContentType, Size: int(f.Size),
			Kind: model.MessageKind(file.KindOf(f.ContentType))}
	}
	return out
}

// messagesOf reads messages that were sent together, as the caller sees them: none where it sees none.
func (r *Resolver) messagesOf(ctx context.Context, sent []*ent.Message) ([]*model.Message, error) {
	p, err := auth.From(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(sent))
	for i, m := range sent {
		ids[i] = m.ID
	}
	all, err := r.Inbox.MessagesByID(ctx, p, ids)
	if fault.Is(err, fault.Forbidden) {
		return []*model.Message{}, nil
	}
	if err != nil {
		return nil, err
	}
	byID := map[int64]*inbox.Message{}
	for _, m := range all.All {
		byID[m.ID] = m
	}
	out := []*model.Message{}
	for _, n := range ids {
		if m := byID[n]; m != nil {
			out = append(out, r.messageModel(p, m, all, r.Clock.Now()))
		}
	}
	return out, nil
}
