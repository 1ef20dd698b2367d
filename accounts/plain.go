package accounts

import "strings"

// plainReader reads accounts in their usual form and refuses every other one,
// so that what it reads means the same to a YAML parser: one key a line,
// subscriptions as lines or as { key: value } on one line, values plain or in
// quotes without escapes, comments anywhere.
type plainReader struct {
	text string
	pos  int // the start of a line
	line int // of pos, counted from 1

	pairs []pair // of the present account, reused for the next
	ends  []int  // of each holding within pairs
}

// row is one line without its end and its indentation.
type row struct {
	text   string
	indent int
	next   int // where the next line starts
}

// row reads the line at pos; false where YAML might read it in another way.
func (r *plainReader) row() (row, bool) {
	line, rest, _ := strings.Cut(r.text[r.pos:], "\n")
	next := len(r.text) - len(rest)
	line = strings.TrimSuffix(line, "\r")
	text := strings.TrimLeft(line, " ")
	return row{text: text, indent: len(line) - len(text), next: next}, printable(text)
}

func (r row) empty() bool { return r.text == "" || r.text[0] == '#' }

// dash reports a list's member, and dashes one in the first column.
func (r row) dash() bool { return strings.HasPrefix(r.text, "- ") }

func (r *plainReader) advance(to row) {
	r.pos = to.next
	r.line++
}

// head skips what stands before the first account; false where that is not
// just comments and the mark of a document's start.
func (r *plainReader) head() bool {
	for marked := false; r.pos < len(r.text); {
		row, ok := r.row()
		switch {
		case !ok:
			return false
		case row.indent == 0 && row.dash():
			return true
		case row.empty():
		case row.indent == 0 && row.text == "---" && !marked:
			marked = true
		default:
			return false
		}
		r.advance(row)
	}
	return false
}

// skip goes to the next dash in the first column; false where a document ends
// before it.
func (r *plainReader) skip() bool {
	for {
		_, rest, found := strings.Cut(r.text[r.pos:], "\n")
		r.pos = len(r.text) - len(rest)
		if !found {
			return true
		}
		r.line++
		switch {
		case strings.HasPrefix(rest, "- "):
			return true
		case strings.HasPrefix(rest, "---"), strings.HasPrefix(rest, "..."):
			return false
		}
	}
}

// account reads the account at pos and goes behind it. Where it returns false
// it stays, and w is of no use. What w holds is overwritten by the next call.
func (r *plainReader) account(w *written) bool {
	start, line := r.pos, r.line
	if r.read(w) {
		return true
	}
	r.pos, r.line = start, line
	return false
}

func (r *plainReader) read(w *written) bool {
	*w = written{holdings: w.holdings[:0]}
	r.pairs, r.ends = r.pairs[:0], r.ends[:0]
	first, ok := r.row()
	if !ok {
		return false
	}
	first = member(first)
	w.place = place{r.line, first.indent + 1}
	listed := false
	for row := first; ; {
		key, value, ok := split(row.text)
		if !ok || row.indent != first.indent {
			return false
		}
		at := place{r.line, row.indent + 1 + len(row.text) - len(value)}
		r.advance(row)
		switch {
		case key == "id" && w.id.place == place{}:
			w.id, ok = last(value, at)
		case key == "name" && w.name.place == place{}:
			w.name, ok = last(value, at)
		case key == "subscriptions" && !listed && (value == "" || value[0] == '#'):
			listed = true
			ok = r.holdings(w, first.indent)
		default:
			return false
		}
		if !ok {
			return false
		}
		if row, ok = r.peek(); !ok {
			return false
		}
		if r.pos == len(r.text) || row.indent == 0 && row.dash() {
			r.share(w)
			return true
		}
	}
}

// peek skips empty lines and reads the line behind them, the zero row at the end.
func (r *plainReader) peek() (row, bool) {
	for r.pos < len(r.text) {
		row, ok := r.row()
		if !ok || !row.empty() {
			return row, ok
		}
		r.advance(row)
	}
	return row{}, true
}

// member is a list's member from behind its dash.
func member(dashed row) row {
	text := strings.TrimLeft(dashed.text[1:], " ")
	dashed.indent += len(dashed.text) - len(text)
	dashed.text = text
	return dashed
}

// holdings reads the members of a list whose key stands at indent.
func (r *plainReader) holdings(w *written, indent int) bool {
	list, ok := r.peek()
	if !ok || !list.dash() || list.indent < indent {
		return false
	}
	for row := list; ok && row.dash() && row.indent == list.indent && r.pos < len(r.text); row, ok = r.peek() {
		if row = member(row); row.empty() {
			return false
		}
		w.holdings = append(w.holdings, holding{place: place{r.line, row.indent + 1}})
		if row.text[0] == '{' {
			ok = r.flow(row)
			r.advance(row)
		} else {
			ok = r.block(row)
		}
		if !ok {
			return false
		}
		r.ends = append(r.ends, len(r.pairs))
	}
	return ok
}

// share gives each holding its part of the pairs, which no longer grow.
func (r *plainReader) share(w *written) {
	start := 0
	for i, end := range r.ends {
		w.holdings[i].pairs = r.pairs[start:end]
		start = end
	}
}

// block reads a holding of one key a line, the first one in row.
func (r *plainReader) block(row row) bool {
	start, indent := len(r.pairs), row.indent
	for {
		key, value, ok := split(row.text)
		if !ok {
			return false
		}
		found, ok := last(value, place{r.line, indent + 1 + len(row.text) - len(value)})
		if !ok || !r.pair(start, pair{key, place{r.line, indent + 1}, found}) {
			return false
		}
		r.advance(row)
		if row, ok = r.peek(); !ok {
			return false
		}
		if row.indent != indent || r.pos == len(r.text) {
			return row.indent < indent
		}
	}
}

// flow reads a holding of the form { key: value, key: value }.
func (r *plainReader) flow(row row) bool {
	start := len(r.pairs)
	rest := strings.TrimLeft(row.text[1:], " ")
	for {
		place := place{r.line, row.indent + 1 + len(row.text) - len(rest)}
		key, value, ok := split(rest)
		if !ok {
			return false
		}
		at := place
		at.column += len(rest) - len(value)
		found, after, ok := flowScalar(value, at)
		if !ok || !r.pair(start, pair{key, place, found}) {
			return false
		}
		after = strings.TrimLeft(after, " ")
		if after == "" {
			return false
		}
		rest = strings.TrimLeft(after[1:], " ")
		switch after[0] {
		case ',':
		case '}':
			return ends(after[1:])
		default:
			return false
		}
	}
}

// pair keeps a pair of the holding whose first one is at start.
func (r *plainReader) pair(start int, p pair) bool {
	if p.key == authKey {
		return false
	}
	for _, other := range r.pairs[start:] {
		if other.key == p.key {
			return false
		}
	}
	r.pairs = append(r.pairs, p)
	return true
}
