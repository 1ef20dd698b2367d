package productive

import (
	"sync/atomic"
	"unicode/utf8"

	"tributary/billing"
)

// glances reads features that are written the way Productive writes them,
// 84 for each plan of a document and nearly all there is in it, straight from
// the document's bytes. All else is left to the decoder.
type glances struct {
	lists  [][]billing.Feature
	limits []int64 // room for those that features point to
}

// names are those of the features of a plan, and how each begins in a document.
type names struct {
	list   []string
	starts []string
}

// usual are the names of the plan that was read last and had other names than
// the one before. Those of other plans are nearly always the same, in the same
// order, so features share them.
var usual atomic.Pointer[names]

func init() { usual.Store(new(names)) }

// usualFeatures is how many a plan names.
const usualFeatures = 84

// mostNames is how many may be remembered.
const mostNames = 1000

// read keeps the features in the object that data begins with, and gives its
// length: 0, and nothing is kept, where it is written in any other way than
// {"time_off":{"type":"switch","available":true},"teams":{"type":"metered","limit":20}},
// or names a feature twice.
func (g *glances) read(data []byte) int {
	c := cursor{data: data}
	if !c.take("{") {
		return 0
	}
	known := usual.Load()
	list := make([]billing.Feature, 0, max(usualFeatures, len(known.list)))
	asUsual := true
	for {
		list = append(list, billing.Feature{})
		feature := &list[len(list)-1]
		if at := len(list) - 1; asUsual && at < len(known.list) && c.take(known.starts[at]) {
			feature.Name = known.list[at]
		} else {
			asUsual = false
			name, ok := c.name()
			if !ok {
				return 0
			}
			feature.Name = name
		}
		if !g.grant(&c, feature) {
			return 0
		}
		if c.take("}") {
			break
		}
		if !c.take(",") {
			return 0
		}
	}
	if !asUsual && !remember(list) {
		return 0
	}
	g.lists = append(g.lists, list)
	return c.at
}

// remember makes the names of a list the usual ones; false where two are the
// same or there are too many.
func remember(list []billing.Feature) bool {
	if len(list) > mostNames {
		return false
	}
	seen := make(map[string]bool, len(list))
	latest := names{list: make([]string, len(list)), starts: make([]string, len(list))}
	for i, feature := range list {
		if seen[feature.Name] {
			return false
		}
		seen[feature.Name] = true
		latest.list[i], latest.starts[i] = feature.Name, `"`+feature.Name+`":{`
	}
	usual.Store(&latest)
	return true
}

func (g *glances) grant(c *cursor, feature *billing.Feature) bool {
	switch {
	case c.take(`"type":"switch","available":true}`):
		feature.Kind, feature.Available = billing.FeatureSwitch, &on
		return true
	case c.take(`"type":"switch","available":false}`):
		feature.Kind, feature.Available = billing.FeatureSwitch, &off
		return true
	case c.take(`"type":"metered","limit":`):
		limit, ok := c.number()
		if !ok || !c.take("}") {
			return false
		}
		feature.Kind, feature.Limit = billing.FeatureMetered, g.keep(limit)
		return true
	default:
		return false
	}
}

// keep gives a place to a limit.
func (g *glances) keep(limit int64) *int64 {
	if len(g.limits) == cap(g.limits) {
		g.limits = make([]int64, 0, 16)
	}
	g.limits = append(g.limits, limit)
	return &g.limits[len(g.limits)-1]
}

// cursor is a document and how far it is read.
type cursor struct {
	data []byte
	at   int
}

// take passes over what comes next where it is that.
func (c *cursor) take(next string) bool {
	if len(c.data)-c.at < len(next) || string(c.data[c.at:c.at+len(next)]) != next {
		return false
	}
	c.at += len(next)
	return true
}

// name reads a name of plain characters and the start of an object behind it.
func (c *cursor) name() (string, bool) {
	if !c.take(`"`) {
		return "", false
	}
	first := c.at
	for c.at < len(c.data) && isPlain(c.data[c.at]) {
		c.at++
	}
	name := string(c.data[first:c.at])
	return name, c.take(`":{`)
}

func isPlain(b byte) bool { return b >= ' ' && b < utf8.RuneSelf && b != '"' && b != '\\' }

// number reads digits that fit 64 bits for sure, without needless zeros.
func (c *cursor) number() (int64, bool) {
	const most = 18
	first, n := c.at, int64(0)
	for c.at < len(c.data) && c.data[c.at]-'0' <= 9 {
		n = n*10 + int64(c.data[c.at]-'0')
		c.at++
	}
	digits := c.at - first
	return n, digits > 0 && digits <= most && (c.data[first] != '0' || digits == 1)
}
