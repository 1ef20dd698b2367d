package accounts

import (
	"strings"
	"unicode/utf8"
)

// split parts a key of letters from the value behind the colon and the spaces.
func split(text string) (key, value string, ok bool) {
	const longest = 64 // YAML finds no key longer than 1024 characters
	key, value, ok = strings.Cut(text, ":")
	if !ok || key == "" || len(key) > longest || value != "" && value[0] != ' ' {
		return "", "", false
	}
	for i := range len(key) {
		if c := key[i] | 0x20; c < 'a' || c > 'z' {
			return "", "", false
		}
	}
	return key, strings.TrimLeft(value, " "), true
}

// ends reports that nothing follows but spaces and then a comment.
func ends(text string) bool {
	rest := strings.TrimLeft(text, " ")
	return rest == "" || rest[0] == '#' && len(rest) < len(text)
}

// last reads a scalar that ends its line.
func last(text string, at place) (scalar, bool) {
	if text == "" {
		return scalar{}, false
	}
	if text[0] == '"' || text[0] == '\'' {
		value, rest, ok := quoted(text)
		return scalar{value, at}, ok && ends(rest)
	}
	value, _, _ := strings.Cut(text, " #")
	value = strings.TrimRight(value, " ")
	return scalar{value, at}, plain(value) && !strings.Contains(value, ": ") && !strings.HasSuffix(value, ":")
}

// flowScalar reads a scalar within braces, where fewer characters are plain.
func flowScalar(text string, at place) (value scalar, rest string, ok bool) {
	if text == "" {
		return scalar{}, "", false
	}
	if text[0] == '"' || text[0] == '\'' {
		value, rest, ok := quoted(text)
		return scalar{value, at}, rest, ok && ascii(value)
	}
	end := strings.IndexAny(text, ",}")
	if end < 0 {
		return scalar{}, "", false
	}
	found := strings.TrimRight(text[:end], " ")
	return scalar{found, at}, text[end:], plain(found) && ascii(found) && !strings.ContainsAny(found, "#:?[]{\"'&*!|>%@`")
}

// quoted reads a scalar in quotes that holds no escape and no reference.
func quoted(text string) (value, rest string, ok bool) {
	value, rest, ok = strings.Cut(text[1:], text[:1])
	if !ok || text[0] == '\'' && strings.HasPrefix(rest, "'") {
		return "", "", false
	}
	return value, rest, !strings.ContainsAny(value, "\\$")
}

// plain reports a scalar that YAML takes as it stands and that is not null.
func plain(text string) bool {
	if text == "" || strings.Contains(text, "$") || strings.EqualFold(text, "null") {
		return false
	}
	c := text[0]
	return c >= utf8.RuneSelf || c == '_' || c == '/' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// printable reports a text of characters that YAML takes and reads as
// themselves: no tab, no control, no break of a line.
func printable(text string) bool {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError || r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xfff0 && r <= 0xffff {
			return false
		}
		i += size
	}
	return true
}
