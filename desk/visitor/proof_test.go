package visitor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/visitor"
)

// CHAN-12: a member's id counts with a valid HMAC alone; the worked examples are those of docs/webchat.md.
func TestProves(t *testing.T) {
	t.Parallel()
	const simple, timed = "0f6ca0071ca549e0af9a147e684c3c328f161cb660304d24e32b4a2ea96968df", "bdad01db882ebdfccd843bc73186ae6851fd865da9a6997abbeb021e7c8d8420"
	const at = 1763000000
	proof := func(change ...func(*visitor.Proof)) visitor.Proof {
		p := visitor.Proof{ExternalID: "member-10023", Hash: simple}
		for _, f := range change {
			f(&p)
		}
		return p
	}
	withTime := func(p *visitor.Proof) { p.Hash, p.Time = timed, at }
	for name, c := range map[string]struct {
		secrets []string
		proof   visitor.Proof
		off     time.Duration
		want    bool
	}{
		"the simple form":            {[]string{secret}, proof(), 0, true},
		"the simple form, any time":  {[]string{secret}, proof(), 1000 * time.Hour, true},
		"in capitals":                {[]string{secret}, proof(func(p *visitor.Proof) { p.Hash = strings.ToUpper(p.Hash) }), 0, true},
		"with the secret before":     {[]string{"new", secret}, proof(), 0, true},
		"with time":                  {[]string{secret}, proof(withTime), 0, true},
		"ten minutes later":          {[]string{secret}, proof(withTime), 10 * time.Minute, true},
		"ten minutes earlier":        {[]string{secret}, proof(withTime), -10 * time.Minute, true},
		"later":                      {[]string{secret}, proof(withTime), 10*time.Minute + time.Second, false},
		"earlier":                    {[]string{secret}, proof(withTime), -10*time.Minute - time.Second, false},
		"another time":               {[]string{secret}, proof(withTime, func(p *visitor.Proof) { p.Time++ }), 0, false},
		"its time left out":          {[]string{secret}, proof(withTime, func(p *visitor.Proof) { p.Time = 0 }), 0, false},
		"the simple one with a time": {[]string{secret}, proof(func(p *visitor.Proof) { p.Time = at }), 0, false},
		"another member":             {[]string{secret}, proof(func(p *visitor.Proof) { p.ExternalID = "member-10024" }), 0, false},
		"another secret":             {[]string{"new"}, proof(), 0, false},
		"no secret":                  {nil, proof(), 0, false},
		"no hash":                    {[]string{secret}, proof(func(p *visitor.Proof) { p.Hash = "" }), 0, false},
		"half a hash":                {[]string{secret}, proof(func(p *visitor.Proof) { p.Hash = simple[:32] }), 0, false},
		"no hexadecimal":             {[]string{secret}, proof(func(p *visitor.Proof) { p.Hash = "x" + simple[1:] }), 0, false},
		"nobody":                     {[]string{secret}, proof(func(p *visitor.Proof) { p.ExternalID = "" }), 0, false},
		"a very long id":             {[]string{secret}, proof(func(p *visitor.Proof) { p.ExternalID = strings.Repeat("x", 101) }), 0, false},
	} {
		if got := visitor.Proves(c.secrets, c.proof, time.Unix(at, 0).Add(c.off)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// MSG-18: what a page's address says that is nobody's business is not kept.
func TestCleanURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://shop.example.com/a?q=%E9%9E%8B&page=2#top":                            "https://shop.example.com/a?q=%E9%9E%8B&page=2#top",
		"http://localhost:3000/":                                                       "http://localhost:3000/",
		"https://user:pass@shop.example.com/a":                                         "https://shop.example.com/a",
		"https://shop.example.com/?token=x&a=1&Access_Token=y&b=2":                     "https://shop.example.com/?a=1&b=2",
		"https://shop.example.com/?password=x&key=x&code=x&session=x&auth=x&sig=x&k=1": "https://shop.example.com/?k=1",
		"https://shop.example.com/?to%6ben=x":                                          "https://shop.example.com/",
		"https://shop.example.com/?reset-password-token=x;api_key=y&PHPSESSID=z":       "https://shop.example.com/",
		"https://shop.example.com/cb#access_token=x&state=y":                           "https://shop.example.com/cb",
		"https://shop.example.com/#/cart?token=x&size=9":                               "https://shop.example.com/#/cart?size=9",
		"https://shop.example.com/monkey?keyword=shoes":                                "https://shop.example.com/monkey?keyword=shoes",
		"https://shop.example.com/?q=" + strings.Repeat("x", 3000):                     "https://shop.example.com/",
		"https://shop.example.com/" + strings.Repeat("x", 3000):                        "",
		"file:///etc/passwd":                                                           "",
		"javascript:alert(1)":                                                          "", "data:text/html,x": "", "about:blank": "", "": "", "/a": "", "//shop.example.com/": "", "https://": "", "https://a\x00b": "", "ftp://shop.example.com": "",
	} {
		if got := visitor.CleanURL(raw); got != want {
			t.Errorf("%.80q becomes %q, not %q", raw, got, want)
		}
	}
}
