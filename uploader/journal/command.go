package journal

import (
	"context"
	"database/sql"

	"inboxuploader/uploader/ledger"
)

// Post implements [ledger.Journal]. A command concerns one transfer. To reach all, the caller posts
// one for each: processes come and go, and none could tell when all of them have read it. The
// command waits for the transfer's next owner, and is removed with the transfer.
func (j *Journal) Post(ctx context.Context, c ledger.Command) error {
	if c.Transfer == 0 {
		return j.failed("post command", errMisuse)
	}
	data, err := encodeCommand(&c)
	if err == nil {
		err = j.change(ctx, true, func(ctx context.Context) error {
			return j.exec(ctx,
				"INSERT INTO commands(transfer, data) SELECT id, ?2 FROM transfers WHERE id = ?1",
				c.Transfer, data)
		})
	}
	return j.failed("post command", err)
}

// Posted implements [ledger.Journal].
func (j *Journal) Posted(ctx context.Context) ([]ledger.Posted, error) {
	var posted []ledger.Posted
	const mine = "SELECT c.id, c.transfer, c.data FROM commands c JOIN transfers t ON t.id = c.transfer WHERE t.owner = ? ORDER BY c.id"
	err := j.look(ctx, mine, func(r *sql.Rows) error {
		var id, transfer int64
		var data sql.RawBytes
		if err := r.Scan(&id, &transfer, &data); err != nil {
			return err
		}
		c, err := decodeCommand(transfer, data)
		if err != nil { // the person sees that nothing happened
			c = ledger.Command{Transfer: transfer}
		}
		posted = append(posted, ledger.Posted{ID: id, Command: c})
		return nil
	}, j.id)
	if err != nil {
		return nil, j.failed("read commands", err)
	}
	return posted, nil
}
