package shards

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// planFile is the name of the file that says what the lists beside it are. It is written last, so
// where it stands the lists are whole.
const planFile = "plan.json"

// planVersion is the form of plan files.
const planVersion = 1

// mostOfAPlan is how large a plan file may be, in bytes: larger than one of [MaxShards] lists.
const mostOfAPlan = 4 << 20

// Errors of plans.
var (
	// ErrThere says that something in the folder has a name that a plan needs.
	ErrThere = errors.New("a file of that name is there already")
	// ErrNoPlan says that there is no plan in the folder, or none that is whole.
	ErrNoPlan = errors.New("there is no plan")
	// ErrAltered says that a list is not as it was when it was planned.
	ErrAltered = errors.New("a list has been altered since it was planned")
)

// Plan is what a folder with lists is about.
type Plan struct {
	Version int `json:"plan"`
	// Below are the folders, by their names as receipts have them, that paths in the lists may be
	// below; an empty one for paths that are names themselves.
	Below []string  `json:"below"`
	Made  time.Time `json:"made_at"`
	Lists []List    `json:"lists"`

	dir string
}

// List is one of a plan's lists.
type List struct {
	Name  string `json:"name"` // in the folder of the plan
	Files int64  `json:"files"`
	Bytes int64  `json:"bytes"`
}

// ListName returns the name of the list for the shard of a number, from 1.
func ListName(number int) string { return fmt.Sprintf("shard-%d.txt", number) }

// Write divides the files into lists of about the same number of bytes and files, and writes them
// into a folder, which is made if it is not there: a path in each line, or, where one of the list's
// paths would not be read back from a line, between NULs. Nothing is replaced: where something has
// one of the names, that is [ErrThere] in an *fs.PathError. It blocks on the disk; other errors are
// the disk's. No error leaves a file behind that it wrote.
func (d *Division) Write(dir string, shards int, below []string, made time.Time) (*Plan, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil { //nolint:gosec // other users of a cluster may read it, as its owner's mask has it
		return nil, err
	}
	of, have := d.divide(shards)
	p := &Plan{
		Version: planVersion, Below: below, Made: made.UTC().Truncate(time.Second), Lists: have,
		dir: dir,
	}
	var written []string
	err := refuse(filepath.Join(dir, planFile))
	for i := range have {
		have[i].Name = ListName(i + 1)
		if err == nil {
			err = refuse(filepath.Join(dir, have[i].Name))
		}
	}
	for first := 0; first < shards && err == nil; first += mostOpen {
		var names []string
		names, err = d.writeLists(dir, of, have, first, min(first+mostOpen, shards))
		written = append(written, names...)
	}
	if err == nil {
		path := filepath.Join(dir, planFile)
		var text []byte
		if text, err = json.MarshalIndent(p, "", "\t"); err == nil {
			err = create(path, &written, func(w *bufio.Writer) error {
				_, err := w.Write(append(text, '\n'))
				return err
			})
		}
	}
	if err != nil {
		for _, path := range written {
			err = errors.Join(err, os.Remove(path))
		}
		return nil, err
	}
	return p, nil
}

// refuse is about a path where something stands.
func refuse(path string) error {
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil:
		err = ErrThere
	}
	return &fs.PathError{Op: "create", Path: path, Err: err}
}

// create writes a new file, and notes that it did.
func create(path string, written *[]string, write func(*bufio.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) //nolint:gosec // see Write
	if errors.Is(err, fs.ErrExist) {
		return &fs.PathError{Op: "create", Path: path, Err: ErrThere}
	}
	if err != nil {
		return err
	}
	*written = append(*written, path)
	w := bufio.NewWriter(f)
	return errors.Join(write(w), w.Flush(), f.Sync(), f.Close())
}

// mostOpen is how many lists are written at the same time.
const mostOpen = 128

// listFile is a list that is being written.
type listFile struct {
	path      string
	text      *bufio.Writer
	file      *os.File
	separator byte
}

// writeLists writes the lists from one number to before another, and returns which it began.
func (d *Division) writeLists(
	dir string, of []int32, have []List, from, to int,
) (written []string, err error) {
	lists := make([]listFile, to-from)
	for i := range lists {
		lists[i].separator = '\n'
	}
	mine := func(visit func(*listFile, string) error) error {
		return d.each(func(file int, path string) error {
			if shard := int(of[file]); shard >= from && shard < to {
				return visit(&lists[shard-from], path)
			}
			return nil
		})
	}
	_ = mine(func(l *listFile, path string) error { // never fails
		if strings.ContainsRune(path, '\n') || strings.HasSuffix(path, "\r") {
			l.separator = 0
		}
		return nil
	})
	for i := range lists {
		l := &lists[i]
		l.path = filepath.Join(dir, have[from+i].Name)
		l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) //nolint:gosec // see Write
		if errors.Is(err, fs.ErrExist) {
			err = &fs.PathError{Op: "create", Path: l.path, Err: ErrThere}
		}
		if err != nil {
			break
		}
		written = append(written, l.path)
		l.text = bufio.NewWriter(l.file)
	}
	if err == nil {
		err = mine(func(l *listFile, path string) error {
			_, werr := l.text.WriteString(path)
			return errors.Join(werr, l.text.WriteByte(l.separator))
		})
	}
	for i := range lists {
		if l := &lists[i]; l.file != nil {
			err = errors.Join(err, l.text.Flush(), l.file.Sync(), l.file.Close())
		}
	}
	return written, err
}

// Read finds the plan in a folder. Errors are [ErrNoPlan] and the disk's.
func Read(dir string) (*Plan, error) {
	f, err := os.Open(filepath.Join(dir, planFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoPlan
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, mostOfAPlan))
	if err != nil {
		return nil, err
	}
	p := &Plan{dir: dir}
	if json.Unmarshal(text, p) != nil || p.Version != planVersion || len(p.Lists) == 0 ||
		len(p.Below) == 0 {
		return nil, ErrNoPlan
	}
	for _, l := range p.Lists {
		if l.Name != filepath.Base(l.Name) || !filepath.IsLocal(l.Name) {
			return nil, ErrNoPlan
		}
	}
	return p, nil
}

// Files calls visit for each file that is in a list until it fails, with the names that a receipt
// may have for it. Errors are [ErrAltered] in an *fs.PathError where a list has not as many files as
// were planned, the disk's, and visit's.
func (p *Plan) Files(visit func(names []string) error) error {
	names := make([]string, len(p.Below))
	for _, l := range p.Lists {
		path := filepath.Join(p.dir, l.Name)
		n := int64(0)
		err := eachLine(path, func(line string) error {
			n++
			for i, folder := range p.Below {
				names[i] = line
				if folder != "" {
					names[i] = folder + "/" + line
				}
			}
			return visit(names)
		})
		if err == nil && n != l.Files {
			err = &fs.PathError{Op: "read", Path: path, Err: ErrAltered}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eachLine reads a list as it is written: with NULs if there is one, else line by line.
func eachLine(path string, visit func(string) error) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	separator := "\n"
	if strings.ContainsRune(string(text), 0) {
		separator = "\x00"
	}
	for line := range strings.SplitSeq(string(text), separator) {
		if line == "" {
			continue
		}
		if err := visit(line); err != nil {
			return err
		}
	}
	return nil
}
