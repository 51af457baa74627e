package receipt

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// leastColumns is how many columns the receipt of any version has: those that say what was
// delivered.
const leastColumns = 4

// countIn returns how many files a receipt names. It reads it to its end, since a table of a
// person's may begin like one: each line has to be a receipt's, of whatever version of this
// program. Everything else is [ErrNotReceipt]; other errors are the reader's.
func countIn(r io.Reader) (files int64, err error) {
	in := &readErrors{r: r}
	text := bufio.NewReader(in)
	switch first, _ := text.Peek(1); string(first) {
	case "{":
		files, err = readJSON(text)
	case columns[0][:1]:
		files, err = readCSV(text)
	default:
		err = ErrNotReceipt
	}
	switch {
	case in.err != nil:
		return 0, in.err
	case err != nil:
		return 0, ErrNotReceipt
	}
	return files, nil
}

// readErrors keeps what a reader failed with, which decoders tell in a form of their own.
type readErrors struct {
	r   io.Reader
	err error
}

// Read implements io.Reader.
func (r *readErrors) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// readCSV reads a receipt in CSV.
func readCSV(r io.Reader) (files int64, err error) {
	table := csv.NewReader(r) // each line has as many cells as the first
	table.ReuseRecord = true
	head, err := table.Read()
	if err != nil || len(head) < leastColumns || !slices.Equal(head[:leastColumns],
		columns[:leastColumns]) {
		return 0, ErrNotReceipt
	}
	at := func(column string) int { return slices.Index(head, column) }
	size, crc, hex, date := at("bytes"), at("crc64"), at("crc64_hex"), at("delivered_at")
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return 0, err
		}
		if hex < 0 || date < 0 {
			return 0, ErrNotReceipt // of a version that this program does not know
		}
		n, err := strconv.ParseInt(cells[size], 10, 64)
		if err != nil || !isDelivery(n, strings.TrimPrefix(cells[crc], "'"), cells[hex],
			cells[date]) {
			return 0, ErrNotReceipt
		}
		files++
	}
}

// readJSON reads a receipt in JSON.
func readJSON(r io.Reader) (files int64, err error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var inbox map[string]string
	for _, part := range []any{json.Delim('{'), "inbox", &inbox, "files", json.Delim('[')} {
		if into, ok := part.(*map[string]string); ok {
			err = d.Decode(into)
		} else if t, terr := d.Token(); terr != nil || t != part {
			err = ErrNotReceipt
		}
		if err != nil {
			return 0, err
		}
	}
	if _, ok := inbox["account"]; !ok {
		return 0, ErrNotReceipt
	}
	for ; d.More(); files++ {
		var l line
		if err := d.Decode(&l); err != nil {
			return 0, err
		}
		if !isDelivery(l.Bytes, l.CRC64, l.CRC64Hex, l.Delivered) {
			return 0, ErrNotReceipt
		}
	}
	for _, end := range []json.Delim{']', '}'} {
		if t, err := d.Token(); err != nil || t != end {
			return 0, ErrNotReceipt
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return 0, ErrNotReceipt
	}
	return files, nil
}

// isDelivery reports whether these are what a receipt says of one file: a checksum in both of its
// forms, and a moment.
func isDelivery(bytes int64, crc, hex, date string) bool {
	sum, err := base64.StdEncoding.DecodeString(crc)
	if err != nil || len(sum) != 8 || bytes < 0 {
		return false
	}
	n, err := strconv.ParseUint(hex, 0, 64)
	if err != nil || n != binary.LittleEndian.Uint64(sum) {
		return false
	}
	_, err = time.Parse(time.RFC3339, date)
	return err == nil || date == ""
}
