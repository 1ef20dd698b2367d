package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Decode reads the part into the struct (or other value) that into points to,
// strictly. Fields are named by their tag, `yaml:"name"`, and those without a
// tag are left alone; `yaml:",inline"` takes a nested struct's fields as its
// own. A field may be a struct, pointer, slice, map, string, bool, number,
// time.Duration, Size, Node or encoding.TextUnmarshaler, whose error follows
// the quoted value ("is not a size") and must not repeat it.
//
// What the file does not name, the part itself included, keeps the value that into
// had. A struct that is
// zero, into's own, one within it or one that Decode makes, is first filled by
// its method Defaults(), also where the file does not name it; behind a nil
// pointer there is none until the file names it. A struct's method Validate()
// error is called once its fields are read without a problem. Each error in its
// tree that has the method Setting, as Invalid has, becomes a Problem there.
//
// The error is Problems: an unknown key, a key that stands twice, a value of
// the wrong form, or what Validate said. A wrong value is quoted as the file
// has it, except where it may be a secret.
func (n Node) Decode(into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic(fmt.Sprintf("config: Decode needs a pointer, not %T", into))
	}
	var d decoder
	fillDefaults(v.Elem())
	if !n.IsZero() {
		d.value(n, v.Elem())
	}
	return Join(d.problems)
}

type decoder struct{ problems Problems }

var (
	nodeType     = reflect.TypeFor[Node]()
	durationType = reflect.TypeFor[time.Duration]()
)

func (d *decoder) value(n Node, v reflect.Value) {
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.text(n, func(s string) error { return text.UnmarshalText([]byte(s)) })
		return
	}
	if v.Type() == durationType {
		d.text(n, func(s string) error { return setDuration(v, s) })
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(fresh(v.Type().Elem()).Addr())
		}
		d.value(n, v.Elem())
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Map:
		d.mapping(n, v)
	case reflect.Slice:
		d.list(n, v)
	default:
		d.text(n, func(s string) error { return setScalar(v, s) })
	}
}

// fresh is a new value with its own defaults.
func fresh(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	fillDefaults(v)
	return v
}

func fillDefaults(v reflect.Value) {
	if v.Kind() != reflect.Struct || v.Type() == nodeType {
		return
	}
	with, ok := v.Addr().Interface().(interface{ Defaults() })
	if ok && v.IsZero() {
		with.Defaults()
	}
	for i := range v.NumField() {
		if _, tagged := v.Type().Field(i).Tag.Lookup("yaml"); tagged && v.Field(i).CanSet() {
			fillDefaults(v.Field(i))
		}
	}
}

func (d *decoder) structure(n Node, v reflect.Value) {
	before := len(d.problems)
	fields, err := n.Fields()
	if err != nil {
		d.problems = append(d.problems, problemsOf(err)...)
	}
	targets := map[string]reflect.Value{}
	inlined := collect(v, targets)
	for _, field := range fields {
		if target, ok := targets[field.Name]; ok {
			d.value(field.Value, target)
			continue
		}
		if field.Name != n.spent {
			d.problems = append(d.problems, unknownKey(field, targets, n.hidden))
		}
	}
	if len(d.problems) > before {
		return
	}
	for _, part := range append(inlined, v) {
		d.validate(n, part)
	}
}

// collect finds the fields of a struct by name, and the structs inlined in it.
func collect(v reflect.Value, targets map[string]reflect.Value) (inlined []reflect.Value) {
	for i := range v.NumField() {
		tag, ok := v.Type().Field(i).Tag.Lookup("yaml")
		if !ok || tag == "-" || !v.Type().Field(i).IsExported() {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		if option == "inline" {
			inlined = append(inlined, collect(v.Field(i), targets)...)
			inlined = append(inlined, v.Field(i))
			continue
		}
		targets[name] = v.Field(i)
	}
	return inlined
}

func unknownKey(field Field, targets map[string]reflect.Value, hidden bool) Problem {
	names := make([]string, 0, len(targets))
	for name := range targets {
		names = append(names, name)
	}
	slices.Sort(names)
	// A credential that lost its key reads as a key: { sk_live_1 }.
	if hidden && Nearest(field.Name, names) == "" {
		at := field.Key
		at.path = strings.TrimSuffix(strings.TrimSuffix(at.path, field.Name), ".")
		return at.problem("unknown key; there are %s", strings.Join(names, ", "))
	}
	return field.Key.problem("%s", unknown("key", field.Name, names))
}

func (d *decoder) validate(n Node, v reflect.Value) {
	checked, ok := v.Addr().Interface().(interface{ Validate() error })
	if !ok {
		return
	}
	for _, err := range flatten(checked.Validate()) {
		key, message := "", err.Error()
		var setting interface{ Setting() (key, message string) }
		if errors.As(err, &setting) {
			key, message = setting.Setting()
		}
		d.problems = append(d.problems, problemsOf(n.Problem(key, "%s", message))...)
	}
}

// flatten is the errors that errors.Join put together.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flatten(one)...)
	}
	return all
}

func (d *decoder) mapping(n Node, v reflect.Value) {
	fields, err := n.Fields()
	if err != nil {
		d.problems = append(d.problems, problemsOf(err)...)
		return
	}
	made := reflect.MakeMapWithSize(v.Type(), len(fields))
	for _, field := range fields {
		key := reflect.New(v.Type().Key()).Elem()
		if err := setKey(key, field.Name); err != nil {
			d.problems = append(d.problems, field.Key.problem("%q %s", field.Name, err))
			continue
		}
		if made.MapIndex(key).IsValid() {
			d.problems = append(d.problems, field.Key.problem("%q is there in another spelling already", field.Name))
			continue
		}
		value := fresh(v.Type().Elem())
		d.value(field.Value, value)
		made.SetMapIndex(key, value)
	}
	v.Set(made)
}

func setKey(key reflect.Value, name string) error {
	if text, ok := key.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return text.UnmarshalText([]byte(name))
	}
	return setScalar(key, name)
}

func (d *decoder) list(n Node, v reflect.Value) {
	items, err := n.Items()
	if err != nil {
		d.problems = append(d.problems, problemsOf(err)...)
		return
	}
	made := reflect.MakeSlice(v.Type(), 0, len(items))
	for _, item := range items {
		value := fresh(v.Type().Elem())
		d.value(item, value)
		made = reflect.Append(made, value)
	}
	v.Set(made)
}

// text hands a scalar to set, and quotes it before what set says against it.
func (d *decoder) text(n Node, set func(string) error) {
	text, err := n.Text()
	if err != nil {
		d.problems = append(d.problems, problemsOf(err)...)
		return
	}
	if err := set(text); err != nil {
		d.problems = append(d.problems, n.problem("%s %s", n.quoted(), err))
	}
}
