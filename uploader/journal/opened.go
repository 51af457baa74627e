package journal

import (
	"fmt"
	"path/filepath"
	"strings"

	"inboxuploader/uploader"
)

// Opened is what Open found and did. The zero Opened says that the journal was there and fine.
type Opened struct {
	Fresh   bool // there was none
	Network bool // it is on a network disk, and kept in a slower way that is safe there

	// SetAside is where the damaged file is now; empty if there was none. What follows is about what was in it.
	SetAside      string
	Kept, Lost    int // batches; of those that are lost without a trace nobody knows
	KeptTransfers int // even if they have lost batches
	LostTransfers int // with all they had, as far as known
	// Again are the roots of transfers that may have lost jobs. They count as not scanned, so that the queue reads them
	// again and finds what is not in the list.
	Again []string
}

// Explain returns the words for a person. They are empty where there is nothing to say.
func (o Opened) Explain() uploader.Explanation {
	if o.SetAside == "" {
		if !o.Network {
			return uploader.Explanation{}
		}
		return uploader.Explanation{
			What: "The list of uploads is on a network disk, where it is kept in a slower way that is safe there.",
			Do:   "Nothing has to be done; a state folder on this computer's own disk would be faster (--state-dir).",
		}
	}
	x := uploader.Explanation{
		Safe: "Nothing in the inbox was touched. The damaged list was kept as “" + filepath.Base(o.SetAside) + "”.",
	}
	switch {
	case o.Kept == 0 && o.KeptTransfers == 0:
		x.What = "The list of uploads was damaged and nothing of it could be read. A new one was begun."
	case o.Lost == 0:
		x.What = "The list of uploads was damaged. All that was found in it could be read and stands in a new list."
	default:
		x.What = fmt.Sprintf("The list of uploads was damaged. %d of its %d parts of up to %d files could be read and stand in a new list.",
			o.Kept, o.Kept+o.Lost, uploader.BatchSize)
	}
	switch {
	case len(o.Again) > 0:
		shown, more := o.Again, ""
		if len(shown) > maxShown {
			shown, more = shown[:maxShown], fmt.Sprintf(" and %d more", len(o.Again)-maxShown)
		}
		x.Do = "These are read again to find what is missing in the list: " + strings.Join(shown, ", ") + more +
			". Files that are in the inbox already are left alone."
	case o.Lost > 0 || o.Kept == 0:
		x.Do = "Add what was still to be sent again. Files that are in the inbox already are left alone."
	}
	if o.LostTransfers > 0 && len(o.Again) > 0 {
		x.Do += " Of other uploads not even the folders could be read: add them again."
	}
	return x
}

// maxShown is how many roots a sentence names.
const maxShown = 5
