package journal

import (
	"path/filepath"
	"strconv"
	"strings"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// Opened is what Open found and did. The zero Opened means that the journal existed and was intact.
type Opened struct {
	Fresh   bool // there was none
	Network bool // it is on a network disk, and kept in a slower way that is safe there

	// SetAside is the damaged file's path now; empty if there was none. The fields below describe
	// its content.
	SetAside      string
	Kept, Lost    int // batches; of those that are lost without a trace nobody knows
	KeptTransfers int // even if they have lost batches
	LostTransfers int // with all they had, as far as known
	// Again are the roots of transfers that may have lost jobs. They count as not scanned, so that
	// the queue reads them again and finds the lost files.
	Again []string
	// Replaces means that some of these uploads replace files in the inbox, or keep both.
	Replaces bool
}

// Explain returns the words for a person, in English. They are empty if there is nothing to say.
func (o Opened) Explain() problem.Explanation { return o.ExplainIn(problem.English) }

// ExplainIn is Explain in another language.
func (o Opened) ExplainIn(translate problem.Translate) problem.Explanation {
	return o.ExplainAs(nil, translate)
}

// ExplainAs is ExplainIn for a face of the program that words actions in its own way.
func (o Opened) ExplainAs(words problem.Words, translate problem.Translate) problem.Explanation {
	if o.SetAside == "" {
		if !o.Network {
			return problem.Explanation{}
		}
		x := problem.Explanation{
			What: translate("The list of uploads is on a network disk, where it is kept in a slower way that is safe there."),
			Do:   translate("Nothing has to be done; a state folder on this computer's own disk would be faster."),
		}
		if how := words.For(problem.ChooseLocalFolder); how != "" {
			x.Do += " " + how
		}
		return x
	}
	fill := func(sentence string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(sentence) }
	x := problem.Explanation{
		Safe: fill(translate("Nothing in the inbox was touched. The damaged list was kept as “{value}”."), "{value}", filepath.Base(o.SetAside)),
	}
	switch {
	case o.Kept == 0 && o.KeptTransfers == 0:
		x.What = translate("The list of uploads was damaged and nothing of it could be read. A new one was begun.")
	case o.Lost == 0:
		x.What = translate("The list of uploads was damaged. All that was found in it could be read and stands in a new list.")
	default:
		x.What = fill(translate("The list of uploads was damaged. {kept} of its {all} parts of up to {most} files could be read and stand in a new list."),
			"{kept}", strconv.Itoa(o.Kept), "{all}", strconv.Itoa(o.Kept+o.Lost), "{most}",
			strconv.Itoa(ledger.BatchSize))
	}
	switch {
	case len(o.Again) > 0:
		var names []string
		for _, root := range o.Again[:min(len(o.Again), maxShown)] {
			names = append(names, show.Text(root))
		}
		roots := strings.Join(names, ", ")
		if more := len(o.Again) - maxShown; more > 0 {
			roots = fill(translate("{value} and {more} more"), "{value}", roots, "{more}",
				strconv.Itoa(more))
		}
		sentence := translate("These are read again to find what is missing in the list: {value}. " +
			"Files that are in the inbox already are left alone.")
		if o.Replaces {
			sentence = translate("These are read again to find what is missing in the list: {value}.")
		}
		x.Do = fill(sentence, "{value}", roots)
	case o.Lost > 0 || o.Kept == 0:
		x.Do = translate("Add what was still to be sent again. Files that are in the inbox already are left alone.")
	}
	if o.LostTransfers > 0 && len(o.Again) > 0 {
		x.Do += " " +
			translate("Of other uploads not even the folders could be read: add them again.")
	}
	return x
}

// maxShown is how many roots a sentence names.
const maxShown = 5
