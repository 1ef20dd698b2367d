package config_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"tributary/config"
)

// adapter is a configuration such as a source's own.
type adapter struct {
	URL      string            `yaml:"url"`
	Currency *string           `yaml:"currency"`
	States   map[int]string    `yaml:"states"`
	Auth     credentials       `yaml:"auth"`
	Timeout  time.Duration     `yaml:"timeout"`
	Ratio    float64           `yaml:"ratio"`
	Tries    uint8             `yaml:"tries"`
	Policy   `yaml:",inline"`  // its keys stand beside the others
	Limits   []limit           `yaml:"limits"`
	Labels   map[string]string `yaml:"labels"`
	derived  string
}

type credentials struct {
	Bearer  string            `yaml:"bearer"`
	Headers map[string]string `yaml:"headers"`
	Forward []string          `yaml:"forward"`
	Tries   int               `yaml:"tries"`
}

type Policy struct {
	TTL time.Duration `yaml:"ttl"`
}

type limit struct {
	Rate int         `yaml:"rate"`
	Size config.Size `yaml:"size"`
}

func (l *limit) Defaults() { l.Rate = 7 }

func (a *adapter) Validate() error {
	var faults []error
	if !strings.Contains(a.URL, "://") {
		faults = append(faults, config.Invalidf("url", "a URL starts with https://"))
	}
	if a.Auth.Bearer == "forbidden" {
		faults = append(faults, config.Invalidf("auth.bearer", "this token is forbidden"))
	}
	if a.Labels != nil && len(a.Labels) == 0 {
		faults = append(faults, config.Invalid{Message: "labels are needed"})
	}
	return errors.Join(faults...)
}

func source(t *testing.T, text string, env config.Env) config.Node {
	t.Helper()
	c, err := config.Parse("c.yaml", []byte("sources:\n  s: { kind: any, "+text+" }\n"), env)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return c.Sources[0].Node
}

func TestDecodeFillsAStruct(t *testing.T) {
	got := adapter{Timeout: time.Second, derived: "kept"}
	node := source(t, `url: "http://${HOST:-h}", currency: USD, states: { 7: ACTIVE }, auth: { bearer: 'a$b$${c}', headers: { X: 682 } },
    ratio: 0.5, tries: 3, ttl: 1h30m, limits: [{ size: 2KiB }, { rate: 1, size: 5 }], labels: { on: yes }`, nil)
	if err := node.Decode(&got); err != nil {
		t.Fatal(err)
	}
	usd := "USD"
	want := adapter{
		URL: "http://h", Currency: &usd, States: map[int]string{7: "ACTIVE"},
		Auth:    credentials{Bearer: "a$b${c}", Headers: map[string]string{"X": "682"}},
		Timeout: time.Second, Ratio: 0.5, Tries: 3, Policy: Policy{TTL: 90 * time.Minute},
		Limits: []limit{{Rate: 7, Size: 2048}, {Rate: 1, Size: 5}}, Labels: map[string]string{"on": "yes"}, derived: "kept",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a misspelt key", "url: 'http://h', tmeout: 5s", `sources.s.tmeout: unknown key "tmeout", did you mean "timeout"?`},
		{"what Validate refuses", "url: h", "sources.s.url: a URL starts with https://"},
		{"what Validate misses", "ratio: 1", "sources.s.url: a URL starts with https://"},
		{"what Validate refuses beneath", "url: 'http://h', auth: { bearer: forbidden }", "sources.s.auth.bearer: this token is forbidden"},
		{"what Validate refuses as a whole", "url: 'http://h', labels: {}", "sources.s: labels are needed"},
		{"a wrong value and no word of Validate", "url: h, tries: 300", `sources.s.tries: "300" is a number out of range`},
		{"a number below zero", "url: 'http://h', tries: -1", `sources.s.tries: "-1" is not a whole number from 0 up; write it in digits`},
		{"no number", "url: 'http://h', ratio: .nan", `sources.s.ratio: ".nan" is not a number; write it like 0.5 or 10`},
		{"a time below zero", "url: 'http://h', ttl: -5s", `sources.s.ttl: "-5s" is below zero; a duration is 0s or longer`},
		{"a key that is no number", "url: 'http://h', states: { x: y }", `sources.s.states.x: "x" is not a whole number; write it in digits`},
		{"one key in two spellings", "url: 'http://h', states: { 7: a, 07: b }", `sources.s.states.07: "07" is there in another spelling already`},
		{"one word for a list", "url: 'http://h', auth: { forward: Cookie }", "sources.s.auth.forward: a list is needed here"},
		{"a member of a list", "url: 'http://h', limits: [{ rate: 1 }, { rate: x }]", `sources.s.limits[1].rate: "x" is not a whole number; write it in digits`},
		{"a foreign tag", "url: !secret x", "sources.s.url: a value of the tag !secret cannot be used"},
		{"a password in a URL", "url: 'http://h', ttl: 'http://me:hunter2@h'", `sources.s.ttl: "http://***@h" is not a duration; write it like 5s, 250ms or 1h30m`},
		{"a value of the environment", "url: 'http://h', ttl: '${TOKEN}'", `sources.s.ttl: "${TOKEN}" is not a duration; write it like 5s, 250ms or 1h30m`},
		{"a secret of the wrong form", "url: 'http://h', auth: { tries: hunter2 }", "sources.s.auth.tries: the value is not a whole number; write it in digits"},
		{"a secret without its key", "url: 'http://h', auth: { hunter2 }", "sources.s.auth: unknown key; there are bearer, forward, headers, tries"},
		{"a misspelt key of a secret", "url: 'http://h', auth: { bearrer: hunter2 }", `sources.s.auth.bearrer: unknown key "bearrer", did you mean "bearer"?`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var into adapter
			err := source(t, test.text, variables("TOKEN", "hunter2")).Decode(&into)
			if err == nil || !strings.HasSuffix(err.Error(), ": "+test.want) || !strings.HasPrefix(err.Error(), "c.yaml:2:") {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Errorf("a secret was told: %v", err)
			}
		})
	}
}

