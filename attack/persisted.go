package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// unknownDocument are the codes for a document that the gateway does not have,
// or does not look for.
var unknownDocument = []string{"PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED", "NOT_FOUND", "NOT_SUPPORTED", "BAD_USER_INPUT", "LIMIT_EXCEEDED", "FORBIDDEN"}

// persisted name documents by hash or id.
func persisted() []attack {
	const document = "{ viewer { subject } }"
	const other = "{ sources { id } }"
	// Apollo's clients take an unknown hash for an answer like others, with 200.
	row := func(name, body string, statuses ...int) attack {
		return attack{class: "persisted", name: name, send: send(request{body: body}), statuses: append(statuses, 400, 404), codes: unknownDocument}
	}
	extension := func(version, hash string) string {
		return `"extensions":{"persistedQuery":{"version":` + version + `,"sha256Hash":` + hash + `}}`
	}
	quoted := func(text string) string { return `"` + text + `"` }
	return []attack{
		row("a hash of another document", `{"query":"`+document+`",`+extension("1", quoted(digest(other)))+`}`),
		row("the hash of another document, in large letters", `{"query":"`+document+`",`+extension("1", quoted(strings.ToUpper(digest(other))))+`}`),
		row("an unknown hash", `{`+extension("1", quoted(digest("zqx")))+`}`, 200),
		row("version 2", `{"query":"`+document+`",`+extension("2", quoted(digest(document)))+`}`),
		row("a version that is a text", `{"query":"`+document+`",`+extension(`"1"`, quoted(digest(document)))+`}`),
		row("no hash", `{"query":"`+document+`","extensions":{"persistedQuery":{"version":1}}}`),
		row("a hash that is a number", `{`+extension("1", "1")+`}`),
		row("a hash of 500 KB", `{`+extension("1", quoted(again(500_000, "a")))+`}`),
		row("a hash that is a path", `{`+extension("1", quoted("../../etc/passwd"))+`}`),
		row("a hash that is a command of Redis", `{`+extension("1", `"x\r\nFLUSHALL\r\n"`)+`}`),
		row("persistedQuery that is a list", `{"query":"`+document+`","extensions":{"persistedQuery":[1]}}`),
		row("an unknown documentId", `{"documentId":"zqx"}`, 200),
		row("a documentId that is a path", `{"documentId":"../../etc/passwd"}`, 200),
		row("a documentId of 500 KB", `{"documentId":"`+again(500_000, "a")+`"}`, 200),
		row("a documentId that is an object", `{"documentId":{"$ne":null}}`),
		row("documentId and doc_id", `{"documentId":"a","doc_id":"b"}`),
		row("an unknown doc_id, by GET", ``, 200).by("?doc_id=zqx"),
		row("registering what is too large, and asking for it", "", 200).with(registerThenAsk("{ a: viewer { subject } #" + again(900_000, "x") + "\n}")),
		row("registering what is not valid, and asking for it", "", 200).with(registerThenAsk("{ zqx }")),
		{class: "persisted", name: "1,000 documents registered in a row", send: flood, statuses: []int{200, 400, 429}, harmless: true, within: patience, memory: 1 << 30, check: nil},
	}
}

func (a attack) by(path string) attack {
	a.send = send(request{method: "GET", path: path, header: []string{"Content-Type:"}})
	return a
}

func (a attack) with(send func(*target) (*answer, error)) attack {
	a.send = send
	return a
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func naming(document string) string {
	return `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + digest(document) + `"}}`
}

// registerThenAsk gives the answer to the asking.
func registerThenAsk(document string) func(*target) (*answer, error) {
	return func(t *target) (*answer, error) {
		register := strings.TrimSuffix(asking(document, ""), "}") + "," + naming(document) + "}"
		if _, err := t.do(request{body: register}); err != nil {
			return nil, err
		}
		return timed(t, request{body: "{" + naming(document) + "}"})
	}
}

// flood registers many documents of 20 KB, and holds that the process keeps no
// more of them than a cache may.
func flood(t *target) (*answer, error) {
	const most = 96 << 20 // what is kept of documents and of answers, and garbage
	var last *answer
	before := t.status("VmRSS")
	for i := range 1000 {
		document := fmt.Sprintf("{ a%d: viewer { subject } } #%s", i, again(20_000, "x"))
		got, err := t.do(request{body: strings.TrimSuffix(asking(document, ""), "}") + "," + naming(document) + "}"})
		if err != nil {
			return nil, err
		}
		last = got
	}
	if grown := t.status("VmRSS") - before; t.pid > 0 && grown > most {
		return nil, fmt.Errorf("the process is %d MiB larger", grown>>20)
	}
	return last, nil
}
