package contact_test

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// FuzzCriteria reads filters that anybody may have written. What is wrong with one is said; any other means the same in the database as in memory.
func FuzzCriteria(f *testing.F) {
	p := newPool(f, storetest.Open(f, "sqlite", store.Config{}))
	all := p.all(f)
	draw := rapid.Custom(func(t *rapid.T) contact.Criteria { return p.criteria(t, 3) })
	for i := range 50 {
		written, err := json.Marshal(draw.Example(i))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(written)
	}
	f.Fuzz(func(t *testing.T, written []byte) {
		var c contact.Criteria
		if json.Unmarshal(written, &c) != nil {
			return
		}
		means, err := p.means(t.Context(), p.w.admin, c, all)
		if fault.Of(err) == fault.Invalid {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		others, err := p.means(t.Context(), p.w.admin, contact.Criteria{Not: &c}, all)
		if fault.Of(err) == fault.Invalid { // a level too deep
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(means)+len(others) != len(all) || slices.ContainsFunc(means, func(id int64) bool { return slices.Contains(others, id) }) {
			t.Errorf("%s means %v, and turned round %v", written, means, others)
		}
	})
}
