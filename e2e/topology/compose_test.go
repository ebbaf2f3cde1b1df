package topology_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// root is the project's folder.
var root = filepath.Join("..", "..")

// compose is what the test uses of compose.yaml, with its variables filled in.
type compose struct {
	Services map[string]composeService
	Configs  map[string]struct{ Content string }
}

type composeService struct {
	Build, Image string
	Command      []string
	Environment  map[string]string
	DependsOn    dependencies `yaml:"depends_on"`
	Ports        []string
	Configs      []struct{ Source, Target string }
}

// dependencies are service → condition; the short form of a list has none.
type dependencies map[string]string

func (d *dependencies) UnmarshalYAML(n *yaml.Node) error {
	*d = dependencies{}
	if n.Kind == yaml.SequenceNode {
		var names []string
		if err := n.Decode(&names); err != nil {
			return err
		}
		for _, name := range names {
			(*d)[name] = "service_started"
		}
		return nil
	}
	var long map[string]struct{ Condition string }
	if err := n.Decode(&long); err != nil {
		return err
	}
	for name, c := range long {
		(*d)[name] = c.Condition
	}
	return nil
}

func readCompose(t *testing.T, variables map[string]string) compose {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var whole yaml.Node
	if err := yaml.Unmarshal(b, &whole); err != nil {
		t.Fatal(err)
	}
	fill(t, &whole, variables)
	var c compose
	if err := whole.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

var variable = regexp.MustCompile(`\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}`)

// fill puts variables into all texts as compose does: ${A}, ${A:-default}, ${A:?what is wrong without it}.
func fill(t *testing.T, n *yaml.Node, variables map[string]string) {
	t.Helper()
	if n.Kind == yaml.ScalarNode {
		n.Value = variable.ReplaceAllStringFunc(n.Value, func(s string) string {
			m := variable.FindStringSubmatch(s)
			if v := variables[m[1]]; v != "" {
				return v
			}
			if m[2] == ":?" {
				t.Fatalf("compose.yaml needs %s: %s", m[1], m[3])
			}
			return m[3]
		})
	}
	for _, below := range n.Content {
		fill(t, below, variables)
	}
}

// proxy is what the test uses of a Caddyfile: where requests go, and what tells that a server can take them.
type proxy struct {
	upstreams []string
	health    string
}

func readCaddyfile(t *testing.T, text string) (p proxy) {
	t.Helper()
	robin := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "reverse_proxy":
			p.upstreams = words[1 : len(words)-1]
		case "lb_policy":
			robin = words[1] == "round_robin"
		case "health_uri":
			p.health = words[1]
		}
	}
	if len(p.upstreams) == 0 || p.health == "" || !robin {
		t.Fatalf("the proxy is not a round robin over healthy servers: %+v in %q", p, text)
	}
	return p
}

// image is what the test uses of the Dockerfile.
type image struct {
	stages      []string // what each is made from
	build       string   // the command that builds the program
	copies      [][]string
	environment map[string]string
	user        string
	start       []string
}

func readDockerfile(t *testing.T) image {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	i := image{environment: map[string]string{}}
	exec := func(words string) (list []string) {
		if err := yaml.Unmarshal([]byte(words), &list); err != nil { // a list in JSON is one in YAML
			t.Fatalf("Dockerfile: %s: %v", words, err)
		}
		return list
	}
	text := strings.ReplaceAll(string(b), "\\\n", " ")
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "FROM":
			i.stages = append(i.stages, rest)
		case "RUN":
			if strings.Contains(rest, "go build") {
				i.build = rest
			}
		case "COPY":
			i.copies = append(i.copies, strings.Fields(rest))
		case "ENV":
			for _, pair := range strings.Fields(rest) {
				name, value, _ := strings.Cut(pair, "=")
				i.environment[name] = value
			}
		case "USER":
			i.user = rest
		case "ENTRYPOINT", "CMD":
			i.start = append(i.start, exec(rest)...)
		}
	}
	return i
}

// hosts replaces the names of services by where they are here.
func hosts(value string, at map[string]string) string {
	for name, address := range at {
		value = strings.ReplaceAll(value, "//"+name, "//"+address)
		value = strings.ReplaceAll(value, "@"+name, "@"+address)
	}
	return value
}

func environment(values map[string]string, more ...string) []string {
	all := []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range values {
		all = append(all, fmt.Sprintf("%s=%s", name, value))
	}
	return append(all, more...)
}
