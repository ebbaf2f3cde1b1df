package widget_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/server/widget"
)

// setup gives a way to GET from a handler.
func setup(t *testing.T, c widget.Config) func(target string, header http.Header) *http.Response {
	t.Helper()
	handler, err := widget.Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	return func(target string, header http.Header) *http.Response {
		request := httptest.NewRequest(http.MethodGet, target, nil)
		for name, values := range header {
			request.Header[name] = values
		}
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		return recorder.Result()
	}
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// CHAN-12: the embeddable script is one file of less than 30 KB compressed.
func TestTheScriptIsSmall(t *testing.T) {
	t.Parallel()
	response := setup(t, widget.Config{})("/webchat/widget.js", http.Header{"Accept-Encoding": {"gzip"}})
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("status %d, encoding %q", response.StatusCode, response.Header.Get("Content-Encoding"))
	}
	zipped := read(t, response.Body)
	if len(zipped) >= 30_000 {
		t.Errorf("the script has %d bytes compressed", len(zipped))
	}
	plain, err := gzip.NewReader(bytes.NewReader([]byte(zipped)))
	if err != nil {
		t.Fatal(err)
	}
	script, err := widget.Script()
	if err != nil {
		t.Fatal(err)
	}
	if read(t, plain) != string(script) {
		t.Error("what is sent compressed is not the script")
	}
	if plain := read(t, setup(t, widget.Config{})("/webchat/widget.js", nil).Body); plain != string(script) {
		t.Error("what is sent plainly is not the script")
	}
}

// MSG-18: the script has no way to make markup or code out of text, and names no other host.
func TestTheScriptHasNoSinks(t *testing.T) {
	t.Parallel()
	script, err := widget.Script()
	if err != nil {
		t.Fatal(err)
	}
	sinks := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc|DOMParser|createContextualFragment|setTimeout\(['"]|import\(|javascript:`)
	if found := sinks.FindAllString(string(script), -1); len(found) > 0 {
		t.Errorf("the script uses %v", found)
	}
	for _, host := range regexp.MustCompile(`https?://[a-z0-9.-]+`).FindAllString(string(script), -1) {
		if host != "http://www.w3.org" { // the name of SVG, which nobody asks
			t.Errorf("the script names %s", host)
		}
	}
}

// Every part of the source is in the script, once, and only comments and indentation are not.
func TestTheScriptIsWhole(t *testing.T) {
	t.Parallel()
	script, err := widget.Script()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for line := range strings.Lines(string(script)) {
		at[strings.TrimSpace(line)]++
	}
	if err := fs.WalkDir(os.DirFS("script"), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := os.ReadFile(filepath.Join("script", path))
		if err != nil {
			return err
		}
		isComment := regexp.MustCompile(`^(//|/\*\*|\*/|\* )`)
		for line := range strings.Lines(string(source)) {
			line = strings.TrimSpace(line)
			if line != "" && at[line] == 0 && !isComment.MatchString(line) && line != "*" {
				t.Errorf("%s: %q is not in the script", path, line)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(script), "\n* { box-sizing") {
		t.Error("the style sheet was taken for a comment")
	}
}

func TestTheScriptIsCached(t *testing.T) {
	t.Parallel()
	get := setup(t, widget.Config{DemoKey: "demo"})
	first := get("/webchat/widget.js", nil)
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=600", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*", "Vary": "Accept-Encoding",
	} {
		if got := first.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if again := get("/webchat/widget.js", http.Header{"If-None-Match": {first.Header.Get("ETag")}}); again.StatusCode != http.StatusNotModified {
		t.Errorf("the same script again is %d", again.StatusCode)
	}
	// The two forms are not one another's: a cache would mix them up.
	if zipped := get("/webchat/widget.js", http.Header{"Accept-Encoding": {"gzip"}, "If-None-Match": {first.Header.Get("ETag")}}); zipped.StatusCode != http.StatusOK {
		t.Errorf("the compressed script is %d to one who has the plain one", zipped.StatusCode)
	}
	version := regexp.MustCompile(`widget\.js\?v=([0-9a-f]+)`).FindStringSubmatch(read(t, get("/webchat/demo", nil).Body))
	if version == nil {
		t.Fatal("the demo page embeds no version")
	}
	for v, want := range map[string]string{version[1]: "public, max-age=31536000, immutable", "another": "public, max-age=600"} {
		if got := get("/webchat/widget.js?v="+v, nil).Header.Get("Cache-Control"); got != want {
			t.Errorf("with v=%s it is %q", v, got)
		}
	}
}

// CHAN-12: the demo page embeds the script as a website does, and may ask no other host for anything.
func TestTheDemoPage(t *testing.T) {
	t.Parallel()
	get := setup(t, widget.Config{DemoKey: `a"><b>`})
	page := get("/webchat/demo", nil)
	policy := page.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self';", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy has no %q: %s", want, policy)
		}
	}
	body := read(t, page.Body)
	if strings.Contains(body, `a"><b>`) || !strings.Contains(body, `data-channel-key="a&#34;&gt;&lt;b&gt;"`) {
		t.Error("the key is not written as an attribute's value")
	}
	if found := regexp.MustCompile(`<script>|<style|\son[a-z]+=|\sstyle=|https?://`).FindString(body); found != "" {
		t.Errorf("the page has %q", found)
	}
	for _, part := range []string{"/webchat/demo/demo.css", "/webchat/demo/demo.js"} {
		if response := get(part, nil); response.StatusCode != http.StatusOK {
			t.Errorf("%s is %d", part, response.StatusCode)
		}
	}
	if none := setup(t, widget.Config{})("/webchat/demo", nil); none.StatusCode != http.StatusNotFound {
		t.Errorf("without a demo channel the page is %d", none.StatusCode)
	}
}
