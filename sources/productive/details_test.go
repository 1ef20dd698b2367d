package productive_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"tributary/billing"
	"tributary/sources/productive"
)

// TestDetailsHoldEveryMember compares the details of recorded answers with the
// documents, member by member, down to every feature of every plan.
func TestDetailsHoldEveryMember(t *testing.T) {
	bodies := map[string]string{"682": fixture(t, "682")}
	for _, id := range []string{"683", "684", "688", "693", "695", "699", "701"} {
		bodies[id] = recorded(id)
	}
	for id, body := range bodies {
		t.Run(id, func(t *testing.T) {
			var document struct {
				Data struct{ Attributes map[string]any }
			}
			decode(t, []byte(body), &document)
			if n := len(document.Data.Attributes); n != 26 {
				t.Fatalf("the document has %d attributes, want 26", n)
			}
			encoded, err := json.Marshal(normalised(t, id, body, nil).Details)
			if err != nil {
				t.Fatal(err)
			}
			var details map[string]any
			decode(t, encoded, &details)
			compare(t, "attributes", document.Data.Attributes, details)
		})
	}
}

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// compare holds each member of a document's object to the field of its name.
func compare(t *testing.T, path string, object map[string]any, fields map[string]any) {
	t.Helper()
	byName := make(map[string]any)
	for field, value := range fields {
		byName[strings.ToLower(strings.ReplaceAll(field, "_", ""))] = value
	}
	for name, want := range object {
		got, ok := byName[strings.ReplaceAll(name, "_", "")]
		if !ok {
			t.Errorf("%s.%s is nowhere in the details", path, name)
			continue
		}
		compareValue(t, path+"."+name, want, got)
	}
}

func compareValue(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		switch got := got.(type) {
		case []any: // features
			compareFeatures(t, path, want, got)
		case map[string]any:
			compare(t, path, want, got)
		default:
			t.Errorf("%s is %v", path, got)
		}
	case []any:
		list, ok := got.([]any)
		if !ok && len(want) > 0 || len(list) != len(want) {
			t.Errorf("%s has %d elements, want %d", path, len(list), len(want))
			return
		}
		for i := range want {
			compareValue(t, path, want[i], list[i])
		}
	case json.Number:
		if text, ok := got.(string); ok {
			got = json.Number(text) // a decimal
		}
		if got != any(want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	case string:
		if at, err := time.Parse(time.DateTime, want); err == nil {
			want = at.Format(time.RFC3339)
		}
		if got != any(want) {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}

func compareFeatures(t *testing.T, path string, want map[string]any, got []any) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d features, want %d", path, len(got), len(want))
	}
	for _, entry := range got {
		feature := entry.(map[string]any)
		grant, ok := want[feature["Name"].(string)].(map[string]any)
		if !ok || !strings.EqualFold(feature["Kind"].(string), grant["type"].(string)) ||
			feature["Limit"] != grant["limit"] || feature["Available"] != grant["available"] {
			t.Errorf("%s: %v, want %v", path, feature, grant)
		}
	}
}

func TestFeaturesKeepTheDocumentsOrder(t *testing.T) {
	sub := normalised(t, "682", fixture(t, "682"), nil)
	var names []string
	for _, feature := range sub.Plan.Features[:3] {
		names = append(names, feature.Name)
	}
	if got := strings.Join(names, " "); got != "custom_fields custom_fields_per_project employee_fields" {
		t.Errorf("the first features are %s", got)
	}
}

func TestSubscriptionsSurviveCBOR(t *testing.T) {
	mode, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range suite().Documents {
		t.Run(name, func(t *testing.T) {
			sub := *normalised(t, "682", fixture(t, name), nil)
			checkRoundTrip(t, mode, sub.Details.(*productive.Details), new(productive.Details))
			sub.Details = nil
			checkRoundTrip(t, mode, &sub, new(billing.Subscription))
		})
	}
}

func checkRoundTrip[T any](t *testing.T, mode cbor.EncMode, value, back *T) {
	t.Helper()
	encoded, err := mode.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := cbor.Unmarshal(encoded, back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(value, back) {
		t.Errorf("comes back as %+v, was %+v", back, value)
	}
}
