package graphqlhttp

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/jub0bs/cors"
	"github.com/jub0bs/cors/cfgerrors"

	"tributary/config"
)

// CORS says which pages of other origins may ask.
type CORS struct {
	// Origins are origins such as https://app.example.com, with https but for
	// localhost. https://*.example.com stands for all below example.com. None
	// leaves CORS off.
	Origins     []string      `yaml:"origins"`
	Credentials bool          `yaml:"credentials"` // whether the browser may add cookies and the like
	MaxAge      time.Duration `yaml:"maxAge"`      // how long a browser need not ask again; 0 for never
}

// Defaults leaves CORS off.
func (c *CORS) Defaults() { *c = CORS{MaxAge: 10 * time.Minute} }

// Validate refuses origins that cannot be or that nobody can trust. It is as
// strict without Credentials as with them, since a page sends a Bearer token or
// asks from within a network all the same.
func (c *CORS) Validate() error {
	var faults []error
	if c.MaxAge < 0 || c.MaxAge > 24*time.Hour || c.MaxAge%time.Second != 0 {
		faults = append(faults, config.Invalidf("maxAge", "must be from 0s to 24h, in whole seconds"))
	}
	if len(c.Origins) == 0 {
		return errors.Join(faults...)
	}
	_, err := cors.NewMiddleware(cors.Config{Origins: c.Origins, Credentialed: true})
	if err == nil {
		return errors.Join(faults...)
	}
	for fault := range cfgerrors.All(err) {
		faults = append(faults, config.Invalidf("origins", "%s", explain(fault)))
	}
	return errors.Join(faults...)
}

func explain(fault error) string {
	var written *cfgerrors.UnacceptableOriginPatternError
	if errors.As(fault, &written) {
		return strconv.Quote(written.Value) + " is no origin such as https://app.example.com or https://*.example.com"
	}
	var unsafe *cfgerrors.IncompatibleOriginPatternError
	if !errors.As(fault, &unsafe) {
		return fault.Error()
	}
	switch unsafe.Reason {
	case "insecure":
		return strconv.Quote(unsafe.Value) + " has to be https, since anyone on the way can change a page of http"
	case "psl":
		return strconv.Quote(unsafe.Value) + " allows every site below a public suffix"
	default:
		return strconv.Quote(unsafe.Value) + " allows every page; list the origins"
	}
}

// Wrap answers preflight requests and marks the answers of next for the pages
// that may read them. Its error is one that Validate tells.
func (c *CORS) Wrap(next http.Handler) (http.Handler, error) {
	if len(c.Origins) == 0 {
		return next, nil
	}
	age := int(c.MaxAge / time.Second)
	if age == 0 {
		age = -1 // the library's word for never
	}
	middleware, err := cors.NewMiddleware(cors.Config{
		Origins:         c.Origins,
		Credentialed:    c.Credentials,
		Methods:         []string{http.MethodGet, http.MethodPost},
		RequestHeaders:  slices.Concat(proofs, furtherHeaders),
		ResponseHeaders: []string{"Retry-After", "X-Request-Id", "Age", "Cache-Status", "ETag", "Server-Timing"},
		MaxAgeInSeconds: age,
	})
	if err != nil {
		return nil, err
	}
	return middleware.Wrap(next), nil
}

// furtherHeaders are what clients in browsers send besides proofs.
var furtherHeaders = []string{
	"Authorization",
	"Content-Type",
	"X-GraphQL-Client-Version",
	"apollographql-client-version",
	"graphql-client-version",
	"X-Request-Id",
	"X-Server-Timing",
	"If-None-Match",
}
