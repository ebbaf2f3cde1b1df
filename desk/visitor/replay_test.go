package visitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/file/filetest"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// A picture that could not be applied is replayed with its upload.
func TestReplay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a := w.begin("")
		x := w.session(a.Token)
		picture := filetest.PNG(8, 8)
		_, f, err := w.visitors.Upload(t.Context(), x, file.UploadInput{Name: "a.png", ContentType: "image/png", Body: bytes.NewReader(picture), Size: int64(len(picture))})
		if err != nil {
			t.Fatal(err)
		}
		e, err := webchat.Said{Key: "visitor:1:kept", Visitor: x.PublicID, UploadID: f.ID, OccurredAt: w.clock.Now()}.Event()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.InboundEvent.Create().SetTeamID(tx.Team).SetChannelID(w.channel.ID).SetDedupeKey(e.DedupeKey).SetKind(string(e.Kind)).SetPlatformMessageID(e.MessageID).
				SetRaw(string(kept)).SetState("FAILED").SetReason("x").SetReceivedAt(tx.Now).SetTriedAt(tx.Now).Exec(ctx)
		})
		if applied, failed, err := w.visitors.Inbound.ReplayAll(t.Context(), w.Team); err != nil || applied != 1 || failed != 0 {
			t.Fatalf("%d applied, %d failed: %v", applied, failed, err)
		}
		if b := w.begin(a.Token); len(b.Messages) != 1 || b.Messages[0].Type != visitor.Image || b.Messages[0].Image.State != "ready" {
			t.Errorf("the history is %+v", b.Messages)
		}
		w.Check()
	})
}
