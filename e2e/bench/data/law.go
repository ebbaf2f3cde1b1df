// Package data fills a PostgreSQL database with teams of any size by COPY, the same rows for the same size, with everything that the program
// keeps beside them: inbox rows, counters, grams.
package data

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// Size is how much there is. Every conversation has its own contact.
type Size struct {
	Conversations int // of the large team
	Small         int // of the small team, a hundredth
	Messages      int // of both
	Long          int // of them in one conversation, beside its five
	Open          int // conversations that agent Busy follows
	ofSmall       int // messages of the small team
}

// perConversation is how many messages every conversation has.
const perConversation = 5

// SizeOf is the size with so many conversations: five messages each, one conversation with 10,000 more, and a small team with a hundredth of all.
func SizeOf(conversations int) Size {
	s := Size{Conversations: conversations, Small: max(conversations/100, 20), Long: min(10_000, conversations), Open: min(10_000, conversations/4)}
	s.ofSmall = max((perConversation*conversations+s.Long)/99, perConversation*s.Small)
	s.Messages = perConversation*conversations + s.Long + s.ofSmall
	return s
}

// The teams, and agents of the large one, by their ids. Others follow what nobody of these does.
const (
	Large, SmallTeam = int64(1), int64(2)

	Busy      = int64(1) // follows Open conversations in progress
	Idle      = int64(2) // follows a hundred
	Few       = int64(3) // sees a hundredth: what it follows and what waits
	Boss      = int64(4) // ADMIN, sees all
	firstPeer = int64(5)
	agents    = int64(200)

	SmallBoss   = agents + 1 // ADMIN of the small team
	smallAgents = int64(3)
)

// What the channels and tokens are. They are public, and good for benchmarks alone.
const (
	SecretKey     = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	ChannelSecret = "bench-channel-secret"
	AccessToken   = "bench-access-token"
	// The only channel of each team has its id.
	LargeChannel, SmallChannel = int64(1), int64(2)
)

// WebhookKey is the last part of the address at which a team's channel is called.
func WebhookKey(team int64) string { return fmt.Sprintf("bench-%d", team) }

// BotID is the account behind a team's channel, as LINE names it.
func BotID(team int64) string { return fmt.Sprintf("U%032x", 0xb07000+team) }

// Token is the access token of an agent.
func Token(agent int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "bench agent %d", agent))
	return "swa_" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// UserID is a contact on its channel, as LINE names it.
func UserID(contact int64) string { return fmt.Sprintf("U%032x", contact) }

// Tags of the large team have the ids 1 to Tags, those of the small one follow. Cities is how many values the field City has.
const (
	Tags   = 20
	Cities = 100
	// The custom fields of contacts.
	City, Spent = int64(1), int64(2)
)

// LongConversation is the one with many messages. MostWaiting is of what the queues hold one in so many.
const (
	LongConversation = int64(1)
	waitingEvery     = 200
)

// the newest message was at this moment; between two messages lies a second.
var newest = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func (s Size) at(k int64) time.Time {
	return newest.Add(-time.Duration(int64(s.Messages)-k) * time.Second)
}

// dice is a small source of numbers (SplitMix64) whose every start is independent of the others.
type dice uint64

func roll(kind, n uint64) dice { return dice(mix(kind*0x9e3779b97f4a7c15 + n)) }

