package detect_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/detect"
)

// line is a line of the corpus.
type line struct {
	country, text string
	wanted        []string // "P:+886912345678"
}

func corpus(t testing.TB) []line {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	for i, s := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(s, "#") {
			continue
		}
		part := strings.SplitN(s, " | ", 3)
		if len(part) != 3 {
			t.Fatalf("line %d: %q", i+1, s)
		}
		x := line{country: part[0], text: strings.ReplaceAll(part[2], `\n`, "\n")}
		label := " " + part[1]
		for label != "" && part[1] != "-" {
			at := -1
			for _, k := range []string{" P:", " E:", " A:"} {
				if n := strings.LastIndex(label, k); n > at {
					at = n
				}
			}
			x.wanted = append(x.wanted, label[at+1:])
			label = label[:at]
		}
		all = append(all, x)
	}
	return all
}

func found(x line) []string {
	var all []string
	for _, i := range detect.In(x.text, x.country) {
		all = append(all, string(i.Kind)[:1]+":"+i.Value)
	}
	return all
}

// floor is what the corpus must give at the least, of a hundred.
var floor = map[string][2]float64{"P": {97, 95}, "E": {97, 95}, "A": {95, 90}}

// CONV-26: what is found of the corpus, and how much of what is found is there. docs/performance.md shows the figures.
func TestCorpus(t *testing.T) {
	t.Parallel()
	all := corpus(t)
	traps := 0
	type score struct{ right, wrong, missed int }
	scores := map[string]*score{"P": {}, "E": {}, "A": {}}
	for _, x := range all {
		if len(x.wanted) == 0 {
			traps++
		}
		got := found(x)
		for _, g := range got {
			if slices.Contains(x.wanted, g) {
				scores[g[:1]].right++
				continue
			}
			scores[g[:1]].wrong++
			t.Logf("not there: %q of %q", g, x.text)
		}
		for _, w := range x.wanted {
			if !slices.Contains(got, w) {
				scores[w[:1]].missed++
				t.Logf("overlooked: %q of %q", w, x.text)
			}
		}
		if !detect.MayHold(x.text) && len(got) > 0 {
			t.Errorf("MayHold denies %q", x.text)
		}
	}
	if len(all) < 400 || traps*2 < len(all) {
		t.Errorf("the corpus has %d lines, %d of them traps", len(all), traps)
	}
	for k, s := range scores {
		precision, recall := 100*float64(s.right)/float64(max(1, s.right+s.wrong)), 100*float64(s.right)/float64(max(1, s.right+s.missed))
		t.Logf("%s: precision %.1f %%, recall %.1f %% of %d", k, precision, recall, s.right+s.missed)
		if precision < floor[k][0] || recall < floor[k][1] {
			t.Errorf("%s: precision %.1f %%, recall %.1f %%: the floor is %v", k, precision, recall, floor[k])
		}
	}
}

// CONV-26: the newest three addresses of a text are given, each value once, and nothing that is only part of something else.
func TestSeveral(t *testing.T) {
	t.Parallel()
	text := ""
	for i := range 5 {
		text += fmt.Sprintf("台北市信義區市府路%d號。\n", i+1)
	}
	for range 2 {
		text += "0912-345-678 或 +886 912 345 678，amy@gmail.com 或 AMY@gmail.com。"
	}
	var got []string
	for _, x := range detect.In(text, "TW") {
		got = append(got, x.Value)
		if s := text[x.Start:x.End]; s != x.Written {
			t.Errorf("%q stands at %q", x.Written, s)
		}
	}
	wanted := []string{"台北市信義區市府路3號", "台北市信義區市府路4號", "台北市信義區市府路5號", "+886912345678", "amy@gmail.com"}
	if !slices.Equal(got, wanted) {
		t.Errorf("found %q", got)
	}
}

// hostile are texts that would keep a careless reader busy.
func hostile(size int) map[string]string {
	all := map[string]string{}
	for name, part := range map[string]string{
		"figures": "0", "figures apart": "09 ", "phones": "0912345678 ", "figures and hyphens": "0-", "at signs": "@", "email addresses": "a@b.cc ", "locals": "a.",
		"houses": "1號", "streets": "路1號", "counties": "台北市", "districts": "台北市大安區和平東路", "areas": "旺角", "buildings": "旺角城城城城城城城城城1",
		"numbers": "12 ", "streets in English": "1 a a a a st ", "plain streets": "1 on st ", "doors": "flat 1 ", "spaces": " ", "Han": "大", "no UTF-8": "\xff0",
	} {
		all[name] = strings.Repeat(part, size/len(part))
	}
	return all
}

// CONV-26: whatever a customer writes is looked through, and gives no more than it may.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, text := range hostile(80 << 10) {
		if all := detect.In(text, "TW"); len(all) > 43 {
			t.Errorf("%s: %d found", name, len(all))
		}
	}
}

// BenchmarkHostile shows that the work grows with the length and no faster: each text at two lengths.
func BenchmarkHostile(b *testing.B) {
	for _, size := range []int{4 << 10, 32 << 10} {
		for name, text := range hostile(size) {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					detect.In(text, "TW")
				}
			})
		}
	}
}

// BenchmarkMessage is what looking through a message costs: those in which nothing can be, and the lines of the corpus.
func BenchmarkMessage(b *testing.B) {
	all := corpus(b)
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			if detect.MayHold("請問我的訂單什麼時候會到?謝謝您,再麻煩幫我查一下") {
				b.Fatal("there is something")
			}
		}
	})
	b.Run("corpus", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			x := all[i%len(all)]
			if detect.MayHold(x.text) {
				detect.In(x.text, x.country)
			}
		}
	})
}

// Whatever the text: what is found stands where it says, inside of nothing else, and MayHold does not deny it.
func FuzzIn(f *testing.F) {
	for i, x := range corpus(f) {
		if i%16 != 0 {
			continue
		}
		f.Add(x.text, x.country)
	}
	f.Fuzz(func(t *testing.T, s, country string) {
		end := 0
		for _, x := range detect.In(s, country) {
			if x.Start < end || x.End <= x.Start || x.End > len(s) || x.Value == "" || x.Written == "" {
				t.Errorf("%+v of %q after %d", x, s, end)
			}
			if len(x.Value) > 1000 || len(x.Written) > 4000 {
				t.Errorf("%+v is too long", x)
			}
			end = x.End
		}
		if end > 0 && !detect.MayHold(s) {
			t.Errorf("MayHold denies %q", s)
		}
	})
}
