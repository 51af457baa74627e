package source

import "inboxuploader/uploader/problem"

// MadeUpSize is what files below /sys say of themselves; those below /proc say 0.
const MadeUpSize = 4096

// OrMadeUp returns why a file can't be read that has not changed and whose size is not that of its
// content, else err. Such are those that systems make up, as below /proc and /sys.
func OrMadeUp(found string, planned, now Version, err error) error {
	if problem.ReasonOf(err) != problem.SourceChanged || !now.Same(planned) {
		return err
	}
	e := problem.New("read", found, problem.SourceNotAFile)
	e.Value = valueMadeUp
	return e
}

// valueMadeUp stands for {value} where a file has no content of its own.
const valueMadeUp = "something that the system makes up while it is read"
