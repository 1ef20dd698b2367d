package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/go-json-experiment/json"

	"tributary/config"
)

type purgeCommand struct {
	Config       string `help:"The configuration of a gateway that runs, whose admin.listen is asked." placeholder:"FILE" xor:"where" required:""`
	Admin        string `help:"The listener for operators of a gateway that runs, such as http://127.0.0.1:9090." placeholder:"URL" xor:"where" required:""`
	Source       string `help:"Forget all that the source answered." placeholder:"NAME" xor:"what" required:""`
	Organization string `help:"With --source: only what it answered to the credentials that are sent about this organization." placeholder:"ID"`
	Account      string `help:"Forget what is kept of the account's holdings." placeholder:"ID" xor:"what" required:""`
	Everything   bool   `help:"Forget all that any source answered." xor:"what" required:""`
}

// Validate refuses an organization of no source.
func (c purgeCommand) Validate() error {
	if c.Organization != "" && c.Source == "" {
		return errors.New("--organization needs --source, the source that it is an organization of")
	}
	return nil
}

// purgeTime is enough for every replica to acknowledge, and for the list of what an
// account holds to be fetched.
const purgeTime = time.Minute

// Run asks one gateway, which tells the others.
func (c purgeCommand) Run(to streams) error {
	base, err := c.where()
	if err != nil {
		return usageError{err}
	}
	told, status, err := c.ask(base)
	switch {
	case err != nil:
		return err
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError:
		return usageError{errors.New(told.Error)}
	case told.Error != "" || status != http.StatusOK:
		return fmt.Errorf("the gateway answers %d: %s", status, told.Error)
	case !told.Acknowledged:
		return fmt.Errorf("purged %s, but not every replica has acknowledged it yet", told.Purged)
	}
	_, err = fmt.Fprintf(to.out, "purged %s, and every replica has acknowledged it\n", told.Purged)
	return err
}

// where is the URL of the listener for operators.
func (c purgeCommand) where() (*url.URL, error) {
	if c.Admin != "" {
		base, err := url.Parse(c.Admin)
		if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
			return nil, fmt.Errorf("--admin: %q is no URL; write it like http://127.0.0.1:9090", c.Admin)
		}
		return base, nil
	}
	settings, err := config.Load(c.Config, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	if settings.Admin.Listen == "" {
		return nil, fmt.Errorf("%s: admin.listen: there is no listener for operators, which is what takes a purge", c.Config)
	}
	host, port, err := net.SplitHostPort(settings.Admin.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, nil
}

// purgeAnswer is what the gateway says.
type purgeAnswer struct {
	Purged       string
	Acknowledged bool
	Error        string
}

func (c purgeCommand) ask(base *url.URL) (told purgeAnswer, status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), purgeTime)
	defer cancel()
	body, err := json.Marshal(struct {
		Source       string `json:"source,omitzero"`
		Organization string `json:"organization,omitzero"`
		Account      string `json:"account,omitzero"`
		Everything   bool   `json:"everything,omitzero"`
	}{c.Source, c.Organization, c.Account, c.Everything})
	if err != nil {
		return told, 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base.JoinPath("purge").String(), bytes.NewReader(body))
	if err != nil {
		return told, 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return told, 0, err
	}
	defer response.Body.Close()
	const longest = 64 << 10
	text, err := io.ReadAll(io.LimitReader(response.Body, longest))
	if err != nil {
		return told, 0, err
	}
	if err := json.Unmarshal(text, &told, json.MatchCaseInsensitiveNames(true)); err != nil {
		return told, 0, fmt.Errorf("%s answers %d, and is no listener for operators", base, response.StatusCode)
	}
	return told, response.StatusCode, nil
}
