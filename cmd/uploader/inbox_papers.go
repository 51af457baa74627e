package main

import (
	"errors"
	"os"

	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/receipt"
	"inboxuploader/workspace"
)

// papers are statements about an inbox's files: receipts and lists of checksums.
type papers struct {
	receipts, manifests []string // files
	prefix              string

	stated workspace.Statements
	others int64 // files that the receipts name in other inboxes
}

// add defines the flags.
func (p *papers) add(f *pflag.FlagSet) {
	f.StringArrayVar(&p.receipts, "receipt", nil, "compare with the receipt in this `FILE`, JSON "+
		"or CSV (repeatable)")
	f.StringArrayVar(&p.manifests, "manifest", nil, "compare with the checksums in this `FILE`, "+
		"written by sha256sum or md5sum (repeatable)")
	f.StringVar(&p.prefix, "prefix", "", "the names in --manifest are below this `FOLDER` of the "+
		"inbox")
}

// given reports whether the flags name any.
func (p *papers) given() bool { return len(p.receipts)+len(p.manifests) > 0 }

// read reads what the papers state about the files in a container.
func (p *papers) read(container string) error {
	if p.prefix != "" && len(p.manifests) == 0 {
		return &usageError{"--prefix needs --manifest: it says where in the inbox the list's " +
			"names are. Nothing was compared."}
	}
	for _, file := range p.receipts {
		if err := p.readReceipt(file, container); err != nil {
			return err
		}
	}
	for _, file := range p.manifests {
		if err := p.readManifest(file); err != nil {
			return err
		}
	}
	return nil
}

// readReceipt reads what a receipt states about the files in a container.
func (p *papers) readReceipt(file, container string) error {
	f, err := openPaper(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	others, err := p.stated.AddReceipt(f, container)
	p.others += others
	other, elsewhere := errors.AsType[*workspace.OtherInboxError](err)
	switch {
	case errors.Is(err, receipt.ErrNotReceipt):
		return usagef("“%s” is not a receipt in JSON or CSV, or it was cut off or changed. "+
			"Nothing was compared. Ask its sender for it again: uploader receipt", show.Text(file))
	case elsewhere:
		return usagef("“%s” is for another inbox, “%s”, not for %s. Nothing was compared. "+
			"“uploader token list” shows which token is whose.", show.Text(file),
			show.Text(other.Inbox), container)
	case err != nil:
		return unreadable(file)
	}
	return nil
}

// readManifest reads a list of checksums.
func (p *papers) readManifest(file string) error {
	f, err := openPaper(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	err = p.stated.AddList(f, p.prefix)
	if e, ok := errors.AsType[*workspace.ListError](err); ok {
		return usagef("Line %d of “%s” is not a checksum and a name as sha256sum and md5sum "+
			"write them. Nothing was compared.", e.Line, show.Text(file))
	}
	if err != nil {
		return unreadable(file)
	}
	return nil
}

// openPaper opens a receipt or a list.
func openPaper(file string) (*os.File, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, unreadable(file)
	}
	return f, nil
}

func unreadable(file string) error {
	return usagef("“%s” can't be read. Nothing was compared. Check that it exists and that you "+
		"may open it.", show.Text(file))
}
