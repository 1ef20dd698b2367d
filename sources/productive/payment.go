package productive

import (
	"strconv"
	"time"

	"tributary/billing"
	"tributary/sources/wire"
)

// The values of payment_method_id.
const (
	payByCard    = 1
	payByInvoice = 2
)

func collection(method *int) billing.CollectionMethod {
	switch {
	case method == nil:
		return billing.CollectUnknown
	case *method == payByCard:
		return billing.CollectAutomatically
	case *method == payByInvoice:
		return billing.CollectInvoice
	default:
		return billing.CollectUnknown
	}
}

// paymentMethod is nil where the document names none. A method of "card" is
// there before a card is.
func paymentMethod(read *wire.Reader, d *Details) *billing.PaymentMethod {
	if d.PaymentMethodID == nil {
		return nil
	}
	method := &billing.PaymentMethod{
		Kind:          billing.PayOther,
		CardBrand:     text(d.CardBrand),
		CardLast4:     text(d.CardLast4),
		CardExpiresAt: cardExpiry(read, deref(d.CardMonth), deref(d.CardYear)),
	}
	switch *d.PaymentMethodID {
	case payByCard:
		method.Kind = billing.PayCreditCard
	case payByInvoice:
		method.Kind = billing.PayInvoice
	}
	return method
}

// cardExpiry is the first instant after the month that the card is valid to;
// nil where the month or the year is missing.
func cardExpiry(read *wire.Reader, month, year string) *time.Time {
	if month == "" || year == "" {
		return nil
	}
	m, err := strconv.Atoi(month)
	if err != nil || m < 1 || m > 12 {
		read.Fault("card_month", "is no month")
		return nil
	}
	y, err := strconv.Atoi(year)
	if err != nil || y < 1970 || y > 9998 {
		read.Fault("card_year", "is no year")
		return nil
	}
	expires := time.Date(y, time.Month(m)+1, 1, 0, 0, 0, 0, time.UTC)
	return &expires
}
