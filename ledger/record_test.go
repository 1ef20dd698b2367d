package ledger_test

import (
	"bytes"
	"testing"

	"tributary/ledger"
)

var written = []string{
	ledger.Written([]byte("input"), nil),
	ledger.Written(nil, nil),
	ledger.Written([]byte("input"), []byte("answer")),
	ledger.Written([]byte("input"), []byte{}),
}

// FuzzRecord reads what another has put into Redis: what is read is written
// again as a record that reads the same.
func FuzzRecord(f *testing.F) {
	for _, data := range written {
		f.Add([]byte(data))
	}
	for _, damaged := range []string{
		"",
		"\x83\x01\x01\x40",             // too short
		"\x85\x01\x01\x40\x40\x40",     // too long
		"\x84\x02\x01\x40\x40",         // another layout
		"\x84\x01\x00\x40\x40",         // no such state
		"\x84\x01\x02\x40\x41a",        // an answer while it is sent
		"\x84\x01\x03\x40\x40\x00",     // something behind it
		"\x84\x01\x03\x40\x5b\x7f\xff", // the end is missing
	} {
		f.Add([]byte(damaged))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := ledger.Readable(data)
		if err != nil {
			return
		}
		again, err := ledger.Readable(once)
		if err != nil || !bytes.Equal(once, again) {
			t.Errorf("%x was read as %x, and that as %x, %v", data, once, again, err)
		}
	})
}

func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	for _, data := range written {
		if again, err := ledger.Readable([]byte(data)); err != nil || string(again) != data {
			t.Errorf("%x was read as %x, %v", data, again, err)
		}
		for end := range data {
			if _, err := ledger.Readable([]byte(data[:end])); err == nil {
				t.Errorf("the first %d bytes of %x were read", end, data)
			}
		}
	}
}

func TestDamagedRecordsAreRefused(t *testing.T) {
	for what, data := range map[string]string{
		"nothing":                    "",
		"a field too few":            "\x83\x01\x01\x40",
		"a field too many":           "\x85\x01\x01\x40\x40\x40",
		"another layout":             "\x84\x02\x01\x40\x40",
		"no state":                   "\x84\x01\x00\x40\x40",
		"a state to come":            "\x84\x01\x04\x40\x40",
		"an answer while it is sent": "\x84\x01\x02\x40\x41a",
		"something behind it":        "\x84\x01\x03\x40\x40\x00",
		"null":                       "\xf6",
	} {
		if _, err := ledger.Readable([]byte(data)); err == nil {
			t.Errorf("%s was read", what)
		}
	}
}
