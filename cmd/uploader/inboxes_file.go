package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"inboxuploader/uploader"
)

// inboxFiles keeps each inbox in a file of its own, below "inboxes" in this state folder. Each is written in one step, so
// that several processes never read half a record or lose another's.
type inboxFiles string

func (f inboxFiles) dir() string           { return filepath.Join(string(f), "inboxes") }
func (f inboxFiles) path(id string) string { return filepath.Join(f.dir(), id+".json") }

// Inboxes implements [uploader.InboxRecords].
func (f inboxFiles) Inboxes(context.Context) ([]uploader.InboxRecord, error) {
	entries, err := os.ReadDir(f.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read inboxes: %w", err)
	}
	var all []uploader.InboxRecord
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(f.dir(), e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process has just removed it
		}
		var r uploader.InboxRecord
		if err == nil {
			err = json.Unmarshal(text, &r)
		}
		if err != nil {
			return nil, fmt.Errorf("read inboxes: %w", err)
		}
		all = append(all, r)
	}
	return all, nil
}

// PutInbox implements [uploader.InboxRecords].
func (f inboxFiles) PutInbox(ctx context.Context, r uploader.InboxRecord) error {
	all, err := f.Inboxes(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID != r.ID && uploader.InboxNameKey(other.Name) == uploader.InboxNameKey(r.Name) {
			e := uploader.NewError("keep inbox", "", uploader.InboxNameTaken)
			e.Value = other.Name
			return e
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep inbox: %w", err)
	}
	if err := os.MkdirAll(f.dir(), 0o700); err != nil {
		return fmt.Errorf("keep inbox: %w", err)
	}
	return writeSecret(f.path(r.ID), string(text)) // no secret, but nobody else's business either
}

// RemoveInbox implements [uploader.InboxRecords].
func (f inboxFiles) RemoveInbox(_ context.Context, id string) error {
	if err := os.Remove(f.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove inbox: %w", err)
	}
	return nil
}
