package server

import (
	"net/http"

	"github.com/switchyard-chat/switchyard/graph/schema"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/server/demo"
	"github.com/switchyard-chat/switchyard/server/graphiql"
	"github.com/switchyard-chat/switchyard/server/origin"
	"github.com/switchyard-chat/switchyard/server/webchat"
	"github.com/switchyard-chat/switchyard/server/welcome"
	"github.com/switchyard-chat/switchyard/server/widget"
)

// routes are everything the server answers.
func (p *parts) routes(c config.Config, isDemo bool, at Running) (http.Handler, error) {
	proxies, err := c.Proxies()
	if err != nil {
		return nil, err
	}
	api, err := origin.New(c.PublicURL, c.AllowedOrigins).Guard(p.transport)
	if err != nil {
		return nil, err
	}
	sdl, err := schema.Text()
	if err != nil {
		return nil, err
	}
	examples, err := graphiql.Examples()
	if err != nil {
		return nil, err
	}
	playground := graphiql.Config{Examples: examples}
	if isDemo {
		for _, a := range demo.Accounts {
			playground.DemoAccounts = append(playground.DemoAccounts, graphiql.Account{Team: demo.Team, Email: a.Email, Password: demo.Password, Role: string(a.Role)})
		}
	}
	page, err := graphiql.Handler(playground)
	if err != nil {
		return nil, err
	}
	window := widget.Config{}
	if isDemo {
		window.DemoKey = demo.WebchatKey
	}
	chat, err := widget.Handler(window)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	mux.Handle(graphiql.Path, page)
	mux.Handle(graphiql.Path+"/", page)
	mux.Handle(welcome.Path, welcome.Handler())
	mux.Handle(welcome.Path+"/", welcome.Handler())
	mux.Handle(widget.Path+"/", chat)
	mux.Handle(webchat.Path+"/", p.windows)
	mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/graphql; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(sdl)
	})
	mux.Handle("POST /webhooks/{type}/{key}", p.webhooks)
	if err := newFiles(p.files, p.exports, p.workspace, p.attempts, p.db.Clock(), p.log).routes(mux, origin.New(c.PublicURL, c.AllowedOrigins).Guard); err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /healthz", p.health.alive)
	mux.HandleFunc("GET /readyz", p.health.ready)
	mux.Handle("GET /metrics", p.metrics.handler())
	if isDemo {
		mux.HandleFunc("GET /demo", func(w http.ResponseWriter, _ *http.Request) {
			write(w, http.StatusOK, demo.Info{Platform: at.PlatformURL})
		})
	}
	mux.Handle("GET /{$}", http.RedirectHandler(graphiql.Path, http.StatusFound))
	return identified(p.random, addressed(proxies, observed(p.log, p.db.Clock(), p.metrics, mux))), nil
}
