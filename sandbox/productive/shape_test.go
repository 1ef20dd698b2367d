package productive_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestDocumentsHaveTheVendorsShape compares a seeded document with a recorded
// one: the same members everywhere, the same features in every plan.
func TestDocumentsHaveTheVendorsShape(t *testing.T) {
	recorded, err := os.ReadFile("../../sources/productive/testdata/682.json")
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, serve(t)+"/api/v2/organization_subscriptions/682", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", "token")
	req.Header.Set("X-Organization-Id", "682")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(recorded, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	sameShape(t, "", want, got)
}

func sameShape(t *testing.T, path string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		names, seen := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(object))
		if !ok || !slices.Equal(names, seen) {
			t.Errorf("%s has the members %v, want %v", path, seen, names)
			return
		}
		for _, name := range names {
			sameShape(t, path+"/"+name, want[name], object[name])
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			t.Errorf("%s is %v, want %d elements", path, got, len(want))
			return
		}
		for i := range want {
			sameShape(t, fmt.Sprintf("%s/%d", path, i), want[i], list[i])
		}
	case nil: // may hold anything in another organisation
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			t.Errorf("%s is %v, want a %T", path, got, want)
		}
	}
}
