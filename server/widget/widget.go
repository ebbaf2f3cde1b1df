// Package widget is the chat window that websites embed, and a small shop that shows it.
//
// The script is plain JavaScript without a build: its parts in script/ are joined in one order, inside one function, so that nothing of it is
// visible to the page but window.SwitchyardChat. It speaks /webchat/v1 on the host that it was loaded from.
package widget

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/switchyard-chat/switchyard/server/asset"
)

// Path is what everything of the package is below: Path/widget.js, Path/demo and the demo's parts.
const Path = "/webchat"

//go:embed script demo
var parts embed.FS

// order is how the parts of the script follow each other: what runs at once needs what is before it.
var order = []string{"base", "texts", "storage", "service", "history", "outbox", "connection", "chat", "elements", "style", "bubble", "view", "start"}

// policy allows the demo page this host alone, and no text to become a page or a script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Config is what a server tells the package.
type Config struct {
	// DemoKey is the public key of the channel whose window the demo page shows. Empty is a server without a demo page.
	DemoKey string
}

// Script gives the script as it is served: its parts in their order, without comments and indentation. An error means that the binary was
// built wrongly.
func Script() ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("/* Switchyard's chat window */\n(() => {\n'use strict';\n")
	for _, name := range order {
		part, err := parts.ReadFile("script/" + name + ".js")
		if err != nil {
			return nil, fmt.Errorf("read the script: %w", err)
		}
		squeeze(&out, string(part))
	}
	out.WriteString("})();\n")
	return out.Bytes(), nil
}

// squeeze writes code without indentation, empty lines, and comments that have lines of their own.
func squeeze(out *bytes.Buffer, code string) {
	isComment := false
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(line)
		isComment = isComment || strings.HasPrefix(line, "/**")
		switch {
		case isComment:
			isComment = !strings.HasSuffix(line, "*/")
		case line != "" && !strings.HasPrefix(line, "//"):
			out.WriteString(line)
			out.WriteByte('\n')
		}
	}
}

// Handler serves the script and the demo page. It answers GET and HEAD to everybody, from pages of any site, and changes nothing. An error
// means that the binary was built wrongly.
func Handler(c Config) (http.Handler, error) {
	mux := http.NewServeMux()
	body, err := Script()
	if err != nil {
		return nil, err
	}
	script, err := asset.New("text/javascript; charset=utf-8", body)
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET "+Path+"/widget.js", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Allow-Origin", "*") // for pages that name the script's hash
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "public, max-age=600")
		if r.URL.Query().Get("v") == script.ETag() {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		script.ServeHTTP(w, r)
	})
	if c.DemoKey == "" {
		return mux, nil
	}
	return mux, demo(mux, c.DemoKey, script.ETag())
}

// demo adds the demo page and its parts.
func demo(mux *http.ServeMux, key, version string) error {
	source, err := parts.ReadFile("demo/demo.html")
	if err != nil {
		return fmt.Errorf("read the demo page: %w", err)
	}
	page, err := template.New("demo").Parse(string(source))
	if err != nil {
		return fmt.Errorf("read the demo page: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, struct{ Key, Version string }{key, version}); err != nil {
		return fmt.Errorf("write the demo page: %w", err)
	}
	serve := func(path, mediaType string, body []byte) error {
		file, err := asset.New(mediaType, body)
		if err != nil {
			return err
		}
		mux.HandleFunc("GET "+Path+path, func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Content-Security-Policy", policy)
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
			h.Set("Cache-Control", "no-cache")
			file.ServeHTTP(w, r)
		})
		return nil
	}
	for name, mediaType := range map[string]string{"demo.css": "text/css; charset=utf-8", "demo.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"} {
		body, err := parts.ReadFile("demo/" + name)
		if err != nil {
			return fmt.Errorf("read the demo page: %w", err)
		}
		if err := serve("/demo/"+name, mediaType, body); err != nil {
			return err
		}
	}
	return serve("/demo", "text/html; charset=utf-8", html.Bytes())
}
