package workspace

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/apitoken"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The most of an integration's limits.
const (
	maxNetworks = 50
	maxRate     = 100_000
)

// TokenInput is an integration's name, role and limits.
type TokenInput struct {
	Name          string
	Role          auth.Role
	Scopes        []auth.Scope // empty is all but ActAs
	AllowList     []string     // addresses or CIDR; empty is any
	RatePerMinute int          // 0 leaves it to the server's own limits
	ExpiresAt     *time.Time
}

// NewAPIToken is an integration with its token, which is shown this once.
type NewAPIToken struct {
	*ent.APIToken
	Token  seal.Secret
	Cursor event.Cursor
}

// CreateAPIToken makes an integration. Faults: Forbidden for all but ADMINs who are agents: an integration does not make others; Invalid.
func (s *Service) CreateAPIToken(ctx context.Context, p auth.Principal, in TokenInput) (NewAPIToken, error) {
	var out NewAPIToken
	if err := p.NeedAdmin(); err != nil {
		return out, err
	}
	if p.TokenID != 0 {
		return out, forbidden("an integration does not make others; sign in as an administrator")
	}
	row, err := in.check(s.db.Clock().Now())
	if err != nil {
		return out, err
	}
	out.Cursor, err = s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		var hash string
		out.Token, hash = s.newToken(apiPrefix)
		secret := out.Token.Reveal()
		out.APIToken, err = tx.APIToken.Create().SetTeamID(tx.Team).SetName(row.Name).SetRole(row.Role).SetScopes(row.Scopes).SetAllowList(row.AllowList).
			SetRatePerMinute(row.RatePerMinute).SetNillableExpiresAt(row.ExpiresAt).SetTokenHash(hash).SetHint(secret[len(secret)-4:]).
			SetCreatedByID(p.AgentID).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("create API token: %w", err)
		}
		return nil
	})
	if err != nil {
		return NewAPIToken{}, err
	}
	return out, nil
}

func (in TokenInput) check(now time.Time) (*ent.APIToken, error) {
	t := &ent.APIToken{Role: apitoken.Role(in.Role), Scopes: []string{}, AllowList: []string{}, RatePerMinute: in.RatePerMinute}
	var err error
	if t.Name, err = checkName("name", in.Name); err != nil {
		return nil, err
	}
	if err := checkRole("role", in.Role); err != nil {
		return nil, err
	}
	for _, scope := range auth.Scopes {
		if slices.Contains(in.Scopes, scope) {
			t.Scopes = append(t.Scopes, string(scope))
		}
	}
	for _, scope := range in.Scopes {
		if !slices.Contains(auth.Scopes, scope) {
			return nil, fault.Input("scopes", "there is no such scope")
		}
	}
	if len(in.AllowList) > maxNetworks {
		return nil, fault.Input("allowList", "at most %d networks", maxNetworks)
	}
	for i, one := range in.AllowList {
		network, err := parseNetwork(one)
		if err != nil {
			return nil, fault.Input(fmt.Sprintf("allowList[%d]", i), "a network looks like 203.0.113.0/24 or 2001:db8::/48")
		}
		t.AllowList = append(t.AllowList, network.String())
	}
	if in.RatePerMinute < 0 || in.RatePerMinute > maxRate {
		return nil, fault.Input("ratePerMinute", "1 to %d requests a minute", maxRate)
	}
	if in.ExpiresAt != nil {
		at := in.ExpiresAt.UTC().Truncate(time.Microsecond)
		if !at.After(now) {
			return nil, fault.Input("expiresAt", "this moment is over")
		}
		t.ExpiresAt = &at
	}
	return t, nil
}

// parseNetwork reads CIDR, or one address.
func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return p, fault.New(fault.Invalid, "no network")
	}
	return p.Masked(), nil
}

// RevokeAPIToken ends an integration's token and its live streams at once; a second time changes nothing. Faults: Forbidden for all but
// ADMINs, NotFound.
func (s *Service) RevokeAPIToken(ctx context.Context, p auth.Principal, id int64) (*ent.APIToken, event.Cursor, error) {
	if err := p.NeedAdmin(); err != nil {
		return nil, event.Cursor{}, err
	}
	var t *ent.APIToken
	at, err := s.db.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.APIToken.Update().Where(apitoken.ID(id), apitoken.RevokedAtIsNil()).SetRevokedAt(tx.Now).
			AddAuthVersion(1).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("revoke API token: %w", err)
		}
		t, err = tx.APIToken.Query().Where(apitoken.ID(id)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.Missing("the API token")
		}
		if err == nil && n > 0 {
			s.rightsChanged(ctx, tx, p.Actor(), auth.Principal{TokenID: id}.Subject(), int(t.AuthVersion))
		}
		return err
	})
	if err != nil {
		return nil, event.Cursor{}, err
	}
	return t, at, nil
}

// TokenPage is a page of integrations.
type TokenPage struct {
	Rows []*ent.APIToken
	page.Result
}

// tokenList names the list in its cursors.
const tokenList = "tokens"

// APITokens lists the team's integrations, newest first; all but ADMINs see none.
func (s *Service) APITokens(ctx context.Context, p auth.Principal, w page.Window) (TokenPage, error) {
	var out TokenPage
	after, before, err := idKeys(w, tokenList)
	if err != nil || p.Role != auth.Admin || !p.May(auth.ReadWorkspace) {
		return out, err
	}
	err = s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		q := v.APIToken.Query().Limit(w.Limit + 1)
		if after != 0 {
			q.Where(apitoken.IDLT(after))
		}
		if before != 0 {
			q.Where(apitoken.IDGT(before))
		}
		if w.IsBackward {
			q.Order(ent.Asc(apitoken.FieldID))
		} else {
			q.Order(ent.Desc(apitoken.FieldID))
		}
		rows, err := q.All(ctx)
		if err != nil {
			return err
		}
		out.Rows, out.Result = page.Cut(w, rows, func(t *ent.APIToken) string { return page.Cursor(tokenList, t.ID) })
		return nil
	})
	return out, err
}

// APIToken gives an integration, to ADMINs and to itself; for all others it does not exist.
func (s *Service) APIToken(ctx context.Context, p auth.Principal, id int64) (*ent.APIToken, error) {
	missing := fault.Missing("the API token")
	if p.TokenID != id && (p.Role != auth.Admin || !p.May(auth.ReadWorkspace)) {
		return nil, missing
	}
	var t *ent.APIToken
	err := s.db.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		t, err = v.APIToken.Query().Where(apitoken.ID(id)).Only(ctx)
		if ent.IsNotFound(err) {
			return missing
		}
		return err
	})
	return t, err
}
