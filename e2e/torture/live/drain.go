package live

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/torture/check/stream"
	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// Drain is RT-10: a server that is stopped under load tells every connection to come back, leaves queued work finished or intact, ends in time and
// orderly, and nobody misses or doubles anything.
func Drain(ctx context.Context, w *rig.World) error {
	s, err := newStage(ctx, w, "drain", 2)
	if err != nil {
		return err
	}
	defer s.close()
	rounds, clients := 10, 30
	if w.IsShort {
		rounds, clients = 2, 8
	}
	f := &sending{stage: s, told: map[string][]string{}}
	of := map[string]bool{}
	for range 3 {
		t, err := s.meet(ctx)
		if err != nil {
			return err
		}
		f.talks = append(f.talks, t)
		of[t.id] = true
	}
	var all []*viewer
	following, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for i := range clients {
		t := append(slices.Clone(f.talks), nil)[i%4]
		v := newViewer(fmt.Sprintf("client %d", i), s.Boss, i%2 == 1, t, of, s.servers[0])
		all = append(all, v)
		running.Go(func() { v.run(following) })
	}
	for range rounds {
		if err := s.drain(ctx, f, all); err != nil {
			return err
		}
	}
	v := &views{stage: s}
	if err := v.keep(ctx); err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, c := range all {
		if err := v.equal(waiting, c); err != nil {
			w.Violate("%v", err)
		}
	}
	stop()
	running.Wait()
	for _, c := range all {
		c.view.Complete(v.all, func(e stream.Entry) bool { return isFor(c, e) }, nil)
		for _, p := range c.view.Problems {
			w.Violate("%.300s", p)
		}
		for _, one := range c.view.Stretches {
			w.Count("events judged", len(one.Got))
		}
	}
	return f.judge(ctx, nil, nil)
}

// drain stops the first server while everybody works, and starts it again.
func (s *stage) drain(ctx context.Context, f *sending, all []*viewer) error {
	first, other := s.servers[0], s.servers[len(s.servers)-1]
	boss := s.Boss.At(other)
	for _, v := range all {
		v.mu.Lock()
		v.server, v.ends = first, nil
		v.mu.Unlock()
	}
	for _, v := range all {
		if len(s.servers) > 1 {
			v.drop() // from where it went the last time
		}
	}
	for _, v := range all {
		if err := s.w.Await(ctx, v.name+" follows", func() bool {
			v.mu.Lock()
			defer v.mu.Unlock()
			return v.isSynced && v.isAt == first && v.isOpen
		}); err != nil {
			return err
		}
		v.mu.Lock()
		v.ends = nil
		v.mu.Unlock()
	}
	working, enough := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer enough()
	for i, t := range f.talks {
		work.Go(func() {
			for n := 0; working.Err() == nil; n++ {
				f.mu.Lock()
				text := fmt.Sprintf("answer %d of %d", len(f.told[t.who.ID()]), i)
				f.mu.Unlock()
				// What is asked for is asked for until a server has said yes: it is one message however often that takes.
				if _, err := f.InsistSend(ctx, boss, t.id, text, text); err != nil {
					return
				}
				f.mu.Lock()
				f.told[t.who.ID()] = append(f.told[t.who.ID()], text)
				f.mu.Unlock()
				var events []fakeline.Event
				for k := range 2 {
					events = append(events, t.who.Text(fmt.Sprintf("question %d.%d of %d", n, k, i)))
				}
				_ = s.Insist(ctx, func() *rig.Server { return other }, events...)
				rest(working, 10*time.Millisecond)
			}
		})
	}
	rest(ctx, time.Duration(100+s.w.Random.Int(400))*time.Millisecond)
	for _, v := range all {
		v.mu.Lock()
		v.server = other
		v.mu.Unlock()
	}
	began := time.Now()
	stopping, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := first.Stop(stopping); err != nil {
		s.w.Violate("the server that was told to stop: %v", err)
		first.Kill()
	}
	s.w.Count("ms of stopping", int(time.Since(began).Milliseconds()))
	s.w.Count("stops", 1)
	for _, v := range all {
		due := "4501"
		if v.isSSE {
			due = "DRAIN"
		}
		v.mu.Lock()
		if len(v.ends) == 0 || v.ends[0] != due {
			s.w.Violate("%s was told %q when its server stopped, and not %s (%v)", v.name, v.ends, due, v.log)
		}
		v.mu.Unlock()
	}
	if err := first.Start(ctx); err != nil {
		return err
	}
	rest(ctx, 200*time.Millisecond)
	enough()
	work.Wait()
	return f.sent(ctx)
}
