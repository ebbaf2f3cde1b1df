package graph

import (
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
)

// conversationFilter reads a filter of conversations; nil for none. field is where it came in. Null is the same as left out.
func conversationFilter(in *model.ConversationFilter, field string) (*inbox.Filter, error) {
	if in == nil {
		return nil, nil //nolint:nilnil // no filter is no filter
	}
	r := filterReader{}
	f := r.read(in, field, 1)
	if r.err != nil {
		return nil, r.err
	}
	return f, f.Validate(field)
}

// filterReader reads a tree of filters and keeps the first mistake.
type filterReader struct{ err error }

func (r *filterReader) read(in *model.ConversationFilter, path string, depth int) *inbox.Filter {
	f := &inbox.Filter{}
	if depth > inbox.MaxDepth {
		r.fail(fault.Input(path, "a filter is at most %d levels deep", inbox.MaxDepth))
		return f
	}
	f.And = r.list(in.And, path+".and", depth)
	f.Or = r.list(in.Or, path+".or", depth)
	if not := in.Not.Value(); not != nil {
		f.Not = r.read(not, path+".not", depth+1)
	}
	f.ChannelIDs = r.ids(id.Channel, in.ChannelIds, path+".channelIds")
	f.FollowerIDs = r.ids(id.Agent, in.FollowerIds, path+".followerIds")
	f.CollaboratorIDs = r.ids(id.Agent, in.CollaboratorIds, path+".collaboratorIds")
	f.ContactIDs = r.ids(id.Contact, in.ContactIds, path+".contactIds")
	f.ChannelTypes = enums(in.ChannelTypes)
	f.Kinds = enums(in.Kinds)
	f.Statuses = enums(in.Statuses)
	f.Queues = enums(in.Queues)
	f.HasCollaborators = in.HasCollaborators.Value()
	f.IsUnread, f.IsMentioned, f.IsStarred = in.IsUnread.Value(), in.IsMentioned.Value(), in.IsStarred.Value()
	f.IsArchived, f.HasPhone, f.IsFromAd = in.IsArchived.Value(), in.HasPhone.Value(), in.IsFromAdvert.Value()
	f.IsSnoozed = in.IsSnoozed.Value()
	if level := in.WaitingAtLeast.Value(); level != nil {
		f.WaitingAtLeast = inbox.Level(*level).Least()
	}
	if tags := in.Tags.Value(); tags != nil {
		f.AnyTags = r.ids(id.Tag, tags.Any, path+".tags.any")
		f.AllTags = r.ids(id.Tag, tags.All, path+".tags.all")
		f.NoTags = r.ids(id.Tag, tags.None, path+".tags.none")
	}
	return f
}

func (r *filterReader) list(in graphql.Omittable[[]*model.ConversationFilter], path string, depth int) []inbox.Filter {
	all := in.Value()
	if all == nil {
		return nil
	}
	out := make([]inbox.Filter, len(all))
	for i, x := range all {
		out[i] = *r.read(x, fmt.Sprintf("%s[%d]", path, i), depth+1)
	}
	return out
}

func (r *filterReader) ids(k id.Kind, in graphql.Omittable[[]string], path string) []int64 {
	all := in.Value()
	if all == nil {
		return nil
	}
	out := make([]int64, 0, len(all))
	for i, s := range all {
		n, err := id.Parse(k, s)
		if err != nil {
			r.fail(fault.Input(fmt.Sprintf("%s[%d]", path, i), "this is not an id of this kind"))
			return nil
		}
		out = append(out, n)
	}
	return out
}

func (r *filterReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func enums[T ~string](in graphql.Omittable[[]T]) []string {
	all := in.Value()
	if all == nil {
		return nil
	}
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}
