package journal

import (
	"context"
	"database/sql"
)

// thoroughness is how much of a database to check before using it.
type thoroughness int

const (
	form       thoroughness = iota // what the header says, and which tables there are
	trees                          // all pages, but not what stands in rows; some 2 ms for each MB
	everything                     // rows too; some 5 ms for each MB
)

// check returns an error that means damage if anything in a database is not as this package wrote
// it. It sees a snapshot, while other processes keep writing.
func check(ctx context.Context, db *sql.DB, how thoroughness) error {
	if err := checkForm(ctx, db); err != nil || how == form {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var verdict string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errDamaged
	}
	if how == trees {
		return nil
	}
	return checkRows(ctx, tx)
}

// checkRows checks each row, and that related rows agree.
func checkRows(ctx context.Context, tx *sql.Tx) error {
	eachOf := func(query string, row func(*sql.Rows) error, args ...any) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		return each(rows, err, row)
	}
	const selectOrigins = "SELECT id, NULL, 0, data, sum FROM origins"
	for _, part := range []struct {
		query string
		row   func(*sql.Rows) error
	}{
		{selectTransfers, func(r *sql.Rows) error { _, _, err := scanTransfer(r, inTransfers); return err }},
		{selectOrigins, func(r *sql.Rows) error { _, _, err := scanTransfer(r, inOrigins); return err }},
		{selectRanks, func(r *sql.Rows) error { _, _, err := scanRank(r); return err }},
		{selectAllBlocks, func(r *sql.Rows) error { _, _, err := scanBlock(r); return err }},
		{selectInboxes, func(r *sql.Rows) error { _, err := scanInbox(r); return err }},
	} {
		if err := eachOf(part.query, part.row); err != nil {
			return err
		}
	}
	if err := eachOf(batchParts,
		func(r *sql.Rows) error { return scanBatch(r, func(*batchRow) error { return nil }) },
		maxTotals); err != nil {
		return err
	}
	// No row is an orphan, and the next ids are free.
	var wrong bool
	err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM facts) <> (SELECT count(*) FROM states)
OR (SELECT count(*) FROM batches) <> (SELECT count(*) FROM batches b JOIN states s USING(id, transfer, claimed, totals))
OR (SELECT count(*) FROM batches) <> (SELECT count(*) FROM states)
OR EXISTS(SELECT 1 FROM batches WHERE transfer NOT IN (SELECT id FROM transfers))
OR EXISTS(SELECT 1 FROM sqlite_sequence WHERE typeof(seq) <> 'integer' OR seq < 0 OR seq > ?)
OR coalesce((SELECT max(id) FROM batches), 0) > coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'batches'), 0)
OR coalesce((SELECT max(id) FROM transfers), 0) > coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'transfers'), 0)`,
		int64(maxID)).Scan(&wrong)
	if err == nil && wrong {
		err = errDamaged
	}
	return err
}

// checkForm checks the two header bytes that say who may write to the file. With other numbers,
// SQLite would still read the file, and refuse to write only later.
func checkForm(ctx context.Context, db *sql.DB) error {
	var form string
	if err := db.QueryRowContext(ctx,
		"SELECT hex(substr(data, 19, 2)) FROM sqlite_dbpage WHERE pgno = 1").Scan(&form); err != nil {
		return err
	}
	if form != "0101" && form != "0202" { // rollback journal, write-ahead log
		return errDamaged
	}
	return nil
}
