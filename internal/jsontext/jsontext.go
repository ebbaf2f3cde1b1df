// Package jsontext judges the size of a JSON text before it is read: reading one into maps and slices takes many times its length, and what reads
// it may call itself once for every level.
package jsontext

// Within says whether a text is nested no deeper than so many levels and holds no more than so many values, with one look at each byte and without
// memory. Whether it is JSON at all is not judged: of a text that is not, the answer is that of what it looks like.
func Within(text []byte, levels, values int) bool {
	depth, n, isText := 0, 1, false
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case isText && b == '\\':
			i++
		case b == '"':
			isText = !isText
		case isText:
		case b == '{' || b == '[':
			if depth++; depth > levels {
				return false
			}
			n++
		case b == ',':
			n++
		case b == '}' || b == ']':
			depth--
		}
		if n > values {
			return false
		}
	}
	return true
}
