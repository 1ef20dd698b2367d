package portfolio

// Viewer is who the gateway takes the caller for.
type Viewer struct {
	Subject string
	Scopes  []string
}

// Anyone is the caller where no identity is asked for: it may do all.
var Anyone = &Viewer{Subject: "anyone", Scopes: []string{"read", "write", "plans", "sensitive", "admin"}}
