package main_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestAGatewayThatIsOpenToAllSaysSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "admin: { listen: '0.0.0.0:0' }\n"+small)
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	p.url()
	for _, word := range []string{"auth.mode is none", "asks nobody who they are"} {
		p.await(word, func() bool { return strings.Contains(p.log.String(), word) })
	}
}

func TestAKeyOfTheCommandLetsItsHolderIn(t *testing.T) {
	t.Parallel()
	got := command(t, "", nil, "key")
	key := regexp.MustCompile(`(?m)^key: +(\S+)$`).FindStringSubmatch(got.out)
	entry := regexp.MustCompile(`(?m)^ +(- \{ subject.*)$`).FindStringSubmatch(got.out)
	if got.code != 0 || key == nil || entry == nil || strings.Contains(entry[1], key[1]) {
		t.Fatalf("code %d: %s", got.code, got.out)
	}
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "auth:\n  mode: apiKeys\n  keys:\n    "+
		strings.NewReplacer("NAME", "me", "ACCOUNT", "acme").Replace(entry[1])+"\n"+small)
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	query := `{"query":"{ viewer { subject scopes accounts { nodes { id } } } }"}`
	for header, status := range map[string]int{
		"Bearer " + key[1]:       http.StatusOK,
		"Bearer " + key[1] + "A": http.StatusUnauthorized,
		"":                       http.StatusUnauthorized,
	} {
		answered := send(t, http.MethodPost, p.url()+"/graphql", http.Header{"Content-Type": {"application/json"}, "Authorization": {header}}, query)
		if answered.status != status || (status == http.StatusOK) != strings.Contains(answered.body, `"subject":"me"`) {
			t.Errorf("%q is answered %d %s", header, answered.status, answered.body)
		}
	}
	p.finish()
	if strings.Contains(p.log.String(), key[1]) {
		t.Error("the key is in the log")
	}
}

func TestAKeyForAnAccountThatIsNotThereIsToldOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hash := "sha256:" + strings.Repeat("ab", 32)
	write(t, dir, "tributary.yaml", `auth: { mode: apiKeys, keys: [{ subject: a, hashes: ["`+hash+`"], scopes: [read], accounts: [acme, acmee] }] }`+"\n"+small)
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	p.await("the warning", func() bool { return strings.Contains(p.log.String(), `"account":"acmee"`) })
	if strings.Contains(p.log.String(), `"account":"acme"`) {
		t.Error("an account that is there is told of too")
	}
}
