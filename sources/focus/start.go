package focus

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

const opStart = "start trial"

// CheckTrial wants numbers as Focus writes them; that of the workspace whose
// plan the trial is based on may be left out.
func (s *Source) CheckTrial(request billing.TrialRequest) []*billing.Error {
	var faults []*billing.Error
	check := func(field, digits, name string) {
		if isNumber(digits) {
			return
		}
		faults = append(faults, &billing.Error{
			Code: billing.CodeBadUserInput, Source: s.name, Op: opStart, Field: []string{field},
			Message: fmt.Sprintf("%s of source %s is a positive whole number, such as 4711", name, s.name),
		})
	}
	check("organizationId", request.Org, "an organisation")
	check("workspaceId", request.Workspace, "a workspace")
	if request.PlanWorkspace != nil {
		check("planWorkspaceId", *request.PlanWorkspace, "a workspace")
	}
	return faults
}

// StartTrial starts or updates the trial of an organisation. It is nil where
// Focus left everything as it was, which is its answer to a paid subscription,
// to a trial that stands and where none is to be had. A forced trial or an active
// subscription in the way is CodeConflict. What CheckTrial refuses is not sent.
func (s *Source) StartTrial(ctx context.Context, request billing.TrialRequest) (*billing.Trial, error) {
	if faults := s.CheckTrial(request); len(faults) > 0 {
		return nil, faults[0]
	}
	resp, err := s.client.Do(ctx, s.trialRequest(request))
	if err != nil {
		return nil, err
	}
	if resp.Status == http.StatusNoContent {
		return nil, nil
	}
	trial, err := s.readTrial(resp.Body, request.Org)
	if err != nil {
		return nil, s.client.Unread(opStart, fmt.Errorf("read the trial: %w", err))
	}
	return trial, nil
}

// trialRequest has a body only where there is something to say in it. request
// holds numbers alone, which JSON writes as Focus does.
func (s *Source) trialRequest(request billing.TrialRequest) upstream.Request {
	req := upstream.Request{
		Op:     opStart,
		Org:    request.Org,
		Method: http.MethodPost,
		Path:   []string{"organizations", request.Org, "workspaces", request.Workspace, "subscriptions", "upsert-forced-trial"},
		Status: s.trialStatus,
	}
	if request.PlanWorkspace != nil {
		req.Header = http.Header{"Content-Type": {"application/json"}}
		req.Body = fmt.Appendf(nil, `{"plan_workspace_id":%s}`, *request.PlanWorkspace)
	}
	return req
}

// trialStatus is status, with the reason of a conflict, of which there are but
// two.
func (s *Source) trialStatus(resp *upstream.Response) error {
	err := s.status(opStart, resp)
	if failure, failed := billing.AsError(err); failed && failure.Code == billing.CodeConflict {
		failure.Message = fmt.Sprintf("source %s starts no trial: the organisation has had one started already, or has an active subscription", s.name)
	}
	return err
}

// Obstacle says what keeps sub, in its present state, from being asked for c: a
// sentence for clients, "" for nothing. Focus refuses a trial beside an active
// subscription; whatever else keeps it from starting one it answers by leaving
// everything as it was.
func (s *Source) Obstacle(sub *billing.Subscription, c billing.Capability, _ time.Time) string {
	if c == billing.CanStartTrial && stateOf(sub) == "active" {
		return fmt.Sprintf("source %s starts a trial only where no subscription is active, and this one is", s.name)
	}
	return ""
}

// stateOf is subscription.state, folded; "" where there is none.
func stateOf(sub *billing.Subscription) string {
	details, ok := sub.Details.(*Details)
	if !ok || details.Subscription == nil {
		return ""
	}
	return fold(text(details.Subscription.State))
}
