package schematest

import (
	"strings"
	"testing"
)

const (
	contractFile = "testdata/contract.txt"
	// promises is how many lines the contract has had from the beginning.
	promises = 781
)

func TestTheSchemaKeepsItsContract(t *testing.T) {
	schema := load(t)
	lines := contract(t)
	if len(lines) < promises {
		t.Errorf("%s has %d lines and had %d: a line that clients rely on was removed", contractFile, len(lines), promises)
	}
	for _, line := range lines {
		if fault := broken(schema, line); fault != "" {
			t.Errorf("no longer true: %s\n\t%s", line, fault)
		}
	}
}

// contract reads the lines of the contract, without comments.
func contract(t *testing.T) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(read(t, contractFile)) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestABrokenPromiseIsNoticed(t *testing.T) {
	const (
		before = `
			schema { query: Query }
			interface Node { id: ID! }
			type Query { plans(source: String!, days: Int = 30): [Plan!]! }
			type Plan implements Node { id: ID! name: String }
			type Tier { id: ID! }
			union Offer = Plan | Tier
			enum Kind { FLAT TIERED }
			input Filter { kind: Kind = FLAT }
			scalar Day`
		plans = "field Query.plans(source: String!, days: Int = 30): [Plan!]!"
	)
	tables := []struct {
		name     string
		old, new string
		line     string
		broken   bool
	}{
		{"a root of another name", "query: Query }", "query: Plan }", "schema query: Query", true},
		{"a field that is gone", "name: String", "title: String", "field Plan.name: String", true},
		{"a field that may now be null", "[Plan!]!", "[Plan!]", plans, true},
		{"an argument that is gone", "source: String!, ", "", plans, true},
		{"an argument of another type", "source: String!", "source: ID!", plans, true},
		{"a default that changed", "= 30", "= 7", plans, true},
		{"a default that is gone", "Int = 30", "Int", plans, true},
		{"a new argument that must be given", "days: Int", "org: ID!, days: Int", plans, true},
		{"a new argument that may be given", "days: Int", "org: ID, days: Int", plans, false},
		{"a new argument with a default", "days: Int", "org: ID! = 1, days: Int", plans, false},
		{"a new field of a type", "name: String", "name: String rank: Int", "field Plan.name: String", false},
		{"an interface that is gone", "type Plan implements Node", "type Plan", "type Plan implements Node", true},
		{"a type that is gone", "scalar Day", "", "scalar Day", true},
		{"a type of another kind", "scalar Day", "enum Day { MONDAY }", "scalar Day", true},
		{"an enum value that is gone", "FLAT TIERED", "FLAT", "value Kind.TIERED", true},
		{"a new enum value", "FLAT TIERED", "FLAT TIERED METERED", "value Kind.TIERED", false},
		{"a union member that is gone", "Plan | Tier", "Plan", "union Offer includes Tier", true},
		{"an input field of another type", "kind: Kind = FLAT", "kind: String", "argument Filter.kind: Kind = FLAT", true},
		{"an input field with another default", "= FLAT", "= TIERED", "argument Filter.kind: Kind = FLAT", true},
		{"a new input field that must be given", "= FLAT", "= FLAT org: ID!", "input Filter requires", true},
		{"a new input field that may be given", "= FLAT", "= FLAT org: ID", "input Filter requires", false},
	}
	for _, table := range tables {
		t.Run(table.name, func(t *testing.T) {
			if fault := broken(parse(t, before), table.line); fault != "" {
				t.Fatalf("broken before the change: %s", fault)
			}
			after := strings.Replace(before, table.old, table.new, 1)
			if after == before {
				t.Fatalf("%q is not in the schema", table.old)
			}
			if fault := broken(parse(t, after), table.line); (fault != "") != table.broken {
				t.Errorf("broken = %q, want broken: %v", fault, table.broken)
			}
		})
	}
}
