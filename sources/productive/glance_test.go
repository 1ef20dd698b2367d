package productive

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// With white space in them documents are left to the decoder.
func TestFeaturesAreTheSameHoweverTheyAreRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	documents := 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".golden.json") || jsontext.Value(body).Kind() != '{' { // a list of exchanges
			continue
		}
		documents++
		t.Run(filepath.Base(file), func(t *testing.T) {
			dense, wide := jsontext.Value(body).Clone(), jsontext.Value(body).Clone()
			if err := dense.Compact(); err != nil {
				t.Fatal(err)
			}
			if err := wide.Indent(); err != nil {
				t.Fatal(err)
			}
			fast, err := decode(dense)
			if err != nil {
				t.Fatal(err)
			}
			slow, err := decode(wide)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(fast.Attributes.CurrentPlan.features(), slow.Attributes.CurrentPlan.features()) {
				t.Error("they differ")
			}
		})
	}
	if documents == 0 {
		t.Error("none of the files is a document")
	}
}

// features are those of p and of the plans below it.
func (p *plan) features() []features {
	if p == nil {
		return nil
	}
	all := []features{p.Features}
	for _, nested := range p.near() {
		all = append(all, nested.features()...)
	}
	return all
}

func TestANumberIsNeverTakenForFeaturesThatWereReadBeforehand(t *testing.T) {
	const granted = `{"a":{"type":"switch","available":true}}`
	for name, members := range map[string]string{
		"a number":                        `"id":"x","features":0`,
		"a number beside features":        `"id":"x","features":` + granted + `,"upgradeables":[{"id":"y","features":0}]`,
		"a number under an escaped name":  `"id":"x","features":` + granted + `,"upgradeables":[{"id":"y","\u0066eatures":0}]`,
		"a number below zero":             `"id":"x","features":-1`,
		"a number behind an escaped name": `"\u0069d":"x","features":1e0`,
	} {
		t.Run(name, func(t *testing.T) {
			data, err := decode([]byte(`{"data":{"type":"organization_subscriptions","attributes":{"current_plan":{` + members + `}}}}`))
			if err == nil {
				t.Errorf("read as %+v", data.Attributes.CurrentPlan)
			}
		})
	}
}

func FuzzGlance(f *testing.F) {
	for _, seed := range []string{
		`{"a":{"type":"switch","available":true},"b":{"type":"metered","limit":15}}`, `{"a":{"type":"metered","limit":0}}, "b"`,
		`{"a":{"type":"switch","available":false},"a":{"type":"switch","available":false}}`, `{"a":{"type":"metered","limit":007}}`,
		`{"a":{"type":"metered","limit":99999999999999999999}}`, `{"\u0061":{"type":"switch","available":true}}`, `{}`, `{"a":{}}`, `{"b":{"type":"switch"`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for range 2 { // names are usual the second time
			var g glances
			n := g.read(data)
			if n == 0 {
				return
			}
			var want features
			if err := json.Unmarshal(data[:n], &want); err != nil {
				t.Fatalf("%q is read, and it is %v", data[:n], err)
			}
			if len(g.lists) != 1 || !reflect.DeepEqual(g.lists[0], want.list) {
				t.Fatalf("%q reads as %v, want %v", data[:n], g.lists, want.list)
			}
		}
	})
}