func TestAliasesAndMergesStandForWhatTheyName(t *testing.T) {
	root, err := config.Read("c.yaml", []byte("a: &a { rate: 1, size: 1KiB }\nb: *a\nc: { <<: *a, rate: 2 }\nd: { <<: [*a, { rate: 5 }], size: 9 }\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]limit
	if err := root.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]limit{"a": {1, 1024}, "b": {1, 1024}, "c": {2, 1024}, "d": {1, 9}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAProblemStandsAtItsKey(t *testing.T) {
	c, err := config.Parse("c.yaml", []byte("sources:\n  s:\n    kind: focsu\n    auth:\n      bearer: x\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	node := c.Sources[0].Node
	for _, test := range []struct{ name, key, want string }{
		{"a value", "kind", "c.yaml:3:11: sources.s.kind: no"},
		{"a mapping", "auth", "c.yaml:4:5: sources.s.auth: no"},
		{"a value beneath", "auth.bearer", "c.yaml:5:15: sources.s.auth.bearer: no"},
		{"a key that is not there", "auth.basic", "c.yaml:4:5: sources.s.auth.basic: no"},
		{"the whole", "", "c.yaml:3:5: sources.s: no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := node.Problem(test.key, "no").Error(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// grudge is an error that only an adapter knows.
type grudge struct{ at string }

func (g *grudge) Error() string                  { return g.at + " will not do" }
func (g *grudge) Setting() (key, message string) { return g.at, "will not do" }

type part struct {
	Size config.Size `yaml:"size"`
}

func (p *part) Defaults() { p.Size = 9 }
func (p *part) Validate() error {
	if p.Size == 1 {
		return fmt.Errorf("the part: %w", &grudge{"size"})
	}
	return nil
}

type assembly struct {
	Named   part  `yaml:"named"`
	Pointed *part `yaml:"pointed"`
	Inner   struct {
		Deep part `yaml:"deep"`
	} `yaml:",inline"`
}

func TestStructsStartFromTheirDefaults(t *testing.T) {
	var got assembly
	if err := source(t, "deep: { size: 2 }", nil).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Named.Size != 9 || got.Pointed != nil || got.Inner.Deep.Size != 2 {
		t.Errorf("got %+v", got)
	}
	got = assembly{Named: part{Size: 3}}
	if err := source(t, "pointed: {}", nil).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Named.Size != 3 || got.Pointed.Size != 9 {
		t.Errorf("got %+v with %+v", got, got.Pointed)
	}
}

func TestAnAdaptersOwnErrorStandsAtItsSetting(t *testing.T) {
	var got assembly
	err := source(t, "named: { size: 1 }", nil).Decode(&got)
	if want := "c.yaml:2:34: sources.s.named.size: will not do"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAStructMayKnowTheKind(t *testing.T) {
	var got struct {
		Kind string `yaml:"kind"`
		Rest string `yaml:"rest"`
	}
	if err := source(t, "rest: r", nil).Decode(&got); err != nil || got.Kind != "any" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		least, "", "listen: ${A:-:1}\n" + least, "redis: { url: redis://u:p@h/0, timeout: 1s }\n" + least,
		"sources:\n  a: &a { kind: x, auth: { bearer: $${ } }\n  b: { <<: *a, kind: y }\naccounts: [{ id: a }]\n",
		"a: &a [*a]", "? [a]\n: b\n", "log: {level: debug, level: info}\nauth: {mode: jwt}\ncache: {memory: 1GiB}\n",
		"lists: { scanLimit: 9223372036854775808 }\nsecret: !!binary aGk=\n", strings.Repeat("[", 200), "a: |\n  ${B}\n", "\xff\xfea\x00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := config.Parse("c.yaml", []byte(text), variables("A", "1"))
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		var problems config.Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0 || problems[0].Message == "") {
			t.Fatalf("the error is no problem: %#v", err)
		}
		if c == nil {
			return
		}
		for _, source := range c.Sources {
			var into adapter
			if err := source.Node.Decode(&into); err != nil && !errors.As(err, &problems) {
				t.Fatalf("the error is no problem: %#v", err)
			}
		}
	})
}
