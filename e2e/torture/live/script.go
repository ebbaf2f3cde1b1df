package live

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/random"
)

// step is one thing that happens, as "write 1 3" or "cut 2".
type step struct {
	what string
	a, b int
}

// verbs are the steps, with how many numbers each has and how often a random script takes it.
var verbs = []struct {
	name    string
	numbers int
	often   int
}{
	{"write", 2, 8},  // the customer of conversation a writes b messages, in one body
	{"answer", 1, 5}, // the administrator answers in conversation a
	{"cut", 1, 6},    // the connection of client a is reset
	{"stall", 1, 3},  // client a stops reading
	{"resume", 1, 4}, // client a reads on
	{"move", 1, 3},   // client a goes to another server
	{"revoke", 0, 3}, // the narrow agent sees the team's conversations no more
	{"grant", 0, 3},  // and again
	{"purge", 1, 1},  // the log keeps its newest a entries
	{"settle", 0, 2}, // all clients catch up
	{"epoch", 0, 0},  // the log gets another epoch, as a restored one has
	{"flood", 1, 0},  // conversation a gets more than a server keeps in memory
}

func (s step) String() string {
	for _, v := range verbs {
		if v.name != s.what {
			continue
		}
		switch v.numbers {
		case 0:
			return s.what
		case 1:
			return fmt.Sprintf("%s %d", s.what, s.a)
		}
	}
	return fmt.Sprintf("%s %d %d", s.what, s.a, s.b)
}

// script is a schedule: it can be printed, read and shrunk.
type script []step

func (s script) String() string {
	words := make([]string, len(s))
	for i, one := range s {
		words[i] = one.String()
	}
	return strings.Join(words, "; ")
}

// parseScript reads what String wrote.
func parseScript(text string) (script, error) {
	var s script
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		one := step{what: words[0]}
		i := slices.IndexFunc(verbs, func(v struct {
			name    string
			numbers int
			often   int
		}) bool {
			return v.name == one.what
		})
		if i < 0 || len(words) != 1+verbs[i].numbers {
			return nil, fmt.Errorf("%q is no step", strings.TrimSpace(part))
		}
		for n, to := range []*int{&one.a, &one.b}[:verbs[i].numbers] {
			var err error
			if *to, err = strconv.Atoi(words[n+1]); err != nil {
				return nil, fmt.Errorf("%q is no step", strings.TrimSpace(part))
			}
		}
		s = append(s, one)
	}
	return s, nil
}

// randomScript makes a schedule.
func randomScript(r *random.Source, steps, clients, talks int) script {
	total := 0
	for _, v := range verbs {
		total += v.often
	}
	var s script
	for range steps {
		n := r.Int(total)
		for _, v := range verbs {
			if n -= v.often; n >= 0 {
				continue
			}
			one := step{what: v.name}
			switch v.name {
			case "write":
				one.a, one.b = r.Int(talks), 1+r.Int(4)
			case "answer":
				one.a = r.Int(talks)
			case "purge":
				one.a = r.Int(12)
			case "cut", "stall", "resume", "move":
				one.a = r.Int(clients)
			}
			s = append(s, one)
			break
		}
	}
	return s
}

// shrink takes steps away for as long as what is left still fails, and gives the shortest script that was found within so many tries. It tries big parts
// first.
func shrink(s script, tries int, fails func(script) bool) script {
	for size := len(s) / 2; size > 0 && tries > 0; {
		isShorter := false
		for from := 0; from < len(s) && tries > 0; {
			less := slices.Delete(slices.Clone(s), from, min(from+size, len(s)))
			tries--
			if len(less) > 0 && fails(less) {
				s, isShorter = less, true
			} else {
				from += size
			}
		}
		if !isShorter || size > len(s) {
			size /= 2
		}
	}
	return s
}
