package productive

import (
	"strconv"
	"strings"

	"tributary/billing"
)

// glance reads an object of features in good form that is written the way
// Productive writes it: without white space, escapes, or members that it does
// not know. It says no to any other. Names share the memory of text.
func glance(text string) ([]billing.Feature, bool) {
	g := glancing{text: text}
	if !g.take("{") {
		return nil, false
	}
	granted := make([]billing.Feature, 0, usualFeatures)
	for {
		name, ok := g.name()
		if !ok {
			return nil, false
		}
		granted = append(granted, billing.Feature{Name: name, Kind: billing.FeatureDescriptive})
		if !g.grant(&granted[len(granted)-1]) {
			return nil, false
		}
		if g.take("}") {
			return granted, g.at == len(text)
		}
		if !g.take(",") {
			return nil, false
		}
	}
}

// glancing is a text, how far it is read, and room for limits.
type glancing struct {
	text   string
	at     int
	limits []int64
}

// take passes over what comes next where it is that.
func (g *glancing) take(next string) bool {
	if !strings.HasPrefix(g.text[g.at:], next) {
		return false
	}
	g.at += len(next)
	return true
}

// name reads a key and the colon behind it.
func (g *glancing) name() (string, bool) {
	if !g.take(`"`) {
		return "", false
	}
	length := strings.IndexByte(g.text[g.at:], '"')
	if length < 0 {
		return "", false
	}
	name := g.text[g.at : g.at+length]
	g.at += length + 1
	return name, strings.IndexByte(name, '\\') < 0 && g.take(":")
}

func (g *glancing) grant(feature *billing.Feature) bool {
	if !g.take("{") {
		return false
	}
	for {
		switch {
		case g.take(`"type":"switch"`):
			feature.Kind = billing.FeatureSwitch
		case g.take(`"type":"metered"`):
			feature.Kind = billing.FeatureMetered
		case g.take(`"available":true`):
			feature.Available = &on
		case g.take(`"available":false`):
			feature.Available = &off
		case g.take(`"limit":`):
			if feature.Limit = g.count(); feature.Limit == nil {
				return false
			}
		default:
			return false
		}
		if g.take("}") {
			return true
		}
		if !g.take(",") {
			return false
		}
	}
}

// count reads a whole number; nil for any that is written otherwise.
func (g *glancing) count() *int64 {
	rest := g.text[g.at:]
	length := strings.IndexAny(rest, ",}")
	if length <= 0 || rest[0] < '0' || rest[0] > '9' {
		return nil
	}
	n, err := strconv.ParseInt(rest[:length], 10, 64)
	if err != nil {
		return nil
	}
	g.at += length
	if len(g.limits) == cap(g.limits) {
		g.limits = make([]int64, 0, 16)
	}
	g.limits = append(g.limits, n)
	return &g.limits[len(g.limits)-1]
}
