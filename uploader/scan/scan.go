package scan

import (
	"context"
	"time"

	"inboxuploader/internal/backoff"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// Sizes of the batches that [Files] hands over. The first is small so that sending can begin at
// once.
const (
	firstBatch = 64
	fullBatch  = 1000
	// batchAge is how long a found file waits at most, on a slow disk, for its batch to fill.
	batchAge = 200 * time.Millisecond
)

// Options configures a scan. Include and Exclude are doublestar patterns. A pattern with a slash is
// matched against the path below the root, which may begin with the root's own name; one without,
// against the last segment at any depth. A slash at the end restricts it to folders. Case matters
// except on Windows. The zero value takes only files, skips links, and applies the default list of
// junk.
type Options struct {
	Inbox token.Inbox // its Prefix begins every blob's name; its Blob, if set, is the only name and takes one file

	Recursive         bool          // take folders with their contents; else a folder is refused with SourceIsFolder
	FollowSymlinks    bool          // take a link's target if it lies in the same root; else links are skipped, see maxNames
	FollowOutside     bool          // with FollowSymlinks: also a target elsewhere
	Include           []string      // if any: only files that match one, or lie in a folder below the root that does
	Exclude           []string      // never what matches one, roots included; stronger than Include
	MinAge            time.Duration // leave out files modified within that time; 0: none
	MaxAge            time.Duration // leave out files not modified within that time; 0: none
	NewerThan         time.Time     // leave out files modified before; zero: none
	Folder            string        // the folder in the inbox, with slashes, for all files; empty: none
	FilesFrom         string        // the absolute path of a list of files to send from the folders; empty: all
	Shard             Shard         // leave out files of other shards; zero: none
	Contents          bool          // take the contents of the named folders without these folders' own names
	EmptyFolders      bool          // take folders without files to send, see [Found.IsFolder], unless other options than names select files
	NoDefaultExcludes bool          // also send what systems and programs keep for themselves, see junk
	Own               string        // the program's own folder, which is never sent; empty: there is none
	Receipt           string        // the file that a receipt is written to, which is never sent; empty: there is none
	Local             bool          // send nothing: plan no names, and refuse none that a storage would
}

// Found is one result of a scan: a file to send, or an entry that is not sent, and why.
type Found struct {
	Source  string      // absolute path, in the system's own form
	Rel     string      // path with slashes, beginning with the options' Folder and the root's own name
	Size    int64       // bytes; 0 if it is not a file
	ModTime time.Time   // zero if it is not a file
	ID      FileID      // zero if unknown
	At      source.Path // of a file: where it lies, with the links that led to it followed
	Changed time.Time   // the last change that its inode has; zero if unknown, as on Windows, where each file would have to be opened
	Blob    Name        // the planned name; empty with Err or Skip

	Err  *problem.Error // not nil: it can't be sent and a person has to look
	Skip SkipReason     // not empty: it is left out on purpose
}

// SkipReason says why a file or folder is left out on purpose. The values are stable, for JSON
// output.
type SkipReason string

// The reasons to leave out a file or folder.
const (
	SkipExcluded    SkipReason = "excluded"         // matches an exclude pattern
	SkipNotIncluded SkipReason = "not-included"     // matches no include pattern
	SkipJunk        SkipReason = "junk"             // is what a system or a program keeps for itself
	SkipFolder      SkipReason = "folder"           // came by a glob, and folders were not asked for
	SkipSymlink     SkipReason = "symlink"          // is a link (on Windows also a junction), and links are not followed
	SkipOutside     SkipReason = "symlink-outside"  // leads out of the root
	SkipLoop        SkipReason = "symlink-loop"     // leads back to a folder above it, or nowhere but to itself
	SkipFollowed    SkipReason = "symlink-followed" // leads to a folder that was taken through 100 other links already
	SkipDangling    SkipReason = "symlink-dangling" // leads to nothing
	SkipFIFO        SkipReason = "fifo"             // is a named pipe
	SkipSocket      SkipReason = "socket"           // is a socket
	SkipDevice      SkipReason = "device"           // is a device
	SkipIrregular   SkipReason = "irregular"        // is something else that is no file
	SkipOwn         SkipReason = "own"              // is the program's own folder
	SkipReceipt     SkipReason = "receipt"          // is the receipt that is written at the end
	SkipTooYoung    SkipReason = "too-young"        // was modified within the time of MinAge
	SkipTooOld      SkipReason = "too-old"          // was modified before NewerThan, or before the time of MaxAge
	SkipOtherShard  SkipReason = "other-shard"      // belongs to another Shard
	SkipEmptyFolder SkipReason = "empty-folder"     // has nothing in it, and the service knows no folders
)

// Totals counts a scan's results.
type Totals struct {
	Files   int64                // to be sent
	Bytes   int64                // their sizes
	Failed  int64                // with Err
	Skipped map[SkipReason]int64 // with Skip; a skipped folder counts once, whatever it contains
	Outside int64                // links followed out of their root

	// Unmatched is set once all roots are read.
	Unmatched Unmatched
}

// Unmatched lists the patterns that matched nothing, as the person wrote them. An exclude pattern
// among them may have been meant for something that was sent.
type Unmatched struct {
	Include, Exclude []string
}

// Files finds the files to send below the roots and passes them to emit in batches: the first of up
// to 64, then of up to 1,000, or fewer after 200 ms. It does all its work, and calls emit, on the
// caller's goroutine. It blocks until it is done, emit returns an error, or ctx is done (then the
// error is its cause). The slice is reused: emit must not keep it. The totals count what emit got,
// also after an error.
//
// A root is a path to a file or folder or, if no file of that name exists, a pattern such as
// data/*.csv (doublestar syntax). A folder's name is the first segment of Rel, "." and "dir/"
// included, unless Folder or Contents say otherwise. Names of files that a pattern found begin at
// the pattern's first wildcard, as in AzCopy. A root that is a link is followed and keeps its own
// name, and the default list of junk does not apply to it. A root that can't be sent becomes a
// Found with Err.
//
// No two files get the same name. Of two in one folder, the one with that own name wins over a
// renamed one, and of two renamed ones the first in alphabetical order; of two below different
// roots, the first found. The other has Err with NameTaken and the winner's path as Value. The same
// file, named twice, comes once. A renamed folder whose new name another entry beside it has is
// refused as a whole, not mixed with the other. If Inbox.Blob is set and there are several files,
// all of them have Err with OneFileOnly.
//
// Before it emits anything, Files returns a [*problem.Error] with PatternInvalid for an invalid
// pattern in Include or Exclude, with FolderInvalid for a Folder that no name can begin with, and
// with ListUnreadable or ListOutside for a list that can't be read or leads out of the folder.
//
// If FilesFrom names a list, its lines are paths below each root that is a folder, even without
// Recursive: of files, or with Recursive also of folders with all their contents. The default list
// does not apply to them. A line that is not found becomes a Found with SourceMissing. Files that
// the list does not name are not counted.
//
// Files below roots on different disks come in different batches.
//
// Memory does not grow with the number of files: a folder is read in parts of 4,096 entries. Files
// keeps the names of one folder's subfolders, for each folder on the way down; the names of one
// folder's entries that have to be renamed, about 150 bytes each; and, only for roots with the same
// name, a fingerprint of each of their blobs (see nameSet), about 50 bytes.
//
// If the system allows no more open files, Files emits what it has found and waits, up to two
// minutes.
func Files(
	ctx context.Context, roots []string, opts Options, emit func([]Found) error,
) (Totals, error) {
	return FilesWaiting(ctx, roots, opts, emit, func() {})
}

// FilesWaiting is [Files]. It also calls crowded each time that it has to wait because too many
// files are open.
func FilesWaiting(
	ctx context.Context, roots []string, opts Options, emit func([]Found) error, crowded func(),
) (Totals, error) {
	s := &scanner{opts: opts, emit: emit, crowded: crowded, limit: firstBatch, last: time.Now()}
	s.totals.Skipped = map[SkipReason]int64{}
	var err error
	if s.filter, err = newFilter(opts); err != nil {
		return s.totals, err
	}
	if err = s.roots(ctx, roots); err == nil {
		err = s.finish()
	}
	if err == nil {
		s.totals.Unmatched = Unmatched{unmatched(s.filter.include), unmatched(s.filter.exclude)}
	}
	return s.totals, err
}

// scanner is the state of one call of Files. It belongs to one goroutine.
type scanner struct {
	opts    Options
	filter  *filter
	all     []*root
	names   nameSet        // of roots that share their first segment
	entered map[string]int // number of links followed to a folder, by its real path

	crowded func()
	tries   int // failures in a row because too many files were open

	emit   func([]Found) error
	batch  []Found
	limit  int
	last   time.Time // of the last call of emit
	totals Totals
	disk   source.Disk // of the root that is being scanned

	lone   *Found // the only file so far, if the token is for one blob
	crowds bool   // there was a second
}

// add hands over f, now or later.
func (s *scanner) add(f Found) error {
	if s.opts.Inbox.Blob != "" && f.Err == nil && f.Skip == "" {
		return s.addLone(f)
	}
	return s.push(f)
}

// addLone holds back the first file until it is known to be the only one: nobody can guess which of
// several the person means.
func (s *scanner) addLone(f Found) error {
	if s.lone == nil && !s.crowds {
		s.lone = &f
		return nil
	}
	if !s.crowds {
		first := *s.lone
		s.lone, s.crowds = nil, true
		if err := s.push(refuseFound(first, problem.OneFileOnly, "")); err != nil {
			return err
		}
	}
	return s.push(refuseFound(f, problem.OneFileOnly, ""))
}

// refuseFound returns f with an error and without a name.
func refuseFound(f Found, reason problem.Reason, value string) Found {
	f.Blob = Name{}
	f.Err = problem.New("scan", f.Source, reason)
	f.Err.Value = value
	return f
}

func (s *scanner) push(f Found) error {
	if s.opts.leaves(&f) {
		f.Err, f.Skip, f.Blob = nil, SkipOtherShard, Name{}
	}
	s.batch = append(s.batch, f)
	if len(s.batch) >= s.limit || time.Since(s.last) >= batchAge {
		return s.flush()
	}
	return nil
}

func (s *scanner) flush() error {
	if len(s.batch) == 0 {
		return nil
	}
	for i := range s.batch {
		switch f := &s.batch[i]; {
		case f.Err != nil:
			s.totals.Failed++
		case f.Skip != "":
			s.totals.Skipped[f.Skip]++
		default:
			s.totals.Files++
			s.totals.Bytes += f.Size
		}
	}
	err := s.emit(s.batch)
	clear(s.batch) // the strings of a large batch must not outlive it
	s.batch = s.batch[:0]
	s.limit, s.last = fullBatch, time.Now()
	return err
}

// uncrowded retries open while it fails because too many files are open, which says nothing about
// the file. openErr is open's last error; err is ctx's cause or emit's.
func (s *scanner) uncrowded(ctx context.Context, open func() error) (openErr, err error) {
	for {
		openErr = open()
		switch {
		case !source.Crowded(openErr):
			s.tries = 0
			return openErr, nil
		case s.tries == source.MaxCrowded:
			return openErr, nil
		}
		s.tries++
		s.crowded()
		if err := s.flush(); err != nil {
			return openErr, err
		}
		select {
		case <-ctx.Done():
			return openErr, context.Cause(ctx)
		case <-time.After(backoff.After(s.tries)):
		}
	}
}

// stat returns the entry at a path without following a link. Pass its error to [scanner.fail].
func (s *scanner) stat(ctx context.Context, at source.Path) (info source.Info, err error) {
	err, ended := s.uncrowded(ctx, func() (oerr error) { info, oerr = at.Stat(); return oerr })
	if ended != nil {
		return info, &endedError{ended}
	}
	return info, err
}

// endedError ends the whole scan; other errors only say why one file can't be sent.
type endedError struct{ error }

func (s *scanner) finish() error {
	if s.lone != nil {
		if err := s.push(*s.lone); err != nil {
			return err
		}
	}
	return s.flush()
}

// keepsNames reports whether the names of files don't become blob names.
func (o *Options) keepsNames() bool { return o.Local || o.Inbox.Blob != "" }

// leavesOut reports whether a file is left out because of its age.
func (o *Options) leavesOut(f source.Info) bool {
	now := time.Now()
	return f.Kind == source.File && (o.tooOld(f.ModTime, now) || o.tooYoung(f.ModTime, now))
}

// tooOld reports whether a file was modified before NewerThan or the time of MaxAge.
func (o *Options) tooOld(modified, now time.Time) bool {
	return modified.Before(o.NewerThan) || o.MaxAge > 0 && now.Sub(modified) > o.MaxAge
}

// tooYoung reports whether a file is left for later. A time far in the future is wrong, so there is
// no point in waiting for it.
func (o *Options) tooYoung(modified, now time.Time) bool {
	return o.MinAge > 0 && now.Sub(modified) < o.MinAge && modified.Before(now.Add(source.FarAhead))
}
