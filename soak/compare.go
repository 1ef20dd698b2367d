package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// compare holds an answer against what is true. before is how many seats of each
// of written are shown at least.
func (l *load) compare(r *reply, truth any, before []int64) *comparison {
	c := &comparison{load: l, reply: r, failed: map[string]bool{}, sources: map[string]bool{}, before: before}
	c.whole(truth)
	return c
}

// comparison is that.
type comparison struct {
	load    *load
	reply   *reply
	failed  map[string]bool // the paths of errors
	sources map[string]bool // that errors tell of
	source  string          // of the row that is compared
	before  []int64         // seats of each of written that are shown at least
	wrong   []string
	isStale bool
	isDown  bool // something is stale because its source failed
}

// expected are the codes with which a source that fails is told of. Any other is
// a fault of the gateway, for none of the faults is a refusal.
var expected = []string{"SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT", "SOURCE_RATE_LIMITED", "SOURCE_BAD_DATA"}

func (c *comparison) fail(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

func (c *comparison) codes() []string {
	var codes []string
	for _, e := range c.reply.Errors {
		code, _ := e.Extensions["code"].(string)
		source, _ := e.Extensions["source"].(string)
		codes = append(codes, source+" "+code)
	}
	return codes
}

// whole compares all of the data.
func (c *comparison) whole(truth any) {
	for _, e := range c.reply.Errors {
		code, _ := e.Extensions["code"].(string)
		if !slices.Contains(expected, code) {
			c.fail("the error %s: %s", code, e.Message)
		}
		source, _ := e.Extensions["source"].(string)
		c.sources[source] = true
		path := ""
		for _, step := range e.Path {
			path += fmt.Sprintf("/%v", step)
		}
		c.failed[path] = true
	}
	c.value("", c.reply.Data, truth)
}

// isExcused reports whether an error tells of what is not at path. One that many
// rows meet is told of once.
func (c *comparison) isExcused(path string) bool {
	if c.source != "" && c.sources[c.source] {
		return true
	}
	for failed := range c.failed {
		if failed == path || strings.HasPrefix(failed, path+"/") {
			return true
		}
	}
	return false
}

func (c *comparison) value(path string, got, want any) {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			c.leaf(path, got, want)
			return
		}
		c.object(path, object, want)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			c.leaf(path, got, want)
			return
		}
		for i := range want {
			c.value(fmt.Sprintf("%s/%d", path, i), list[i], want[i])
		}
	default:
		c.leaf(path, got, want)
	}
}

func (c *comparison) leaf(path string, got, want any) {
	if !reflect.DeepEqual(got, want) && (got != nil || !c.isExcused(path)) {
		c.fail("%s is %.200v instead of %.200v", path, fmt.Sprint(got), fmt.Sprint(want))
	}
}

func (c *comparison) object(path string, got, want map[string]any) {
	if len(got) != len(want) {
		c.fail("%s has other fields", path)
	}
	if _, isList := want["completeness"]; isList {
		c.list(path, got, want)
		return
	}
	if id, ok := want["id"].(string); ok && strings.HasPrefix(id, "subscription/") {
		former := c.source
		c.source = sourceOf(id)
		defer func() { c.source = former }()
	}
	if n := slices.Index(written, fmt.Sprint(want["id"])); n >= 0 && want["seats"] != nil {
		c.seats(path, n, got)
		// What follows from the seats is another each time.
		got, want = maps.Clone(got), maps.Clone(want)
		for _, name := range []string{"seats", "monthlyRecurring"} {
			delete(got, name)
			delete(want, name)
		}
	}
	for name := range want {
		if name == "provenance" {
			c.provenance(path, got[name])
			continue
		}
		c.value(path+"/"+name, got[name], want[name])
	}
}

