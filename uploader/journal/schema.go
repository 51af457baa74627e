package journal

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// migrations each turn a version of the schema into the next; the first makes version 1 from an
// empty file. Released ones never change, since a new file is made by running all of them in turn.
//
// A batch's facts and states are in separate tables, so that a change of states does not rewrite
// the facts. Table batches exists only so that heads can be read without them. The row of states
// repeats everything in it, so that one damaged page of heads, which holds dozens, loses nothing.
// For the same reason, origins holds what a transfer was begun with.
//
// Each row of consequence has a checksum of its content and its place (see row.go), because SQLite
// notices damage to its trees but not to what they hold.
var migrations = []string{
	`CREATE TABLE processes(id TEXT PRIMARY KEY, seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE transfers(id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, seen INTEGER NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE batches(id INTEGER PRIMARY KEY AUTOINCREMENT, transfer INTEGER NOT NULL, claimed INTEGER NOT NULL, totals BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE facts(id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE states(id INTEGER PRIMARY KEY, transfer INTEGER NOT NULL, claimed INTEGER NOT NULL, totals BLOB NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE origins(id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE blocks(job INTEGER, number INTEGER, crc64 INTEGER NOT NULL, at INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(job, number)) STRICT, WITHOUT ROWID;
CREATE TABLE ranks(job INTEGER PRIMARY KEY, rank INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE commands(id INTEGER PRIMARY KEY AUTOINCREMENT, transfer INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE inboxes(id TEXT PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
	"-- Version 2 has no other tables. Jobs may be in states that version 1 did not know, and would have taken for damage.",
}

// application, plus the version, is the file's application_id. A version that does not match it
// means damage, not a newer program.
const application = 0x49550000

// pageSize is in bytes. It is the template's too, see repair.go.
const pageSize = 4096

// migrate brings a database from a version to the newest. It must be the only connection.
func migrate(ctx context.Context, db *sql.DB, from int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, m := range migrations[from:] {
		if _, err := tx.ExecContext(ctx, m); err != nil {
			return err
		}
	}
	for _, pragma := range []string{"user_version=%d", "application_id=%d"} {
		n := len(migrations)
		if pragma[0] == 'a' {
			n += application
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA "+pragma, n)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// schemaVersion returns the version of a database's schema. The error is errNewer for one that this
// program doesn't know, and errDamaged if no program of this name wrote it.
func schemaVersion(ctx context.Context, db *sql.DB) (int, error) {
	var version, id int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, err
	}
	switch {
	case version < 1 || id != application+version:
		return 0, errDamaged
	case version > len(migrations):
		return version, errNewer
	}
	return version, nil
}

// sameSchema returns errDamaged unless the tables of a database are those that its version has, and
// there is nothing besides, such as a trigger.
func sameSchema(ctx context.Context, db *sql.DB, version int) error {
	blank, err := connect(":memory:", building)
	if err != nil {
		return err
	}
	defer func() { _ = blank.Close() }()
	for _, m := range migrations[:version] {
		if _, err := blank.ExecContext(ctx, m); err != nil {
			return err
		}
	}
	want, err := tables(ctx, blank)
	if err != nil {
		return err
	}
	got, err := tables(ctx, db)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return errDamaged
	}
	return nil
}

// tables describes what a database has. It reads no more of a damaged one than 1,000 short rows.
func tables(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx,
		"SELECT type || ' ' || name || ' ' || coalesce(substr(sql, 1, 10000), '') FROM sqlite_schema ORDER BY 1 LIMIT 1000")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, errDamaged // no text
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
