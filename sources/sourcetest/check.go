package sourcetest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/billing"
)

// checkError holds an error to its code, and to telling no secret.
func (s Suite) checkError(t *testing.T, err error, want billing.Code) {
	t.Helper()
	if got := billing.CodeOf(err); got != want {
		t.Errorf("got code %q (%v), want %q", got, err, want)
	}
	if err == nil {
		return
	}
	var e *billing.Error
	if !asError(err, &e) || e.Source != "src" || e.Op == "" {
		t.Errorf("%v does not say which source failed at what", err)
	}
	for _, text := range []string{err.Error(), billing.ClientMessage(err)} {
		if strings.Contains(text, "secret-token") {
			t.Errorf("%q tells a credential", text)
		}
	}
	if text := billing.ClientMessage(err); strings.Contains(text, "127.0.0.1") {
		t.Errorf("the client is told the address: %q", text)
	}
}

func asError(err error, into **billing.Error) bool { return errors.As(err, into) }

// CheckTotal fails where a normalised subscription holds something that no
// client can be shown: a value outside its enum, a time that is not UTC, an
// empty text that stands for "unknown", money without a currency.
func CheckTotal(t testing.TB, sub *billing.Subscription) {
	t.Helper()
	if sub == nil {
		t.Fatal("no subscription")
	}
	if sub.ExternalID == "" {
		t.Error("ExternalID is empty")
	}
	if sub.Details == nil {
		t.Error("Details is nil")
	}
	whole := *sub
	whole.Details = nil // the source's own words are kept as they came
	walk(t, "Subscription", reflect.ValueOf(whole))
}

var enums = map[reflect.Type][]string{
	reflect.TypeFor[billing.Status]():            texts(billing.Statuses),
	reflect.TypeFor[billing.CollectionMethod]():  {"CHARGE_AUTOMATICALLY", "SEND_INVOICE", "UNKNOWN"},
	reflect.TypeFor[billing.PriceBasis]():        {"SEAT", "TOTAL", "UNKNOWN"},
	reflect.TypeFor[billing.PricingScheme]():     {"FLAT", "PER_UNIT", "TIERED", "METERED", "UNKNOWN"},
	reflect.TypeFor[billing.IntervalUnit]():      {"DAY", "WEEK", "MONTH", "YEAR"},
	reflect.TypeFor[billing.PaymentMethodKind](): {"CREDIT_CARD", "INVOICE", "OTHER"},
	reflect.TypeFor[billing.PhaseReason]():       {"CANCEL", "CHANGE", "NONE", "UNKNOWN"},
	reflect.TypeFor[billing.FeatureKind]():       {"METERED", "SWITCH", "DESCRIPTIVE"},
}

func texts(statuses []billing.Status) []string {
	out := make([]string, len(statuses))
	for i, status := range statuses {
		out[i] = string(status)
	}
	return out
}

func walk(t testing.TB, path string, v reflect.Value) {
	t.Helper()
	if allowed, ok := enums[v.Type()]; ok {
		if !slices.Contains(allowed, v.String()) {
			t.Errorf("%s is %q, which is outside its enum", path, v.String())
		}
		return
	}
	switch value := v.Interface().(type) {
	case time.Time:
		if value.Location() != time.UTC || value.Year() < 2 || value.Year() > 9999 {
			t.Errorf("%s is %v, which is no UTC time that can be shown", path, value)
		}
		return
	case billing.Money:
		if code, ok := billing.CurrencyCode(value.Currency); !ok || code != value.Currency {
			t.Errorf("%s has the currency %q", path, value.Currency)
		}
		return
	case *string:
		if value != nil && *value == "" {
			t.Errorf("%s is \"\", want nil", path)
		}
		return
	case billing.Interval:
		if value.Count <= 0 {
			t.Errorf("%s counts %d", path, value.Count)
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(t, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() && field.Name != "Details" {
				walk(t, path+"."+field.Name, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(t, path+"[]", v.Index(i))
		}
	}
}
