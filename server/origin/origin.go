// Package origin says which pages of browsers may call the server.
package origin

import (
	"net/http"
	"strings"

	"github.com/rs/cors"
)

// RequestHeader carries a request's id, in from a trusted caller's own and out in every answer.
const RequestHeader = "X-Request-Id"

// Origins are the pages that may call from a browser: the listed ones and the server's own.
type Origins struct {
	listed map[string]bool
	own    string // scheme://host of PUBLIC_URL
}

// New makes them of the address at which browsers reach the server, and of the origins an operator listed, as https://desk.example.com.
func New(public string, listed []string) Origins {
	o := Origins{listed: map[string]bool{}, own: strings.ToLower(public)}
	if i := strings.Index(o.own, "://"); i >= 0 {
		if j := strings.IndexByte(o.own[i+3:], '/'); j >= 0 {
			o.own = o.own[:i+3+j]
		}
	}
	for _, l := range listed {
		o.listed[strings.ToLower(l)] = true
	}
	return o
}

// Allows says whether a page of the origin may call. A page that this very request's host served is the server's own.
func (o Origins) Allows(origin string, r *http.Request) bool {
	origin = strings.ToLower(origin)
	if o.listed[origin] || origin == o.own {
		return true
	}
	scheme, host, ok := strings.Cut(origin, "://")
	return ok && (scheme == "http" || scheme == "https") && host != "" && strings.EqualFold(host, r.Host)
}

// Guard lets browsers' pages of other origins in only where they are listed: CORS tells browsers, and a request that changes something
// and comes from elsewhere is refused whatever the browser thinks.
func (o Origins) Guard(next http.Handler) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	for l := range o.listed {
		if err := protection.AddTrustedOrigin(l); err != nil {
			return nil, err
		}
	}
	if o.own != "" {
		if err := protection.AddTrustedOrigin(o.own); err != nil {
			return nil, err
		}
	}
	shared := cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) { return o.Allows(origin, r), nil },
		AllowedMethods:             []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:             []string{"Authorization", "Content-Type", "Accept", "Accept-Language", "Upload-Name", "Range", "If-None-Match", RequestHeader},
		ExposedHeaders:             []string{RequestHeader, "Retry-After", "ETag", "Content-Disposition", "Content-Range"},
		MaxAge:                     600,
	})
	return shared.Handler(protection.Handler(next)), nil
}
