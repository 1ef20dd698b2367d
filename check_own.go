package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"tributary/assembly"
	"tributary/billing"
)

// ownFindings are what the sources answered to the credentials that the
// directory holds.
type ownFindings struct {
	asked  int
	failed []ownFailure
}

// ownFailure is a holding that cannot be read with its own credentials.
type ownFailure struct {
	holding string // its id
	kind    billing.SourceKind
	err     error
}

// askOwn reads every holding that has credentials of its own: no other question
// shows that they are good for it.
func askOwn(built *assembly.Assembly) ownFindings {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var found ownFindings
	directory := built.Directory.Current()
	for _, source := range built.Gateway.Portfolio.Sources.Sources() {
		var single, whole []billing.Ref
		ids := map[billing.Ref]string{}
		lister, lists := source.Source.(billing.Lister)
		for _, entry := range directory.Entries() {
			if entry.Ref.Source != source.Name() || directory.Credentials(entry.Ref.Source, entry.Ref.Org) == nil {
				continue
			}
			ids[entry.Ref] = entry.ID
			if lists && entry.Ref.Key == "" {
				whole = append(whole, entry.Ref)
			} else {
				single = append(single, entry.Ref)
			}
		}
		found.asked += len(ids)
		note := func(ref billing.Ref, err error) {
			if err != nil {
				found.failed = append(found.failed, ownFailure{ids[ref], source.Kind(), err})
			}
		}
		for ref, outcome := range source.Subscriptions(ctx, single) {
			note(ref, outcome.Err)
		}
		if lists {
			for ref, outcome := range lister.Holdings(ctx, whole) {
				note(ref, outcome.Err)
			}
		}
	}
	slices.SortFunc(found.failed, func(a, b ownFailure) int { return strings.Compare(a.holding, b.holding) })
	return found
}
