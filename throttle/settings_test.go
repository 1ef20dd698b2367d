package throttle_test

import (
	"strings"
	"testing"
	"time"

	"tributary/config"
	"tributary/throttle"
)

func TestSettings(t *testing.T) {
	defaults := throttle.Settings{
		Rate:        throttle.Rate{Cost: 60_000, Per: time.Minute},
		Concurrency: throttle.Concurrency{Requests: 512, PerCaller: 64, PerAddress: 64},
	}
	quick := defaults
	quick.Rate = throttle.Rate{Cost: 5, Per: time.Second, Burst: 20}
	off := defaults
	off.Rate.Cost = 0
	for text, want := range map[string]throttle.Settings{
		"{}":                                    defaults,
		"rate: { cost: 5, per: 1s, burst: 20 }": quick,
		"rate: { cost: 0 }":                     off,
		"concurrency: { requests: 512 }":        defaults,
		"failures: { perMinute: 0 }":            defaults,
		"{ rate: { per: 1m }, concurrency: { perCaller: 64 } }": defaults,
	} {
		root, err := config.Read("config.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got throttle.Settings
		if err := root.Decode(&got); err != nil || got != want {
			t.Errorf("%s reads %+v, %v", text, got, err)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"rate: { cost: -1 }":              "1:15: rate.cost: a budget is between 0 (off) and 1000000000",
		"rate: { burst: 1000000001 }":     "1:16: rate.burst: a burst is between 0",
		"rate: { per: 10ms }":             "1:14: rate.per: the time is between 1s and 24h",
		"concurrency: { perCaller: -64 }": "1:27: concurrency.perCaller: a bound is between 0 (none)",
		"failures: { perMinute: -1 }":     "1:24: failures.perMinute: a bound is between 0 (none)",
	} {
		root, err := config.Read("config.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got throttle.Settings
		if err := root.Decode(&got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s says %v, want %s", text, err, want)
		}
	}
}
