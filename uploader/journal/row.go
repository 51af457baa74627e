package journal

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// Limits, in bytes, on what is written and on what is accepted when read. A batch's facts are at
// most two names of 100 KB for each job (Windows has paths of 32,767 units), its states about a
// sentence each.
const (
	maxTotals = 1 << 20
	maxBlob   = 64 << 20
)

// maxID is the largest id of a batch, so that jobs' ids fit into 63 bits, and of a transfer.
const maxID = 1<<53 - 1

// jobsOf returns the first and the last id that a batch's jobs can have, and batchOf the batch of a
// job.
func jobsOf(batch int64) (first, last int64) {
	first = batch * ledger.BatchSize
	return first, first + ledger.BatchSize - 1
}

func batchOf(job int64) int64 { return job / ledger.BatchSize }

// Tables, as they go into checksums.
const (
	inTransfers byte = iota + 1
	inOrigins
	inBatches
	inFacts
	inStates
	inBlocks
	inRanks
	inInboxes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is the checksum of a row: of its table, its numbers, and its data.
func sum(table byte, data []byte, numbers ...int64) int64 {
	var b [1 + 8*4]byte
	b[0] = table
	for i, n := range numbers {
		binary.LittleEndian.PutUint64(b[1+8*i:], uint64(n))
	}
	return int64(crc32.Update(crc32.Checksum(b[:1+8*len(numbers)], castagnoli), castagnoli, data))
}

func sumOfHead(id, transfer, claimed int64, totals []byte) int64 {
	return sum(inBatches, totals, id, transfer, claimed)
}

func sumOfFacts(id, transfer int64, facts []byte) int64 { return sum(inFacts, facts, id, transfer) }

// sumOfStates covers two values. It includes the length of the first, so that bytes can't move from
// one to the other unnoticed.
func sumOfStates(id, transfer, claimed int64, totals, states []byte) int64 {
	head := sum(inStates, totals, id, transfer, claimed, int64(len(totals)))
	return int64(crc32.Update(uint32(head), castagnoli, states))
}

func sumOfBlock(job, number, crc,
	at int64,
) int64 {
	return sum(inBlocks, nil, job, number, crc, at)
}

func sumOfInbox(id string, data []byte) int64 {
	return sum(inInboxes, append([]byte(id), data...), int64(len(id)))
}

// seconds and moment turn times into whole seconds since 1970 and back; 0 is the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func moment(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0).UTC()
}

// text is a string in JSON that need not be UTF-8, as the names of files need not.
type text string

// asBytes is the prefix of a text stored as base64. No path begins with it.
const asBytes = "\x00"

func (t text) MarshalJSON() ([]byte, error) {
	s := string(t)
	if !utf8.ValidString(s) || strings.HasPrefix(s, asBytes) {
		s = asBytes + base64.StdEncoding.EncodeToString([]byte(s))
	}
	return json.Marshal(s)
}

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if coded, ok := strings.CutPrefix(s, asBytes); ok {
		raw, err := base64.StdEncoding.DecodeString(coded)
		if err != nil {
			return err
		}
		s = string(raw)
	}
	*t = text(s)
	return nil
}

func texts[S ~string, T ~string](all []S) []T {
	if all == nil {
		return nil
	}
	out := make([]T, len(all))
	for i, s := range all {
		out[i] = T(s)
	}
	return out
}

