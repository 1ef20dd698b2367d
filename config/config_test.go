package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/config"
)

// variables is an environment of its own.
func variables(pairs ...string) config.Env {
	values := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

const least = "sources: { psa: { kind: productive } }\n"

func parse(t *testing.T, text string, env config.Env) *config.Config {
	t.Helper()
	c, err := config.Parse("c.yaml", []byte(text), env)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return c
}

func TestTheExampleIsAConfiguration(t *testing.T) {
	c, err := config.Load("../config.example.yaml", variables(
		"FOCUS_TOKEN", "t", "FRONTIER_ID", "i", "FRONTIER_SECRET", "s", "INTERCODE_TOKEN", "t",
		"PRODUCTIVE_TOKEN", "t", "TRIBUTARY_SECRET", "0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, source := range c.Sources {
		names = append(names, source.Name+" "+source.Kind)
	}
	if got := strings.Join(names, ", "); got != "focus focus, billing frontier, teams intercode, psa productive" {
		t.Errorf("the sources are %s", got)
	}
	if c.Redis.URL != "redis://127.0.0.1:6379/0" || c.Admin.Listen != "127.0.0.1:9090" || c.Secret != "0123456789abcdef" {
		t.Errorf("got %+v with %+v", c, c.Redis)
	}
	if accounts, err := c.Accounts.Inline.Items(); err != nil || len(accounts) != 1 {
		t.Errorf("%d accounts, %v", len(accounts), err)
	}
}

func TestTheExampleShowsTheDefaults(t *testing.T) {
	data, err := os.ReadFile("../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, least, nil)
	for _, line := range []string{
		"listen: " + c.Listen, "memory: " + c.Cache.Memory.String(),
		"level: " + c.Log.Level, "format: " + c.Log.Format, "scanLimit: 1000",
	} {
		if !strings.Contains(string(data), line) {
			t.Errorf("the example does not show %q", line)
		}
	}
	if c.Redis != nil || c.Admin.Listen != "" || c.Secret != "" || c.Lists.ScanLimit != 1000 || !c.Accounts.Inline.IsZero() {
		t.Errorf("the defaults are %+v", c)
	}
}

func TestRedisIsAURLOrAddresses(t *testing.T) {
	c := parse(t, least+"redis: { addrs: ['a:1', 'b:2'], master: m, password: '${P}', timeout: 1s, tls: { serverName: n } }", variables("P", "p$$"))
	r := c.Redis
	if r.Master != "m" || len(r.Addrs) != 2 || r.Password != "p$$" || r.Timeout != time.Second || r.TLS.ServerName != "n" {
		t.Errorf("got %+v", r)
	}
	if r := parse(t, least+"redis: { url: 'rediss://h' }", nil).Redis; r.URL != "rediss://h" || r.Timeout != 50*time.Millisecond || r.TLS != nil {
		t.Errorf("got %+v", r)
	}
}

func TestTheAccountsFileIsBesideTheConfiguration(t *testing.T) {
	c, err := config.Parse("/etc/tributary/c.yaml", []byte(least+"accounts: { file: sub/a.yaml }"), nil)
	if err != nil || c.Accounts.File != "/etc/tributary/sub/a.yaml" {
		t.Errorf("got %v, %v", c, err)
	}
	if c := parse(t, least+"accounts: { file: /a.yaml }", nil); c.Accounts.File != "/a.yaml" {
		t.Errorf("got %v", c.Accounts.File)
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	text := least + "listen: :1\nredis: { addrs: ['a:1'], master: m, timeout: 1s }\nlog: { level: error }\n"
	c := parse(t, text, variables("TRIBUTARY_LISTEN", ":2", "TRIBUTARY_REDIS_URL", "redis://h", "TRIBUTARY_LOG_LEVEL", "debug"))
	if c.Listen != ":2" || c.Redis.URL != "redis://h" || c.Redis.Addrs != nil || c.Redis.Master != "" || c.Redis.Timeout != time.Second || c.Log.Level != "debug" {
		t.Errorf("got %+v with %+v", c, c.Redis)
	}
	if c := parse(t, least, variables("TRIBUTARY_REDIS_URL", "redis://h", "TRIBUTARY_LISTEN", "")); c.Redis.Timeout != 50*time.Millisecond || c.Listen != "127.0.0.1:8080" {
		t.Errorf("got %+v with %+v", c, c.Redis)
	}
	_, err := config.Parse("c.yaml", []byte(least), variables("TRIBUTARY_LISTEN", "x", "TRIBUTARY_REDIS_URL", "http://:hunter2@h", "TRIBUTARY_LOG_LEVEL", "inf"))
	want := "TRIBUTARY_LISTEN: \"x\" is no address; write it like 127.0.0.1:8080 or :8080\n" +
		"TRIBUTARY_LOG_LEVEL: unknown level \"inf\", did you mean \"info\"?\n" +
		"TRIBUTARY_REDIS_URL: the URL starts with redis:// or, for TLS, rediss://"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAFaultSaysWhereItStandsAndWhatWouldBeRight(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an empty file", "", "c.yaml: the file is empty"},
		{"only comments", "# nothing\n", "c.yaml: the file is empty"},
		{"only a start of a document", "---\n", "c.yaml: the file is empty"},
		{"no mapping", "- a\n", "c.yaml:1:1: a mapping of keys and values is needed here"},
		{"several documents", least + "---\n" + least, "c.yaml:2:1: a second document starts here; a file holds one"},
		{"no YAML", least + "a: b: c\n", "c.yaml:2:5: this is no YAML: mapping values are not allowed in this context"},
		{"a control character", least + "a: \x01\n", "c.yaml:2:4: this is no YAML: control characters are not allowed (value: 1)"},
		{"an unknown key", least + "lissten: :1\n", `c.yaml:2:1: lissten: unknown key "lissten", did you mean "listen"?`},
		{"a key of another case", least + "Listen: :1\n", `c.yaml:2:1: Listen: unknown key "Listen", did you mean "listen"?`},
		{"an unknown key near none", least + "cache: { zzz: 1 }\n", `c.yaml:2:10: cache.zzz: unknown key "zzz"; there are answers, memory`},
		{"a key twice", least + "log: { level: info }\nlog: {}\n", `c.yaml:3:1: log: the key "log" is there twice, first at c.yaml:2:1`},
		{"two sources of one name", "sources:\n  a: { kind: focus }\n  a: { kind: focus }\n", `c.yaml:3:3: sources.a: the key "a" is there twice, first at c.yaml:2:3`},
		{"no sources", "listen: :1\n", "c.yaml:1:1: sources: at least one source is needed"},
		{"sources of nothing", "sources: {}\n", "c.yaml:1:10: sources: at least one source is needed"},
		{"a name that no id can hold", "sources: { A: { kind: focus } }\n", `c.yaml:1:12: sources.A: "A" is no name for a source; it starts with a small letter and goes on with those, digits, _ and -`},
		{"a source without a kind", "sources: { a: { url: x } }\n", "c.yaml:1:15: sources.a.kind: the kind of the source is missing"},
		{"a source that is no mapping", "sources: { a: focus }\n", "c.yaml:1:15: sources.a: a mapping of keys and values is needed here"},
		{"a wrong size", least + "cache: { memory: 64MB }\n", `c.yaml:2:18: cache.memory: "64MB" is not a size; write it like 64MiB, 512KiB, 1GiB or as a number of bytes`},
		{"a huge size", least + "cache: { memory: 99999999999GiB }\n", `c.yaml:2:18: cache.memory: "99999999999GiB" is a size out of range`},
		{"a small size", least + "cache: { memory: 1KiB }\n", `c.yaml:2:18: cache.memory: 1KiB is too small; at least 1MiB is needed`},
		{"a wrong duration", least + "redis: { url: 'redis://h', timeout: 5 }\n", `c.yaml:2:37: redis.timeout: "5" is not a duration; write it like 5s, 250ms or 1h30m`},
		{"no time at all", least + "redis: { url: 'redis://h', timeout: 0s }\n", `c.yaml:2:37: redis.timeout: a timeout is longer than 0s`},
		{"a wrong number", least + "lists: { scanLimit: many }\n", `c.yaml:2:21: lists.scanLimit: "many" is not a whole number; write it in digits`},
		{"a number below", least + "lists: { scanLimit: 0 }\n", "c.yaml:2:21: lists.scanLimit: from 1 to 100000 subscriptions can be looked at"},
		{"a wrong switch", least + "redis: { url: 'redis://h', tls: { insecureSkipVerify: yes } }\n", `c.yaml:2:55: redis.tls.insecureSkipVerify: "yes" is not a switch; write true or false`},
		{"no value", least + "listen:\n", "c.yaml:2:8: listen: there is no value; write one or leave the key out"},
		{"a mapping for a value", least + "listen: { a: b }\n", "c.yaml:2:9: listen: a single value is needed here"},
		{"no address", least + "listen: localhost\n", `c.yaml:2:9: listen: "localhost" is no address; write it like 127.0.0.1:8080 or :8080`},
		{"a port that is none", least + "admin: { listen: ':99999' }\n", `c.yaml:2:18: admin.listen: the port "99999" is no number up to 65535`},
		{"an unknown level", least + "log: { level: verbose }\n", `c.yaml:2:15: log.level: unknown level "verbose"; there are debug, error, info, warn`},
		{"redis of nothing", least + "redis: {}\n", "c.yaml:2:8: redis: either url or addrs is needed"},
		{"redis of both", least + "redis: { url: 'redis://h', addrs: ['a:1'] }\n", "c.yaml:2:28: redis.addrs: url and addrs exclude each other"},
		{"a master of no Sentinels", least + "redis: { master: m }\n", "c.yaml:2:18: redis.master: a master needs addrs, the addresses of its Sentinels"},
		{"a Redis of another scheme", least + "redis:\n  url: http://h\n", "c.yaml:3:8: redis.url: the URL starts with redis:// or, for TLS, rediss://"},
		{"a Redis without a host", least + "redis:\n  url: redis:///0\n", "c.yaml:3:8: redis.url: the URL names no host; write it like redis://127.0.0.1:6379/0"},
		{"an address without a port", least + "redis: { addrs: [a] }\n", "c.yaml:2:10: redis.addrs: number 1 is no host:port"},
		{"a timeout without time", least + "timeouts: { idle: 0s }\n", "c.yaml:2:19: timeouts.idle: a timeout is longer than 0s"},
		{"a drain of less than nothing", least + "timeouts: { drain: -1s }\n", `c.yaml:2:20: timeouts.drain: "-1s" is below zero; a duration is 0s or longer`},
		{"less time to send than to make", least + "timeouts: { request: 2m }\n", "c.yaml:2:11: timeouts.write: an answer may take 2m0s to be made (request), so sending it may not take less"},
		{"a misspelt switch", least + "development: { graphql: true }\n", `c.yaml:2:16: development.graphql: unknown key "graphql", did you mean "graphiql"?`},
		{"accounts of one word", least + "accounts: a.yaml\n", "c.yaml:2:11: accounts: a list of accounts is needed here, or { file: PATH }"},
		{"an accounts file without a path", least + "accounts: {}\n", "c.yaml:2:11: accounts.file: the path of the accounts file is missing"},
		{"a short secret", least + "secret: hunter2\n", "c.yaml:2:9: secret: a secret has at least 16 characters"},
		{"an unset variable", least + "listen: ${GONE}\n", "c.yaml:2:9: the environment variable GONE is not set; set it or write ${GONE:-default}"},
		{"an open reference", least + "listen: ${GONE\n", "c.yaml:2:9: a ${ has no closing brace; a dollar sign and a brace as they are, are written $${"},
		{"a reference to no name", least + "listen: ${A B}\n", "c.yaml:2:9: a reference to the environment looks like ${VAR} or ${VAR:-default}"},
		{"a reference in braces without quotes", least + "log: { level: ${L} }\n", `c.yaml:2:16: this is no YAML: did not find expected ',' or '}'; within braces a ${VAR} needs quotes`},
		{"a list as a key", "sources: { a: { kind: b, [c]: d } }", "c.yaml:1:26: sources.a: a key is a word, not a list, a mapping or nothing"},
		{"an alias of nothing", least + "listen: *a\n", "c.yaml:2:9: this is no YAML: unknown anchor 'a' referenced"},
		{"an alias of itself", least + "log: &a { level: *a }\n", "c.yaml:2:18: the alias stands inside of what it names"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(test.text), nil)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestAllFaultsOfAFileAreToldAtOnce(t *testing.T) {
	_, err := config.Parse("c.yaml", []byte("listen: x\nlog: { level: y, colour: red }\ncache: { memory: z }\n"), nil)
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("got %v", err)
	}
	var many strings.Builder
	for i := range 41 {
		fmt.Fprintf(&many, "x%d: 1\n", i)
	}
	_, err = config.Parse("c.yaml", []byte(least+many.String()), nil)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 21 || lines[20] != "and 21 more" {
		t.Errorf("got %d lines: %v", len(lines), err)
	}
}

func TestAliasesThatRepeatTooMuchAreRefused(t *testing.T) {
	text := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 8 {
		name, of := string(rune('b'+i)), string(rune('a'+i))
		if i == 0 {
			of = "a0"
		}
		text += name + ": &" + name + " [*" + strings.Repeat(of+", *", 9) + of + "]\n"
	}
	_, err := config.Parse("c.yaml", []byte(text), nil)
	if err == nil || !strings.Contains(err.Error(), "aliases repeat too much from here on") {
		t.Errorf("got %v", err)
	}
}

func TestLoadAccountsPassesOverTheRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte("listen: [wrong]\naccounts: [{ id: a }]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	accounts, err := config.LoadAccounts(path, nil)
	if err != nil || !accounts.Inline.IsSequence() {
		t.Errorf("got %v, %v", accounts, err)
	}
	if _, err := config.Load(filepath.Dir(path), nil); err == nil || !strings.HasSuffix(err.Error(), ": the file cannot be read: is a directory") {
		t.Errorf("got %v", err)
	}
}
