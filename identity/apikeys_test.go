package identity_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/access"
	"tributary/config"
	"tributary/identity"
	"tributary/logtest"
)

func subject(name, hash string) string {
	return fmt.Sprintf("- { subject: %s, hashes: ['%s'], scopes: [read], accounts: all }\n", name, hash)
}

func TestNewKeyIsLongRandomAndRecognisable(t *testing.T) {
	key, hash := identity.NewKey()
	other, _ := identity.NewKey()
	if !regexp.MustCompile(`^trb_[A-Z2-7]{52}$`).MatchString(key) || key == other {
		t.Errorf("got %s and %s", key, other)
	}
	if hash != identity.HashKey(key) || !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(hash) {
		t.Errorf("got the hash %s", hash)
	}
}

func TestAnAPIKeyIsItsSubject(t *testing.T) {
	key, hash := identity.NewKey()
	second, secondHash := identity.NewKey()
	d := door(t, t.TempDir(), `
mode: apiKeys
keys:
  - subject: dashboard
    hashes: ["`+hash+`", "`+secondHash+`"]
    scopes: [read, sensitive, read]
    accounts: [acme, beta]
`, identity.Options{})
	for _, one := range []string{key, second} {
		caller := admits(t, d, bearer(one), "dashboard")
		if !slices.Equal(caller.Scopes, []access.Scope{access.Read, access.Sensitive}) || caller.AllAccounts ||
			!slices.Equal(caller.Accounts, []string{"acme", "beta"}) {
			t.Errorf("got %+v", caller)
		}
	}
}

func TestWhereAKeyIsReadFrom(t *testing.T) {
	key, hash := identity.NewKey()
	other, otherHash := identity.NewKey()
	why := &reasons{}
	log := logtest.Listen()
	d := door(t, t.TempDir(), "mode: apiKeys\nkeys:\n"+subject("a", hash)+subject("b", otherHash),
		identity.Options{Log: log.Logger(), Observe: why.observe})
	for _, test := range []struct {
		name    string
		headers []string
		reason  identity.Reason // "" where the caller is a
	}{
		{"as a bearer", []string{"Authorization", "Bearer " + key}, ""},
		{"as a bearer in other letters", []string{"Authorization", "bEARER   " + key}, ""},
		{"as an API key", []string{"X-Api-Key", key}, ""},
		{"in both, the same", []string{"X-Api-Key", key, "Authorization", "Bearer " + key}, ""},
		{"beside what is for the sources", []string{"X-Api-Key", key, "Authorization", "Bearer " + other}, ""},
		{"twice as a bearer", []string{"Authorization", "Bearer " + key, "Authorization", "Bearer " + key}, identity.Ambiguous},
		{"twice as an API key", []string{"X-Api-Key", key, "X-Api-Key", key}, identity.Ambiguous},
		{"as an API key beside basic", []string{"X-Api-Key", key, "Authorization", "Basic " + key}, ""},
		{"a wrong API key beside the right bearer", []string{"X-Api-Key", key + "A", "Authorization", "Bearer " + key}, identity.UnknownKey},
		{"nowhere", nil, identity.Missing},
		{"as basic", []string{"Authorization", "Basic " + key}, identity.Malformed},
		{"without a scheme", []string{"Authorization", key}, identity.Malformed},
		{"a scheme alone", []string{"Authorization", "Bearer"}, identity.Malformed},
		{"a scheme and a space", []string{"Authorization", "Bearer "}, identity.Malformed},
		{"an empty header", []string{"Authorization", ""}, identity.Malformed},
		{"an empty API key", []string{"X-Api-Key", ""}, identity.Malformed},
		{"a list by a proxy", []string{"Authorization", "Bearer " + key + ", Bearer " + key}, identity.Malformed},
		{"after a tab", []string{"Authorization", "Bearer\t" + key}, identity.Malformed},
		{"with a space behind", []string{"Authorization", "Bearer " + key + " "}, identity.Malformed},
		{"with a NUL", []string{"Authorization", "Bearer " + key + "\x00"}, identity.Malformed},
		{"too long", []string{"Authorization", "Bearer " + strings.Repeat("a", 16<<10+1)}, identity.Malformed},
		{"as long as may be", []string{"Authorization", "Bearer " + strings.Repeat("a", 16<<10)}, identity.UnknownKey},
		{"another key", []string{"X-Api-Key", key + "A"}, identity.UnknownKey},
		{"another case", []string{"X-Api-Key", strings.ToLower(key)}, identity.UnknownKey},
		{"its hash", []string{"X-Api-Key", strings.TrimPrefix(hash, "sha256:")}, identity.UnknownKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.reason == "" {
				admits(t, d, ask(test.headers...), "a")
				return
			}
			refuses(t, d, ask(test.headers...))
			if got := why.last(); got != test.reason {
				t.Errorf("the reason is %q, want %q", got, test.reason)
			}
		})
	}
	t.Run("in the URL", func(t *testing.T) {
		r := ask()
		r.URL.RawQuery = "access_token=" + key + "&api_key=" + key
		refuses(t, d, r)
	})
	for _, secret := range []string{key, other, key[:12], strings.ToLower(key)[:12], hash[:20]} {
		if strings.Contains(log.Text(), secret) {
			t.Errorf("the log holds a part of a credential: %s", secret)
		}
	}
}

