package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// quota is how many calls a vendor takes of each credential in a window. The
// windows follow each other from when it was set, whether anybody calls or not.
type quota struct {
	Source  string `json:"source"` // the vendor's name
	Calls   int    `json:"calls"`
	Per     string `json:"per"`
	Refused int    `json:"refused"`

	per    time.Duration
	begun  time.Time
	window int64          // the number of the one that used is of
	used   map[string]int // by credential
}

// quotaRequest is the body of POST /_sandbox/quota.
type quotaRequest struct {
	Source string `json:"source"`
	Calls  int    `json:"calls"`
	Per    string `json:"per"`
}

// quotaHeaders are where the vendors that have quotas find the credential.
var quotaHeaders = map[string]string{"productive": "X-Auth-Token", "focus": "Authorization"}

func (s *Sandbox) setQuota(w http.ResponseWriter, r *http.Request) {
	var in quotaRequest
	if !read(w, r, "quota", &in) {
		return
	}
	v := s.vendor(in.Source)
	if v == nil || quotaHeaders[v.name] == "" {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("source: %q is none of focus, productive, psa", in.Source))
		return
	}
	if in.Calls < 1 {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("calls: %d is below 1", in.Calls))
		return
	}
	per, err := time.ParseDuration(in.Per)
	if err != nil || per <= 0 {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("per: %q is no duration above 0s, such as 10s or 30m", in.Per))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := &quota{Source: v.name, Calls: in.Calls, Per: in.Per, per: per, begun: s.now(), used: map[string]int{}}
	s.quotas = append(s.quotas, q)
	answer(w, http.StatusCreated, q)
}

func (s *Sandbox) listQuotas(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, map[string][]*quota{"quotas": s.quotas})
}

func (s *Sandbox) clearQuotas(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	cleared := len(s.quotas)
	s.quotas = nil
	answer(w, http.StatusOK, map[string]int{"cleared": cleared})
}

// exceed is the quota that a request exceeds, and how long its window lasts
// yet. A request within all is counted in each, one beyond in none.
func (s *Sandbox) exceed(v *vendor, r *http.Request) (*quota, time.Duration) {
	credential := r.Header.Get(quotaHeaders[v.name])
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, q := range s.quotas {
		if q.Source != v.name {
			continue
		}
		left := q.advance(now)
		if q.used[credential] >= q.Calls {
			q.Refused++
			return q, left
		}
	}
	for _, q := range s.quotas {
		if q.Source == v.name {
			q.used[credential]++
		}
	}
	return nil, 0
}

// advance begins the window of a time, and says how long it lasts yet.
func (q *quota) advance(now time.Time) time.Duration {
	since := now.Sub(q.begun)
	if window := int64(since / q.per); window != q.window {
		q.window = window
		clear(q.used)
	}
	return q.per - since%q.per
}

// refuse answers as the vendor does.
func (q *quota) refuse(w http.ResponseWriter, v *vendor, left time.Duration) {
	seconds := strconv.Itoa(int((left + time.Second - 1) / time.Second))
	own := &reply{header: http.Header{}}
	own.header.Set("Content-Type", v.media)
	if v.name == "productive" {
		own.status = http.StatusTooManyRequests
		own.header.Set("X-RateLimit-Reset", seconds)
		fmt.Fprintf(&own.body, `{"errors":[{"status":429,"title":"Too many requests","detail":"The request limit of the token is used up.","limit":%d,"period":%d}]}`,
			q.Calls, int(q.per.Seconds()))
	} else {
		own.status = http.StatusPaymentRequired
		own.header.Set("X-Toggl-Quota-Remaining", "0")
		own.header.Set("X-Toggl-Quota-Resets-In", seconds)
		own.body.WriteString(`{"error":"quota_exceeded","error_description":"The API quota is used up"}`)
	}
	own.send(w)
}
