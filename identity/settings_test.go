package identity_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"tributary/access"
	"tributary/config"
	"tributary/identity"
	"tributary/logtest"
)

func TestAnyoneIsLetInWithoutAMode(t *testing.T) {
	settings, err := identity.Read(config.Node{}, "", nil)
	if err != nil || settings.Mode() != identity.ModeNone {
		t.Fatalf("got %+v and %v", settings, err)
	}
	d := identity.New(settings, identity.Options{Log: slog.New(slog.DiscardHandler)})
	defer d.Close()
	if caller := admits(t, d, ask("Authorization", "Basic x"), "anyone"); caller != access.Anyone {
		t.Errorf("got %+v", caller)
	}
	if !d.IsOpen() {
		t.Error("it does not say so")
	}
	if err := d.Reload(); err != nil {
		t.Error(err)
	}
}

func TestAnyoneIsLetInFromThisMachineAlone(t *testing.T) {
	none, insecure := identity.Settings{}, identity.Settings{Insecure: true}
	keys := identity.Settings{Keys: &identity.Keys{}}
	for _, addr := range []string{"127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080", "localhost:80", "LOCALHOST:80", "[::ffff:127.0.0.1]:80"} {
		if err := none.CheckListener(addr); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, addr := range []string{":8080", "0.0.0.0:8080", "[::]:8080", "10.0.0.1:80", "localhost.example.com:80", "example.com:80", "128.0.0.1:80", "", "127.0.0.1"} {
		if err := none.CheckListener(addr); err == nil || !strings.Contains(err.Error(), "insecure: true") {
			t.Errorf("%s: %v", addr, err)
		}
		if err := insecure.CheckListener(addr); err != nil {
			t.Errorf("%s, insecure: %v", addr, err)
		}
		if err := keys.CheckListener(addr); err != nil {
			t.Errorf("%s, with keys: %v", addr, err)
		}
	}
}

func TestFaultsOfTheSettingsAreSaidWithTheirPlace(t *testing.T) {
	key, hash := identity.NewKey()
	_, other := identity.NewKey()
	keys := func(list string) string { return "auth:\n  mode: apiKeys\n  keys:\n" + list }
	jwt := func(more string) string {
		return "auth:\n  mode: jwt\n  issuer: i\n  audience: [a]\n  jwks: { url: 'https://i.example.com/k' }\n" + more
	}
	for _, test := range []struct{ name, text, fault string }{
		{"no mapping", "auth: none\n", "c.yaml:1:7: auth: a mapping"},
		{"no mode", "auth: { insecure: true }\n", "c.yaml:1:7: auth.mode: the mode is missing; there are none, apiKeys and jwt"},
		{"no such mode", "auth: { mode: basic }\n", "c.yaml:1:15: auth.mode: this is no mode"},
		{"a key of another mode", "auth: { mode: none, issuer: x }\n", "c.yaml:1:21: auth"},
		{"neither keys nor file", "auth: { mode: apiKeys }\n", "c.yaml:1:7: auth: either keys"},
		{"both keys and file", "auth: { mode: apiKeys, keys: [], file: x }\n", "c.yaml:1:7: auth: either keys"},
		{"no such file", "auth: { mode: apiKeys, file: keys.yaml }\n", "/keys.yaml: the file cannot be read"},
		{"keys that are no list", keys("    a: b\n"), "c.yaml:4:5: auth.keys: a list"},
		{"nothing of a key", keys("    - {}\n"), "c.yaml:4:7: auth.keys[0].subject: the subject needs subject"},
		{"no scopes", keys("    - { subject: a, hashes: [\"" + hash + "\"], scopes: [], accounts: all }\n"), "auth.keys[0].scopes: the subject needs scopes"},
		{"an unknown scope", keys("    - { subject: a, hashes: [\"" + hash + "\"], accounts: all,\n        scopes: [read, raed] }\n"), "c.yaml:5:24: auth.keys[0].scopes[1]: the value is no scope; there are read, write"},
		{"no accounts", keys("    - { subject: a, hashes: [\"" + hash + "\"], scopes: [read] }\n"), "auth.keys[0].accounts: the subject needs accounts"},
		{"another word for accounts", keys("    - { subject: a, hashes: [\"" + hash + "\"], scopes: [read], accounts: every }\n"), "auth.keys[0].accounts: write all, or a list"},
		{"an account twice", keys("    - { subject: a, hashes: [\"" + hash + "\"], scopes: [read],\n        accounts: [x, x] }\n"), "c.yaml:5:23: auth.keys[0].accounts[1]: the account is there already"},
		{"an empty account", keys("    - { subject: a, hashes: [\"" + hash + "\"], scopes: [read],\n        accounts: [''] }\n"), "c.yaml:5:20: auth.keys[0].accounts[0]: an account's id"},
		{"a subject with a line break", keys("    - { subject: \"a\\nb\", hashes: [\"" + hash + "\"], scopes: [read], accounts: all }\n"), "c.yaml:4:18: auth.keys[0].subject: a subject has"},
		{"a subject twice", keys("    " + subject("a", hash) + "    " + subject("a", other)), "c.yaml:5:18: auth.keys[1].subject: the subject is there already"},
		{"a hash twice", keys("    " + subject("a", hash) + "    " + subject("b", hash)), "c.yaml:5:30: auth.keys[1].hashes[0]: the hash is there already"},
		{"no hash", keys("    - { subject: a, hashes: [], scopes: [read], accounts: all }\n"), "auth.keys[0].hashes: at least one hash"},
		{"a key for a hash", keys("    " + subject("a", key)), "c.yaml:4:30: auth.keys[0].hashes[0]: a hash is sha256:"},
		{"a hash without its name", keys("    " + subject("a", hash[7:])), "auth.keys[0].hashes[0]: a hash is sha256:"},
		{"a short hash", keys("    " + subject("a", hash[:60])), "auth.keys[0].hashes[0]: a hash is sha256:"},
		{"the hash of nothing", keys("    " + subject("a", identity.HashKey(""))), "the hash of no key at all"},
		{"an expiry that is no time", keys("    - { subject: a, hashes: [\"" + hash + "\"], scopes: [read], accounts: all, expires: soon }\n"), "auth.keys[0].expires: the value is no time"},
		{"an unknown key", keys("    - { subject: a, hash: [x], scopes: [read], accounts: all }\n"), "auth.keys[0]"},
		{"no issuer", "auth: { mode: jwt, audience: [a], jwks: { url: 'https://x' } }\n", "auth.issuer: the issuer is missing"},
		{"no audience", "auth: { mode: jwt, issuer: i, jwks: { url: 'https://x' } }\n", "auth.audience: at least one"},
		{"no keys", "auth: { mode: jwt, issuer: i, audience: [a] }\n", "auth.jwks: either url or file"},
		{"both a URL and a file", "auth: { mode: jwt, issuer: i, audience: [a], jwks: { url: 'https://x', file: f } }\n", "auth.jwks: either url or file"},
		{"keys over plain HTTP", "auth: { mode: jwt, issuer: i, audience: [a], jwks: { url: 'http://x' } }\n", "c.yaml:1:59: auth.jwks.url: the URL starts with https://"},
		{"a file that is not there", "auth: { mode: jwt, issuer: i, audience: [a], jwks: { file: f.json } }\n", "/f.json: the file cannot be read"},
		{"HMAC", jwt("  algorithms: [RS256, HS256]\n"), "c.yaml:6:3: auth.algorithms: number 2 is none that is taken"},
		{"no signature", jwt("  algorithms: [none]\n"), "auth.algorithms: number 1 is none that is taken"},
		{"no algorithms", jwt("  algorithms: []\n"), "auth.algorithms: at least one"},
		{"too quick a refresh", jwt("  refresh: 1s\n"), "c.yaml:6:12: auth.refresh: keys are fetched"},
		{"too wide a skew", jwt("  clockSkew: 1h\n"), "auth.clockSkew: clocks differ"},
		{"no claim", jwt("  claims: { subject: '' }\n"), "auth.claims.subject: the name"},
		{"accounts for all tokens that are none", jwt("  accounts: [1, '']\n"), "c.yaml:6:17: auth.accounts[1]: an account's id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, err := config.Read("c.yaml", []byte(test.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			fields, err := root.Fields()
			if err != nil {
				t.Fatal(err)
			}
			_, err = identity.Read(fields[0].Value, t.TempDir(), nil)
			if err == nil || !strings.Contains(err.Error(), test.fault) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), hash) {
				t.Errorf("a secret is quoted: %v", err)
			}
		})
	}
}

