package workspace

import (
	"context"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Standing says whether a principal still may act.
type Standing int

// What may have become of a principal.
const (
	Valid     Standing = iota
	Changed            // it may, with other rights or limits
	Revoked            // signed out, deactivated, or its token was revoked
	Expired            // its token's time is over
	Suspended          // its team is suspended
)

const (
	// trusted is how long an answer is good for on a server that did not make the change itself.
	trusted    = time.Second
	cacheRoom  = 10_000
	rateWindow = time.Minute
)

// Authenticate gives who an access token or API token belongs to, and when it stops working (the zero time is never). A change of rights
// holds at once on the server that made it and within a second on every other.
//
// Faults: Unauthenticated for what is no token of ours, has expired or was revoked; Forbidden with the code TEAM_SUSPENDED or
// ADDRESS_REFUSED (the token's allow-list).
func (s *Service) Authenticate(ctx context.Context, token string, from Caller) (auth.Principal, time.Time, error) {
	none := auth.Principal{}
	now := s.db.Clock().Now()
	o, err := s.open(ctx, token, now)
	if err != nil {
		return none, time.Time{}, err
	}
	switch o.standing(now) {
	case Valid, Changed:
	case Revoked:
		return none, time.Time{}, fault.New(fault.Unauthenticated, "this token was revoked; sign in again")
	case Expired:
		return none, time.Time{}, fault.New(fault.Unauthenticated, "this token has expired; refresh it or sign in again")
	case Suspended:
		return none, time.Time{}, suspended()
	}
	if !isAllowed(o.allowList, from.Addr) {
		return none, time.Time{}, fault.New(fault.Forbidden, "this token may not be used from your address").WithCode("ADDRESS_REFUSED", nil)
	}
	if o.principal.TokenID != 0 {
		if err := s.noteUse(ctx, o, now); err != nil {
			s.log.WarnContext(ctx, "the use of an integration was not noted", "token", o.principal.TokenID, "error", err)
		}
	}
	return o.speaking(from), o.expiresAt, nil
}

// Check says whether a principal that Authenticate gave still may act, and gives it anew where it does: Changed says that its rights, or its team's
// limits of connections, are others than they were. It reads what holds now, and nothing that was kept.
func (s *Service) Check(ctx context.Context, p auth.Principal, from Caller) (Standing, auth.Principal, error) {
	var o opened
	var found bool
	var err error
	if p.TokenID != 0 {
		o, found, err = s.byAPIToken(ctx, "x.team_id = ? AND x.id = ?", p.TeamID, p.TokenID)
	} else {
		o, found, err = s.bySession(ctx, "x.team_id = ? AND x.family = ? AND x.agent_id = ?", p.TeamID, p.SessionKey, p.AgentID)
		// How long an access token works is its own; here it is the sign-in that is looked at.
		o.expiresAt = time.Time{}
	}
	if err != nil {
		return Revoked, p, err
	}
	if !found {
		return Revoked, p, nil
	}
	if at := o.standing(s.db.Clock().Now()); at != Valid {
		return at, p, nil
	}
	fresh := o.speaking(from)
	if fresh.AuthVersion != p.AuthVersion || fresh.Language != p.Language || fresh.Name != p.Name || fresh.Connections != p.Connections {
		return Changed, fresh, nil
	}
	return Valid, fresh, nil
}

// Admit counts a request of an integration against its own rate: a fault of kind Throttled says when there is room again. It is called once
// for each query and mutation. Agents are bounded elsewhere.
func (s *Service) Admit(ctx context.Context, p auth.Principal) error {
	if p.TokenID == 0 || p.RatePerMinute <= 0 {
		return nil
	}
	wait, err := s.attempts.Take(ctx, "rate:"+p.Key(), attempt.Limit{Tries: p.RatePerMinute, Window: rateWindow})
	if err != nil {
		return err
	}
	if wait > 0 {
		return fault.New(fault.Throttled, "this token may be used %d times a minute", p.RatePerMinute).After(wait)
	}
	return nil
}

// speaking is the principal with the language in which it is spoken to: its own, else the client's, else the team's.
func (o opened) speaking(from Caller) auth.Principal {
	p := o.principal
	for _, l := range []string{p.Language, from.Language, o.language, catalogue.Chinese} {
		if l != "" {
			p.Language = l
			break
		}
	}
	return p
}

func suspended() error {
	return fault.New(fault.Forbidden, "this team is suspended; ask who runs this server").WithCode("TEAM_SUSPENDED", nil)
}

// isAllowed says whether an address is in an allow-list; an empty list allows all.
func isAllowed(list []string, a netip.Addr) bool {
	if len(list) == 0 {
		return true
	}
	a = a.Unmap().WithZone("")
	for _, one := range list {
		if p, err := netip.ParsePrefix(one); err == nil && p.Contains(a) {
			return true
		}
	}
	return false
}

// open finds what a token opens, or what it opened within the last second.
func (s *Service) open(ctx context.Context, token string, now time.Time) (opened, error) {
	hash := digest(token)
	o, era, ok := s.access.get(hash, now)
	if ok {
		return o, nil
	}
	var err error
	switch {
	case isToken(accessPrefix, token):
		o, ok, err = s.bySession(ctx, "x.access_hash = ?", hash)
	case isToken(apiPrefix, token):
		o, ok, err = s.byAPIToken(ctx, "x.token_hash = ?", hash)
	}
	if err != nil {
		return opened{}, err
	}
	if !ok {
		return opened{}, fault.New(fault.Unauthenticated, "this is no token of ours; sign in, and send the access token")
	}
	s.access.keep(hash, o, now, era)
	return o, nil
}

// accessCache keeps what tokens open for a second. A change of rights empties it; what was read before the change and comes to be kept
// after it is dropped, by its era.
type accessCache struct {
	mu   sync.Mutex
	era  uint64
	kept *lru.Cache[string, keptAccess]
}

type keptAccess struct {
	opened
	until time.Time
}

func newAccessCache() *accessCache {
	kept, err := lru.New[string, keptAccess](cacheRoom)
	if err != nil {
		// Only a size below 1 is refused.
		panic(err)
	}
	return &accessCache{kept: kept}
}

func (c *accessCache) get(hash string, now time.Time) (opened, uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept.Get(hash)
	return k.opened, c.era, ok && now.Before(k.until)
}

func (c *accessCache) keep(hash string, o opened, now time.Time, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.era == era {
		c.kept.Add(hash, keptAccess{opened: o, until: now.Add(trusted)})
	}
}

func (c *accessCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	c.kept.Purge()
}
