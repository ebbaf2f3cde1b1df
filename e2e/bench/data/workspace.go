package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// base is when things were made that were there from the beginning.
func (l *load) base() time.Time { return l.at(-1000) }

func (l *load) workspace(ctx context.Context) error {
	now := l.base()
	if err := fill(ctx, l.c, "agents", "id, team_id, created_at, updated_at, email, email_folded, name, name_folded, role, status, permissions", func(r *rows) error {
		for id := int64(1); id <= agents+smallAgents; id++ {
			team, role, permissions := Large, "AGENT", `["SEND_MESSAGES"]`
			if id > agents {
				team = SmallTeam
			}
			if id == Boss || id == SmallBoss {
				role, permissions = "ADMIN", `["SEND_MESSAGES","MANAGE_OTHERS","SEE_PERSONAL_DATA"]`
			}
			mail, name := fmt.Sprintf("agent%d@bench.example", id), fmt.Sprintf("客服 %d", id)
			r.num(id)
			r.num(team)
			r.time(now)
			r.time(now)
			r.text(mail)
			r.text(mail)
			r.text(name)
			r.text(text.Fold(name))
			r.text(role)
			r.text("ACTIVE")
			r.text(permissions)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if _, err := l.c.Exec(ctx, `INSERT INTO roles (team_id, created_at, updated_at, role, permissions) SELECT t, $1, $1, r, '["SEND_MESSAGES"]'
		FROM unnest(ARRAY[$2::bigint, $3]) t, unnest(ARRAY['ADMIN', 'AGENT']) r`, now, Large, SmallTeam); err != nil {
		return err
	}
	until := time.Now().AddDate(1, 0, 0)
	if err := fill(ctx, l.c, "sessions", "team_id, agent_id, family, access_hash, refresh_hash, access_expires_at, refresh_expires_at, created_at", func(r *rows) error {
		for id := int64(1); id <= agents+smallAgents; id++ {
			sum := sha256.Sum256([]byte(Token(id)))
			team := Large
			if id > agents {
				team = SmallTeam
			}
			r.num(team)
			r.num(id)
			r.text(fmt.Sprintf("bench-%d", id))
			r.text(hex.EncodeToString(sum[:]))
			r.text(fmt.Sprintf("bench-%d", id))
			r.time(until)
			r.time(until)
			r.time(now)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return errors.Join(l.channel(ctx, Large, LargeChannel), l.channel(ctx, SmallTeam, SmallChannel), l.fields(ctx))
}

func (l *load) channel(ctx context.Context, team, id int64) error {
	keys, err := seal.NewKeyring(seal.Hide(SecretKey), random.New())
	if err != nil {
		return err
	}
	plain, err := json.Marshal(map[string]string{line.ChannelSecret: ChannelSecret, line.ChannelAccessToken: AccessToken})
	if err != nil {
		return err
	}
	place := "channel:" + strconv.FormatInt(team, 10) + ":" + strconv.FormatInt(id, 10)
	_, err = l.c.Exec(ctx, `INSERT INTO channels (id, team_id, created_at, updated_at, type, name, webhook_key, platform_id, claim, credentials, account_name, can_list_members)
		VALUES ($1, $2, $3, $3, 'LINE', '官方帳號', $4, $5::text, 'LINE:' || $5::text, $6, '官方帳號', true)`, id, team, l.base(), WebhookKey(team), BotID(team), keys.Seal(plain, place))
	return err
}

func (l *load) fields(ctx context.Context) error {
	options := make([]map[string]string, Cities)
	for i := range options {
		options[i] = map[string]string{"id": CityOption(i), "label": fmt.Sprintf("城市 %d", i)}
	}
	list, err := json.Marshal(options)
	if err != nil {
		return err
	}
	now := l.base()
	_, err = l.c.Exec(ctx, `INSERT INTO custom_field_categories (id, team_id, created_at, updated_at, name, name_folded) VALUES (1, $1, $2, $2, '會員', '會員')`, Large, now)
	if err != nil {
		return err
	}
	_, err = l.c.Exec(ctx, `INSERT INTO custom_fields (id, team_id, created_at, updated_at, name, name_folded, type, options, position, category_id) VALUES
		($1, $2, $3, $3, '城市', '城市', 'SINGLE_CHOICE', $4::jsonb, 0, 1), ($5, $2, $3, $3, '累計消費', '累計消費', 'NUMBER', NULL, 1, 1)`, City, Large, now, string(list), Spent)
	return err
}

// CityOption is the id of a value of the field City.
func CityOption(n int) string { return fmt.Sprintf("c%d", n) }
