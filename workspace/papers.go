package workspace

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"inboxuploader/internal/sums"
	"inboxuploader/uploader/receipt"
)

// ErrNotPaper says that a text is neither a receipt nor a list of checksums.
var ErrNotPaper = errors.New("neither a receipt nor a list of checksums")

// OtherInboxError says that a receipt is only about other inboxes.
type OtherInboxError struct{ Inbox string } // one of them, as in the receipt

// Error implements error.
func (e *OtherInboxError) Error() string { return fmt.Sprintf("a receipt of %q", e.Inbox) }

// ListError says which line of a list of checksums can't be parsed.
type ListError = sums.LineError

// AddReceipt adds a receipt's statements about the files in a token's container, and returns how
// many files in other inboxes it lists. Errors are [receipt.ErrNotReceipt] if it is none or was cut
// off or changed, an [*OtherInboxError], and the reader's; after an error the statements are
// useless.
func (s *Statements) AddReceipt(r io.Reader, container string) (others int64, err error) {
	here, another := false, ""
	for l, err := range receipt.Read(r) {
		if err != nil {
			return others, err
		}
		if !leadsTo(l.Inbox, container) {
			others++
			another = l.Inbox
			continue
		}
		here = true
		s.Add(Statement{
			Name: l.Blob, Size: l.Bytes, ETag: l.ETag, CRC64: l.CRC64, HasCRC64: true,
			SHA256: fromHex(l.SHA256), MD5: fromHex(l.MD5), At: l.Delivered,
		})
	}
	if !here && another != "" {
		return others, &OtherInboxError{another}
	}
	return others, nil
}

// AddList adds the statements of a list of checksums about files below a folder of the inbox; the
// folder may be empty. Errors are a [*ListError] and the reader's; after an error the statements
// are useless.
func (s *Statements) AddList(r io.Reader, folder string) error {
	if folder = strings.Trim(folder, "/"); folder != "" {
		folder += "/"
	}
	for l, err := range sums.Read(r) {
		if err != nil {
			return err
		}
		s.Add(StatementOf(l, folder))
	}
	return nil
}

// AddPaper adds the statements of a receipt or a list of checksums, whichever the text is. It
// returns the errors of [Statements.AddReceipt] and [Statements.AddList], or [ErrNotPaper]. isList
// reports which one it is.
func (s *Statements) AddPaper(
	r io.ReadSeeker, container, folder string,
) (isList bool, others int64, err error) {
	before := s.Len()
	others, err = s.AddReceipt(r, container)
	if !errors.Is(err, receipt.ErrNotReceipt) || s.Len() > before || others > 0 {
		return false, others, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return false, 0, err
	}
	err = s.AddList(r, folder)
	if _, ok := errors.AsType[*ListError](err); ok && s.Len() == before {
		return false, 0, ErrNotPaper
	}
	return true, 0, err
}

// leadsTo reports whether an inbox is a container. The inbox is written as HOST/CONTAINER/… or, if
// the account is in the path, HOST/ACCOUNT/CONTAINER/…; an empty one matches.
func leadsTo(inbox, container string) bool {
	if inbox == "" {
		return true
	}
	parts := strings.Split(inbox, "/")
	at := 1
	name, _, err := net.SplitHostPort(parts[0])
	if err != nil {
		name = parts[0]
	}
	if name == "localhost" || net.ParseIP(strings.Trim(name, "[]")) != nil {
		at = 2
	}
	return len(parts) > at && parts[at] == container
}

// fromHex parses a checksum; nil if none is stated.
func fromHex(text string) []byte {
	sum, err := hex.DecodeString(text)
	if err != nil || text == "" {
		return nil
	}
	return sum
}
