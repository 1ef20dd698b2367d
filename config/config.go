// Package config reads the gateway's configuration, and says of each fault
// where it stands and what would be right.
package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"go.yaml.in/yaml/v4"
)

// Config is a whole configuration, valid and with every default filled in.
type Config struct {
	Listen   string // host:port of the gateway
	Admin    Admin
	Redis    *Redis // nil keeps everything within the process
	Cache    Cache
	Sources  []Source // in the order of the file, at least one
	Accounts Accounts
	Log      Log
	Secret   string // keys cursors and fingerprints; "" leaves that to the sources' settings
	Lists    Lists

	Development Development
	Timeouts    Timeouts
	Edge        Edge
}

// Admin is the listener for operators.
type Admin struct {
	Listen string `yaml:"listen"` // host:port; "" where it is off
}

// Cache bounds the caches within the process.
type Cache struct {
	Memory  Size    `yaml:"memory"` // of what sources answered
	Answers Answers `yaml:"answers"`
}

// Answers says whether whole answers to queries are kept, and how many.
type Answers struct {
	Enabled bool `yaml:"enabled"`
	Memory  Size `yaml:"memory"`
}

// Lists bounds what a list asks the sources for.
type Lists struct {
	ScanLimit int `yaml:"scanLimit"` // subscriptions, 1 or more
}

// Log says what is logged and how.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error
	Format string `yaml:"format"` // json or text
}

// Development switches on what helps people who write queries, and strangers who
// look for a way in.
type Development struct {
	GraphiQL      bool `yaml:"graphiql"`
	Introspection bool `yaml:"introspection"` // and /schema.graphqls
	Suggestions   bool `yaml:"suggestions"`   // "Did you mean" in errors
}

// Timeouts bound what a client can hold, each above zero, and how it is let go.
type Timeouts struct {
	Header  time.Duration `yaml:"header"`  // for a request's header to arrive
	Body    time.Duration `yaml:"body"`    // for header and body to arrive
	Request time.Duration `yaml:"request"` // for an answer to be made
	Write   time.Duration `yaml:"write"`   // from the header's arrival to the answer's last byte
	Idle    time.Duration `yaml:"idle"`    // between two requests of a connection
	Drain   time.Duration `yaml:"drain"`   // after SIGTERM, for balancers to turn away; the one that may be zero
}

// Edge is the settings of parts that read them by themselves.
type Edge struct {
	TLS       Node `yaml:"tls"`
	Auth      Node `yaml:"auth"`
	HTTP      Node `yaml:"http"`
	CORS      Node `yaml:"cors"`
	Limits    Node `yaml:"limits"`
	Documents Node `yaml:"documents"`
	Throttle  Node `yaml:"throttle"`
}

// Source is one upstream system. Its own keys belong to the adapter of its
// kind, which decodes Node.
type Source struct {
	Name string // unique, the part of ids that follows the type
	Kind string // as the file has it; the adapters know which there are
	Node Node   // the mapping; Decode takes its key kind without a field for it
}

// Accounts says where the directory of accounts is: in one of the two, or in
// neither where there are no accounts.
type Accounts struct {
	Inline Node   // a list within the configuration
	File   string // the path of a file that holds the list
}

// file is a configuration as it is written.
type file struct {
	Listen   string `yaml:"listen"`
	Admin    Admin  `yaml:"admin"`
	Redis    *Redis `yaml:"redis"`
	Cache    Cache  `yaml:"cache"`
	Sources  Node   `yaml:"sources"`
	Accounts Node   `yaml:"accounts"`
	Log      Log    `yaml:"log"`
	Secret   string `yaml:"secret"`
	Lists    Lists  `yaml:"lists"`

	Development Development `yaml:"development"`
	Timeouts    Timeouts    `yaml:"timeouts"`
	Edge        Edge        `yaml:",inline"`
}

// Load reads the configuration at path. TRIBUTARY_LISTEN, TRIBUTARY_REDIS_URL
// and TRIBUTARY_LOG_LEVEL of env override the file where they are not empty.
// Its error is Problems.
func Load(path string, env Env) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data, env)
}