// seats are no fewer than were bought before, and no more than were asked for.
func (c *comparison) seats(path string, n int, got map[string]any) {
	seats, ok := number(got, "seats", "purchased")
	_, wanted, _ := c.load.bought[n].now()
	if !ok && c.isExcused(path+"/seats") {
		return
	}
	if !ok || got["id"] != written[n] || seats < c.before[n] || seats > wanted {
		c.fail("%s has %d seats, of which %d were bought before and %d were asked for, %v", got["id"], seats, c.before[n], wanted, got["provenance"])
	}
}

// provenance says whether what it is of is stale.
func (c *comparison) provenance(path string, got any) {
	p, _ := got.(map[string]any)
	age, ok := number(got, "ageSeconds")
	if !ok {
		c.fail("%s has the provenance %v", path, got)
		return
	}
	// An answer grows older while it is made.
	const within = time.Second
	most := map[any]time.Duration{"FRESH": ttl, "STALE_REVALIDATING": ttl + stale}
	if bound, ok := most[p["freshness"]]; ok && time.Duration(age)*time.Second > bound+c.reply.took+within {
		c.fail("%s is %d s old and calls itself %v", path, age, p["freshness"])
	}
	code, _ := p["degradedReason"].(string)
	if (p["freshness"] == "STALE_SOURCE_DOWN") != (code != "") || code != "" && !slices.Contains(expected, code) {
		c.fail("%s is %v for %q", path, p["freshness"], code)
	}
	c.isStale = c.isStale || p["freshness"] != "FRESH"
	c.isDown = c.isDown || p["freshness"] == "STALE_SOURCE_DOWN"
}

// list compares rows by their ids. Rows may be missing where completeness says
// that their source failed, and there is an error.
func (c *comparison) list(path string, got, want map[string]any) {
	completeness, _ := got["completeness"].(map[string]any)
	parts, _ := completeness["sources"].([]any)
	outcomes := map[string]string{}
	isComplete := true
	for _, part := range parts {
		part, _ := part.(map[string]any)
		source, _ := part["source"].(map[string]any)
		name := fmt.Sprint(source["name"])
		outcomes[name] = fmt.Sprint(part["outcome"])
		fault, _ := part["error"].(map[string]any)
		if outcomes[name] == "FAILED" {
			isComplete = false
			if !slices.Contains(expected, fmt.Sprint(fault["code"])) || len(c.reply.Errors) == 0 {
				c.fail("%s: %s failed with %v, and %v", path, name, fault, c.codes())
			}
		}
	}
	if len(outcomes) != 4 || completeness["complete"] != isComplete || completeness["truncated"] != false {
		c.fail("%s has the completeness %v", path, completeness)
	}
	if n, _ := number(want, "totalCount"); isComplete && got["totalCount"] != float64(n) {
		c.fail("%s counts %v instead of %d", path, got["totalCount"], n)
	}
	missing := rowsOf(want)
	rows, _ := got["nodes"].([]any)
	for i, row := range rows {
		object, _ := row.(map[string]any)
		id := fmt.Sprint(object["id"])
		truth, ok := missing[id]
		if !ok {
			c.fail("%s has a row %s too many", path, id)
			continue
		}
		delete(missing, id)
		wasStale := c.isStale
		c.isStale = false
		c.object(fmt.Sprintf("%s/nodes/%d", path, i), object, truth)
		if c.isStale && outcomes[sourceOf(id)] == "OK" {
			c.fail("%s has a stale row %s and says that its source is OK", path, id)
		}
		c.isStale = c.isStale || wasStale
	}
	for id := range missing {
		if outcomes[sourceOf(id)] != "FAILED" {
			c.fail("%s lacks %s, whose source is %s", path, id, outcomes[sourceOf(id)])
		}
	}
}

func rowsOf(list map[string]any) map[string]map[string]any {
	rows := map[string]map[string]any{}
	nodes, _ := list["nodes"].([]any)
	for _, node := range nodes {
		row, _ := node.(map[string]any)
		rows[fmt.Sprint(row["id"])] = row
	}
	return rows
}

// sourceOf is the source in the global id of a subscription.
func sourceOf(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}
