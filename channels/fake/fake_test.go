package fake_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// platform is the smallest fake platform: it accepts whatever is posted.
type platform struct {
	*fake.Server
	journal  *fake.Journal
	recorder *fake.Recorder
	faults   *fake.Faults
	client   *http.Client
	revoked  chan struct{}
}

func setup(t *testing.T) *platform {
	t.Helper()
	p := &platform{
		journal: fake.NewJournal(), recorder: fake.NewRecorder(clock.Real{}), faults: fake.NewFaults(clock.Real{}),
		client: &http.Client{Transport: &http.Transport{}}, revoked: make(chan struct{}, 1),
	}
	accept := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.journal.Add(fake.Delivery{To: []string{r.URL.Query().Get("to")}, Messages: []fake.Message{{Body: json.RawMessage(body)}}})
		fake.WriteJSON(w, http.StatusOK, map[string]bool{"accepted": true})
	})
	status := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.WriteHeader(status) }
	}
	mux := http.NewServeMux()
	mux.Handle(fake.AdminPath, fake.Admin(p.journal, p.recorder, p.faults))
	mux.Handle("/send", p.recorder.Wrap(p.faults.Wrap("send", fake.Answers{
		Error:      status(500),
		RateLimit:  func(w http.ResponseWriter, _ fake.Fault) { w.WriteHeader(429) },
		QuotaLimit: status(402),
		Revoke:     func(*http.Request) { p.revoked <- struct{}{} },
	}, accept)))
	var err error
	if p.Server, err = fake.Listen("", mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop()
		p.Stop()
		p.client.CloseIdleConnections()
	})
	return p
}

func (p *platform) do(ctx context.Context, t *testing.T, method, path, body string) (int, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, p.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), err
}

func (p *platform) add(t *testing.T, faults ...fake.Fault) {
	t.Helper()
	if err := p.faults.Add(faults...); err != nil {
		t.Fatal(err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fake.FaultKind]struct{ status, accepted int }{
		fake.ErrorBefore: {500, 0},
		fake.ErrorAfter:  {500, 1},
		fake.RateLimit:   {429, 0},
		fake.QuotaLimit:  {402, 0},
		fake.Revoke:      {200, 1},
		fake.Slow:        {200, 1},
	} {
		t.Run(string(kind)+" answers, once", func(t *testing.T) {
			t.Parallel()
			p := setup(t)
			p.add(t, fake.Fault{Kind: kind, Delay: time.Millisecond})
			status, _, err := p.do(t.Context(), t, "POST", "/send", `1`)
			if err != nil || status != want.status || len(p.journal.All()) != want.accepted {
				t.Errorf("status %d, %d accepted, %v", status, len(p.journal.All()), err)
			}
			if kind == fake.Revoke && len(p.revoked) != 1 {
				t.Errorf("the credentials were not taken away")
			}
			if status, _, err := p.do(t.Context(), t, "POST", "/send", `2`); err != nil || status != 200 {
				t.Errorf("then: status %d, %v", status, err)
			}
		})
	}
	for kind, accepted := range map[fake.FaultKind]int{fake.ResetBefore: 0, fake.ResetAfter: 1} {
		t.Run(string(kind)+" breaks the connection", func(t *testing.T) {
			t.Parallel()
			p := setup(t)
			p.add(t, fake.Fault{Kind: kind})
			_, _, err := p.do(t.Context(), t, "POST", "/send", `1`)
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Errorf("got %v", err)
			}
			if n := len(p.journal.All()); n != accepted {
				t.Errorf("%d accepted", n)
			}
		})
	}
	for kind, accepted := range map[fake.FaultKind]int{fake.HangBefore: 0, fake.HangAfter: 1} {
		t.Run(string(kind)+" lasts until the client gives up", func(t *testing.T) {
			t.Parallel()
			p := setup(t)
			p.add(t, fake.Fault{Kind: kind})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, _, err := p.do(ctx, t, "POST", "/send", `1`); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if n := len(p.journal.All()); n != accepted {
				t.Errorf("%d accepted", n)
			}
			if requests := p.recorder.Requests(); len(requests) != 1 || requests[0].Status != 0 || string(requests[0].Body) != "1" {
				t.Errorf("recorded %+v", requests)
			}
		})
	}
	t.Run("a request takes the oldest fault of its operation, as often as it lasts", func(t *testing.T) {
		t.Parallel()
		p := setup(t)
		p.add(t, fake.Fault{Kind: fake.QuotaLimit, Operation: "other"}, fake.Fault{Kind: fake.RateLimit, Operation: "send", Times: 2}, fake.Fault{Kind: fake.ErrorBefore})
		for i, want := range []int{429, 429, 500, 200} {
			if status, _, err := p.do(t.Context(), t, "POST", "/send", `1`); err != nil || status != want {
				t.Errorf("request %d: status %d, %v", i, status, err)
			}
		}
		if left := p.faults.Pending(); len(left) != 1 || left[0].Operation != "other" {
			t.Errorf("left %+v", left)
		}
	})
	t.Run("a kind that does not exist is refused", func(t *testing.T) {
		t.Parallel()
		p := setup(t)
		if err := p.faults.Add(fake.Fault{Kind: fake.Slow}, fake.Fault{Kind: "EXPLODE"}); !fault.Is(err, fault.Invalid) || len(p.faults.Pending()) != 0 {
			t.Errorf("got %v, %v", err, p.faults.Pending())
		}
	})
	t.Run("stopping ends requests that hang", func(t *testing.T) {
		t.Parallel()
		p := setup(t)
		p.add(t, fake.Fault{Kind: fake.HangAfter})
		hung := make(chan error, 1)
		go func() {
			_, _, err := p.do(context.Background(), t, "POST", "/send", `1`)
			hung <- err
		}()
		if _, err := p.journal.Wait(t.Context(), func(all []fake.Delivery) bool { return len(all) == 1 }); err != nil {
			t.Fatal(err)
		}
		p.Stop()
		if err := <-hung; err == nil {
			t.Errorf("it was answered")
		}
	})
}