// transferRow is a transfer as its row stores it. New versions may add fields, but never change the
// meaning of one.
type transferRow struct {
	Inbox             text
	Roots             []text
	To                inboxRow
	Recursive         bool                 `json:",omitzero"`
	FollowSymlinks    bool                 `json:",omitzero"`
	FollowOutside     bool                 `json:",omitzero"`
	MinAge            time.Duration        `json:",omitzero"`
	MaxAge            time.Duration        `json:",omitzero"`
	NewerThan         time.Time            `json:",omitzero"`
	Folder            text                 `json:",omitzero"`
	Shard             scan.Shard           `json:",omitzero"`
	Contents          bool                 `json:",omitzero"`
	FilesFrom         text                 `json:",omitzero"`
	Include           []text               `json:",omitempty"`
	Exclude           []text               `json:",omitempty"`
	EmptyFolders      bool                 `json:",omitzero"`
	NoDefaultExcludes bool                 `json:",omitzero"`
	Own               text                 `json:",omitzero"`
	Replace           bool                 `json:",omitzero"`
	KeepBoth          bool                 `json:",omitzero"`
	KeepTimes         bool                 `json:",omitzero"`
	PutMD5            bool                 `json:",omitzero"`
	Manifest          source.Hashes        `json:",omitzero"`
	Check             text                 `json:",omitzero"`
	CheckHashes       source.Hashes        `json:",omitzero"`
	Note              text                 `json:",omitzero"`
	NoteFrom          text                 `json:",omitzero"`
	Accompanies       []ledger.Accompanied `json:",omitempty"`
	Created           time.Time
	Scanned           bool                      `json:",omitzero"`
	Paused            bool                      `json:",omitzero"`
	Checks            ledger.Checks             `json:",omitzero"`
	Follows           int64                     `json:",omitzero"`
	Moving            bool                      `json:",omitzero"`
	Moved             []moveRow                 `json:",omitempty"`
	ValidFrom         time.Time                 `json:",omitzero"`
	ValidTo           time.Time                 `json:",omitzero"`
	Pace              float64                   `json:",omitzero"` // versions before measured a Speed, of what was acknowledged
	Skipped           map[scan.SkipReason]int64 `json:",omitempty"`
	SkippedPaths      []skippedRow              `json:",omitempty"`
	Outside           int64                     `json:",omitzero"`
	Renamed           int64                     `json:",omitzero"`
	Warned            int64                     `json:",omitzero"`
	NameNotes         []nameRow                 `json:",omitempty"`
	UnmatchedInclude  []text                    `json:",omitempty"`
	UnmatchedExclude  []text                    `json:",omitempty"`
	Unchanged         unchangedRow              `json:",omitzero"`
}

type nameRow struct {
	Source, Blob text
	Renamed      bool               `json:",omitzero"`
	Warnings     []scan.NameWarning `json:",omitempty"`
}

// moveRow is a move of what lies below a transfer's roots.
type moveRow struct {
	From, To text
	Last     int64
	Roots    []placeRow `json:",omitempty"`
}

type placeRow struct {
	Root, At text
}

type unchangedRow struct {
	Files, Bytes int64
	First, Last  time.Time
	Jobs         text
}

type skippedRow struct {
	Source text
	Reason scan.SkipReason
}

// inboxRow is an inbox's address in a row.
type inboxRow struct {
	Scheme, Host, Account, Container, Prefix, Blob, InboxID, WsID, TID text

	Wider bool `json:",omitzero"`
}

func rowOfInbox(i token.Inbox) inboxRow {
	return inboxRow{
		text(i.Scheme), text(i.Host), text(i.Account), text(i.Container), text(i.Prefix),
		text(i.Blob),
		text(i.InboxID), text(i.WsID), text(i.TID), i.Wider,
	}
}

func (r inboxRow) inbox() token.Inbox {
	return token.Inbox{
		Scheme: string(r.Scheme), Host: string(r.Host), Account: string(r.Account),
		Container: string(r.Container),
		Prefix:    string(r.Prefix), Blob: string(r.Blob), InboxID: string(r.InboxID),
		WsID: string(r.WsID), TID: string(r.TID),
		Wider: r.Wider,
	}
}

