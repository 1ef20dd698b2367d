package focus

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

type trialDocument struct {
	ID               int64  `json:"id"`
	OrganizationID   int64  `json:"organization_id"`
	PlanID           int64  `json:"plan_id"`
	PlanName         string `json:"plan_name"`
	ProductHandle    string `json:"product_handle"`
	TogglProductName string `json:"toggl_product_name"`
	TrialCancelsAt   string `json:"trial_cancels_at"`
	TrialCreatedAt   string `json:"trial_created_at"`
	TrialDeletedAt   string `json:"trial_deleted_at"`
	TrialEndedAt     string `json:"trial_ended_at"`
	TrialStartedAt   string `json:"trial_started_at"`
	TrialType        string `json:"trial_type"`
}

func (o *organization) trialDocument() trialDocument {
	plan := planOf(o.trial.product)
	return trialDocument{
		ID:               o.trial.id,
		OrganizationID:   o.id,
		PlanID:           plan.PlanID,
		PlanName:         plan.Name,
		ProductHandle:    plan.ProductHandle,
		TogglProductName: "Toggl Focus",
		TrialCancelsAt:   instant(o.trial.cancelsAt),
		TrialCreatedAt:   instant(o.trial.startedAt),
		TrialStartedAt:   instant(o.trial.startedAt),
		TrialType:        o.trial.kind,
	}
}

const trialLength = 14 * 24 * time.Hour

// forceTrial is the vendor's one write. Its page gives 204 as well as 409 to a
// trial or subscription that is in the way; here 409 is for a forced trial and
// for a subscription in state active, 204 for all else.
func (v *vendor) forceTrial(org *organization, r *http.Request) answer {
	if workspace, err := strconv.ParseInt(r.PathValue("workspace_id"), 10, 64); err != nil || workspace <= 0 {
		return fail(http.StatusBadRequest, "invalid_workspace_id", "Invalid workspace ID")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil {
		return fail(http.StatusBadRequest, "validation", "The body cannot be read")
	}
	var input struct {
		PlanWorkspaceID *int64 `json:"plan_workspace_id"`
	}
	if len(body) > 0 && json.Unmarshal(body, &input) != nil {
		return fail(http.StatusBadRequest, "validation", "plan_workspace_id must be an integer")
	}
	now := v.now().UTC().Truncate(time.Second)
	switch {
	case org.subscription != nil && org.subscription.state == "active":
		return fail(http.StatusConflict, "conflict", "Organization has an active subscription")
	case org.trialRuns(now) && org.trial.kind == forced:
		return fail(http.StatusConflict, "conflict", "Forced trial already exists")
	case org.trialRuns(now) && input.PlanWorkspaceID != nil:
		org.trial.kind = forced
		org.trial.product = premium
		return answer{http.StatusOK, org.trialDocument()}
	case org.trial != nil, org.subscription != nil && org.subscription.item != "":
		return answer{http.StatusNoContent, nil}
	}
	org.trial = &trial{id: 90000 + org.id, product: premium, kind: forced, startedAt: now, cancelsAt: now.Add(trialLength)}
	org.subscription = &subscription{product: premium}
	return answer{http.StatusOK, org.trialDocument()}
}
