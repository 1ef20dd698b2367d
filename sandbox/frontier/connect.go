package frontier

import (
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
)

const service = "raystack.frontier.v1beta1.FrontierService"

// connectServer speaks Connect with JSON: what is unset is left out.
type connectServer struct{ store *store }

// connectErrors are the name and status of Connect's codes.
var connectErrors = map[int]struct {
	name   string
	status int
}{
	invalidArgument:    {"invalid_argument", http.StatusBadRequest},
	notFound:           {"not_found", http.StatusNotFound},
	permissionDenied:   {"permission_denied", http.StatusForbidden},
	unimplemented:      {"unimplemented", http.StatusNotImplemented},
	failedPrecondition: {"failed_precondition", http.StatusBadRequest},
	internal:           {"internal", http.StatusInternalServerError},
	unauthenticated:    {"unauthenticated", http.StatusUnauthorized},
}

// Reads reports whether a path is that of a Connect call that changes nothing,
// though it is a POST as all of them are.
func Reads(path string) bool {
	method, ok := strings.CutPrefix(path, "/"+service+"/")
	return ok && (strings.HasPrefix(method, "Get") || strings.HasPrefix(method, "List"))
}

func (s connectServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call, ok := s.methods()[strings.TrimPrefix(r.URL.Path, "/"+service+"/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		w.Header().Set("Accept-Post", "application/json")
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	answer, problem := s.answer(r, call)
	if problem != nil {
		e := connectErrors[problem.code]
		write(w, e.status, map[string]string{"code": e.name, "message": problem.message})
		return
	}
	write(w, http.StatusOK, answer, json.OmitZeroStructFields(true))
}

func (s connectServer) answer(r *http.Request, call func(request) (any, *problem)) (any, *problem) {
	if problem := authenticate(r); problem != nil {
		return nil, problem
	}
	if r.ContentLength == 0 {
		return nil, &problem{invalidArgument, "zero-length payload is not a valid JSON object"}
	}
	var req request
	if problem := readInto(r.Body, &req); problem != nil {
		return nil, problem
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return call(req)
}

func (s connectServer) methods() map[string]func(request) (any, *problem) {
	return map[string]func(request) (any, *problem){
		"GetSubscription":     s.bySubscription(s.store.get),
		"ListSubscriptions":   s.byOrganization(s.store.list),
		"CancelSubscription":  s.bySubscription(s.store.cancel),
		"ChangeSubscription":  s.bySubscription(s.store.change),
		"GetPlan":             func(req request) (any, *problem) { return s.store.plan(req.ID) },
		"ListPlans":           func(request) (any, *problem) { return listOfPlans{s.store.plans}, nil },
		"GetProduct":          func(req request) (any, *problem) { return s.store.product(req.ID) },
		"ListProducts":        func(request) (any, *problem) { return listOfProducts{s.store.products}, nil },
		"GetBillingAccount":   s.byOrganization(s.store.account),
		"ListBillingAccounts": s.byOrganization(s.store.listAccounts),
		"UpdateSubscription": func(request) (any, *problem) {
			return nil, &problem{unimplemented, service + ".UpdateSubscription is not implemented"}
		},
	}
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// bySubscription authorises by the subscription alone: org_id and billing_id
// are not read.
func (s connectServer) bySubscription(call func(request) (any, *problem)) func(request) (any, *problem) {
	return func(req request) (any, *problem) {
		if !uuid.MatchString(req.ID) {
			return nil, &problem{invalidArgument, "invalid subscription id"}
		}
		if s.store.find(req.ID) == nil {
			return nil, &problem{notFound, "subscription doesn't exist"}
		}
		return call(req)
	}
}

func (s connectServer) byOrganization(call func(request) (any, *problem)) func(request) (any, *problem) {
	return func(req request) (any, *problem) {
		org := s.store.organization(req.OrgID)
		if org == nil {
			return nil, &problem{notFound, "org doesn't exist"}
		}
		req.BillingID = "" // not read either
		if account := s.store.accountOf(org.ID); account != nil {
			req.BillingID = account.ID
		}
		return call(req)
	}
}
