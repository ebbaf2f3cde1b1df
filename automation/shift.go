package automation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/switchyard-chat/switchyard/automation/duty"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/predicate"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/shift"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// What working hours may have.
const (
	maxShifts      = 200
	maxHolidays    = 400
	maxShiftAgents = 1000
)

// ShiftUpdate says what working hours are; what is nil stays, or where they are new is what it is at first.
type ShiftUpdate struct {
	ID   int64
	Name *string
	// TimeZone is an IANA name; the team's at first.
	TimeZone *string
	// Days are those on which they begin: 1 is Monday, 7 Sunday.
	Days *[]int
	// StartsAt and EndsAt are times of day, HH:MM.
	StartsAt, EndsAt *string
	Holidays         *[]string
	AgentIDs         *[]int64
}

// Reckoned gives working hours as they are reckoned with.
func Reckoned(r *ent.Shift) (duty.Shift, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return duty.Shift{}, fmt.Errorf("working hours %d: %w", r.ID, err)
	}
	return duty.Shift{Zone: zone, Days: r.Days, Starts: r.StartsAt, Ends: r.EndsAt, Holidays: r.Holidays, Agents: r.AgentIds}, nil
}

// TimeOfDay writes minutes after midnight as HH:MM.
func TimeOfDay(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func timeOfDay(field, s string) (int, error) {
	at, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, fault.Input(field, "this is a time of day such as 09:30")
	}
	return at.Hour()*60 + at.Minute(), nil
}

// CreateShift makes working hours (PROD-2). Faults: Forbidden for all but ADMINs, Invalid, Conflict for a name that is taken.
func (s *Service) CreateShift(ctx context.Context, p auth.Principal, in ShiftUpdate) (*ent.Shift, event.Cursor, error) {
	var made *ent.Shift
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Shift.Query().Count(ctx)
		if err != nil {
			return fmt.Errorf("count working hours: %w", err)
		}
		if n >= maxShifts {
			return fault.Input("name", "a team has at most %d working hours", maxShifts).WithCode("LIMIT_EXCEEDED", map[string]any{"limit": maxShifts})
		}
		t, err := tx.Client.Team.Get(ctx, tx.Team)
		if err != nil {
			return fmt.Errorf("read team: %w", err)
		}
		name, err := asName("name", *in.Name)
		if err != nil {
			return err
		}
		r, err := tx.Shift.Create().SetTeamID(tx.Team).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).SetName(name).SetNameFolded(text.Fold(name)).
			SetTimeZone(t.TimeZone).SetDays([]int{}).SetStartsAt(0).SetEndsAt(0).Save(ctx)
		if sqlgraph.IsUniqueConstraintError(err) {
			return isTaken(err, name)
		}
		if err != nil {
			return fmt.Errorf("create working hours: %w", err)
		}
		in.ID, in.Name = r.ID, nil
		made, err = s.updateShift(ctx, tx, 0, in)
		return err
	})
	return made, at, err
}

// UpdateShift changes working hours. Faults as in CreateShift, and NotFound.
func (s *Service) UpdateShift(ctx context.Context, p auth.Principal, in ShiftUpdate) (*ent.Shift, event.Cursor, error) {
	var made *ent.Shift
	at, err := s.change(ctx, p, func(ctx context.Context, tx *store.Tx) (err error) {
		made, err = s.updateShift(ctx, tx, 1, in)
		return err
	})
	return made, at, err
}

