package journal

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// repair sets a damaged database aside and replaces it by a new one with everything that is intact.
// No other process has it open. A process that is killed in between leaves either the damaged file
// in its place or a complete new one.
func (f files) repair(ctx context.Context, o *Opened) error {
	if _, there, err := size(f.db()); err != nil {
		return err
	} else if !there && exists(f.recovered()) {
		// Killed between setting aside and replacing: the result is there, but what was done is no
		// longer known.
		return f.moveInto(o)
	}
	s := salvage{o: o, written: map[string]*sql.Stmt{}, transfers: map[int64]*savedTransfer{}, kept: map[int64]bool{}, missed: map[int64]int64{}}
	err := f.build(ctx, f.making(), o.Network,
		func(into *sql.DB) error { return s.run(ctx, f, into) })
	if err = errors.Join(err, removeDatabase(f.copied())); err != nil {
		return err
	}
	if err := os.Rename(f.making(), f.recovered()); err != nil {
		return err
	}
	if err := f.setAside(o); err != nil {
		return err
	}
	return f.moveInto(o)
}

// copied is the path of the damaged database's copy. Reading may change a database, so only the
// copy is read.
func (f files) copied() string { return f.part(".copy") }

func (f files) moveInto(o *Opened) error {
	if o.SetAside == "" {
		o.SetAside = f.lastSetAside()
	}
	if err := errors.Join(removeFile(f.part("-wal")), removeFile(f.part("-journal")),
		removeFile(f.part(sharedMemory))); err != nil {
		return err
	}
	if err := os.Rename(f.recovered(), f.db()); err != nil {
		return err
	}
	f.forgetAside(o.SetAside)
	return errors.Join(removeFile(f.check()), syncFolder(f.dir))
}

// keptAside is how many damaged databases to keep. Each is as large as the list was, and its intact
// content is in the next one.
const keptAside = 3

// forgetAside removes the oldest damaged databases, but never the one named last. One that it can't
// remove stays until the next repair.
func (f files) forgetAside(last string) {
	all := f.aside()
	for _, path := range all[:max(len(all)-keptAside, 0)] {
		if path != last {
			_ = removeDatabase(path)
		}
	}
}

// Damaged databases are named by the time when they were set aside, so their names sort by age.
const asidePrefix, asideSuffix = "queue-damaged-", ".db"

// aside returns the paths of the damaged databases, the oldest first.
func (f files) aside() (all []string) {
	entries, _ := os.ReadDir(f.dir) // sorted; nil if it can't be read
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), asidePrefix) && strings.HasSuffix(e.Name(), asideSuffix) {
			all = append(all, filepath.Join(f.dir, e.Name()))
		}
	}
	return all
}

// lastSetAside returns the path of the damaged database that was set aside last, or "".
func (f files) lastSetAside() string {
	if all := f.aside(); len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// setAside gives the damaged files a name of their own.
func (f files) setAside(o *Opened) error {
	stamp := time.Now().UTC().Format("20060102T150405Z")
	name := filepath.Join(f.dir, asidePrefix+stamp+asideSuffix)
	for n := 2; exists(name); n++ {
		name = filepath.Join(f.dir, fmt.Sprintf("%s%s-%d%s", asidePrefix, stamp, n, asideSuffix))
	}
	// The database itself goes last: while it stands in its place, a process that is killed here
	// leaves a damaged one.
	for _, p := range []string{"-wal", "-journal", ""} {
		if !exists(f.part(p)) {
			continue
		}
		if err := os.Rename(f.part(p), name+p); err != nil {
			return err
		}
	}
	o.SetAside = name
	return errors.Join(removeFile(f.part(sharedMemory)), syncFolder(f.dir))
}

// copyDamaged copies the database and what belongs to it.
func (f files) copyDamaged() error {
	if err := removeDatabase(f.copied()); err != nil {
		return err
	}
	for _, p := range parts {
		from, err := os.Open(f.part(p))
		if errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		if err = createFile(f.copied() + p); err == nil {
			err = copyInto(f.copied()+p, from)
		}
		if err = errors.Join(err, from.Close()); err != nil {
			return err
		}
	}
	if !exists(f.copied()) {
		return createFile(f.copied())
	}
	return nil
}

func copyInto(path string, from io.Reader) error {
	to, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

// firstPage returns the first page of a new database.
func firstPage(path string) ([]byte, error) {
	h, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	page := make([]byte, pageSize)
	_, err = io.ReadFull(h, page)
	return page, errors.Join(err, h.Close())
}

// replaceFirstPage puts a new database's first page into another. By SQLite's file format, 18 and
// 19 say whether there is a write-ahead log; where the counters at 24 and 92 differ, the number of
// pages is that of the file; and at 32 stands the list of free pages, which is not read.
func replaceFirstPage(path string, page []byte) error {
	page = slices.Clone(page)
	page[18], page[19] = 1, 1
	if exists(path + "-wal") {
		page[18], page[19] = 2, 2
	}
	binary.BigEndian.PutUint32(page[24:], 2)
	binary.BigEndian.PutUint32(page[92:], 1)
	clear(page[32:40])
	h, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = h.WriteAt(page, 0)
	return errors.Join(err, h.Close())
}
