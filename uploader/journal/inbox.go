package journal

import (
	"context"
	"database/sql"

	"inboxuploader/uploader"
)

// Inboxes implements [uploader.InboxRecords].
func (j *Journal) Inboxes(ctx context.Context) ([]uploader.InboxRecord, error) {
	var all []uploader.InboxRecord
	err := j.look(ctx, selectInboxes, func(r *sql.Rows) error {
		record, err := scanInbox(r)
		all = append(all, record)
		return err
	})
	if err != nil {
		return nil, j.failed("read inboxes", err)
	}
	return all, nil
}

// scanInbox reads a row of selectInboxes.
func scanInbox(r *sql.Rows) (uploader.InboxRecord, error) {
	var id string
	var data sql.RawBytes
	var s int64
	if err := r.Scan(&id, &data, &s); err != nil {
		return uploader.InboxRecord{}, err
	}
	if s != sumOfInbox(id, data) {
		return uploader.InboxRecord{}, errDamaged
	}
	return decodeRecord(id, data)
}

// PutInbox implements [uploader.InboxRecords]. That no two have one name is looked at in the transaction that only one
// process can be in.
func (j *Journal) PutInbox(ctx context.Context, r uploader.InboxRecord) error {
	data, err := encodeRecord(&r)
	if err == nil {
		err = j.change(ctx, true, func(ctx context.Context) error {
			taken := ""
			if err := j.query(ctx, selectInboxes, func(rows *sql.Rows) error {
				other, err := scanInbox(rows)
				if err == nil && other.ID != r.ID && uploader.InboxNameKey(other.Name) == uploader.InboxNameKey(r.Name) {
					taken = other.Name
				}
				return err
			}); err != nil {
				return err
			}
			if taken != "" {
				e := uploader.NewError("keep inbox", "", uploader.InboxNameTaken)
				e.Value = taken
				return e
			}
			return j.exec(ctx, "INSERT OR REPLACE INTO inboxes(id, data, sum) VALUES(?, ?, ?)", r.ID, data, sumOfInbox(r.ID, data))
		})
	}
	return j.failed("keep inbox", err)
}

// RemoveInbox implements [uploader.InboxRecords].
func (j *Journal) RemoveInbox(ctx context.Context, id string) error {
	err := j.change(ctx, true, func(ctx context.Context) error { return j.exec(ctx, "DELETE FROM inboxes WHERE id = ?", id) })
	return j.failed("forget inbox", err)
}