func (d *dice) draw(below int) int {
	*d += 0x9e3779b97f4a7c15
	return int(mix(uint64(*d)) % uint64(below)) //nolint:gosec // below is small and not negative
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// The kinds of things that are rolled for.
const (
	forText = iota + 1
	forContact
	forConversation
	forTeam
)

// said is one message's place.
type said struct {
	k            int64 // from 0, in order of time; the id is one more
	isSmall      bool
	conversation int64 // the id
	seq          int64
}

// isIn says whether the customer wrote it: customers and agents take turns.
func (m said) isIn() bool { return m.seq%2 == 1 }

func (m said) team() int64 {
	if m.isSmall {
		return SmallTeam
	}
	return Large
}

func (m said) channel() int64 {
	if m.isSmall {
		return SmallChannel
	}
	return LargeChannel
}

// each gives all messages in order of time.
func (s Size) each(f func(said) error) error {
	n := int64(s.Conversations)
	every := max(int64(s.Messages)/int64(s.Long), 2)
	var plain, long, longSeq, small int64
	for k := range int64(s.Messages) {
		m := said{k: k}
		hash := roll(forTeam, uint64(k)) //nolint:gosec // k is not negative
		switch {
		case plain == perConversation*n && long == int64(s.Long), hash.draw(100) == 0 && small < int64(s.ofSmall):
			m.isSmall = true
			m.conversation, m.seq = n+1+small%int64(s.Small), small/int64(s.Small)+1
			small++
		case long < int64(s.Long) && (k%every == every/2 || plain == perConversation*n):
			long++
			longSeq++
			m.conversation, m.seq = LongConversation, longSeq
		default:
			round, place := plain/n, plain%n
			// In each round every conversation has its turn, in an order of its own.
			i := (place*coprime(n, round) + 17*round) % n
			plain++
			m.conversation, m.seq = i+1, round+1
			if m.conversation == LongConversation {
				longSeq++
				m.seq = longSeq
			}
		}
		if err := f(m); err != nil {
			return err
		}
	}
	return nil
}

// coprime gives a number without a divisor in common with n, another for each round.
func coprime(n, round int64) int64 {
	for c := []int64{7919, 104_729, 15_485_863, 1_299_709, 32_452_843}[round%5]; ; c++ {
		a, b := c, n
		for b != 0 {
			a, b = b, a%b
		}
		if a == 1 {
			return c % max(n, 2)
		}
	}
}

// state is what a conversation is in.
type state struct {
	status, queue string
	follower      int64 // 0 for none
}

// stateOf gives the state of the conversation with an id.
func (s Size) stateOf(id int64) state {
	if id > int64(s.Conversations) {
		switch i := id - int64(s.Conversations); {
		case i%5 == 0:
			return state{"PENDING", "HUMAN", 0}
		case i%5 < 3:
			return state{"IN_PROGRESS", "HUMAN", SmallBoss + 1 + i%2}
		default:
			return state{"ENDED", "HUMAN", SmallBoss + 1 + i%2}
		}
	}
	n := int64(s.Conversations)
	peer := firstPeer + (id/10)%(agents-firstPeer+1)
	switch {
	case id == LongConversation:
		return state{"IN_PROGRESS", "HUMAN", firstPeer}
	case id%(n/int64(s.Open)) == 1:
		return state{"IN_PROGRESS", "HUMAN", Busy}
	case id%max(n/100, 20) == 6:
		return state{"IN_PROGRESS", "HUMAN", Idle}
	case id%waitingEvery == 2:
		return state{"IN_PROGRESS", "HUMAN", Few}
	case id%(4*waitingEvery) == 3:
		return state{"PENDING", "BOT", 0}
	case id%waitingEvery == 3:
		return state{"PENDING", "HUMAN", 0}
	case id%10 == 4:
		return state{"IN_PROGRESS", "HUMAN", peer}
	}
	return state{"ENDED", "HUMAN", peer}
}

// collaborators gives who collaborates on a conversation: on one in fifty of those in progress.
func (s Size) collaborators(id int64, st state) []int64 {
	d := roll(forConversation, uint64(id)) //nolint:gosec // ids are not negative
	if id > int64(s.Conversations) || st.status != "IN_PROGRESS" || d.draw(50) != 0 {
		return nil
	}
	one := firstPeer + int64(d.draw(int(agents-firstPeer)))
	if one == st.follower {
		one++
	}
	return []int64{one}
}

// isRead says whether somebody has read all of an open conversation.
func isRead(id int64) bool {
	d := roll(forConversation, uint64(id)+1<<40) //nolint:gosec // ids are not negative
	return d.draw(10) < 3
}

// InProgress is the n-th conversation in progress of the large team that agents follow who have no other part in this: all of them in turn, so
// that no two requests at once are about one.
func (s Size) InProgress(n int) int64 {
	many := int64(s.Conversations / 10)
	for {
		id := int64(n)%many*10 + 4
		st := s.stateOf(id)
		// Agents cannot answer in collaborations yet.
		if id != LongConversation && st.status == "IN_PROGRESS" && len(s.collaborators(id, st)) == 0 {
			return id
		}
		n++
	}
}

// Follower is who follows a conversation; 0 for nobody.
func (s Size) Follower(conversation int64) int64 { return s.stateOf(conversation).follower }
