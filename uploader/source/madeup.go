package source

import "inboxuploader/uploader/problem"

// MadeUpSize is the size in bytes that files below /sys report; those below /proc report 0.
const MadeUpSize = 4096

// OrMadeUp returns SourceNotAFile if an unchanged file's size is not that of its content, else err.
// Systems make up such files, as below /proc and /sys.
func OrMadeUp(found string, planned, now Version, err error) error {
	if problem.ReasonOf(err) != problem.SourceChanged || !now.Same(planned) {
		return err
	}
	e := problem.New("read", found, problem.SourceNotAFile)
	e.Value = valueMadeUp
	return e
}

// valueMadeUp replaces {value} if a file has no content of its own.
const valueMadeUp = "something that the system makes up while it is read"