// encodeTransfer returns a transfer's data. Its id, owner and moment have columns of their own.
func encodeTransfer(t *ledger.Transfer) ([]byte, error) {
	scan := &t.Options.Scan
	r := transferRow{
		Inbox: text(t.Inbox), Roots: texts[string, text](t.Roots), To: rowOfInbox(scan.Inbox),
		Recursive: scan.Recursive, FollowSymlinks: scan.FollowSymlinks,
		FollowOutside: scan.FollowOutside, MinAge: scan.MinAge, MaxAge: scan.MaxAge,
		NewerThan: scan.NewerThan, Folder: text(scan.Folder), Contents: scan.Contents,
		Shard:     scan.Shard,
		FilesFrom: text(scan.FilesFrom),
		Include:   texts[string, text](scan.Include), Exclude: texts[string, text](scan.Exclude),
		EmptyFolders: scan.EmptyFolders, NoDefaultExcludes: scan.NoDefaultExcludes, Own: text(scan.Own), Replace: t.Options.Replace,
		KeepBoth: t.Options.KeepBoth, KeepTimes: t.Options.KeepTimes,
		PutMD5: t.Options.PutMD5, Manifest: t.Options.Manifest,
		Check: text(t.Options.Check), CheckHashes: t.Options.CheckHashes,
		Note: text(t.Options.Note.Text), NoteFrom: text(t.Options.Note.From),
		Accompanies: t.Options.Accompanies,
		Created:     t.Created, Scanned: t.Scanned, Paused: t.Paused, Checks: t.Checks,
		Follows: t.Follows, Moving: t.Moving,
		ValidFrom: t.ValidFrom, ValidTo: t.ValidTo, Pace: t.Speed, Skipped: t.Skipped,
		Renamed: t.Renamed, Warned: t.Warned, Outside: t.Outside,
		UnmatchedInclude: texts[string, text](t.Unmatched.Include),
		UnmatchedExclude: texts[string, text](t.Unmatched.Exclude),
		Unchanged:        unchangedRow{t.Unchanged.Files, t.Unchanged.Bytes, t.Unchanged.First, t.Unchanged.Last, text(t.Unchanged.Jobs)},
	}
	for _, n := range t.NameNotes {
		r.NameNotes = append(r.NameNotes,
			nameRow{text(n.Source), text(n.Blob), n.Renamed, n.Warnings})
	}
	for _, m := range t.Moved {
		row := moveRow{From: text(m.From), To: text(m.To), Last: m.Last}
		for _, p := range m.Roots {
			row.Roots = append(row.Roots, placeRow{text(p.Root), text(p.At)})
		}
		r.Moved = append(r.Moved, row)
	}
	for _, s := range t.SkippedPaths {
		r.SkippedPaths = append(r.SkippedPaths, skippedRow{text(s.Source), s.Reason})
	}
	return marshal(r)
}

// decodeTransfer is the inverse. For any data it returns errDamaged or a valid transfer.
func decodeTransfer(data []byte) (ledger.Transfer, error) {
	var r transferRow
	if err := unmarshal(data, &r); err != nil {
		return ledger.Transfer{}, err
	}
	t := ledger.Transfer{
		Inbox: string(r.Inbox), Roots: texts[text, string](r.Roots),
		Options: ledger.AddOptions{Replace: r.Replace, KeepBoth: r.KeepBoth, KeepTimes: r.KeepTimes, PutMD5: r.PutMD5, Manifest: r.Manifest, Check: string(r.Check), CheckHashes: r.CheckHashes, Note: ledger.Note{Text: string(r.Note), From: string(r.NoteFrom)}, Accompanies: r.Accompanies, Scan: scan.Options{
			Inbox:     r.To.inbox(),
			Recursive: r.Recursive, FollowSymlinks: r.FollowSymlinks,
			FollowOutside: r.FollowOutside, MinAge: r.MinAge, MaxAge: r.MaxAge,
			NewerThan: r.NewerThan, Folder: string(r.Folder), Contents: r.Contents,
			Shard:     r.Shard,
			FilesFrom: string(r.FilesFrom),
			Include:   texts[text, string](r.Include), Exclude: texts[text, string](r.Exclude),
			EmptyFolders: r.EmptyFolders, NoDefaultExcludes: r.NoDefaultExcludes, Own: string(r.Own),
		}},
		Created: r.Created, Scanned: r.Scanned, Paused: r.Paused, Checks: r.Checks,
		Follows: r.Follows, Moving: r.Moving,
		ValidFrom: r.ValidFrom, ValidTo: r.ValidTo, Speed: r.Pace, Skipped: r.Skipped,
		Renamed: r.Renamed, Warned: r.Warned, Outside: r.Outside,
		Unmatched: scan.Unmatched{Include: texts[text, string](r.UnmatchedInclude), Exclude: texts[text, string](r.UnmatchedExclude)},
		Unchanged: ledger.Unchanged{
			Files: r.Unchanged.Files, Bytes: r.Unchanged.Bytes, First: r.Unchanged.First,
			Last: r.Unchanged.Last, Jobs: string(r.Unchanged.Jobs),
		},
	}
	for _, n := range r.NameNotes {
		t.NameNotes = append(t.NameNotes,
			ledger.NameNote{Source: string(n.Source), Blob: string(n.Blob), Renamed: n.Renamed, Warnings: n.Warnings})
	}
	for _, m := range r.Moved {
		move := ledger.Move{From: string(m.From), To: string(m.To), Last: m.Last}
		for _, p := range m.Roots {
			move.Roots = append(move.Roots, ledger.Place{Root: string(p.Root), At: string(p.At)})
		}
		t.Moved = append(t.Moved, move)
	}
	for _, s := range r.SkippedPaths {
		t.SkippedPaths = append(t.SkippedPaths,
			ledger.SkippedPath{Source: string(s.Source), Reason: s.Reason})
	}
	return t, nil
}

