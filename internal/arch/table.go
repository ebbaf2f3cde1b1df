package arch

// Layer says what the packages of a folder may import of ours. Patterns are Go's: "desk" is that package alone, "desk/..." it and all
// below it, "..." everything.
type Layer struct {
	Folder string
	May    []string
	Why    string
}

// Table is the import rule, as docs/architecture shows it. The longest folder that matches a package decides, so that an entry for a folder
// inside another is an exception to it.
func Table() []Layer {
	return []Layer{
		{"cmd/...", []string{"cmd/...", "server/...", "internal/config"},
			"reads the configuration, runs the server, gives the exit code"},
		{"server/...", []string{"..."},
			"the composition root: the one place that knows everything"},
		{"graph/...", []string{"graph/...", "desk/...", "automation/...", "ent/gen/...", "internal/..."},
			"a resolver converts, calls the desk and returns; it never speaks to a platform"},
		{"channels/...", []string{"channels", "internal/fault"},
			"a platform is the contract and the platform's own words; it knows neither what is remembered nor the rules"},
		{"channels/fake/...", []string{"channels/...", "internal/..."},
			"the fake platforms speak the wire format of a platform, which they may share with its package"},
		{"channels/conformance/...", []string{"channels/...", "internal/..."},
			"the suite that every platform's package passes"},
		{"desk/...", []string{"desk/...", "channels", "ent/gen/...", "internal/..."},
			"every rule of customer service; of the platforms it knows the contract only"},
		{"desk/visitor/...", []string{"desk/...", "channels", "channels/webchat", "ent/gen/...", "internal/..."},
			"the desk's side of the one platform that is ours: no other words than the adapter's lie between them"},
		{"automation/...", []string{"automation/...", "desk/...", "ent/gen/...", "internal/..."},
			"works at the desk when nobody is there"},
		{"ent/schema/...", []string{"ent/schema/..."},
			"declarations only"},
		{"ent/gen/...", []string{"ent/gen/...", "ent/schema/..."},
			"generated from the declarations"},
		{"ent/migrations/...", nil,
			"SQL files and the declaration that embeds them"},
		{"ent/...", []string{"ent/...", "internal/..."},
			"the programs that generate code and migrations"},
		{"internal/...", []string{"internal/...", "ent/gen/...", "ent/migrations/..."},
			"machinery that knows nothing of customer service"},
		{"e2e/...", []string{"..."},
			"both flows through the whole server"},
		{"e2e/torture/check/...", nil,
			"judges a server by what clients and platform saw and by plain SQL; it must not share a mistake with what it judges"},
		{"docs/...", []string{"..."},
			"examples that a test runs"},
	}
}

// inTests is what the tests of any package may import beyond its layer: what gives them a real database, a platform's fixtures, and rows to
// begin with. A lower layer's test still does not reach up.
func inTests() []string {
	return []string{"internal/...", "channels/...", "ent/gen/...", "ent/migrations/..."}
}

// Single is something that one package does for all others, so that tests can decide it, and so that there is one place to look when it
// goes wrong.
type Single struct {
	What string
	Home string
	// Uses are names of other packages that do it: "time.Now" is any mention, "net/http.Client{}" making a value of that type, and
	// "math/rand.*" the import itself.
	Uses []string
	// Words are regular expressions that do it in the text of a string.
	Words []string
	// Calls are the ends of chains of calls that do it on a value whose type is not looked at: "Event.Create".
	Calls []string
	// Except are the packages beside Home that do it, each with the reason. An entry that is not needed is a violation too, unless the
	// package does not exist.
	Except map[string]string
}

// Singles are the things with one home.
func Singles() []Single {
	return []Single{
		{
			What: "ask for the time or wait", Home: "internal/clock",
			Uses: []string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.AfterFunc", "time.Tick", "time.NewTimer", "time.NewTicker"},
			Except: map[string]string{
				"ent/migrate":              "names a new migration by its time",
				"internal/testkit":         "waits for conditions of real programs",
				"internal/testkit/service": "waits for real servers to start",
			},
		},
		{
			What: "dial out", Home: "internal/egress",
			Uses: []string{
				"net.Dial", "net.DialTimeout", "net.DialTCP", "net.DialUDP", "net.DialIP", "net.DialUnix", "net.Dialer{}",
				"net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm", "net/http.DefaultClient", "net/http.DefaultTransport",
				"net/http.Client{}", "net/http.Transport{}", "crypto/tls.Dial", "crypto/tls.DialWithDialer", "crypto/tls.Dialer{}",
				"net/smtp.*", "github.com/coder/websocket.Dial", "github.com/wneessen/go-mail.NewClient",
				// LINE's own SDK is what tests compare us with; it has clients of its own.
				"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api.*", "github.com/line/line-bot-sdk-go/v8/linebot/webhook.*",
			},
			Except: map[string]string{
				"internal/testkit/service": "asks the servers that it started whether they are ready",
			},
		},
		{
			What: "make up a value", Home: "internal/random",
			Uses: []string{
				"crypto/rand.*", "math/rand.*", "math/rand/v2.*", "github.com/google/uuid.New", "github.com/google/uuid.NewString",
				"github.com/google/uuid.NewRandom", "github.com/google/uuid.NewUUID", "github.com/google/uuid.NewV6", "github.com/google/uuid.NewV7",
			},
		},
		{
			What: "touch the file system", Home: "internal/store",
			Uses: []string{
				"os.Create", "os.CreateTemp", "os.Mkdir", "os.MkdirAll", "os.MkdirTemp", "os.Open", "os.OpenFile", "os.OpenRoot", "os.ReadDir",
				"os.ReadFile", "os.Remove", "os.RemoveAll", "os.Rename", "os.Truncate", "os.WriteFile", "os.DirFS", "os.CopyFS", "os.Symlink", "os.Link",
				"os.Chmod", "os.Chown", "path/filepath.Walk", "path/filepath.WalkDir", "path/filepath.Glob",
			},
			Except: map[string]string{
				"ent/migrate":              "writes migrations",
				"internal/arch":            "reads the source",
				"internal/blob":            "keeps files in a folder of their own",
				"internal/spool":           "keeps webhooks in a folder of their own while the database is away",
				"internal/sdl/check":       "reads and keeps the schema",
				"internal/testkit":         "keeps templates of SQLite files",
				"internal/testkit/service": "keeps the folders of the servers that it starts",
			},
		},
		{
			What: "pass the walls between teams", Home: "internal/store",
			Calls:  []string{"db.SQL", "DB.SQL"},
			Except: map[string]string{},
		},
		{
			What: "open the way to the rows of all teams without saying what for", Home: "internal/store",
			Calls:  []string{"db.Queue", "DB.Queue"},
			Except: map[string]string{"internal/job": "the queue's own tables, in which every job names its team"},
		},
		{
			What: "write the event log", Home: "internal/store",
			Words: []string{`(?is)\binsert\s+into\s+["` + "`" + `]?events\b`, `(?is)\bupdate\s+["` + "`" + `]?streams\b`},
			Calls: []string{"Event.Create", "Event.CreateBulk", "Event.MapCreateBulk", "Event.Update", "Event.UpdateOneID"},
		},
	}
}
