package journal

import (
	"context"
	"database/sql"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
)

// Inboxes implements [inboxes.Records].
func (j *Journal) Inboxes(ctx context.Context) ([]inboxes.Record, error) {
	var all []inboxes.Record
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
func scanInbox(r *sql.Rows) (inboxes.Record, error) {
	var id string
	var data sql.RawBytes
	var s int64
	if err := r.Scan(&id, &data, &s); err != nil {
		return inboxes.Record{}, err
	}
	if s != sumOfInbox(id, data) {
		return inboxes.Record{}, errDamaged
	}
	return decodeRecord(id, data)
}

// PutInbox implements [inboxes.Records]. It checks that no two inboxes have the same name in the
// write transaction, which only one process can be in.
func (j *Journal) PutInbox(ctx context.Context, r inboxes.Record) error {
	data, err := encodeRecord(&r)
	if err == nil {
		err = j.change(ctx, true, func(ctx context.Context) error {
			taken := ""
			if err := j.query(ctx, selectInboxes, func(rows *sql.Rows) error {
				other, err := scanInbox(rows)
				if err == nil && other.ID != r.ID &&
					inboxes.NameKey(other.Name) == inboxes.NameKey(r.Name) {
					taken = other.Name
				}
				return err
			}); err != nil {
				return err
			}
			if taken != "" {
				e := problem.New("keep inbox", "", problem.InboxNameTaken)
				e.Value = taken
				return e
			}
			return j.exec(ctx, "INSERT OR REPLACE INTO inboxes(id, data, sum) VALUES(?, ?, ?)",
				r.ID, data, sumOfInbox(r.ID, data))
		})
	}
	return j.failed("keep inbox", err)
}

// RemoveInbox implements [inboxes.Records].
func (j *Journal) RemoveInbox(ctx context.Context, id string) error {
	err := j.change(ctx, true,
		func(ctx context.Context) error { return j.exec(ctx, "DELETE FROM inboxes WHERE id = ?", id) })
	return j.failed("forget inbox", err)
}
