package wire

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// sample has a field of every kind that is read here, and of some that the library
// reads.
type sample struct {
	ID      string           `json:"id"`
	Name    *string          `json:"name"`
	Flag    bool             `json:"flag"`
	Maybe   *bool            `json:"maybe"`
	Count   *Int             `json:"count"`
	Must    Int              `json:"must"`
	Rate    *Decimal         `json:"rate"`
	Real    float64          `json:"real"`
	At      *time.Time       `json:"at"`
	Bytes   []byte           `json:"bytes"`
	Ints    []Int            `json:"ints"`
	Texts   []string         `json:"texts"`
	Words   map[string]Int   `json:"words"`
	Raw     jsontext.Value   `json:"raw"`
	Raws    []jsontext.Value `json:"raws"`
	Inner   *sample          `json:"inner"`
	Inners  []sample         `json:"inners"`
	Data    struct{ ID Int } `json:"data"`
	Any     any              `json:"any"`
	Skipped string           `json:"-"`
	Inside  struct {
		Data *struct {
			ID string `json:"id"`
		} `json:"data"`
	} `json:"inside"`
}

var samples = []string{
	`{}`, ` { } `, `null`, `[]`, `1`, `{"inner":null,"inners":null,"texts":null,"raw":null,"raws":[null],"data":null,"inside":null}`,
	`{"id":null,"name":null,"flag":null,"maybe":null,"count":null,"rate":null,"real":null,"at":null,"bytes":null,"words":null,"any":null}`,
	`{"must":null}`, `{"must":"12"}`, `{"must":12.0}`, `{"must":"x"}`, `{"must":1e2}`, `{"must":"\u0031"}`, `{"must":[1]}`, `{"count":-0}`, `{"ints":[1,"2",-3]}`,
	`{"rate":1.50e1}`, `{"rate":"0.10"}`, `{"rate":true}`, `{"rate":"-1"}`, `{"rate":""}`, `{"real":1.5,"at":"2026-01-02T03:04:05Z","bytes":"aGk="}`,
	`{"id":"a\n\u00e9","name":"é","texts":["","\\","\"",null]}`, `{"id":1}`, `{"id":{}}`, `{"flag":1}`, `{"flag":"true"}`, `{"texts":{}}`, `{"texts":[1]}`,
	`{"new":{"a":[{"b":"]}\"\\"}],"c":-1.5e3},"id":"x","other":[[],{}],"name":"y"}`, `{"name":"y","id":"x","-":"z","Skipped":"z","ID":"w"}`,
	`{"raw": { "a" : [ 1 , "]" ] } ,"raws":[ 1 , "a" , true,[ ] ],"words":{"a":"1"},"any":{"a":[1]}}`, `{"raw":"\ud800"}`, `{"raw":1,"raw":2}`,
	`{"inner":{"inner":{"id":"x"},"inners":[{"id":"a"},{},null,{"id":"b"}]},"data":{"ID":1},"inside":{"data":{"id":"z"}}}`, `{"inner":[]}`, `{"inners":[]}`,
	`{"ID":"x","Na_me":"y","inSide":{"DATA":{"Id":"z"}},"words":{"A":1,"a":2}}`, `{"id":"x","ID":"y"}`, `{"IN-NER":{"Flag":true}}`,
	`{"inside":{"data":{"id":5}}}`, `{"id":"x"`, `{"id":"x"}}`, `{"id" : "x" , "maybe" : false , "flag":true }`, "{\"id\":\"\xff\"}",
}

// FuzzPlainly holds what is read here to what the library makes of it.
func FuzzPlainly(f *testing.F) {
	for _, seed := range samples {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		compare[sample](t, data)
		compare[folding](t, data)
	})
}

type folding struct{ Body sample }

func (f *folding) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return json.UnmarshalDecode(dec, &f.Body, json.MatchCaseInsensitiveNames(true))
}

func (f *folding) Folded() any { return &f.Body }

func TestRecordedDocumentsReadAsByTheLibrary(t *testing.T) {
	type plan struct {
		ID       string           `json:"id"`
		Name     *string          `json:"name"`
		Cents    *Int             `json:"monthly_price_cents"`
		Tiers    []jsontext.Value `json:"tiers"`
		Features jsontext.Value   `json:"features"`
		Upgrades []string         `json:"upgrades"`
	}
	type document struct {
		Data *struct {
			ID         string `json:"id"`
			Attributes struct {
				Price *Decimal `json:"plan_price"`
				Seats *Int     `json:"seats"`
				Plan  *plan    `json:"current_plan"`
			} `json:"attributes"`
		} `json:"data"`
	}
	paths, err := filepath.Glob("../productive/testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		compare[document](t, data)
	}
}

func compare[T any](t *testing.T, data []byte) {
	t.Helper()
	var got, want T
	errGot, errWant := Decode(data, &got), decode(data, &want)
	if (errGot == nil) != (errWant == nil) || errGot != nil && errGot.Error() != errWant.Error() {
		t.Fatalf("%q: %v, and the library says %v", data, errGot, errWant)
	}
	if errGot == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%q reads as %+v, and by the library as %+v", data, got, want)
	}
}