func TestJournal(t *testing.T) {
	t.Parallel()
	t.Run("tells by recipient, in order, and after a position", func(t *testing.T) {
		t.Parallel()
		p := setup(t)
		for _, to := range []string{"a", "b", "a"} {
			if _, _, err := p.do(t.Context(), t, "POST", "/send?to="+to, `"x"`); err != nil {
				t.Fatal(err)
			}
		}
		if list := p.journal.To("a"); len(list) != 2 || list[0].Seq != 1 || list[1].Seq != 3 {
			t.Errorf("got %+v", list)
		}
		_, body, err := p.do(t.Context(), t, "GET", "/_fake/log?to=a&after=1", "")
		var answer struct{ Deliveries []fake.Delivery }
		if err != nil || json.Unmarshal([]byte(body), &answer) != nil || len(answer.Deliveries) != 1 || answer.Deliveries[0].Seq != 3 {
			t.Errorf("got %s, %v", body, err)
		}
	})
	t.Run("waiting ends with the context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := fake.NewJournal().Wait(ctx, func([]fake.Delivery) bool { return false }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	p := setup(t)
	expect := func(method, path, body string, status int, part string) {
		t.Helper()
		got, answer, err := p.do(t.Context(), t, method, path, body)
		if err != nil || got != status || !strings.Contains(answer, part) {
			t.Errorf("%s %s: %d %s %v", method, path, got, answer, err)
		}
	}
	expect("GET", "/_fake/faults", "", 200, `{"faults":[]}`)
	expect("POST", "/_fake/faults", `{"kind":"SLOW","operation":"send","times":2,"delayMs":1}`, 204, "")
	expect("GET", "/_fake/faults", "", 200, `{"kind":"SLOW","operation":"send","times":2,"delayMs":1}`)
	expect("POST", "/_fake/faults", `{"kind":"EXPLODE"}`, 400, "no kind of fault")
	expect("POST", "/_fake/faults", `{"kind":"SLOW","when":1}`, 400, "message")
	expect("POST", "/_fake/faults", `x`, 400, "message")
	expect("DELETE", "/_fake/faults", "", 204, "")
	expect("GET", "/_fake/faults", "", 200, `{"faults":[]}`)
	expect("POST", "/send?to=a", `"hi"`, 200, "accepted")
	expect("GET", "/_fake/log", "", 200, `"body":"hi"`)
	expect("GET", "/_fake/requests", "", 200, `"path":"/send","query":{"to":["a"]},"status":200`)
	expect("DELETE", "/_fake/log", "", 204, "")
	expect("DELETE", "/_fake/requests", "", 204, "")
	expect("GET", "/_fake/log", "", 200, `{"deliveries":[]}`)
	expect("GET", "/_fake/requests", "", 200, `{"requests":[]}`)
}
