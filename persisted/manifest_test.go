package persisted_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/config"
	"tributary/persisted"
)

// relayManifest is what relay-compiler 21.0.1 wrote with SHA256.
const relayManifest = `{
  "8aee3ff4c13421afc8e7af1ed468d94725295c6afc927a35c6cba8ffdbf8f01b": "query aHelloQuery {\n  hello\n}\n",
  "ad3fd7eb7196c58784bfe846ce3f475c2ae4ca562d105eecac3737ab4a83fc4a": "query aNodeQuery(\n  $id: ID!\n) {\n  node(id: $id) {\n    __typename\n    id\n  }\n}\n"
}`

func manifestFile(t testing.TB, text string) persisted.Settings {
	t.Helper()
	settings := defaults()
	settings.Manifest = write(t, filepath.Join(t.TempDir(), "manifest.json"), text)
	return settings
}

func TestManifestsOfEachFormat(t *testing.T) {
	for name, c := range map[string]struct {
		manifest, id, text string
		size               int
	}{
		"a plain map":   {`{"a": "{ a }", "format": "{ b }", "version": "{ c }"}`, "format", "{ b }", 3},
		"with prefixes": {`{"sha256:a": "{ a }"}`, "a", "{ a }", 1},
		"Relay's":       {relayManifest, "8aee3ff4c13421afc8e7af1ed468d94725295c6afc927a35c6cba8ffdbf8f01b", "query aHelloQuery {\n  hello\n}\n", 2},
		"Apollo's": {`{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [
			{"id": "a", "name": "A", "type": "query", "body": "query A { a }"},
			{"id": "b", "name": "B", "type": "mutation", "body": "mutation B { b }", "clientName": "web"}]}`, "b", "mutation B { b }", 2},
		"Apollo's the other way round": {`{"operations": [{"body": "{ a }", "id": "a"}], "version": 1, "format": "apollo-persisted-query-manifest"}`, "a", "{ a }", 1},
		"an empty one":                 {"{}", "", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, manifestFile(t, c.manifest), persisted.Options{})
			if got := d.Stats().Trusted; got != c.size {
				t.Errorf("there are %d documents, want %d", got, c.size)
			}
			if c.size > 0 {
				expect(t, resolve(d, persisted.Request{DocumentID: c.id}), "trusted "+c.text)
			}
		})
	}
}

func TestABrokenManifestIsRefusedAndSaysWhere(t *testing.T) {
	refuse := func(text string) error {
		if strings.Contains(text, "bad") {
			return errors.New("it is bad")
		}
		return nil
	}
	apollo := func(operations string) string {
		return "{\"format\": \"apollo-persisted-query-manifest\", \"version\": 1,\n \"operations\": [" + operations + "]}"
	}
	for name, c := range map[string]struct{ manifest, want string }{
		"nothing":                    {"", ":1:1: the file ends too early"},
		"cut off":                    {`{"a": "{ a }",`, ":1:15: the file ends too early"},
		"no JSON":                    {"{\n  a: 1}", ":2:3: this is no JSON: "},
		"no object":                  {`["a"]`, ":1:1: a manifest is a JSON object"},
		"two":                        {"{}\n{}", ":2:1: after the manifest there is something else"},
		"an id twice":                {"{\"a\": \"x\",\n \"a\": \"y\"}", `:2:2: "a": the id or key is there twice`},
		"an id twice by its prefix":  {"{\"a\": \"x\",\n \"sha256:a\": \"y\"}", `:2:2: "sha256:a": the id is there twice`},
		"an empty id":                {`{"": "x"}`, ":1:2: an id has at least one character"},
		"an empty document":          {`{"a": " \n"}`, `:1:2: "a": the document is empty`},
		"no text":                    {`{"a": 1}`, `:1:2: "a": a document is a text`},
		"a document that is refused": {"{\"a\": \"x\",\n \"b\": \"bad\"}", `:2:2: "b": the document is refused: it is bad`},
		"invalid UTF-8":              {"{\"a\": \"\xff\"}", ": this is no JSON: "},
		"an operation without id":    {apollo(`{"body": "x"}`), ":2:17: an id has at least one character"},
		"an operation without body":  {apollo(`{"id": "a"}`), `:2:17: "a": the document is empty`},
		"an operation twice":         {apollo(`{"id": "a", "body": "x"}, {"id": "a", "body": "x"}`), `:2:43: "a": the id is there twice`},
		"an operation of numbers":    {apollo(`{"id": 1, "body": "x"}`), ": an operation is an object whose id and body are texts"},
		"another format":             {`{"format": "x", "version": 1, "operations": []}`, ":1:1: a manifest with operations has the format"},
		"another version":            {`{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}`, ":1:1: a manifest with operations has the format"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := manifestFile(t, c.manifest)
			_, err := persisted.New(settings, persisted.Options{Check: refuse})
			var problems config.Problems
			if !errors.As(err, &problems) || len(problems) != 1 || !strings.HasPrefix(err.Error(), settings.Manifest) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAManifestThatIsMissingOrTooLargeIsRefused(t *testing.T) {
	settings := manifestFile(t, "{}")
	if err := os.Truncate(settings.Manifest, 32<<20+1); err != nil {
		t.Fatal(err)
	}
	if _, err := persisted.New(settings, persisted.Options{}); err == nil || !strings.Contains(err.Error(), "at most 32MiB") {
		t.Errorf("too large: %v", err)
	}
	settings.Manifest += ".gone"
	if _, err := persisted.New(settings, persisted.Options{}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing: %v", err)
	}
}

func TestManyFaultsAreBounded(t *testing.T) {
	text := "{" + strings.Repeat(`"a": "x"`, 1)
	for i := range 100 {
		text += `, "b` + strings.Repeat("x", i) + `": ""`
	}
	_, err := persisted.New(manifestFile(t, text+"}"), persisted.Options{})
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 20 {
		t.Errorf("there are %d faults", len(problems))
	}
}

func FuzzManifest(f *testing.F) {
	for _, seed := range []string{"", "{}", relayManifest, `{"operations": [{"id": "a", "body": "x"}], "format": "apollo-persisted-query-manifest", "version": 1}`, `{"a": [`, `{"operations": [1]}`, "\xef\xbb\xbf{}"} {
		f.Add(seed)
	}
	discard := slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, text string) {
		settings := manifestFile(t, text)
		_, err := persisted.New(settings, persisted.Options{Log: discard})
		var problems config.Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0 || problems[0].Line < 1) {
			t.Errorf("it says %v", err)
		}
	})
}
