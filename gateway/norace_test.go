//go:build !race

package gateway_test

import "time"

// most is how long an answer may take.
const most = time.Second
