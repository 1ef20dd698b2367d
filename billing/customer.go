package billing

// Customer is who pays.
type Customer struct {
	ID         string // customer/<source>/<id>
	ExternalID string
	Name       *string
	Email      *string
	Phone      *string
	Currency   *string
	Address    *Address
	TaxIDs     []TaxID
	URL        *string
	// AtProvider says that the source has no id of its own for the customer:
	// ExternalID is the payment provider's.
	AtProvider bool

	// Details is the source's own document of the customer, or nil.
	Details any
}

// Address is a postal address.
type Address struct {
	Line1      *string
	Line2      *string
	City       *string
	State      *string
	PostalCode *string
	Country    *string
}

// TaxID is a number a tax agency gave.
type TaxID struct {
	Type string
	ID   string
}

// Organization is the tenant at the source that holds the subscription.
type Organization struct {
	ID         string // organization/<source>/<id>
	ExternalID string
	Name       *string
	Title      *string
	Avatar     *string
	State      *string
}
