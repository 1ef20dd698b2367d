package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// strangers are requests without a key that anybody was given: each is answered
// as every other.
func strangers() []attack {
	named := func(name string, header func(*target) []string, path func(*target) string) attack {
		return attack{class: "identity", name: name, keyed: true, statuses: []int{401}, codes: []string{"UNAUTHENTICATED"}, check: challenges,
			send: func(t *target) (*answer, error) {
				r := request{body: honest, header: []string{"X-Api-Key:", "GraphQL-Require-Preflight: 1"}}
				if header != nil {
					r.header = append(r.header, header(t)...)
				}
				if path != nil {
					r.path = path(t)
				}
				return t.do(r)
			}}
	}
	sent := func(format ...string) func(*target) []string {
		return func(t *target) []string {
			var lines []string
			for _, line := range format {
				lines = append(lines, strings.ReplaceAll(line, "KEY", t.key))
			}
			return lines
		}
	}
	query := func(name string) func(*target) string {
		return func(t *target) string { return "?" + name + "=" + url.QueryEscape(t.key) }
	}
	return []attack{
		named("no key", nil, nil),
		named("a key that nobody has", sent("X-Api-Key: "+secretWord), nil),
		named("a key of the right form", sent("X-Api-Key: trb_"+strings.Repeat("A", 52)), nil),
		named("the key less its end", func(t *target) []string { return []string{"X-Api-Key: " + t.key[:len(t.key)-1]} }, nil),
		named("the key and one letter", sent("X-Api-Key: KEYA"), nil),
		named("the key in small letters", func(t *target) []string { return []string{"X-Api-Key: " + strings.ToLower(t.key)} }, nil),
		named("the hash of the key", func(t *target) []string { return []string{"X-Api-Key: " + hashOf(t.key)} }, nil),
		named("a key of 20 KB", sent("X-Api-Key: "+strings.Repeat(secretWord, 2000)), nil),
		named("the key in the URL, as api_key", nil, query("api_key")),
		named("the key in the URL, as access_token", nil, query("access_token")),
		named("the key in a cookie", sent("Cookie: api_key=KEY; X-Api-Key=KEY"), nil),
		named("the key as Basic", sent("Authorization: Basic KEY"), nil),
		named("the key as a word of no scheme", sent("Authorization: KEY"), nil),
		named("two headers Authorization", func(t *target) []string {
			return []string{"Authorization: Bearer " + t.key, "Authorization: Bearer " + t.otherKey}
		}, nil),
		named("two keys in one header", func(t *target) []string { return []string{"Authorization: Bearer " + t.key + ", Bearer " + t.otherKey} }, nil),
		named("an unsigned token", sent("Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiIsInNjb3BlIjoiYWRtaW4ifQ."), nil),
		named("a name that a proxy would vouch for", sent("X-Forwarded-User: admin", "X-Remote-User: admin", "Remote-User: admin"), nil),
		{class: "identity", name: "another's key in Authorization, beside an own X-Api-Key that decides", keyed: true, statuses: []int{200, 401}, harmless: true, within: busyTime, memory: busyMemory, check: holdsNothingOfGlobex,
			send: func(t *target) (*answer, error) {
				return t.do(request{body: honest, header: []string{"Authorization: Bearer " + t.otherKey}})
			}},
		{class: "identity", name: "wrong keys take as long whatever they share with a right one", keyed: true, statuses: []int{401}, check: challenges,
			send: compareTimes, within: patience, memory: busyMemory},
	}
}

func challenges(got *answer) error {
	if got.header.Get("Www-Authenticate") == "" {
		return errors.New("no WWW-Authenticate")
	}
	return nil
}

// compareTimes takes turns with a key that shares nothing with a right one and
// one that shares all but its last letter, and compares the medians.
func compareTimes(t *target) (*answer, error) {
	keys := []string{strings.Repeat("Z", len(t.key)), t.key[:len(t.key)-1] + "!"}
	times := make([][]time.Duration, len(keys))
	var last *answer
	for range 100 {
		for i, key := range keys {
			got, err := timed(t, request{body: honest, header: []string{"X-Api-Key: " + key}})
			if err != nil {
				return nil, err
			}
			times[i], last = append(times[i], got.took), got
		}
	}
	medians := make([]time.Duration, len(keys))
	for i := range times {
		slices.Sort(times[i])
		medians[i] = times[i][len(times[i])/2]
	}
	// One comparison of bytes takes nanoseconds, which no network shows; a look-up
	// that ends early, or one in a store, takes far more.
	if apart := (medians[0] - medians[1]).Abs(); apart > medians[0]/2 {
		return nil, fmt.Errorf("the medians are %v and %v", medians[0], medians[1])
	}
	return last, nil
}
