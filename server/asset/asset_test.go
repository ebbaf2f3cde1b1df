package asset_test

import (
	"net/http"
	"testing"

	"github.com/switchyard-chat/switchyard/server/asset"
)

func TestTakesGzip(t *testing.T) {
	t.Parallel()
	for accepts, want := range map[string]bool{
		"": false, "gzip": true, "br, GZIP;q=0.5": true, "*": true, "gzip;q=0": false, "gzip; q=0.000, *": false, "*;q=0": false, "br": false,
	} {
		if got := asset.TakesGzip(http.Header{"Accept-Encoding": {accepts}}); got != want {
			t.Errorf("%q: %t", accepts, got)
		}
	}
}
