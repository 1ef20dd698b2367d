package accounts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tributary/billing"
	"tributary/config"
)

// Source is what the directory needs to know of a source.
type Source interface {
	Kind() billing.SourceKind
	// ParseRef reads the parts of a subscription's global id that follow the
	// source's name; its error tells a client what is wrong with them.
	ParseRef(parts []string) (billing.Ref, error)
}

// Sources are the sources of the configuration by name.
type Sources map[string]Source

// form is how a holding of a kind is written, beside its source.
type form struct {
	parts []string // the keys that hold the parts of the id, in order
	// whole lets the last part be left out, for all that the first one holds,
	// and lets billing name the organisation's billing account.
	whole bool
}

var forms = map[billing.SourceKind]form{
	billing.KindFocus:      {parts: []string{"organization"}},
	billing.KindFrontier:   {parts: []string{"organization", "id"}, whole: true},
	billing.KindIntercode:  {parts: []string{"team"}},
	billing.KindProductive: {parts: []string{"id"}},
}

// takes reports whether a holding of the form may have the key.
func (f form) takes(key string) bool {
	return key == "source" || f.whole && key == "billing" || slices.Contains(f.parts, key)
}

// describe says how a holding of the form is written.
func (f form) describe(source string) string {
	text := "it is written { source: " + source
	for _, key := range f.parts {
		text += ", " + key + ": ..."
	}
	text += " }"
	if f.whole {
		text += fmt.Sprintf(", where %s may be left out and billing added", f.parts[len(f.parts)-1])
	}
	return text
}

// held is what a holding comes to.
type held struct {
	id  string // of the entry
	ref billing.Ref
}

// read makes of a written holding what it names, or says what is wrong with it.
func (s Sources) read(h holding) (held, *fault) {
	name, ok := h.value("source")
	if !ok {
		return held{}, &fault{h.place, "the source is missing"}
	}
	source, ok := s[name.text]
	if !ok {
		return held{}, &fault{name.place, s.unknown(name.text)}
	}
	form, ok := forms[source.Kind()]
	if !ok {
		return held{}, &fault{name.place, fmt.Sprintf("accounts hold nothing at a source of the kind %s", source.Kind())}
	}
	for _, pair := range h.pairs {
		if !form.takes(pair.key) {
			return held{}, &fault{pair.at, fmt.Sprintf("unknown key %q of a subscription of %s; %s", pair.key, name.text, form.describe(name.text))}
		}
		if pair.value.text == "" {
			return held{}, &fault{pair.value.place, fmt.Sprintf("the %s is empty", pair.key)}
		}
	}
	var parts []string
	for i, key := range form.parts {
		value, ok := h.value(key)
		if !ok && form.whole && i > 0 {
			break
		}
		if !ok {
			return held{}, &fault{h.place, fmt.Sprintf("the %s is missing; %s", key, form.describe(name.text))}
		}
		parts = append(parts, value.text)
	}
	return s.resolve(source, name.text, parts, h)
}

// resolve leaves what a part may look like to its source, except for a whole
// organisation, which is no subscription's id and so nothing that it reads.
func (s Sources) resolve(source Source, name string, parts []string, h holding) (held, *fault) {
	var got held
	if form := forms[source.Kind()]; len(parts) < len(form.parts) {
		got.ref = billing.Ref{Source: name, Org: parts[0]}
		got.id = wholeID(got.ref)
	} else {
		ref, err := source.ParseRef(parts)
		if err != nil {
			first, _ := h.value(form.parts[0])
			return held{}, &fault{first.place, billing.ClientMessage(err)}
		}
		got.ref, got.id = ref, ref.ID()
	}
	if account, ok := h.value("billing"); ok {
		got.ref.Billing = account.text
	}
	if len(got.id) > longestID {
		return held{}, &fault{h.place, fmt.Sprintf("the id is longer than %d bytes", longestID)}
	}
	return got, nil
}

// longestID is what billing.ParseGlobalID takes.
const longestID = 1024

func (s Sources) unknown(name string) string {
	names := slices.Sorted(maps.Keys(s))
	text := fmt.Sprintf("unknown source %q", name)
	if near := config.Nearest(name, names); near != "" {
		return fmt.Sprintf("%s, did you mean %q?", text, near)
	}
	return text + "; there are " + strings.Join(names, ", ")
}
