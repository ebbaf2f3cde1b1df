package main

import (
	"bytes"
	"context"
	"os"
	"slices"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// release looks for what must not be shipped.
func release() Scenario {
	return Scenario{
		Name:      "release",
		Proves:    "the program as it is shipped holds no fault point, no planted bug and nothing that reads their settings",
		Databases: []string{rig.SQLite},
		Run: func(_ context.Context, w *rig.World) error {
			words := []string{"TORTURE_", "internal/faultpoint", "internal/planted"}
			traffic, stop := points()
			words = slices.Concat(words, traffic, stop, spoolPoints(), migratePoints())
			for _, b := range planted() {
				words = append(words, b.Name)
			}
			shipped, err := os.ReadFile(string(w.Release))
			if err != nil {
				return err
			}
			tagged, err := os.ReadFile(string(w.Tagged))
			if err != nil {
				return err
			}
			for _, word := range words {
				if bytes.Contains(shipped, []byte(word)) {
					w.Violate("shipped: the program holds %q", word)
				}
				if !bytes.Contains(tagged, []byte(word)) {
					w.Violate("tagged: the program built for torture does not know %q", word)
				}
			}
			w.Count("words", len(words))
			return nil
		},
	}
}
