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

// part is a partly fetched file. It gets the file's name when it is complete.
type part struct {
	file *os.File
	name string // below the folder
	kept bool   // a later fetch continues it
}

// openPart opens the part of a file at its beginning, with the bytes that an earlier fetch left in
// it. A large file's part has a name that identifies the file and its content, and a lock while
// somebody fetches it. If somebody else has the lock, or something else has the name, openPart
// creates a new part.
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
		// The previous holder of the lock may have renamed the part to its file's name.
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

// leave closes a part that err kept from becoming its file. It keeps the part if a later fetch can
// continue it. If it can't remove a useless part, the name says what it is.
func (p *part) leave(root *os.Root, err error) {
	at, seekErr := p.file.Seek(0, io.SeekEnd)
	_ = p.file.Close() // maybe closed already
	useless := errors.Is(err, ErrFile) || seekErr != nil || at == 0
	if !p.kept || useless {
		_ = root.Remove(p.name)
	}
}
