package main

import (
	_ "embed"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/codegen"
	"github.com/99designs/gqlgen/codegen/config"
	"github.com/99designs/gqlgen/codegen/templates"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed plain.gotpl
var plainTemplate string

// plainTables is the plugin of gqlgen that writes graph/plain.go.
type plainTables struct{}

// Name implements plugin.Plugin.
func (plainTables) Name() string { return "plain" }

// GenerateCode implements plugin.CodeGenerator.
func (plainTables) GenerateCode(data *codegen.Data) error {
	tables := &tables{data: data, types: make(map[string]*typeOf)}
	tables.collect()
	return templates.Render(templates.Options{
		PackageName:     data.Config.Exec.Package,
		Filename:        filepath.Join(filepath.Dir(data.Config.Exec.Filename), "plain.go"),
		Template:        plainTemplate,
		Data:            tables,
		GeneratedHeader: true,
		Packages:        data.Config.Packages,
	})
}

// tables is what the template is made of.
type tables struct {
	data *codegen.Data

	Objects  []object
	Abstract []abstract
	Entries  []entry
	types    map[string]*typeOf // by the names of their functions
}

// abstract is an interface or a union.
type abstract struct {
	*codegen.Interface
	Objects []string
}

// object is a type with those of its fields that are plain.
type object struct {
	*codegen.Object
	Plain []field
}

// field is one that is plain.
type field struct {
	*codegen.Field
	Scope, Denied string
	Function      string
	ByAddress     bool // its function takes a pointer to what the field holds
}

// entry is a field that holds objects, plain itself or not.
type entry struct {
	*codegen.Field
	Function string
}

// Types are what the fields hold, in the order of their functions' names.
func (t *tables) Types() []*typeOf {
	return slices.SortedFunc(maps.Values(t.types), func(a, b *typeOf) int { return strings.Compare(a.Function(), b.Function()) })
}

func (t *tables) collect() {
	for _, name := range slices.Sorted(maps.Keys(t.data.Interfaces)) {
		found := abstract{Interface: t.data.Interfaces[name]}
		for _, of := range t.data.Schema.GetPossibleTypes(found.Definition) {
			found.Objects = append(found.Objects, of.Name)
		}
		t.Abstract = append(t.Abstract, found)
	}
	read := t.reachable()
	for _, found := range t.data.Objects {
		if found.IsReserved() || !read[found.Name] {
			continue
		}
		listed := object{Object: found}
		for _, candidate := range found.Fields {
			if candidate.IsReserved() || !t.isKnown(candidate.TypeReference) {
				continue
			}
			if isComposite(candidate.TypeReference) {
				t.Entries = append(t.Entries, entry{candidate, t.add(candidate.TypeReference).Function()})
			}
			scope, plain := scopeOf(candidate)
			if plain && !found.Root {
				ref := t.add(candidate.TypeReference)
				listed.Plain = append(listed.Plain, field{
					Field: candidate, Scope: scope, Denied: denied(candidate),
					Function: ref.Function(), ByAddress: ref.IsStruct(),
				})
			}
		}
		if !found.Root {
			t.Objects = append(t.Objects, listed)
		}
	}
}

// reachable are the types that a query can ask for. What mutations alone answer is
// left to gqlgen: it is asked once.
func (t *tables) reachable() map[string]bool {
	found := map[string]bool{}
	ahead := []*ast.Definition{t.data.QueryRoot.Definition}
	for len(ahead) > 0 {
		next := ahead[len(ahead)-1]
		ahead = ahead[:len(ahead)-1]
		if next == nil || found[next.Name] {
			continue
		}
		found[next.Name] = true
		for _, field := range next.Fields {
			ahead = append(ahead, t.data.Schema.Types[field.Type.Name()])
		}
		if next.IsAbstractType() {
			ahead = append(ahead, t.data.Schema.GetPossibleTypes(next)...)
		}
	}
	return found
}

// isKnown is whether values of a type are written without a context.
func (t *tables) isKnown(ref *config.TypeReference) bool {
	for ; ref != nil; ref = ref.Elem() {
		if ref.IsMarshaler || ref.IsContext || ref.IsOmittable || ref.IsPtrToPtr() || ref.IsMap() {
			return false
		}
		if ref.Elem() == nil || !ref.IsSlice() && !ref.IsPtrToSlice() && !ref.IsPtrToIntf() {
			break
		}
	}
	switch ref.Definition.Kind {
	case ast.Object:
		found := t.data.Objects.ByName(ref.Definition.Name)
		return found != nil && !found.IsReserved() && !found.Root
	case ast.Interface, ast.Union:
		return t.data.Interfaces[ref.Definition.Name] != nil
	default:
		return ref.Marshaler != nil
	}
}

func (t *tables) add(ref *config.TypeReference) *typeOf {
	added := &typeOf{TypeReference: ref}
	if t.types[added.Function()] != nil {
		return added
	}
	t.types[added.Function()] = added
	if ref.IsSlice() || ref.IsPtrToSlice() || ref.IsPtrToIntf() {
		t.add(ref.Elem())
	}
	return added
}

func isComposite(ref *config.TypeReference) bool { return ref.Definition.IsCompositeType() }

// scopeOf is the scope that a field takes, and whether the field is plain.
func scopeOf(f *codegen.Field) (scope string, plain bool) {
	readable := f.IsVariable() || f.IsMethod() && !f.MethodHasContext && !f.VOkFunc
	if !readable || f.IsResolver || f.IsBatch() || f.HasHaser || len(f.Args) > 0 {
		return "", false
	}
	for _, directive := range f.ImplDirectives() {
		if directive.Name != "requires" || denied(f) == "" {
			return "", false
		}
		scope, _ = directive.Args[0].Value.(string)
	}
	return scope, scope != "" || !f.HasDirectives()
}

// denied is what a field is for those who lack the scope that it takes; "" where
// that is an error.
func denied(f *codegen.Field) string {
	switch {
	case !f.Type.NonNull:
		return "null"
	case f.Type.Elem != nil:
		return "[]"
	default:
		return ""
	}
}

// typeOf is a type of values, and how those are written.
type typeOf struct{ *config.TypeReference }

// Function is what writes a value.
func (r typeOf) Function() string { return "write" + strings.TrimPrefix(r.MarshalFunc(), "marshal") }

// Element is what a list or a pointer to one holds.
func (r typeOf) Element() typeOf { return typeOf{r.Elem()} }

// IsStruct is whether it is the value of an object, which is written from where it
// stands: its function takes a pointer.
func (r typeOf) IsStruct() bool {
	return r.Definition.Kind == ast.Object && !r.IsSlice() && !r.IsNilable()
}

// IsLeaf is whether it holds no objects.
func (r typeOf) IsLeaf() bool { return r.Definition.IsLeafType() }

// Abstract is whether it stands for one of several objects.
func (r typeOf) Abstract() bool { return r.Definition.IsAbstractType() }

// Appender is the function that appends a scalar's value, where the package of its
// marshaler has one: AppendX beside MarshalX.
func (r typeOf) Appender() *types.Func {
	name, isMarshaler := strings.CutPrefix(r.Marshaler.Name(), "Marshal")
	appender, _ := r.Marshaler.Pkg().Scope().Lookup("Append" + name).(*types.Func)
	if !isMarshaler {
		return nil
	}
	return appender
}

// IsText is whether it is written as text without more ado.
func (r typeOf) IsText() bool {
	name := r.Marshaler.FullName()
	return name == "github.com/99designs/gqlgen/graphql.MarshalString" || name == "github.com/99designs/gqlgen/graphql.MarshalID"
}
