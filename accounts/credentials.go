package accounts

import (
	"fmt"

	"tributary/billing"
	"tributary/config"
)

// Credentials are what calls about one organisation bear instead of their
// source's. What is in them is the sources' business.
type Credentials interface {
	// Same reports whether other was written alike.
	Same(other any) bool
}

// Authoriser is a Source that takes credentials of an account's own.
type Authoriser interface {
	Source
	// ReadAuth reads the auth of a holding. Its error is config.Problems and
	// quotes nothing of it.
	ReadAuth(auth config.Node) (Credentials, error)
}

// owner is who credentials are about, as holdings name it.
type owner struct{ source, org string }

// own are the credentials of an owner and where they stand first.
type own struct {
	credentials Credentials
	place
}

// Credentials are an organisation's own at a source; nil where it has none. The
// organisation goes by the name that its holdings have.
func (d *Directory) Credentials(source, org string) Credentials {
	return d.own[owner{source, org}]
}

// authorise takes the credentials that a holding brings along.
func (b *builder) authorise(ref billing.Ref, h holding) {
	if h.auth.IsZero() {
		return
	}
	at := placeOf(h.auth)
	source, ok := b.sources[ref.Source].(Authoriser)
	if !ok {
		b.fault(fault{at, "the source " + ref.Source + " takes no credentials of an account's own"})
		return
	}
	read, err := source.ReadAuth(h.auth)
	if b.problem(err) {
		return
	}
	of := owner{ref.Source, ref.Org}
	first, known := b.own[of]
	switch {
	case !known:
		b.own[of] = own{read, at}
	case !first.credentials.Same(read):
		b.fault(fault{at, fmt.Sprintf("the %s has other credentials at %s; calls about it bear one", of, b.at(first.place))})
	}
}

// credentials gives the directory what was gathered. One organisation has the
// same in each of its holdings: a holding without would be asked with
// credentials that its account does not name.
func (b *builder) credentials(d *Directory) {
	if len(b.own) == 0 {
		return
	}
	for _, one := range b.kept {
		ref := b.ref(one)
		of := owner{ref.Source, ref.Org}
		if first, known := b.own[of]; known && !one.own {
			b.fault(fault{one.place, fmt.Sprintf("the %s has credentials of its own at %s; they belong here too", of, b.at(first.place))})
		}
	}
	d.own = make(map[owner]Credentials, len(b.own))
	for of, own := range b.own {
		d.own[of] = own.credentials
	}
}

func (o owner) String() string { return fmt.Sprintf("organisation %q of %s", o.org, o.source) }
