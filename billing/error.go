package billing

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies a failure. The values are those of the schema's ErrorCode.
type Code string

// Every code a client can meet.
const (
	CodeBadUserInput      Code = "BAD_USER_INPUT"
	CodeUnauthenticated   Code = "UNAUTHENTICATED"
	CodeForbidden         Code = "FORBIDDEN"
	CodeNotFound          Code = "NOT_FOUND"
	CodeConflict          Code = "CONFLICT"
	CodeNotSupported      Code = "NOT_SUPPORTED"
	CodePaymentRequired   Code = "PAYMENT_REQUIRED"
	CodeSourceRateLimited Code = "SOURCE_RATE_LIMITED"
	CodeSourceTimeout     Code = "SOURCE_TIMEOUT"
	CodeSourceUnavailable Code = "SOURCE_UNAVAILABLE"
	CodeSourceAuthFailed  Code = "SOURCE_AUTH_FAILED"
	CodeSourceBadData     Code = "SOURCE_BAD_DATA"
	CodeOutcomeUnknown    Code = "OUTCOME_UNKNOWN"
	CodeRateLimited       Code = "RATE_LIMITED"
	CodeLimitExceeded     Code = "LIMIT_EXCEEDED"
	CodeInternal          Code = "INTERNAL"

	// As clients with persisted queries know them.
	CodePersistedQueryNotFound     Code = "PERSISTED_QUERY_NOT_FOUND"
	CodePersistedQueryNotSupported Code = "PERSISTED_QUERY_NOT_SUPPORTED"
)

// Retryable reports whether the same request may succeed later by itself.
func (c Code) Retryable() bool {
	switch c {
	case CodeSourceRateLimited, CodeSourceTimeout, CodeSourceUnavailable, CodeRateLimited:
		return true
	}
	return false
}

// Error is a failure that a client may be told of. Message is for clients and
// never holds an upstream's body, address or credential; Err is for the log.
type Error struct {
	Code       Code
	Source     string // the source's name; "" where none was involved
	Op         string // what was being tried, in lower case: "get subscription"
	Message    string // for clients; "" gives the code's own sentence
	RetryAfter time.Time
	Field      []string // the path of the input's field that it is about; nil for none
	Seen       Sighting // of CodeOutcomeUnknown, what reading again showed
	Unsent     bool     // the request surely never left
	Own        bool     // earned by credentials of one organisation, it says nothing of the source and of others
	Err        error
}

func (e *Error) Error() string {
	text := string(e.Code)
	if e.Source != "" {
		text = e.Source + ": " + text
	}
	if e.Op != "" {
		text += ": " + e.Op
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a client's message and no cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf is the code of the first *Error in err's chain; CodeInternal for any
// other error and "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return CodeInternal
	}
}

// ClientMessage is the sentence a client gets to read for err.
func ClientMessage(err error) string {
	var e *Error
	if !errors.As(err, &e) {
		return "The gateway failed. The request id finds the cause in its log."
	}
	if e.Message != "" {
		return e.Message
	}
	return e.Code.sentence(e.Source)
}

func (c Code) sentence(source string) string {
	if source == "" {
		source = "the source"
	} else {
		source = "source " + source
	}
	switch c {
	case CodeSourceRateLimited:
		return source + " has no requests left for now"
	case CodeSourceTimeout:
		return source + " did not answer in time"
	case CodeSourceUnavailable:
		return source + " cannot be reached or is out of order"
	case CodeSourceAuthFailed:
		return source + " refused the gateway's credentials"
	case CodeSourceBadData:
		return source + " answered something the gateway cannot read"
	case CodeForbidden:
		return source + " does not allow this"
	case CodePaymentRequired:
		return source + " says that the payment failed"
	case CodeNotFound:
		return source + " does not know it"
	case CodeConflict:
		return source + " says that it conflicts with what is there"
	case CodeBadUserInput:
		return source + " refused the input"
	case CodeNotSupported:
		return source + " cannot do this"
	case CodeOutcomeUnknown:
		return "nobody knows whether " + source + " did it"
	case CodeUnauthenticated:
		return "the gateway does not know these credentials"
	case CodeRateLimited:
		return "the gateway was asked too often"
	case CodeLimitExceeded:
		return "the request is larger than the gateway allows"
	case CodePersistedQueryNotFound:
		return "PersistedQueryNotFound"
	case CodePersistedQueryNotSupported:
		return "PersistedQueryNotSupported"
	default:
		return "The gateway failed. The request id finds the cause in its log."
	}
}

// AsError is the first *Error in err's chain.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// IsOwn reports a failure that is one organisation's own.
func IsOwn(err error) bool {
	e, ok := AsError(err)
	return ok && e.Own
}
