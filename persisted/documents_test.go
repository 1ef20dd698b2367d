package persisted_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tributary/persisted"
)

func TestADocumentIsRegisteredAsApolloDoesIt(t *testing.T) {
	d := open(t, defaults(), persisted.Options{})
	expect(t, resolve(d, byHash(sha(ann), "")), notFound)
	expect(t, resolve(d, byHash(sha(ann), ann)), ann)
	expect(t, resolve(d, byHash(sha(ann), "")), ann)
	expect(t, resolve(d, byHash(strings.ToUpper(sha(ann)), "")), ann)
	expect(t, resolve(d, byHash(sha(bob), "")), notFound)
	if got, want := d.Stats(), (persisted.Stats{Found: 2, Missed: 2, Registered: 1}); got != want {
		t.Errorf("the figures are %+v, want %+v", got, want)
	}
}

func TestOnlyWhatIsValidIsRegistered(t *testing.T) {
	d := open(t, defaults(), persisted.Options{})
	if _, err := d.Resolve(ctx, byHash(sha(ann), ann)); err != nil {
		t.Fatal(err)
	}
	expect(t, resolve(d, byHash(sha(ann), "")), notFound)
}

func TestWhatIsWrongWithAnExtensionIsSaid(t *testing.T) {
	d := open(t, defaults(), persisted.Options{})
	one := json.Number("1")
	for name, c := range map[string]struct {
		extension any
		query     string
		want      string
	}{
		"no object":          {"x", "", "BAD_USER_INPUT extensions.persistedQuery is an object"},
		"a list":             {[]any{}, ann, "BAD_USER_INPUT extensions.persistedQuery is an object"},
		"no version":         {map[string]any{"sha256Hash": sha(ann)}, "", "BAD_USER_INPUT the version of"},
		"another version":    {map[string]any{"version": json.Number("2"), "sha256Hash": sha(ann)}, "", "BAD_USER_INPUT the version of"},
		"a text for version": {map[string]any{"version": "1", "sha256Hash": sha(ann)}, "", "BAD_USER_INPUT the version of"},
		"no hash":            {map[string]any{"version": one}, ann, "BAD_USER_INPUT extensions.persistedQuery.sha256Hash is a string"},
		"an empty hash":      {map[string]any{"version": one, "sha256Hash": ""}, ann, "BAD_USER_INPUT extensions.persistedQuery.sha256Hash is a string"},
		"a number for hash":  {map[string]any{"version": one, "sha256Hash": one}, ann, "BAD_USER_INPUT extensions.persistedQuery.sha256Hash is a string"},
		"a short hash":       {map[string]any{"version": one, "sha256Hash": "abc"}, "", "BAD_USER_INPUT extensions.persistedQuery.sha256Hash has 64"},
		"no hexadecimal":     {map[string]any{"version": one, "sha256Hash": strings.Repeat("x", 64)}, "", "BAD_USER_INPUT extensions.persistedQuery.sha256Hash has 64"},
		"of another query":   {map[string]any{"version": one, "sha256Hash": sha(bob)}, ann, "BAD_USER_INPUT provided sha does not match query"},
		"null is none":       {nil, ann, ann},
	} {
		t.Run(name, func(t *testing.T) {
			request := persisted.Request{Query: c.query, Extensions: map[string]any{"persistedQuery": c.extension}}
			expectStart(t, resolve(d, request), c.want)
		})
	}
}

func TestModesAndWaysToNameADocument(t *testing.T) {
	type answers map[persisted.Mode]string
	all := func(answer string) answers {
		return answers{persisted.Off: answer, persisted.Log: answer, persisted.Only: answer}
	}
	apart := func(answer, only string) answers {
		return answers{persisted.Off: answer, persisted.Log: answer, persisted.Only: only}
	}
	trusted := "trusted " + ann
	for name, c := range map[string]struct {
		request persisted.Request
		want    answers
	}{
		"the text of a trusted one":       {persisted.Request{Query: ann}, all(trusted)},
		"another text":                    {persisted.Request{Query: bob}, apart(bob, "FORBIDDEN ")},
		"a trusted one with a space more": {persisted.Request{Query: ann + " "}, apart(ann+" ", "FORBIDDEN ")},
		"an id":                           {persisted.Request{DocumentID: "a"}, all(trusted)},
		"an id with the prefix":           {persisted.Request{DocumentID: "sha256:a"}, all(trusted)},
		"an id in another case":           {persisted.Request{DocumentID: "A"}, all("PERSISTED_QUERY_NOT_FOUND the gateway knows no document")},
		"the hash as an id":               {persisted.Request{DocumentID: "sha256:" + sha(ann)}, all(trusted)},
		"an id and its text":              {persisted.Request{DocumentID: "a", Query: ann}, all(trusted)},
		"an id and another text":          {persisted.Request{DocumentID: "a", Query: bob}, all("BAD_USER_INPUT query is another document")},
		"an unknown id and a text":        {persisted.Request{DocumentID: "b", Query: bob}, all("PERSISTED_QUERY_NOT_FOUND ")},
		"the id as Apollo sends it":       {byHash("a", ""), all(trusted)},
		"that and its text":               {byHash("a", ann), all(trusted)},
		"that and another text":           {byHash("a", bob), all("BAD_USER_INPUT query is another document")},
		"the hash of a trusted one":       {byHash(sha(ann), ""), all(trusted)},
		"an unknown hash":                 {byHash(sha(bob), ""), apart(notFound, notSupported)},
		"an unknown hash and its text":    {byHash(sha(bob), bob), apart(bob, notSupported)},
		"an id and a hash": {persisted.Request{DocumentID: "a", Extensions: byHash(sha(ann), "").Extensions},
			all("BAD_USER_INPUT the document is named twice")},
		"nothing": {persisted.Request{}, all("BAD_USER_INPUT there is no document")},
	} {
		for mode, want := range c.want {
			t.Run(string(mode)+" "+name, func(t *testing.T) {
				expectStart(t, resolve(trusting(t, mode, persisted.Options{}), c.request), want)
			})
		}
	}
}

func TestWithoutAPQNothingIsRegistered(t *testing.T) {
	settings := defaults()
	settings.APQ.Enabled = false
	d := open(t, settings, persisted.Options{})
	expect(t, resolve(d, byHash(sha(ann), "")), notSupported)
	expect(t, resolve(d, byHash(sha(ann), ann)), notSupported)
	expect(t, resolve(d, persisted.Request{Query: ann}), ann)
}

func TestModeLogTellsOnceOfWhatIsNotTrusted(t *testing.T) {
	var lines bytes.Buffer
	d := trusting(t, persisted.Log, persisted.Options{Log: slog.New(slog.NewTextHandler(&lines, nil))})
	for range 3 {
		for _, query := range []string{ann, bob} {
			resolve(d, persisted.Request{Query: query})
		}
	}
	if text := lines.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, sha(bob)) || strings.Contains(text, "viewer") {
		t.Errorf("the log says %s", text)
	}
	for i := range 1000 {
		resolve(d, persisted.Request{Query: fmt.Sprint("{ field", i, " }")})
	}
	// A line comes back a second.
	if n := strings.Count(lines.String(), "\n"); n < 100 || n > 160 {
		t.Errorf("the log has %d lines", n)
	}
	if got := d.Stats().Untrusted; got != 1003 {
		t.Errorf("%d were counted", got)
	}
}
