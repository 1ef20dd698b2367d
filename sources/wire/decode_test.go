package wire_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/sources/wire"
)

// document has a field of every type that adapters decode into.
type document struct {
	Name    *string           `json:"name"`
	Flag    *bool             `json:"flag"`
	Count   *wire.Int         `json:"count"`
	Rate    *wire.Decimal     `json:"rate"`
	Plain   int               `json:"plain"`
	Real    float64           `json:"real"`
	At      time.Time         `json:"at"`
	Bytes   []byte            `json:"bytes"`
	List    []wire.Int        `json:"list"`
	Words   map[string]string `json:"words"`
	Raw     jsontext.Value    `json:"raw"`
	Inner   *document         `json:"inner"`
	Must    wire.Int          `json:"must"`
	Numbers map[wire.Int]int  `json:"numbers"`
}

func TestDecodeReadsWhatItKnowsAndPassesOverTheRest(t *testing.T) {
	var doc document
	err := wire.Decode([]byte(" \n{\"name\":\"x\",\"new\":{\"a\":[1,null]},\"count\":\"12\",\"rate\":1.50,\"Flag\":true,\"inner\":null}\t\r\n"), &doc)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Name == nil || *doc.Name != "x" || doc.Count == nil || *doc.Count != 12 || doc.Rate == nil || *doc.Rate != "1.5" {
		t.Errorf("got %+v", doc)
	}
	if doc.Flag != nil {
		t.Error("a key of other case is another key")
	}
}

func TestDecodeRefuses(t *testing.T) {
	cases := map[string]struct {
		data string
		want string // a part of the error
	}{
		"nothing":                             {"", "ends too early"},
		"white space alone":                   {" \n", "ends too early"},
		"null":                                {"null", "is null"},
		"null with space around":              {"\r\n\t null \n", "is null"},
		"null behind more space than a line":  {strings.Repeat(" ", 200) + "null" + strings.Repeat("\n", 200), "is null"},
		"two nulls":                           {"null null", "at byte"},
		"half a document":                     {`{"name":"hunter2`, "ends too early"},
		"two documents":                       {`{}{}`, "at byte 2"},
		"a word behind the document":          {`{"name":"x"} hunter2`, "at byte"},
		"HTML":                                {"<html>hunter2</html>", "at byte 0"},
		"a duplicate key":                     {`{"name":"hunter2","name":"hunter2"}`, "duplicate object member name"},
		"a duplicate key that nobody reads":   {`{"hunter2":1,"hunter2":2}`, "duplicate object member name"},
		"a duplicate key written otherwise":   {`{"name":"a","\u006eame":"b"}`, "duplicate object member name"},
		"a duplicate key far inside":          {`{"new":[{"a":{"hunter2":1,"hunter2":2}}]}`, "duplicate object member name"},
		"a duplicate key in a raw value":      {`{"raw":{"hunter2":1,"hunter2":2}}`, "duplicate object member name"},
		"a duplicate key in a map":            {`{"words":{"hunter2":"1","hunter2":"2"}}`, "duplicate object member name"},
		"invalid UTF-8":                       {"{\"name\":\"hunter2\xff\"}", "invalid UTF-8"},
		"invalid UTF-8 that nobody reads":     {"{\"new\":\"hunter2\xff\"}", "invalid UTF-8"},
		"invalid UTF-8 in a raw value":        {"{\"raw\":[\"hunter2\xff\"]}", "invalid UTF-8"},
		"half a surrogate pair":               {`{"name":"hunter2\ud800"}`, "escape"},
		"an unknown escape":                   {`{"name":"hunter2\q"}`, "escape"},
		"a byte order mark":                   {"\ufeff{}", "at byte 0"},
		"a control character":                 {"{\"name\":\"hunter2\x01\"}", "at byte"},
		"100,000 brackets":                    {strings.Repeat("[", 100_000), "does not fit"},
		"100,000 brackets that nobody reads":  {`{"new":` + strings.Repeat("[", 100_000), "max depth"},
		"100,000 braces in a raw value":       {`{"raw":` + strings.Repeat(`{"a":`, 100_000), "max depth"},
		"100,000 levels of its own":           {strings.Repeat(`{"inner":`, 100_000), "max depth"},
		"a list for a document":               {`["hunter2"]`, "at the top: a JSON array does not fit"},
		"a string for a document":             {`"hunter2"`, "at the top: a JSON string does not fit"},
		"a number for a document":             {"4711", "at the top: a JSON number does not fit"},
		"a boolean for a document":            {"true", "at the top: a JSON boolean does not fit"},
		"a number for a string":               {`{"inner":{"name":4711}}`, "at /inner/name: a JSON number"},
		"a string for a boolean":              {`{"flag":"hunter2"}`, "at /flag: a JSON string"},
		"a word for a number":                 {`{"plain":"hunter2"}`, "at /plain"},
		"a number past its type":              {`{"plain":471147114711471147114711}`, "at /plain"},
		"a fraction for a number":             {`{"plain":4711.4711}`, "at /plain"},
		"a word for a real number":            {`{"real":"hunter2"}`, "at /real"},
		"a word for an instant":               {`{"at":"hunter2"}`, "at /at"},
		"a word for bytes":                    {`{"bytes":"hunter2"}`, "at /bytes"},
		"a word for a lenient integer":        {`{"count":"hunter2"}`, "at /count: the value does not fit: not an integer"},
		"an object for a lenient integer":     {`{"count":{"hunter2":1}}`, "at /count"},
		"a word within a list":                {`{"list":[1,"hunter2"]}`, "at /list/1: the value does not fit: not an integer"},
		"a word for a decimal":                {`{"rate":"hunter2"}`, "at /rate: the value does not fit: not a decimal"},
		"null where there must be a number":   {`{"must":null}`, "at /must"},
		"a list for a map":                    {`{"words":["hunter2"]}`, "at /words"},
		"a word for a key that is a number":   {`{"numbers":{"hunter2":1}}`, "not an integer"},
		"a pointer longer than any API's own": {`{"words":{"` + strings.Repeat("k", 5000) + `":4711}}`, "..."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var doc document
			err := wire.Decode([]byte(c.data), &doc)
			if err == nil {
				t.Fatalf("read %+v", doc)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %q, want %q in it", err, c.want)
			}
			if text := err.Error(); strings.Contains(text, "4711") || len(text) > 300 ||
				strings.Contains(text, "hunter2") && !strings.Contains(name, "key that is a number") {
				t.Errorf("the error repeats the document: %q", text)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"x","count":"12","rate":1.5,"list":[1,"2",3.0],"raw":{"a":1}}`, `{"words":{"a":"b"},"inner":{"inner":{}}}`,
		"null", "[", `{"a":1,"a":2}`, `{"rate":1e-30}`, "{\"name\":\"\xff\"}", `{"name":"\ud800"}`, " null ",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := slices.Clone(data)
		var doc document
		err := wire.Decode(data, &doc)
		if !slices.Equal(before, data) {
			t.Fatal("the document was changed")
		}
		if err != nil {
			if text := err.Error(); text == "" || len(text) > 300 || !utf8.ValidString(text) {
				t.Fatalf("the error is %q", text)
			}
			return
		}
		var anything any
		if json.Unmarshal(data, &anything) != nil || anything == nil {
			t.Fatalf("read %q, which is no document", data)
		}
	})
}
