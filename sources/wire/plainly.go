package wire

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// plainly decodes a document whose form a skim has passed, as the library would.
// It says no where a value does not fit, and the library tells what is wrong. The
// library also reads by itself the values of types that only it knows.
type plainly struct {
	data []byte
	at   int
	fold bool // names are told apart as json.MatchCaseInsensitiveNames does
}

// Folded is a type that has the library read what Folded points to, with
// json.MatchCaseInsensitiveNames.
type Folded interface{ Folded() any }

// read reads the whole document.
func (p *plainly) read(into any) bool {
	if folded, ok := into.(Folded); ok {
		p.fold, into = true, folded.Folded()
	}
	v := reflect.ValueOf(into).Elem()
	return readingOf(v.Type())(p, v)
}

// reading reads the value that comes next.
type reading func(*plainly, reflect.Value) bool

var readings sync.Map // reflect.Type -> reading

func readingOf(t reflect.Type) reading {
	if known, ok := readings.Load(t); ok {
		return known.(reading)
	}
	made, _ := readings.LoadOrStore(t, newReading(t))
	return made.(reading)
}

func newReading(t reflect.Type) reading {
	switch t {
	case reflect.TypeFor[Int]():
		return readInt
	case reflect.TypeFor[Decimal]():
		return readDecimal
	case reflect.TypeFor[jsontext.Value]():
		return readRaw
	}
	if hasOwn(t) {
		return byLibrary
	}
	switch t.Kind() {
	case reflect.String:
		return readString
	case reflect.Bool:
		return readBool
	case reflect.Pointer:
		return pointerReading(t.Elem())
	case reflect.Slice:
		return sliceReading(t)
	case reflect.Struct:
		return structReading(t)
	default:
		return byLibrary
	}
}

// hasOwn reports a type that says itself how it is read.
func hasOwn(t reflect.Type) bool {
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.UnmarshalerFrom]()) ||
		pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func byLibrary(p *plainly, v reflect.Value) bool {
	return json.Unmarshal(p.raw(), v.Addr().Interface(), known, json.MatchCaseInsensitiveNames(p.fold)) == nil
}

func readRaw(p *plainly, v reflect.Value) bool {
	v.SetBytes(append([]byte{}, p.raw()...))
	return true
}

func readString(p *plainly, v reflect.Value) bool {
	if p.null() {
		v.SetZero()
		return true
	}
	inside, ok := p.text()
	if !ok {
		return false
	}
	v.SetString(string(inside))
	return true
}

func readBool(p *plainly, v reflect.Value) bool {
	switch raw := string(p.raw()); raw {
	case "true", "false":
		v.SetBool(raw == "true")
	case "null":
		v.SetZero()
	default:
		return false
	}
	return true
}

func readInt(p *plainly, v reflect.Value) bool {
	n, err := strconv.ParseInt(string(p.numeral()), 10, 64)
	v.SetInt(n)
	return err == nil
}

func readDecimal(p *plainly, v reflect.Value) bool {
	text := p.numeral()
	if !isPlain(text) {
		value, ok := exact(string(text))
		if !ok {
			return false
		}
		text = []byte(plain(value))
	}
	v.SetString(string(text))
	return true
}

func pointerReading(elem reflect.Type) reading {
	return func(p *plainly, v reflect.Value) bool {
		if p.null() {
			v.SetZero()
			return true
		}
		to := reflect.New(elem)
		v.Set(to)
		return readingOf(elem)(p, to.Elem())
	}
}

func sliceReading(t reflect.Type) reading {
	elem := t.Elem()
	if elem.Kind() == reflect.Uint8 {
		return byLibrary
	}
	return func(p *plainly, v reflect.Value) bool {
		if p.null() {
			v.SetZero()
			return true
		}
		if !p.take('[') {
			return false
		}
		v.Set(reflect.MakeSlice(t, 0, 0))
		if p.take(']') {
			return true
		}
		read := readingOf(elem)
		for n := 0; ; n++ {
			v.Grow(1)
			v.SetLen(n + 1)
			if !read(p, v.Index(n)) {
				return false
			}
			if !p.take(',') {
				return p.take(']')
			}
		}
	}
}

// member is a field that a document may hold.
type member struct {
	name  string
	index int
	read  func() reading
}

// structReading leaves structs with fields that are not named one by one to the
// library.
func structReading(t reflect.Type) reading {
	members := make([]member, 0, t.NumField())
	places, folded := make(map[string]int, t.NumField()), make(map[string]int, t.NumField())
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("json")
		if name == "-" || !field.IsExported() && !field.Anonymous {
			continue
		}
		if name == "" || strings.ContainsAny(name, ",'") || field.Anonymous {
			return byLibrary
		}
		places[name] = len(members)
		if _, taken := folded[foldedName(name)]; !taken {
			folded[foldedName(name)] = len(members)
		}
		// Types may hold themselves, so their fields are looked at when they are read.
		members = append(members, member{name, i, sync.OnceValue(func() reading { return readingOf(field.Type) })})
	}
	return func(p *plainly, v reflect.Value) bool {
		if p.null() {
			v.SetZero()
			return true
		}
		if !p.take('{') {
			return false
		}
		if p.take('}') {
			return true
		}
		for next := 0; ; next++ { // most documents have the order of the struct
			name, ok := p.text()
			if !ok || !p.take(':') {
				return false
			}
			if next >= len(members) || members[next].name != string(name) {
				place, ok := places[string(name)]
				if !ok && p.fold {
					place, ok = folded[foldedName(string(name))]
				}
				if !ok {
					place = len(members)
				}
				next = place
			}
			if next == len(members) {
				p.raw()
			} else if !members[next].read()(p, v.Field(members[next].index)) {
				return false
			}
			if !p.take(',') {
				return p.take('}')
			}
		}
	}
}

var dashes = strings.NewReplacer("_", "", "-", "")

// foldedName is the same for names that are not told apart where case is ignored.
func foldedName(name string) string {
	return strings.ToLower(dashes.Replace(name))
}
