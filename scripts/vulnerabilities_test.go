package scripts_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The databases are in govulncheck's own layout; one knows a fault of a package
// that the scalars use.
func TestVulnerabilitiesAreTakenForWhatTheyAre(t *testing.T) {
	govulncheck := install(t)
	empty := database(t, "[]", "")
	affected := database(t,
		`[{"path":"github.com/99designs/gqlgen","vulns":[{"id":"GO-2099-0001","modified":"2099-01-01T00:00:00Z"}]}]`,
		`{"schema_version":"1.3.1","id":"GO-2099-0001","modified":"2099-01-01T00:00:00Z","published":"2099-01-01T00:00:00Z","summary":"made up","details":"Made up for a test.","database_specific":{"url":"https://example.com/made-up"},
		"affected":[{"package":{"name":"github.com/99designs/gqlgen","ecosystem":"Go"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],
		"ecosystem_specific":{"imports":[{"path":"github.com/99designs/gqlgen/graphql"}]}}]}`)
	const deadProxy = "HTTPS_PROXY=http://127.0.0.1:1"
	cases := []struct {
		name        string
		environment []string
		ends        int
		says        string
	}{
		{"nothing known passes", []string{"VULN_DB=" + empty}, 0, "No vulnerabilities found"},
		{"a finding fails", []string{"VULN_DB=" + affected}, 3, "GO-2099-0001"},
		{"no way to the database passes and says so", []string{deadProxy}, 0, "NOT CHECKED"},
		{"no way to the database fails where the check is required", []string{deadProxy, "VULN_REQUIRED=1"}, 1, "NOT CHECKED"},
		{"a database that was named and is not there fails", []string{"VULN_DB=file:///nowhere"}, 1, "nowhere"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			command := exec.Command("./check-vulnerabilities", govulncheck, "./graph/scalar")
			command.Env = append(os.Environ(), append([]string{"VULN_DB=", "VULN_REQUIRED="}, c.environment...)...)
			var said bytes.Buffer
			command.Stdout, command.Stderr = &said, &said
			err := command.Run()
			var failed *exec.ExitError
			if err != nil && !errors.As(err, &failed) {
				t.Fatal(err)
			}
			if got := command.ProcessState.ExitCode(); got != c.ends || !strings.Contains(said.String(), c.says) {
				t.Errorf("ended with %d, want %d and %q:\n%s", got, c.ends, c.says, said.Bytes())
			}
		})
	}
}

// install builds the govulncheck that the Makefile names.
func install(t *testing.T) string {
	t.Helper()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^GOVULNCHECK := (\S+)$`).FindSubmatch(makefile)
	if named == nil {
		t.Fatal("the Makefile names no govulncheck")
	}
	folder := t.TempDir()
	command := exec.Command("go", "install", string(named[1]))
	command.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(folder, "govulncheck")
}

// database writes a database of at most one entry and gives its address.
func database(t *testing.T, modules, entry string) string {
	t.Helper()
	folder := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("index/db.json", `{"modified":"2099-01-01T00:00:00Z"}`)
	write("index/modules.json", modules)
	if entry != "" {
		write("ID/GO-2099-0001.json", entry)
	}
	return "file://" + folder
}
