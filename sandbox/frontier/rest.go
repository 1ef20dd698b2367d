package frontier

import (
	"net/http"
	"strings"
)

// restServer speaks as grpc-gateway does: every key is written, int64 as text.
type restServer struct{ store *store }

// httpStatus is grpc-gateway's status of a gRPC code; 500 of any other.
var httpStatus = map[int]int{
	invalidArgument:    http.StatusBadRequest,
	notFound:           http.StatusNotFound,
	permissionDenied:   http.StatusForbidden,
	failedPrecondition: http.StatusBadRequest,
	unimplemented:      http.StatusNotImplemented,
	unauthenticated:    http.StatusUnauthorized,
}

func (s restServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, problem := s.answer(r)
	if problem == nil {
		write(w, http.StatusOK, answer)
		return
	}
	status, ok := httpStatus[problem.code]
	if !ok {
		status = http.StatusInternalServerError
	}
	write(w, status, struct {
		Code    int      `json:"code"`
		Message string   `json:"message"`
		Details []string `json:"details"`
	}{problem.code, problem.message, nil})
}

var noRoute = &problem{notFound, "Not Found"}

func (s restServer) answer(r *http.Request) (any, *problem) {
	if problem := authenticate(r); problem != nil {
		return nil, problem
	}
	req := request{
		State: r.URL.Query().Get("state"), Plan: r.URL.Query().Get("plan"),
		BillingID: r.URL.Query().Get("billing_id"), Expand: r.URL.Query()["expand"],
	}
	if problem := readInto(r.Body, &req); problem != nil {
		return nil, problem
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1beta1/"), "/")
	switch {
	case len(parts) >= 2 && parts[0] == "billing" && r.Method == http.MethodGet:
		return s.catalogue(parts[1:])
	case len(parts) >= 3 && parts[0] == "organizations" && parts[2] == "billing":
		req.OrgID = parts[1]
		return s.organization(r.Method, req, parts[3:])
	}
	return nil, noRoute
}

func (s restServer) catalogue(parts []string) (any, *problem) {
	switch {
	case len(parts) == 1 && parts[0] == "plans":
		return listOfPlans{s.store.plans}, nil
	case len(parts) == 2 && parts[0] == "plans":
		return s.store.plan(parts[1])
	case len(parts) == 1 && parts[0] == "products":
		return listOfProducts{s.store.products}, nil
	case len(parts) == 2 && parts[0] == "products":
		return s.store.product(parts[1])
	}
	return nil, noRoute
}

// organization routes what follows /organizations/{org_id}/billing. The routes
// of subscriptions come before those of one billing account.
func (s restServer) organization(method string, req request, parts []string) (any, *problem) {
	if len(parts) == 0 && method == http.MethodGet {
		return s.store.listAccounts(req)
	}
	if len(parts) > 0 && parts[0] == "subscriptions" {
		return s.subscriptions(method, req, parts[1:])
	}
	if len(parts) > 1 && parts[1] == "subscriptions" {
		req.BillingID = parts[0]
		return s.subscriptions(method, req, parts[2:])
	}
	if len(parts) == 1 && method == http.MethodGet {
		req.ID = parts[0]
		return s.store.account(req)
	}
	if len(parts) == 4 && parts[1] == "plans" && parts[3] == "trialed" && method == http.MethodGet {
		return s.store.trialed(parts[0], parts[2])
	}
	return nil, noRoute
}

func (s restServer) subscriptions(method string, req request, parts []string) (any, *problem) {
	if len(parts) == 0 && method == http.MethodGet {
		if problem := s.bind(&req); problem != nil {
			return nil, problem
		}
		return s.store.list(req)
	}
	if len(parts) == 0 || len(parts) > 2 {
		return nil, noRoute
	}
	req.ID = parts[0]
	// The authorisation step loads the subscription first and masks its absence.
	sub := s.store.find(req.ID)
	if sub == nil {
		return nil, masked
	}
	if problem := s.bind(&req); problem != nil {
		return nil, problem
	}
	if sub.CustomerID != req.BillingID {
		return nil, &problem{permissionDenied, "not authorized"}
	}
	action := method + " " + strings.Join(parts[1:], "/")
	switch action {
	case "GET ":
		req.Expand = nil // get-one drops it, a fault of all releases that have REST
		return s.store.get(req)
	case "PUT ", "POST ":
		return nil, &problem{unimplemented, "method UpdateSubscription not implemented"}
	case "POST cancel":
		return s.store.cancel(req)
	case "POST change":
		return s.store.change(req)
	}
	return nil, noRoute
}

// bind fills in the organisation's billing account where none was named.
func (s restServer) bind(req *request) *problem {
	org := s.store.organization(req.OrgID)
	if org == nil {
		return &problem{notFound, "org doesn't exist"}
	}
	if req.BillingID == "" {
		account := s.store.accountOf(org.ID)
		if account == nil {
			return &problem{invalidArgument, "no customer found for org " + org.ID}
		}
		req.BillingID = account.ID
	}
	account := s.store.accounts[req.BillingID]
	if account == nil || account.OrgID != org.ID {
		return &problem{permissionDenied, "not authorized"}
	}
	return nil
}