func TestEveryCredentialIsComparedWithEveryKey(t *testing.T) {
	var keys, hashes []string
	for range 5 {
		key, hash := identity.NewKey()
		keys, hashes = append(keys, key), append(hashes, hash)
	}
	var list strings.Builder
	for i, hash := range hashes {
		list.WriteString(subject(fmt.Sprint("s", i), hash))
	}
	expired, expiredHash := identity.NewKey()
	list.WriteString("- { subject: gone, hashes: ['" + expiredHash + "'], scopes: [read], accounts: all, expires: 2020-01-01T00:00:00Z }\n")
	d := door(t, t.TempDir(), "mode: apiKeys\nkeys:\n"+list.String(), identity.Options{})
	var count int
	defer identity.CountComparisons(&count)()
	for _, headers := range [][]string{
		{"X-Api-Key", keys[0]}, {"X-Api-Key", keys[4]}, {"X-Api-Key", expired}, {"X-Api-Key", "unknown"},
		{"X-Api-Key", " "}, {"Authorization", "Basic x"}, nil,
	} {
		count = 0
		_, _ = d.Authenticate(ask(headers...))
		if count != 6 {
			t.Errorf("%q was compared %d times", headers, count)
		}
	}
}

func TestAKeyEndsWhenItExpires(t *testing.T) {
	key, hash := identity.NewKey()
	now := time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC)
	why := &reasons{}
	d := door(t, t.TempDir(), "mode: apiKeys\nkeys:\n- { subject: a, hashes: ['"+hash+"'], scopes: [read], accounts: [], expires: 2027-01-01T00:00:00Z }\n",
		identity.Options{Observe: why.observe}.WithClock(func() time.Time { return now }))
	admits(t, d, bearer(key), "a")
	now = now.Add(time.Second)
	refuses(t, d, bearer(key))
	if got := why.last(); got != identity.Expired {
		t.Errorf("the reason is %q", got)
	}
}

func TestKeysAreRotatedWithoutARestart(t *testing.T) {
	old, oldHash := identity.NewKey()
	fresh, freshHash := identity.NewKey()
	folder, log := t.TempDir(), logtest.Listen()
	write(t, filepath.Join(folder, "keys.yaml"), subject("a", oldHash))
	d := door(t, folder, "mode: apiKeys\nfile: keys.yaml\n", identity.Options{Log: log.Logger()})
	admits(t, d, bearer(old), "a")
	log.Wait(t, "the API keys were read")
	replace(t, filepath.Join(folder, "keys.yaml"), subject("a", freshHash)+"# rotated\n")
	log.Wait(t, "the API keys were read")
	admits(t, d, bearer(fresh), "a")
	refuses(t, d, bearer(old))
}

func TestABrokenEditLeavesTheKeysInForce(t *testing.T) {
	key, hash := identity.NewKey()
	folder, log := t.TempDir(), logtest.Listen()
	path := filepath.Join(folder, "keys.yaml")
	write(t, path, subject("a", hash))
	d := door(t, folder, "mode: apiKeys\nfile: keys.yaml\n", identity.Options{Log: log.Logger()})
	log.Wait(t, "the API keys were read")
	replace(t, path, subject("a", hash)+subject("a", key)) // the key in the place of its hash
	line := log.Wait(t, "level=ERROR")
	if !strings.Contains(line, path+":2:") || strings.Contains(log.Text(), key) {
		t.Errorf("got %s", line)
	}
	admits(t, d, bearer(key), "a")
	err := d.Reload()
	if problems, _ := err.(config.Problems); len(problems) != 2 || strings.Contains(err.Error(), key) {
		t.Errorf("got %v", err)
	}
	write(t, path, subject("b", hash))
	if err := d.Reload(); err != nil {
		t.Errorf("reload: %v", err)
	}
	admits(t, d, bearer(key), "b")
}

func TestKeysServeWhileTheyAreReloaded(t *testing.T) {
	key, hash := identity.NewKey()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "keys.yaml"), subject("a", hash))
	d := door(t, folder, "mode: apiKeys\nfile: keys.yaml\n", identity.Options{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 300 {
				if _, err := d.Authenticate(bearer(key)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 30 {
		if err := d.Reload(); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
}

func TestAWordIsNoKeyThoughItsHashStandsInTheFile(t *testing.T) {
	d := door(t, t.TempDir(), "mode: apiKeys\nkeys:\n"+subject("a", identity.HashKey("test")), identity.Options{Log: logtest.Listen().Logger()})
	refuses(t, d, ask("Authorization", "Bearer test"))
	refuses(t, d, ask("X-Api-Key", "test"))
}
