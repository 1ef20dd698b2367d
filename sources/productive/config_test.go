package productive_test

import (
	"errors"
	"testing"

	"tributary/sources/productive"
	"tributary/sources/upstream"
)

func TestConfigNamesTheSettingThatCannotBeUsed(t *testing.T) {
	good := upstream.Config{URL: "https://api.productive.io"}
	cases := map[string]struct {
		config productive.Config
		field  string
	}{
		"the defaults":                    {productive.Config{Config: good}, ""},
		"everything set":                  {productive.Config{Config: good, Timezone: "Europe/Zagreb", States: map[int]string{7: "ACTIVE"}, Cycles: map[string]string{"biannual": "P2Y"}}, ""},
		"no url":                          {productive.Config{}, "url"},
		"a zone that does not exist":      {productive.Config{Config: good, Timezone: "Europe/Agram"}, "timezone"},
		"the machine's own zone":          {productive.Config{Config: good, Timezone: "Local"}, "timezone"},
		"a zone outside the zone folder":  {productive.Config{Config: good, Timezone: "../etc/passwd"}, "timezone"},
		"a status in lower case":          {productive.Config{Config: good, States: map[int]string{3: "active"}}, "states.3"},
		"a status that does not exist":    {productive.Config{Config: good, States: map[int]string{2: "ACTIVE", 8: "GONE"}}, "states.8"},
		"a cycle of no length":            {productive.Config{Config: good, Cycles: map[string]string{"biannual": "P0M"}}, "cycles.biannual"},
		"a cycle in words":                {productive.Config{Config: good, Cycles: map[string]string{"biannual": "two years"}}, "cycles.biannual"},
		"a cycle of years and months":     {productive.Config{Config: good, Cycles: map[string]string{"odd": "P1Y6M"}}, "cycles.odd"},
		"a cycle of more than it can say": {productive.Config{Config: good, Cycles: map[string]string{"long": "P99999Y"}}, "cycles.long"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.config.Validate()
			var invalid *upstream.Invalid
			switch {
			case c.field == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.field != "" && (!errors.As(err, &invalid) || invalid.Field != c.field || invalid.Message == ""):
				t.Errorf("got %v, want a fault of %s", err, c.field)
			}
			if _, err := productive.New("psa", c.config, upstream.Options{}); (err != nil) != (c.field != "") {
				t.Errorf("New: %v", err)
			}
		})
	}
}
