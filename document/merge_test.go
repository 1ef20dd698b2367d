package document

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// pets is the specification's schema for its examples of merging, and what tells
// nested abstract types apart.
const pets = `
	type Query { dog: Dog pet: Pet pets: [Pet!]! creature: Creature }
	enum DogCommand { SIT HEEL }
	input Where { a: Int b: [Int] c: Where }
	interface Creature { name: String partner: Creature }
	interface Pet implements Creature { name: String partner: Creature friend(where: Where, first: Int): Pet }
	type Dog implements Pet & Creature { name: String partner: Creature friend(where: Where, first: Int): Pet nickname: String barkVolume: Int doesKnowCommand(dogCommand: DogCommand!): Boolean! isHouseTrained(atOtherHomes: Boolean): Boolean! owner: Human tags: [String] extra: Extra }
	type Cat implements Pet & Creature { name: String partner: Creature friend(where: Where, first: Int): Pet nickname: String meowVolume: Int owner: Human! tags: [String!] extra: Extra }
	type Human { name: String! volume: Int pet: Pet }
	type Extra { volume: String tag: [Extra] }`

func TestFieldsMergeAsTheSpecificationSays(t *testing.T) {
	cases := map[string]struct {
		document string
		want     string // within the message; "" where they merge
	}{
		"one field twice":                      {`{ dog { name name } }`, ""},
		"one alias twice":                      {`{ dog { other: name other: name } }`, ""},
		"two fields of one name":               {`{ dog { name: nickname name } }`, `Fields "dog.name" conflict because "nickname" and "name" are different fields`},
		"equal arguments":                      {`{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: SIT) } }`, ""},
		"equal variables":                      {`query($c: DogCommand!) { dog { doesKnowCommand(dogCommand: $c) doesKnowCommand(dogCommand: $c) } }`, ""},
		"other values":                         {`{ dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: HEEL) } }`, "differing arguments"},
		"a value and a variable":               {`query($c: DogCommand!) { dog { doesKnowCommand(dogCommand: SIT) doesKnowCommand(dogCommand: $c) } }`, "differing arguments"},
		"an argument and none":                 {`{ dog { isHouseTrained(atOtherHomes: true) isHouseTrained } }`, "differing arguments"},
		"arguments in another order":           {`{ pet { friend(first: 1, where: {a: 1}) { name } friend(where: {a: 1}, first: 1) { name } } }`, ""},
		"members in another order":             {`{ pet { friend(where: {a: 1, b: [1, 2]}) { name } friend(where: {b: [1, 2], a: 1}) { name } } }`, ""},
		"entries in another order":             {`{ pet { friend(where: {b: [1, 2]}) { name } friend(where: {b: [2, 1]}) { name } } }`, "differing arguments"},
		"a list and its entry":                 {`{ pet { friend(where: {b: [1]}) { name } friend(where: {b: 1}) { name } } }`, "differing arguments"},
		"fields of types that exclude another": {`{ pet { ... on Dog { volume: barkVolume } ... on Cat { volume: meowVolume } } }`, ""},
		"calls of types that exclude another":  {`{ pet { ... on Dog { doesKnowCommand(dogCommand: SIT) } ... on Cat { doesKnowCommand: name } } }`, `conflicting types "Boolean!" and "String"`},
		"other arguments of excluding types":   {`{ pet { ... on Dog { friend(first: 1) { name } } ... on Cat { friend(first: 2) { name } } } }`, ""},
		"shapes of excluding types":            {`{ pet { ... on Dog { v: barkVolume } ... on Cat { v: nickname } } }`, `conflicting types "Int" and "String"`},
		"null or not":                          {`{ pet { ... on Dog { owner { name } } ... on Cat { owner { name } } } }`, "conflicting types"},
		"lists of null or not":                 {`{ pet { ... on Dog { tags } ... on Cat { tags } } }`, "conflicting types"},
		"an object and its leaf":               {`{ pet { ... on Dog { x: extra { volume } } ... on Cat { x: nickname } } }`, "conflicting types"},
		"an interface and a type of it":        {`{ pet { name ... on Dog { name: nickname } } }`, "are different fields"},
		"shapes below excluding types":         {`{ pet { ... on Dog { x: extra { v: volume } } ... on Cat { x: friend { v: name } } } }`, ""},
		"other shapes below excluding types":   {`{ pet { ... on Dog { x: extra { tag { volume } } } ... on Cat { x: extra { tag: volume } } } }`, "conflicting types"},
		"below two selections of one field":    {`{ dog { extra { v: volume } extra { v: tag { volume } } } }`, "conflicting types"},
		"far below, through fragments":         {`{ dog { ...A ...B } } fragment A on Dog { friend { partner { n: name } } } fragment B on Dog { friend { ...C } } fragment C on Pet { partner { n: __typename } }`, `Fields "dog.friend.partner.n"`},
		"__typename is never null":             {`{ pet { ... on Dog { x: __typename } ... on Cat { x: name } } }`, "conflicting types"},
		"__typename of excluding types":        {`{ pet { ... on Dog { x: __typename } ... on Cat { x: __typename } } }`, ""},
		"a conflict in the second operation":   {`query A { dog { name } } query B { dog { name: nickname name } }`, "are different fields"},
		"three of which the last differs":      {`{ dog { name name name: nickname } }`, "are different fields"},
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: pets})
	options := Options{}
	options.Limits.Defaults()
	documents := New(schema, options)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := documents.Prepare(c.document)
			if got := message(err); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestWhatMultipliesIsRefused has two types on each of many levels, whose fields