// LoadAccounts reads only where the accounts of the configuration at path are,
// and takes the rest of it as it is. Its error is Problems.
func LoadAccounts(path string, env Env) (Accounts, error) {
	data, err := readFile(path)
	if err != nil {
		return Accounts{}, err
	}
	root, err := Read(path, data, env)
	if err != nil {
		return Accounts{}, err
	}
	fields, err := root.Fields()
	if err != nil {
		return Accounts{}, err
	}
	for _, field := range fields {
		if field.Name == "accounts" {
			return accounts(path, field.Value)
		}
	}
	return Accounts{}, nil
}

func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, Unreadable(path, err)
	}
	return data, nil
}

// Unreadable is the problem of a file that os could not read.
func Unreadable(path string, err error) error {
	var reason *os.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return Problems{{File: path, Message: "the file cannot be read: " + err.Error()}}
}

// Parse is Load for a text. The name of its file serves problems and, by its
// folder, relative paths.
func Parse(name string, data []byte, env Env) (*Config, error) {
	root, err := Read(name, data, env)
	if err != nil {
		return nil, err
	}
	if root.target().Kind != yaml.MappingNode {
		return nil, root.mismatch("a mapping of keys and values is needed here")
	}
	written := file{
		Listen: "127.0.0.1:8080",
		Cache:  Cache{Memory: 64 << 20, Answers: Answers{Enabled: true, Memory: 16 << 20}},
		Log:    Log{Level: "info", Format: "json"},
		Lists:  Lists{ScanLimit: 1000},
	}
	faults := []error{root.Decode(&written)}
	c := &Config{
		Listen: written.Listen, Admin: written.Admin, Redis: written.Redis, Cache: written.Cache,
		Log: written.Log, Lists: written.Lists,
		Development: written.Development, Timeouts: written.Timeouts, Edge: written.Edge,
	}
	faults = append(faults, c.readSecrets(name, root, written.Secret))
	if c.Sources, err = sources(root, written.Sources); err != nil {
		faults = append(faults, err)
	}
	if c.Accounts, err = accounts(name, written.Accounts); err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, override(c, env))
	if err := Join(faults...); err != nil {
		return nil, err
	}
	return c, nil
}

var sourceName = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

func sources(root, node Node) ([]Source, error) {
	if node.IsZero() {
		return nil, root.Problem("sources", "at least one source is needed")
	}
	fields, err := node.Fields()
	if err == nil && len(fields) == 0 {
		err = node.mismatch("at least one source is needed")
	}
	faults := []error{err}
	var all []Source
	for _, field := range fields {
		if !sourceName.MatchString(field.Name) {
			faults = append(faults, Problems{field.Key.problem(
				"%q is no name for a source; it starts with a small letter and goes on with those, digits, _ and -", field.Name)})
			continue
		}
		kind, err := kindOf(field.Value)
		faults = append(faults, err)
		field.Value.spent = "kind"
		all = append(all, Source{Name: field.Name, Kind: kind, Node: field.Value})
	}
	return all, Join(faults...)
}

func kindOf(source Node) (string, error) {
	fields, err := source.Fields()
	if err != nil {
		return "", err
	}
	for _, field := range fields {
		if field.Name == "kind" {
			return field.Value.Text()
		}
	}
	return "", source.Problem("kind", "the kind of the source is missing")
}

func accounts(name string, node Node) (Accounts, error) {
	if node.IsZero() {
		return Accounts{}, nil
	}
	if node.IsSequence() {
		return Accounts{Inline: node}, nil
	}
	if node.target().Kind != yaml.MappingNode {
		return Accounts{}, node.mismatch("a list of accounts is needed here, or { file: PATH }")
	}
	var elsewhere struct {
		File string `yaml:"file"`
	}
	if err := node.Decode(&elsewhere); err != nil {
		return Accounts{}, err
	}
	if elsewhere.File == "" {
		return Accounts{}, node.Problem("file", "the path of the accounts file is missing")
	}
	if !filepath.IsAbs(elsewhere.File) {
		elsewhere.File = filepath.Join(filepath.Dir(name), elsewhere.File)
	}
	return Accounts{File: elsewhere.File}, nil
}