func (s *Service) updateShift(ctx context.Context, tx *store.Tx, raises int, in ShiftUpdate) (*ent.Shift, error) {
	u := tx.Shift.UpdateOneID(in.ID).AddVersion(raises).SetUpdatedAt(tx.Now)
	name := ""
	if in.Name != nil {
		var err error
		if name, err = asName("name", *in.Name); err != nil {
			return nil, err
		}
		u.SetName(name).SetNameFolded(text.Fold(name))
	}
	if err := hours(u, in); err != nil {
		return nil, err
	}
	if in.AgentIDs != nil {
		ids := slices.Compact(slices.Sorted(slices.Values(*in.AgentIDs)))
		if len(ids) > maxShiftAgents {
			return nil, fault.Input("agentIds", "at most %d agents", maxShiftAgents)
		}
		n, err := tx.Agent.Query().Where(agent.IDIn(ids...)).Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("find agents: %w", err)
		}
		if n != len(ids) {
			return nil, fault.Input("agentIds", "one of these agents does not exist")
		}
		u.SetAgentIds(some(ids))
	}
	r, err := u.Save(ctx)
	switch {
	case sqlgraph.IsUniqueConstraintError(err):
		return nil, isTaken(err, name)
	case ent.IsNotFound(err):
		return nil, fault.Missing("the working hours")
	case err != nil:
		return nil, fmt.Errorf("change working hours %d: %w", in.ID, err)
	}
	return r, nil
}

// hours sets the days, the times and the zone.
func hours(u *ent.ShiftUpdateOne, in ShiftUpdate) error {
	if in.TimeZone != nil {
		if _, err := time.LoadLocation(*in.TimeZone); err != nil || *in.TimeZone == "" || strings.EqualFold(*in.TimeZone, "local") {
			return fault.Input("timeZone", "this is an IANA time zone such as Asia/Taipei")
		}
		u.SetTimeZone(*in.TimeZone)
	}
	if in.Days != nil {
		days := slices.Compact(slices.Sorted(slices.Values(*in.Days)))
		if len(days) == 0 || days[0] < 1 || days[len(days)-1] > 7 {
			return fault.Input("days", "one to seven days of the week")
		}
		u.SetDays(days)
	}
	if in.StartsAt != nil {
		at, err := timeOfDay("startsAt", *in.StartsAt)
		if err != nil {
			return err
		}
		u.SetStartsAt(at)
	}
	if in.EndsAt != nil {
		at, err := timeOfDay("endsAt", *in.EndsAt)
		if err != nil {
			return err
		}
		u.SetEndsAt(at)
	}
	if in.Holidays != nil {
		days := slices.Compact(slices.Sorted(slices.Values(*in.Holidays)))
		if len(days) > maxHolidays {
			return fault.Input("holidays", "at most %d days", maxHolidays)
		}
		for _, d := range days {
			if _, err := time.Parse(time.DateOnly, d); err != nil {
				return fault.Input("holidays", "%q is no day of the calendar", d)
			}
		}
		u.SetHolidays(some(days))
	}
	return nil
}

// DeleteShift deletes working hours. Faults: Forbidden, NotFound.
func (s *Service) DeleteShift(ctx context.Context, p auth.Principal, id int64) (event.Cursor, error) {
	return s.change(ctx, p, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Shift.DeleteOneID(id).Exec(ctx); err != nil {
			return missing(err, "the working hours")
		}
		return nil
	})
}

// GetShift finds working hours. Faults: Forbidden, NotFound.
func (s *Service) GetShift(ctx context.Context, p auth.Principal, id int64) (*ent.Shift, error) {
	if err := requireRead(p); err != nil {
		return nil, err
	}
	var r *ent.Shift
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		if r, err = v.Shift.Get(ctx, id); err != nil {
			return missing(err, "the working hours")
		}
		return nil
	})
	return r, err
}

// ListShifts lists working hours by name.
func (s *Service) ListShifts(ctx context.Context, p auth.Principal, w page.Window) ([]*ent.Shift, page.Result, error) {
	if err := requireRead(p); err != nil {
		return nil, page.Result{}, err
	}
	const list = "workingHours"
	where, err := page.Between[string, predicate.Shift](w, list, shift.FieldNameFolded)
	if err != nil {
		return nil, page.Result{}, err
	}
	var rows []*ent.Shift
	err = s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) error {
		rows, err = v.Shift.Query().Where(where...).Order(page.InOrder(w, shift.FieldNameFolded)).Limit(w.Limit + 1).All(ctx)
		return err
	})
	if err != nil {
		return nil, page.Result{}, fmt.Errorf("list working hours: %w", err)
	}
	rows, result := page.Cut(w, rows, func(r *ent.Shift) string { return page.Cursor(list, r.NameFolded, r.ID) })
	return rows, result, nil
}
