package cache_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tributary/cache"
)

func TestAKeyNeedsAllItsParts(t *testing.T) {
	cases := map[string]struct {
		parts [5]string
		fine  bool
	}{
		"all":                   {[5]string{"v1", "psa", "tenant", "subscription", "1"}, true},
		"no id":                 {[5]string{"v1", "psa", "tenant", "plans", ""}, true},
		"an id with colons":     {[5]string{"v1", "psa", "tenant", "subscription", "a:b:c"}, true},
		"no version":            {[5]string{"", "psa", "tenant", "subscription", "1"}, false},
		"no source":             {[5]string{"v1", "", "tenant", "subscription", "1"}, false},
		"no tenant":             {[5]string{"v1", "psa", "", "subscription", "1"}, false},
		"no entity":             {[5]string{"v1", "psa", "tenant", "", "1"}, false},
		"a colon in the tenant": {[5]string{"v1", "psa", "ten:ant", "subscription", "1"}, false},
		"a colon in the source": {[5]string{"v1", "p:sa", "tenant", "subscription", "1"}, false},
		"a colon in the entity": {[5]string{"v1", "psa", "tenant", "subscr:iption", "1"}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			k, err := cache.NewKey(c.parts[0], c.parts[1], c.parts[2], c.parts[3], c.parts[4])
			if (err == nil) != c.fine {
				t.Errorf("got %q, %v", k, err)
			}
			if !c.fine && k != (cache.Key{}) {
				t.Errorf("a refused key is %q", k)
			}
		})
	}
}

func TestAKeyIsAboutOneSubject(t *testing.T) {
	for id, want := range map[string]string{
		"":                         "",
		"1":                        "1",
		"a:b:c":                    "a:b:c",
		"1?billing-account":        "1",
		"a:b?billing-account?deep": "a:b",
		"?billing-account":         "",
		"100%3F":                   "100%3F",
	} {
		got := must(cache.NewKey("v1", "psa", "tenant", "subscription", id)).Subject()
		if got != (cache.Subject{Source: "psa", Entity: "subscription", ID: want}) {
			t.Errorf("%q is about %+v", id, got)
		}
	}
	if got := (cache.Key{}).Subject(); got != (cache.Subject{}) {
		t.Errorf("no key is about %+v", got)
	}
}

func TestNoTwoThingsHaveOneKey(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		letters := []string{"a", "b", ":", "/", "%", " "}
		text := ""
		for range random.IntN(4) {
			text += letters[random.IntN(len(letters))]
		}
		return text
	}
	seen := map[cache.Key][5]string{}
	for range 300_000 {
		parts := [5]string{word(), word(), word(), word(), word()}
		k, err := cache.NewKey(parts[0], parts[1], parts[2], parts[3], parts[4])
		if err != nil {
			continue
		}
		if other, ok := seen[k]; ok && other != parts {
			t.Fatalf("%q and %q both have the key %s", parts, other, k)
		}
		seen[k] = parts
	}
	if len(seen) < 1000 {
		t.Errorf("only %d keys were tried", len(seen))
	}
	texts := map[string]bool{}
	for k := range seen {
		texts[fmt.Sprint(k)] = true
	}
	if len(texts) != len(seen) {
		t.Errorf("%d keys have %d texts", len(seen), len(texts))
	}
}
