package focus

import (
	"net/http"
	"strconv"
	"time"
)

// quota counts the requests of an organisation within an hour.
type quota struct {
	hourly int
	used   int
	ends   time.Time // of the running hour; zero before the first request
}

// spend takes one request and writes what is left; false where nothing was.
func (q *quota) spend(now time.Time, header http.Header) bool {
	if !now.Before(q.ends) {
		q.used, q.ends = 0, now.Add(time.Hour)
	}
	allowed := q.used < q.hourly
	if allowed {
		q.used++
	}
	header.Set("X-Toggl-Quota-Remaining", strconv.Itoa(q.hourly-q.used))
	header.Set("X-Toggl-Quota-Resets-In", strconv.Itoa(int(q.ends.Sub(now)/time.Second)))
	return allowed
}
