package schematest

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/clients/nodetest"
)

func TestGraphqlJSReadsTheSchemaTheSameWay(t *testing.T) {
	nodetest.Install(t, "js")
	reprinted := filepath.Join(t.TempDir(), "printed-by-gqlparser.graphqls")
	if err := os.WriteFile(reprinted, []byte(printedDocument(t, read(t, schemaFile))), 0o600); err != nil {
		t.Fatal(err)
	}
	var report []struct {
		Version string   `json:"version"`
		Check   string   `json:"check"`
		Faults  []string `json:"faults"`
	}
	out := nodetest.Run(t, "js", "node", "roundtrip.mjs", filepath.Join("..", schemaFile), reprinted)
	if err := json.Unmarshal(out, &report, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("read the report: %v\n%s", err, out)
	}
	seen := map[string]int{}
	for _, row := range report {
		seen[row.Version[:2]]++
		t.Run("graphql-js "+row.Version+" "+row.Check, func(t *testing.T) {
			for _, fault := range row.Faults {
				t.Error(fault)
			}
		})
	}
	if want := map[string]int{"16": 6, "17": 6}; !reflect.DeepEqual(seen, want) {
		t.Errorf("checks by major version: %v, want %v", seen, want)
	}
}
