package data

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/internal/testkit/corpus"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// person is what a contact is like.
type person struct {
	name         string
	tags         []int64
	phone, email string
	city         int // -1 for none
	spent        int
}

func (l *load) person(id int64) person {
	d := roll(forContact, uint64(id)) //nolint:gosec // ids are not negative
	p := person{name: corpus.Name(d.draw), city: -1}
	if d.draw(5) == 0 {
		p.name = []string{"Ann ", "Ben ", "Cleo ", "Dan ", "Eve "}[d.draw(5)] + strconv.Itoa(d.draw(10_000))
	}
	first, many := int64(1), Tags
	if id > int64(l.Conversations) {
		first, many = Tags+1, 5
	}
	for range d.draw(4) {
		p.tags = append(p.tags, first+int64(min(d.draw(many), d.draw(many))))
	}
	slices.Sort(p.tags)
	p.tags = slices.Compact(p.tags)
	if d.draw(10) < 3 {
		p.phone = fmt.Sprintf("09%08d", id)
	}
	if d.draw(10) < 3 {
		p.email = fmt.Sprintf("customer%d@mail.example", id)
	}
	if id <= int64(l.Conversations) {
		p.city, p.spent = d.draw(Cities), d.draw(10_000)
	}
	return p
}

func (l *load) teamOf(id int64) (team, channel int64) {
	if id > int64(l.Conversations) {
		return SmallTeam, SmallChannel
	}
	return Large, LargeChannel
}

// eachContact writes what f writes for every contact.
func (l *load) eachContact(ctx context.Context, table, columns string, f func(r *rows, id, team int64, p person) error) error {
	return fill(ctx, l.c, table, columns, func(r *rows) error {
		for id := int64(1); id <= l.all(); id++ {
			team, _ := l.teamOf(id)
			if err := f(r, id, team, l.person(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *load) contacts(ctx context.Context) error {
	if err := l.eachContact(ctx, "contacts", "id, team_id, created_at, updated_at, first_name, name, name_folded, tag_ids", func(r *rows, id, team int64, p person) error {
		at := l.at(l.first[id-1])
		r.num(id)
		r.num(team)
		r.time(at)
		r.time(at)
		r.text(p.name)
		r.text(p.name)
		r.text(text.Fold(p.name))
		r.list(p.tags)
		for _, t := range p.tags {
			l.tagged[t]++
		}
		return r.end()
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "identities", "id, team_id, created_at, updated_at, platform_user_id, display_name, reach, profile_fetched_at, first_seen_at, channel_id, contact_id",
		func(r *rows, id, team int64, p person) error {
			at := l.at(l.first[id-1])
			_, channel := l.teamOf(id)
			r.num(id)
			r.num(team)
			r.time(at)
			r.time(at)
			r.text(UserID(id))
			r.text(p.name)
			r.text("REACHABLE")
			r.time(time.Now())
			r.time(at)
			r.num(channel)
			r.num(id)
			return r.end()
		}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "taggings", "team_id, first_at, last_at, tag_id, contact_id", func(r *rows, id, team int64, p person) error {
		for _, t := range p.tags {
			at := l.at(l.first[id-1])
			r.num(team)
			r.time(at)
			r.time(at)
			r.num(t)
			r.num(id)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "contact_phones", "team_id, typed, e164, digits, contact_id", func(r *rows, id, team int64, p person) error {
		if p.phone == "" {
			return nil
		}
		r.num(team)
		r.text(p.phone)
		r.text("+886" + p.phone[1:])
		r.text(p.phone)
		r.num(id)
		return r.end()
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "contact_emails", "team_id, email, email_folded, contact_id", func(r *rows, id, team int64, p person) error {
		if p.email == "" {
			return nil
		}
		r.num(team)
		r.text(p.email)
		r.text(p.email)
		r.num(id)
		return r.end()
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "custom_field_values", "team_id, field_id, contact_id, key_value, number_value, text_value", func(r *rows, id, team int64, p person) error {
		if p.city < 0 {
			return nil
		}
		r.num(team)
		r.num(City)
		r.num(id)
		r.text(CityOption(p.city))
		r.null()
		r.null()
		if err := r.end(); err != nil {
			return err
		}
		r.num(team)
		r.num(Spent)
		r.num(id)
		r.null()
		r.num(int64(p.spent))
		r.num(int64(p.spent))
		return r.end()
	}); err != nil {
		return err
	}
	return l.tags(ctx)
}

func (l *load) tags(ctx context.Context) error {
	return fill(ctx, l.c, "tags", "id, team_id, created_at, updated_at, name, name_folded, colour, contact_count", func(r *rows) error {
		for id := int64(1); id <= Tags+5; id++ {
			team := Large
			if id > Tags {
				team = SmallTeam
			}
			name := fmt.Sprintf("標籤 %d", id)
			r.num(id)
			r.num(team)
			r.time(l.base())
			r.time(l.base())
			r.text(name)
			r.text(text.Fold(name))
			r.text("RED")
			r.num(l.tagged[id])
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	})
}
