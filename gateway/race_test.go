//go:build race

package gateway_test

import "time"

// most is how long an answer may take; the race detector takes its time.
const most = 20 * time.Second