// recordRow is an inbox's record as its row keeps it. There is no field for a token, and there
// never will be.
type recordRow struct {
	Inbox                         inboxRow
	Name, Version, Policy, IP     text
	Letters                       text
	RightsUnknown, HTTPSOnly      bool `json:",omitzero"`
	ValidFrom, ValidTo            time.Time
	AllowedHost, Ref, Fingerprint text
}

func encodeRecord(r *inboxes.Record) ([]byte, error) {
	return marshal(recordRow{
		Inbox: rowOfInbox(r.Inbox), Name: text(r.Name), Version: text(r.Version),
		Policy: text(r.Policy), IP: text(r.IP),
		Letters: text(r.Rights.Letters), RightsUnknown: r.Rights.Unknown, HTTPSOnly: r.HTTPSOnly,
		ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		AllowedHost: text(r.AllowedHost), Ref: text(r.Ref), Fingerprint: text(r.Fingerprint),
	})
}

func decodeRecord(id string, data []byte) (inboxes.Record, error) {
	var r recordRow
	if err := unmarshal(data, &r); err != nil {
		return inboxes.Record{}, err
	}
	return inboxes.Record{
		ID: id, Inbox: r.Inbox.inbox(), Name: string(r.Name), Version: string(r.Version),
		Policy: string(r.Policy), IP: string(r.IP),
		Rights:    token.Rights{Letters: string(r.Letters), Unknown: r.RightsUnknown},
		HTTPSOnly: r.HTTPSOnly,
		ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
		AllowedHost: string(r.AllowedHost), Ref: string(r.Ref),
		Fingerprint: inboxes.Fingerprint(r.Fingerprint),
	}, nil
}

// commandRow is a command as its row keeps it.
type commandRow struct {
	Verb ledger.Verb
	Jobs []int64 // null: all of the transfer
}

func encodeCommand(c *ledger.Command) ([]byte, error) { return marshal(commandRow{c.Verb, c.Jobs}) }

func decodeCommand(transfer int64, data []byte) (ledger.Command, error) {
	var r commandRow
	if err := unmarshal(data, &r); err != nil {
		return ledger.Command{}, err
	}
	slices.Sort(r.Jobs) // versions before this one did not
	return ledger.Command{Verb: r.Verb, Transfer: transfer, Jobs: r.Jobs}, nil
}

func marshal(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil || len(b) > maxBlob {
		return nil, errMisuse
	}
	return b, nil
}

func unmarshal(data []byte, v any) error {
	if len(data) > maxBlob || json.Unmarshal(data, v) != nil {
		return errDamaged
	}
	return nil
}
