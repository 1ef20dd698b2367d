package focus

import "time"

// organization is what the vendor keeps of one.
type organization struct {
	id           int64
	older        bool          // answers in the older shape of the document
	subscription *subscription // nil where there is none
	trial        *trial        // of Focus, running or over; nil where there was none
	quota        quota
}

// subscription is the current one of an organisation.
type subscription struct {
	id       string // "" where nothing was bought
	item     string // "" where nothing was bought
	customer string
	state    string
	product  product
	cents    int64
	currency string
	months   int
	seats    int
	discount *discountDocument
	declined bool // the payment provider's flag of a failed payment
	overdue  bool // the legacy view's flag of a failed payment

	startedAt   time.Time
	periodStart time.Time
	periodEnd   time.Time
	cancelledAt time.Time
	endedAt     time.Time
}

// trial is a trial of Focus. A forced one was made by the write.
type trial struct {
	id        int64
	product   product
	kind      string
	startedAt time.Time
	cancelsAt time.Time
}

const forced = "forced"

func (o *organization) trialRuns(now time.Time) bool {
	return o.trial != nil && now.Before(o.trial.cancelsAt)
}
