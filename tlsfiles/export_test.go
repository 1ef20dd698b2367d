package tlsfiles

// LoadBy is Load with another clock.
var LoadBy = load
