package conformance

import (
	"context"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// is checks the kind of a fault, and that it gives nothing away.
func is(t *testing.T, p *Platform, what string, err error, kind fault.Kind) {
	t.Helper()
	if fault.Of(err) != kind {
		t.Errorf("%s: got %v, want a fault of kind %q", what, err, kind)
	}
	if err != nil {
		p.hasNoSecret(t, err.Error())
		if fault.As(err).Text == "" {
			t.Errorf("%s: %v says nothing", what, err)
		}
	}
}

// CHAN-13
func (s suite) fetch(t *testing.T) {
	t.Run("the account and a person", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		account, err := p.Adapter.FetchAccount(t.Context(), p.Account)
		if err != nil || account.PlatformID != p.Account.PlatformID || account.DisplayName == "" {
			t.Errorf("account %+v, %v", account, err)
		}
		profile, err := p.Adapter.FetchProfile(t.Context(), p.Account, p.User.ID)
		if err != nil || profile.UserID != p.User.ID || profile.DisplayName == "" {
			t.Errorf("profile %+v, %v", profile, err)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		for _, id := range []string{p.Nobody.ID, "no-such-id", "", "../info", "a/b?c#d", "😀\x00"} {
			_, err := p.Adapter.FetchProfile(t.Context(), p.Account, id)
			is(t, p, id, err, fault.NotFound)
		}
	})
	for fails, kind := range map[fake.FaultKind]fault.Kind{
		fake.ErrorBefore: fault.Unavailable,
		fake.ResetAfter:  fault.Unavailable,
		fake.RateLimit:   fault.Throttled,
		fake.Revoke:      fault.Unauthenticated,
	} {
		t.Run("while "+string(fails), func(t *testing.T) {
			t.Parallel()
			p := s.setup(t)
			// A broken connection is tried again by Go's client where the request can be repeated.
			p.add(t, fake.Fault{Kind: fails, Operation: p.Profile, Times: 5})
			_, err := p.Adapter.FetchProfile(t.Context(), p.Account, p.User.ID)
			is(t, p, "profile", err, kind)
		})
	}
	t.Run("while nobody listens", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.Stop()
		_, err := p.Adapter.FetchAccount(t.Context(), p.Account)
		is(t, p, "account", err, fault.Unavailable)
		_, err = p.Adapter.FetchProfile(t.Context(), p.Account, p.User.ID)
		is(t, p, "profile", err, fault.Unavailable)
	})
	t.Run("while the caller leaves", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.add(t, fake.Fault{Kind: fake.HangBefore, Operation: p.Profile})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		result := make(chan error, 1)
		go func() {
			_, err := p.Adapter.FetchProfile(ctx, p.Account, p.User.ID)
			result <- err
		}()
		if _, err := p.Requests.Wait(t.Context(), func(all []fake.Request) bool { return len(all) == 1 }); err != nil {
			t.Fatal(err)
		}
		cancel()
		is(t, p, "profile", <-result, fault.Unavailable)
	})
	t.Run("without credentials", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.Account.Credentials = nil
		_, err := p.Adapter.FetchAccount(t.Context(), p.Account)
		is(t, p, "account", err, fault.Unauthenticated)
		got := p.Adapter.Send(t.Context(), p.Account, s.text(p, "hi"))
		if got.Outcome != channels.Refused || !got.AccountLost || got.Code != channels.CodeCredentialsRevoked {
			t.Errorf("got %+v", got)
		}
		if n := len(p.Requests.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

// GRP-3..6, GRP-8
func (s suite) groups(t *testing.T) {
	p := s.setup(t)
	if !p.Adapter.Capability().HasGroups {
		return
	}
	group, err := p.Adapter.FetchGroup(t.Context(), p.Account, p.Group)
	if err != nil || group.ID != p.Group.ID || group.Name == "" || group.MemberCount != 3 {
		t.Errorf("group %+v, %v", group, err)
	}
	member, err := p.Adapter.FetchMember(t.Context(), p.Account, p.Group, p.Member)
	if err != nil || member.UserID != p.Member || member.DisplayName == "" {
		t.Errorf("member %+v, %v", member, err)
	}
	account, err := p.Adapter.FetchAccount(t.Context(), p.Account)
	if err != nil {
		t.Fatal(err)
	}
	members, err := p.Adapter.ListMembers(t.Context(), p.Account, p.Group)
	if account.CanListMembers && (err != nil || len(members) != 3 || !slices.Contains(members, p.Member)) {
		t.Errorf("members %v, %v", members, err)
	}
	if !account.CanListMembers {
		is(t, p, "members", err, fault.Forbidden)
	}
	message := s.text(p, "hi")
	message.To = p.Group
	sent(t, p, p.Adapter.Send(t.Context(), p.Account, message), message)

	if err := p.Adapter.LeaveGroup(t.Context(), p.Account, p.Group); err != nil {
		t.Fatalf("leave: %v", err)
	}
	for what, peer := range map[string]channels.Peer{"left": p.Group, "never joined": p.NoGroup, "a person": p.User, "none": {}} {
		_, err := p.Adapter.FetchGroup(t.Context(), p.Account, peer)
		is(t, p, "group "+what, err, fault.NotFound)
		_, err = p.Adapter.FetchMember(t.Context(), p.Account, peer, p.Member)
		is(t, p, "member "+what, err, fault.NotFound)
		_, err = p.Adapter.ListMembers(t.Context(), p.Account, peer)
		is(t, p, "members "+what, err, fault.NotFound)
		is(t, p, "leave "+what, p.Adapter.LeaveGroup(t.Context(), p.Account, peer), fault.NotFound)
	}
	for _, peer := range []channels.Peer{p.Group, p.NoGroup} {
		message := s.text(p, "hi")
		message.To = peer
		got := p.Adapter.Send(t.Context(), p.Account, message)
		notSent(t, p, got, channels.Refused, channels.CodeRecipientGone)
		if !got.GroupGone || got.AccountLost {
			t.Errorf("got %+v", got)
		}
	}
}

// CHAN-10
func (s suite) check(t *testing.T) {
	const webhook = "https://desk.example.com/webhooks/x"
	lines := func(t *testing.T, p *Platform) (names []string, failed int) {
		t.Helper()
		checks, err := p.Adapter.Check(t.Context(), p.Account, webhook)
		if err != nil {
			t.Fatalf("check: %v", err)
		}
		for _, c := range checks {
			if c.Name == "" || c.Text == "" || slices.Contains(names, c.Name) {
				t.Errorf("line %+v", c)
			}
			switch c.Status {
			case channels.CheckFailed:
				failed++
			case channels.CheckOK, channels.CheckUnknown:
			default:
				t.Errorf("line %+v", c)
			}
			p.hasNoSecret(t, c.Text)
			names = append(names, c.Name)
		}
		return names, failed
	}
	t.Run("has the same lines whatever the platform answers", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		before, _ := lines(t, p)
		p.add(t, fake.Fault{Kind: fake.Revoke, Operation: p.Send})
		p.Adapter.Send(t.Context(), p.Account, s.text(p, "hi"))
		after, failed := lines(t, p)
		if len(before) == 0 || !slices.Equal(before, after) || failed == 0 {
			t.Errorf("%v, then %v with %d failed", before, after, failed)
		}
	})
	t.Run("is no check when nobody listens", func(t *testing.T) {
		t.Parallel()
		p := s.setup(t)
		p.Stop()
		checks, err := p.Adapter.Check(t.Context(), p.Account, webhook)
		is(t, p, "check", err, fault.Unavailable)
		if checks != nil {
			t.Errorf("got %+v", checks)
		}
	})
}
