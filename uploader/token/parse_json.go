package token

import (
	"bytes"
	"encoding/json"
	"strings"
)

// pair is a member of a JSON object.
type pair struct{ label, value string }

// readJSON returns the members of the JSON object in the text, those of inner objects included, in
// their order.
func readJSON(text string) ([]pair, bool) {
	from, to := strings.Index(text, "{"), strings.LastIndex(text, "}")
	if from < 0 || to < from {
		return nil, false
	}
	raw := []byte(text[from : to+1])
	if !json.Valid(raw) { // a Python program prints its objects with single quotes
		if raw = bytes.ReplaceAll(raw, []byte("'"), []byte(`"`)); !json.Valid(raw) {
			return nil, false
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var pairs []pair
	key, depth, isKey := "", []bool{}, false
	for {
		tok, err := d.Token()
		if err != nil {
			return pairs, len(pairs) > 0 // the text is valid, so this is its end
		}
		if delim, ok := tok.(json.Delim); ok {
			switch delim {
			case '{', '[':
				depth = append(depth, delim == '{')
			default:
				depth = depth[:len(depth)-1]
			}
			isKey = len(depth) > 0 && depth[len(depth)-1]
			continue
		}
		inObject := len(depth) > 0 && depth[len(depth)-1]
		if inObject && isKey {
			key, _ = tok.(string) // as the decoder promises for a key
			isKey = false
			continue
		}
		switch v := tok.(type) {
		case string:
			pairs = append(pairs, pair{key, v})
		case json.Number:
			pairs = append(pairs, pair{key, v.String()})
		}
		isKey = inObject
	}
}
