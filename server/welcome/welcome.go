// Package welcome is the page that single-use links open: it sets a password by an invitation or a reset, through the API, and leads on.
package welcome

import (
	_ "embed"
	"net/http"
)

// Path is where the page is.
const Path = "/welcome"

//go:embed welcome.html
var page []byte

//go:embed welcome.js
var script []byte

// Handler serves the page and its script. The token of a link stands behind the #, which browsers send to nobody.
func Handler() http.Handler {
	mux := http.NewServeMux()
	serve := func(path, contentType string, body []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Content-Type", contentType)
			h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "no-referrer")
			h.Set("Cache-Control", "no-store")
			_, _ = w.Write(body)
		})
	}
	serve(Path, "text/html; charset=utf-8", page)
	serve(Path+"/welcome.js", "text/javascript; charset=utf-8", script)
	return mux
}
