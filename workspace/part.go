package workspace

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"io"
	"os"
	"path/filepath"

	"inboxuploader/internal/filelock"
)

// part is a file that is being fetched, before it is complete and gets its name.
type part struct {
	file *os.File
	name string // below the folder
	kept bool   // a later fetch goes on with it
}

// openPart opens the part of a file, at its beginning, with what an earlier fetch left in it. The
// name of a large file's part says which content of which file it is of, and its lock that somebody
// fetches it; where another does, or something else stands there, the part is a new one.
func openPart(root *os.Root, name string, f File) (*part, error) {
	if f.Size >= resumableFrom {
		sum := sha256.Sum256([]byte(f.Name + "\x00" + f.ETag))
		p := &part{name: partName(name, base32.StdEncoding.EncodeToString(sum[:15])), kept: true}
		if p.open(root, f) == nil {
			return p, nil
		}
	}
	p := &part{name: partName(name, rand.Text())}
	var err error
	p.file, err = root.OpenFile(p.name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666)
	return p, err
}

// partName returns the name of a part beside its file.
func partName(name, id string) string {
	return filepath.Join(filepath.Dir(name), ".fetch-"+id+".part")
}

// errNotOurs says that a part belongs to somebody else, or is none.
var errNotOurs = errors.New("somebody else's part")

// open opens a part that may be there already.
func (p *part) open(root *os.Root, f File) error {
	if at, err := root.Lstat(p.name); err == nil && !at.Mode().IsRegular() {
		return errNotOurs
	}
	file, err := root.OpenFile(p.name, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return err
	}
	if err = filelock.Of(file).Try(true); err == nil {
		// The one who had the lock until now may have given the part its file's name.
		at, atErr := root.Lstat(p.name)
		mine, mineErr := file.Stat()
		if err = errors.Join(atErr, mineErr); err == nil &&
			(!os.SameFile(at, mine) || mine.Size() > f.Size) {
			err = errNotOurs
		}
	}
	if err != nil {
		_ = file.Close() // nothing was written
		return err
	}
	p.file = file
	return nil
}

// leave closes a part that did not become its file because of err. It stays where a later fetch can
// go on with it; what can't be removed has a name that says what it is.
func (p *part) leave(root *os.Root, err error) {
	at, seekErr := p.file.Seek(0, io.SeekEnd)
	_ = p.file.Close() // maybe closed already
	useless := errors.Is(err, ErrFile) || seekErr != nil || at == 0
	if !p.kept || useless {
		_ = root.Remove(p.name)
	}
}
