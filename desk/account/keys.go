package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// CheckKeys says whether the keys of this server open what was sealed: it tries the newest channel of all teams. With the wrong keys nothing
// could be sent or taken in, so a server looks before it starts.
func (s *Service) CheckKeys(ctx context.Context) error {
	var id, team int64
	var sealed []byte
	found, err := s.cfg.DB.Across(store.Entries).Find(ctx, "SELECT id, team_id, credentials FROM channels WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 1", nil, &id, &team, &sealed)
	if err != nil || !found {
		return err
	}
	if _, err := s.cfg.Keys.Open(sealed, place(team, id)); errors.Is(err, seal.ErrBroken) {
		return fmt.Errorf("SECRET_KEY does not open the credentials of channel %s: put back the key that they were sealed with (behind a comma it only opens)",
			strconv.FormatInt(id, 10))
	}
	return nil
}