func TestAHashMayBeWrittenInEitherAlphabet(t *testing.T) {
	// The SHA-256 of trb_ and 52 times A, and the same bytes in base64url.
	for _, hash := range []string{
		"sha256:" + exampleHex, "sha256:" + strings.ToUpper(exampleHex), "sha256:" + exampleBase64, "sha256:" + exampleBase64 + "=",
	} {
		d := door(t, t.TempDir(), "mode: apiKeys\nkeys:\n"+subject("a", hash), identity.Options{})
		admits(t, d, bearer("trb_"+strings.Repeat("A", 52)), "a")
	}
}

func TestAFileOfKeysIsBesideTheConfiguration(t *testing.T) {
	folder := t.TempDir()
	key, hash := identity.NewKey()
	path := filepath.Join(folder, "keys.yaml")
	write(t, path, subject("a", "${HASH}"))
	for _, file := range []string{"keys.yaml", path} {
		node, err := config.Read("c.yaml", []byte("mode: apiKeys\nfile: "+file), nil)
		if err != nil {
			t.Fatal(err)
		}
		settings, err := identity.Read(node, folder, func(string) (string, bool) { return hash, true })
		if err != nil {
			t.Fatal(err)
		}
		d := identity.New(settings, identity.Options{Log: logtest.Listen().Logger()})
		admits(t, d, bearer(key), "a")
		d.Close()
	}
}

const (
	exampleHex    = "bc18e19a4f83b5cc161d39550c94117affbbc414acbf1c45b88cf12a10933ae9"
	exampleBase64 = "vBjhmk-DtcwWHTlVDJQRev-7xBSsvxxFuIzxKhCTOuk"
)

func TestALocalDoorAnswersToNamesOfThisMachineAlone(t *testing.T) {
	quiet := identity.Options{Log: slog.New(slog.DiscardHandler)}
	local, open := identity.New(identity.Settings{}, quiet), identity.New(identity.Settings{Insecure: true}, quiet)
	defer local.Close()
	defer open.Close()
	for host, answers := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "localhost": true, "[::1]:8080": true, "[::1]": true, "LocalHost:1": true,
		"evil.example": false, "evil.example:8080": false, "127.0.0.1.evil.example:8080": false, "localhost.evil.example": false,
		"": false, "10.0.0.1:8080": false, "0.0.0.0:8080": false, "[::]:8080": false,
	} {
		if local.AnswersTo(host) != answers || !open.AnswersTo(host) {
			t.Errorf("to %q: %t, and %t where it is open to all", host, local.AnswersTo(host), open.AnswersTo(host))
		}
	}
}
