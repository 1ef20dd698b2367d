package writes

import (
	"slices"
	"strings"

	"tributary/billing"
	"tributary/loaders"
)

// words say what a capability is about.
var words = map[billing.Capability]string{
	billing.CanCancelAtPeriodEnd: "cancel for the end of the period",
	billing.CanCancelNow:         "cancel at once",
	billing.CanRenew:             "take back a cancellation",
	billing.CanChangePlan:        "change plans",
	billing.CanChangeCycle:       "change billing cycles",
	billing.CanChangeSeats:       "change seats",
	billing.CanChangeAddOns:      "change add-ons",
	billing.CanStartTrial:        "start trials",
	billing.CanCheckout:          "open checkouts",
	billing.CanManagePlans:       "change its plans",
}

func can(source *loaders.Source, c billing.Capability) bool {
	return slices.Contains(source.Capabilities(), c)
}

// cannot refuses what the source has no way to do, and says what it has.
func cannot(source *loaders.Source, field []string, action string) refusals {
	var able []string
	for _, c := range source.Capabilities() {
		able = append(able, string(c))
	}
	return refuse(billing.CodeNotSupported, source.Name(), field,
		"source "+source.Name()+" cannot "+action+"; it can "+strings.Join(able, ", "))
}

// unable refuses what of a change the source has no way to do; nil where it has
// one for all.
func unable(source *loaders.Source, asks []ask) error {
	var list refusals
	for _, asked := range asks {
		if !can(source, asked.capability) {
			list = append(list, cannot(source, asked.field, words[asked.capability])...)
		}
	}
	if len(list) > 0 {
		return list
	}
	return nil
}

// named is the source of a name; what is refused where there is none.
func (w *Writer) named(name string) (*loaders.Source, error) {
	if source := w.Sources.Source(name); source != nil {
		return source, nil
	}
	return nil, refuse(billing.CodeBadUserInput, "", []string{"source"}, "there is no source of that name")
}