// are to be compared for each way down.
func TestWhatMultipliesIsRefused(t *testing.T) {
	options := Options{}
	options.Limits.Defaults()
	documents := New(gqlparser.MustLoadSchema(&ast.Source{Input: pets}), options)
	const level = `name ... on Dog { partner { name } } ... on Cat { partner { name } } partner {`
	for depth, want := range map[int]string{5: "", 18: "take 100"} {
		_, err := documents.Prepare("{ pet {" + nested(depth, level, "name", "}") + "} }")
		if got := message(err); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%d levels: %v", depth, err)
		}
	}
}

// maker makes random documents that are valid but for fields that may not merge.
type maker struct {
	*rand.Rand
	schema    *ast.Schema
	fragments []string
	named     int // fragments so far
	left      int // selections
}

func (m *maker) document() string {
	m.fragments, m.left = nil, 60
	text := "{" + m.set(m.schema.Query, 0) + "}"
	return text + strings.Join(m.fragments, "")
}

func (m *maker) set(of *ast.Definition, depth int) string {
	var b strings.Builder
	for range 1 + m.IntN(4) {
		m.left--
		types := m.schema.GetPossibleTypes(of)
		switch kind := m.IntN(8); {
		case kind == 0 && len(types) > 0:
			fmt.Fprintf(&b, " ... on %s {%s}", types[m.IntN(len(types))].Name, m.set(types[m.IntN(len(types))], 9))
		case kind == 1 && depth < 5 && len(types) > 0:
			on := types[m.IntN(len(types))]
			fmt.Fprintf(&b, " ... on %s {%s}", on.Name, m.set(on, depth+1))
		case kind == 2 && depth < 5 && of != m.schema.Query:
			m.named++
			name := fmt.Sprintf("F%d", m.named)
			inner := m.set(of, depth+1)
			m.fragments = append(m.fragments, fmt.Sprintf(" fragment %s on %s {%s}", name, of.Name, inner))
			b.WriteString(" ..." + name)
			if m.IntN(2) == 0 {
				b.WriteString(" ..." + name)
			}
		default:
			b.WriteString(m.field(of, depth))
		}
	}
	return b.String()
}

// field is a field of the type, under one of few names.
func (m *maker) field(of *ast.Definition, depth int) string {
	for range 20 {
		if len(of.Fields) == 0 {
			break
		}
		field := of.Fields[m.IntN(len(of.Fields))]
		def := m.schema.Types[field.Type.Name()]
		if strings.HasPrefix(field.Name, "__") || !def.IsLeafType() && (depth > 5 || m.left < 0) {
			continue
		}
		text := " "
		if m.IntN(3) == 0 {
			text += string(rune('a'+m.IntN(3))) + ":"
		}
		text += field.Name
		if arguments := m.arguments(field.Arguments); arguments != "" {
			text += "(" + arguments + ")"
		}
		if !def.IsLeafType() {
			text += "{" + m.set(def, depth+1) + "}"
		}
		return text
	}
	return " __typename"
}

func (m *maker) arguments(all ast.ArgumentDefinitionList) string {
	var b strings.Builder
	for _, i := range m.Perm(len(all)) {
		argument := all[i]
		if !argument.Type.NonNull && m.IntN(5) > 0 {
			continue
		}
		values := map[string][]string{
			"ID": {`"a"`, `"b"`, `"""a"""`}, "String": {`"a"`, `"b"`}, "Int": {"1", "2"}, "Boolean": {"true", "false"}, "DogCommand": {"SIT", "HEEL"},
			"Where": {"{a: 1, b: [1]}", "{b: [1], a: 1}", "{a: 1}"}, "SubscriptionOrder": {"{field: ID, direction: ASC}", "{direction: ASC, field: ID}"},
			"SubscriptionFilter": {"{plan: \"a\"}", "{plan: \"b\"}"}, "AccountFilter": {"{ids: [1]}", "{ids: 1}"},
		}[argument.Type.Name()]
		fmt.Fprintf(&b, " %s: %s", argument.Name, values[m.IntN(len(values))])
	}
	return b.String()
}

// TestMergingAgreesWithGqlparser holds the rule against the one it stands for,
// which compares every pair.
func TestMergingAgreesWithGqlparser(t *testing.T) {
	for name, schema := range map[string]*ast.Schema{"ours": loadSchema(t), "pets": gqlparser.MustLoadSchema(&ast.Source{Input: pets})} {
		t.Run(name, func(t *testing.T) {
			options := Options{}
			options.Limits.Defaults()
			documents := New(schema, options)
			others := rules.NewDefaultRules()
			others.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
			theirs := rules.NewRules(rules.OverlappingFieldsCanBeMergedRule)
			m := maker{Rand: rand.New(rand.NewPCG(1, 2)), schema: schema}
			merges, conflicts := 0, 0
			for range 6000 {
				text := m.document()
				parsed, err := parser.ParseQuery(&ast.Source{Input: text})
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				if len(validator.ValidateWithRules(schema, parsed, others)) > 0 {
					continue
				}
				want := validator.ValidateWithRules(schema, parsed, theirs)
				got := documents.mergeable(parsed)
				if (got == nil) != (len(want) == 0) {
					t.Fatalf("%s\ngot %v, want %v", text, got, want)
				}
				if got == nil {
					merges++
				} else {
					conflicts++
				}
			}
			t.Logf("%d merge, %d conflict", merges, conflicts)
			if merges < 500 || conflicts < 500 {
				t.Errorf("%d documents merge and %d do not: too few of one kind to show anything", merges, conflicts)
			}
		})
	}
}
