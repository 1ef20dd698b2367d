package wire

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func passes(data string) bool {
	s := skimmed([]byte(data), Cut{})
	defer s.end()
	return s.document()
}

func TestASkimPassesWhatSourcesSend(t *testing.T) {
	for _, data := range []string{
		`{}`, `[]`, `""`, `null`, "true", "false", "0", "-1.5e+10", " { } \n", "[ 1 , \"a\" ]", `{"a":{"b":[{}]},"c":"d"}`,
		`{"name":"Škola \"A\"\\ \u017e","n":[0,1.50,-3E2]}`, `{"a_b":1,"ac":2}`, "[" + strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60) + "]",
	} {
		if !passes(data) {
			t.Errorf("%s does not pass", data)
		}
	}
}

func TestASkimPassesTheDocumentsOfAllSources(t *testing.T) {
	files, err := filepath.Glob("../*/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !passes(string(data)) {
			t.Errorf("%s does not pass", file)
		}
	}
}

func TestASkimLeavesToTheLibraryWhatItIsNotSureOf(t *testing.T) {
	for _, data := range []string{
		`{"\u0061":1}`, `{"ä":1}`, `{"a_b":1,"aB":2}`, `["\ud83d\ude00"]`, strings.Repeat("[", 65) + strings.Repeat("]", 65),
		`{"` + strings.Repeat("a", 65) + `":1}`,
	} {
		if passes(data) {
			t.Errorf("%s passes", data)
		}
		var value any
		if err := Decode([]byte(data), &value); err != nil {
			t.Errorf("%s: %v", data, err)
		}
	}
}

// FuzzSkim holds a skim to the library: what passes is in the form that the
// library asks for with all its checks, names told apart without case.
func FuzzSkim(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e3,"\u00e9\n"],"b":{"c":null}}`, `{"a":1,"a":2}`, `{"aB":1,"a_b":2}`, "[\"\xff\"]", `["\ud800"]`, "01", "-", "1.", "[1,]", `{"a":}`,
		`{"a" : true , "b" : false}`, `"` + "\x01" + `"`, "[\"abcdefg\x80\"]", "[\"1234567\\\"\"]", "truefalse", "\ufeff1", "{}}",
		`{` + strings.Repeat(`"x":0,`, 20) + `"y":0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if passes(string(data)) && !jsontext.Value(data).IsValid() {
			t.Fatalf("%q passes", data)
		}
	})
}

// FuzzDecodeAround has strings read beforehand, and holds what comes of it to
// what the library makes of the whole.
func FuzzDecodeAround(f *testing.F) {
	for _, seed := range []string{
		`{"in":{"text":"a","in":{"text":"b"}},"text":"c"}`, `{"text":0}`, `{"text":-1}`, `{"in":{"text":1}}`, `{"other":{"text":"a"},"text":"b"}`,
		`{"text":"a","text":"b"}`, `{"text" : "a" }`, `{"text":null,"in":{"text":"x"}}`, `{"\u0074ext":0,"in":{"text":"x"}}`, `{"text":"a"`, `{"raw":{"text":"a"}}`,
	} {
		f.Add([]byte(seed))
	}
	type document struct {
		In   *document      `json:"in"`
		Text jsontext.Value `json:"text"`
		Raw  jsontext.Value `json:"raw"`
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := slices.Clone(data)
		var texts []jsontext.Value
		read := func(data []byte) int {
			end := bytes.IndexFunc(data[1:], func(r rune) bool { return r < 'a' || r > 'z' }) + 2
			if data[0] != '"' || end > len(data) || end < 2 || data[end-1] != '"' {
				return 0
			}
			texts = append(texts, data[:end])
			return end
		}
		var whole, around document
		errWhole := decode(data, &whole)
		cuts, err := DecodeAround(data, &around, Cut{Path: []string{"in"}, Name: "text", Read: read})
		if !slices.Equal(before, data) {
			t.Fatal("the document was changed")
		}
		if (err == nil) != (errWhole == nil) || err != nil && err.Error() != errWhole.Error() {
			t.Fatalf("%q: %v, and the library says %v", data, err, errWhole)
		}
		if err != nil {
			return
		}
		for d := &around; d != nil; d = d.In {
			if cuts > 0 && d.Text.Kind() == '0' {
				var at int
				if err := json.Unmarshal(d.Text, &at); err != nil || at >= cuts {
					t.Fatalf("%q leads to %s of %d", data, d.Text, cuts)
				}
				d.Text = texts[at]
			}
		}
		got, _ := json.Marshal(around, jsontext.AllowInvalidUTF8(true))
		want, _ := json.Marshal(whole, jsontext.AllowInvalidUTF8(true))
		if !bytes.Equal(got, want) {
			t.Fatalf("%q reads as %s, and whole as %s", data, got, want)
		}
	})
}
