package billing_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"tributary/billing"
)

func TestGlobalIDsReadBack(t *testing.T) {
	cases := map[string][]string{
		"subscription/focus/4711":        {"subscription", "focus", "4711"},
		"subscription/billing/0f3c/7d1e": {"subscription", "billing", "0f3c", "7d1e"},
		"plan/teams/Pro%20%2F%20Team":    {"plan", "teams", "Pro / Team"},
		"plan/teams/100%25":              {"plan", "teams", "100%"},
		"account/caf%C3%A9":              {"account", "café"},
		"account/..":                     {"account", ".."},
		"account/a+b@c=d":                {"account", "a+b@c=d"},
	}
	for id, want := range cases {
		t.Run(id, func(t *testing.T) {
			if got := billing.GlobalID(want[0], want[1:]...); got != id {
				t.Errorf("GlobalID(%q) = %q", want, got)
			}
			kind, parts, err := billing.ParseGlobalID(id)
			if err != nil || !slices.Equal(append([]string{kind}, parts...), want) {
				t.Errorf("it reads back as %q %q, %v", kind, parts, err)
			}
		})
	}
}

func TestParseGlobalIDRefusesOtherSpellings(t *testing.T) {
	cases := map[string]string{
		"nothing":                         "",
		"no slash":                        "subscription",
		"no kind":                         "/focus/4711",
		"an empty part":                   "subscription//4711",
		"a slash at the end":              "subscription/focus/4711/",
		"a bad escape":                    "subscription/focus/%zz",
		"half an escape":                  "subscription/focus/%4",
		"an escape that was not needed":   "subscription/focus/%34711",
		"an escape in lower case":         "plan/teams/a%2fb",
		"a space left as it is":           "plan/teams/a b",
		"an accent left as it is":         "account/café",
		"bytes that are not UTF-8":        "account/\xff",
		"escapes that are not UTF-8":      "account/%FF",
		"longer than any id":              "account/" + strings.Repeat("a", 1024),
		"a question mark left as it is":   "account/a?b",
		"a line break behind":             "account/acme\n",
		"an id in front of which is room": " account/acme/%",
	}
	for name, id := range cases {
		t.Run(name, func(t *testing.T) {
			kind, parts, err := billing.ParseGlobalID(id)
			if err == nil {
				t.Fatalf("%q reads as %q %q", id, kind, parts)
			}
			if kind != "" || parts != nil {
				t.Errorf("beside its error it answers %q %q", kind, parts)
			}
			if _, last, ok := strings.Cut(id, "/"); ok && len(last) > 3 && strings.Contains(err.Error(), last) {
				t.Errorf("%q repeats the id", err)
			}
		})
	}
}

func TestRefs(t *testing.T) {
	cases := []struct {
		ref          billing.Ref
		id, localKey string
	}{
		{ref: billing.Ref{Source: "focus", Org: "4711"}, id: "subscription/focus/4711", localKey: "4711"},
		{ref: billing.Ref{Source: "billing", Org: "o", Key: "s"}, id: "subscription/billing/o/s", localKey: "o/s"},
		{ref: billing.Ref{Source: "billing", Org: "o/s"}, id: "subscription/billing/o%2Fs", localKey: "o/s"},
		{ref: billing.Ref{Source: "billing", Org: "o", Key: "s", Billing: "b"}, id: "subscription/billing/o/s", localKey: "o/s"},
	}
	for _, c := range cases {
		if got := c.ref.ID(); got != c.id {
			t.Errorf("the id of %+v is %q, want %q", c.ref, got, c.id)
		}
		if got := c.ref.LocalKey(); got != c.localKey {
			t.Errorf("the local key of %+v is %q, want %q", c.ref, got, c.localKey)
		}
	}
	plan := billing.Plan{Source: "teams", ExternalID: "1/2"}
	if plan.ID() != "plan/teams/1%2F2" {
		t.Errorf("the plan's id is %q", plan.ID())
	}
}

func FuzzParseGlobalID(f *testing.F) {
	for _, seed := range []string{
		"subscription/focus/4711", "subscription/billing/o/s", "plan/teams/a%2Fb", "account/%FF", "//", "a/%", "a/b/", "a/..", "\xff/\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		kind, parts, err := billing.ParseGlobalID(id)
		if err != nil {
			if kind != "" || parts != nil || !utf8.ValidString(err.Error()) {
				t.Fatalf("%q fails with %q %q %q", id, kind, parts, err)
			}
			return
		}
		if again := billing.GlobalID(kind, parts...); again != id {
			t.Fatalf("%q is written again as %q", id, again)
		}
		for _, part := range parts {
			if part == "" || !utf8.ValidString(part) {
				t.Fatalf("%q has the part %q", id, part)
			}
		}
	})
}
