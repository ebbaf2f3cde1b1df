package line

import (
	"context"
	"net/http"
	"net/url"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// get asks LINE for something and reads the answer; what names it in the fault.
func (a *Adapter) get(ctx context.Context, account channels.Account, path, what string, target any) error {
	return a.ask(ctx, account, request{method: http.MethodGet, path: path}, what, target)
}

func (a *Adapter) ask(ctx context.Context, account channels.Account, r request, what string, target any) error {
	answer := a.do(ctx, account, r)
	if err := fetchFault(answer, what); err != nil {
		return err
	}
	if err := answer.into(target); err != nil {
		return fault.Wrap(err, fault.Unavailable, "LINE's answer for %s cannot be read: try later", what).WithCode(channels.CodePlatformError, nil)
	}
	return nil
}

// botInfo is LINE's answer about the account itself.
type botInfo struct {
	UserID      string `json:"userId"`
	BasicID     string `json:"basicId"`
	PremiumID   string `json:"premiumId"`
	DisplayName string `json:"displayName"`
	PictureURL  string `json:"pictureUrl"`
}

func (a *Adapter) botInfo(ctx context.Context, account channels.Account) (botInfo, error) {
	var info botInfo
	if err := a.get(ctx, account, "/v2/bot/info", "the account", &info); err != nil {
		return botInfo{}, err
	}
	if info.UserID == "" {
		return botInfo{}, fault.New(fault.Unavailable, "LINE's answer for the account cannot be read: try later").WithCode(channels.CodePlatformError, nil)
	}
	return info, nil
}

// FetchAccount gives what LINE tells of the account. Handle is the premium id where there is one, otherwise the basic id. LINE does not
// name the class of an account; whether members of groups are listed to it (GRP-8) is seen from the list of friends, which LINE gives
// to the same classes: verified and premium.
func (a *Adapter) FetchAccount(ctx context.Context, account channels.Account) (channels.AccountInfo, error) {
	info, err := a.botInfo(ctx, account)
	if err != nil {
		return channels.AccountInfo{}, err
	}
	result := channels.AccountInfo{PlatformID: info.UserID, Handle: info.BasicID, DisplayName: info.DisplayName, PictureURL: info.PictureURL}
	if info.PremiumID != "" {
		result.Handle, result.CanListMembers = info.PremiumID, true
		return result, nil
	}
	var friends struct{}
	err = a.get(ctx, account, "/v2/bot/followers/ids?limit=1", "the list of friends", &friends)
	switch fault.Of(err) {
	case fault.Throttled, fault.Unavailable, fault.Unauthenticated:
		return channels.AccountInfo{}, err
	}
	result.CanListMembers = err == nil
	return result, nil
}

// profile is LINE's answer about a person.
type profile struct {
	UserID        string `json:"userId"`
	DisplayName   string `json:"displayName"`
	PictureURL    string `json:"pictureUrl"`
	StatusMessage string `json:"statusMessage"`
	Language      string `json:"language"`
}

func (a *Adapter) profile(ctx context.Context, account channels.Account, path, userID, what string) (channels.Profile, error) {
	var p profile
	if err := a.get(ctx, account, path, what, &p); err != nil {
		return channels.Profile{}, err
	}
	return channels.Profile{
		UserID: userID, DisplayName: storable(p.DisplayName), PictureURL: p.PictureURL, StatusMessage: storable(p.StatusMessage), Language: p.Language,
	}, nil
}

// FetchProfile gives the profile of a friend, or of somebody who wrote (CHAN-13). Those who blocked the account, never consented or do
// not exist are NotFound; LINE does not tell which.
func (a *Adapter) FetchProfile(ctx context.Context, account channels.Account, userID string) (channels.Profile, error) {
	if userID == "" {
		return channels.Profile{}, missing("person")
	}
	return a.profile(ctx, account, "/v2/bot/profile/"+url.PathEscape(userID), userID, "person")
}

// FetchMember gives the profile of a member of a group or room, also of one who is no friend or has blocked the account (GRP-8).
func (a *Adapter) FetchMember(ctx context.Context, account channels.Account, peer channels.Peer, userID string) (channels.Profile, error) {
	path, err := groupPath(peer)
	if err != nil {
		return channels.Profile{}, err
	}
	if userID == "" {
		return channels.Profile{}, missing("member")
	}
	return a.profile(ctx, account, path+"/member/"+url.PathEscape(userID), userID, "member")
}

// FetchGroup gives name, picture and size of a group. A room has no name or picture on LINE: it is called by its members (GRP-3).
func (a *Adapter) FetchGroup(ctx context.Context, account channels.Account, peer channels.Peer) (channels.GroupInfo, error) {
	path, err := groupPath(peer)
	if err != nil {
		return channels.GroupInfo{}, err
	}
	group := channels.GroupInfo{ID: peer.ID}
	if peer.Type == channels.PeerGroup {
		var summary struct {
			GroupName  string `json:"groupName"`
			PictureURL string `json:"pictureUrl"`
		}
		if err := a.get(ctx, account, path+"/summary", "group", &summary); err != nil {
			return channels.GroupInfo{}, err
		}
		group.Name, group.PictureURL = storable(summary.GroupName), summary.PictureURL
	}
	var members struct {
		Count int `json:"count"`
	}
	if err := a.get(ctx, account, path+"/members/count", "group", &members); err != nil {
		return channels.GroupInfo{}, err
	}
	group.MemberCount = members.Count
	return group, nil
}

// pageLimit ends a list whose pages never do. LINE's groups have at most 500 members, 100 to a page.
const pageLimit = 50

// ListMembers lists the ids of all members LINE knows of, without those who only use a PC. Forbidden for accounts that are neither
// verified nor premium (GRP-8).
func (a *Adapter) ListMembers(ctx context.Context, account channels.Account, peer channels.Peer) ([]string, error) {
	path, err := groupPath(peer)
	if err != nil {
		return nil, err
	}
	members := []string{}
	seen := make(map[string]bool)
	query := ""
	for range pageLimit {
		var page struct {
			MemberIDs []string `json:"memberIds"`
			Next      string   `json:"next"`
		}
		if err := a.get(ctx, account, path+"/members/ids"+query, "the members of this group", &page); err != nil {
			return nil, err
		}
		for _, id := range page.MemberIDs {
			if !seen[id] {
				seen[id] = true
				members = append(members, id)
			}
		}
		if page.Next == "" {
			return members, nil
		}
		query = "?start=" + url.QueryEscape(page.Next)
	}
	return nil, fault.New(fault.Unavailable, "LINE's list of members does not end: try later").WithCode(channels.CodePlatformError, nil)
}

// LeaveGroup takes the account out of a group or room (GRP-5). NotFound when it is not in it.
func (a *Adapter) LeaveGroup(ctx context.Context, account channels.Account, peer channels.Peer) error {
	path, err := groupPath(peer)
	if err != nil {
		return err
	}
	return fetchFault(a.do(ctx, account, request{method: http.MethodPost, path: path + "/leave"}), "group")
}

// groupPath is where a group's or room's calls begin.
func groupPath(peer channels.Peer) (string, error) {
	switch {
	case peer.ID == "":
	case peer.Type == channels.PeerGroup:
		return "/v2/bot/group/" + url.PathEscape(peer.ID), nil
	case peer.Type == channels.PeerRoom:
		return "/v2/bot/room/" + url.PathEscape(peer.ID), nil
	}
	return "", missing("group")
}

func missing(what string) error { return fault.New(fault.NotFound, "LINE knows no such %s", what) }
