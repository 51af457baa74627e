// Command icons draws the program's icon as packages need it: PNGs of several sizes, and Windows'
// own form with those in it.
//
//	go run ./packaging/icons FOLDER
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"

	"inboxuploader/assets"
)

// sizes are those of the icon theme specification, in pixels; macOS also takes 512 and 1024.
var sizes = []int{16, 24, 32, 48, 64, 128, 256, 512, 1024}

// largestInWindows is the largest that Windows' form takes.
const largestInWindows = 256

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: icons FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "icons:", err)
		os.Exit(1)
	}
}

// write writes all files into a folder, which it makes.
func write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // packages are for all to read
		return err
	}
	svg := assets.Icon("uploader")
	if err := os.WriteFile(filepath.Join(dir, "uploader.svg"), svg, 0o644); err != nil { //nolint:gosec // the same
		return err
	}
	var windows [][]byte
	for _, size := range sizes {
		picture, err := draw(svg, size)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, fmt.Sprintf("uploader-%d.png", size))
		if err := os.WriteFile(name, picture, 0o644); err != nil { //nolint:gosec // the same
			return err
		}
		if size <= largestInWindows {
			windows = append(windows, picture)
		}
	}
	return os.WriteFile(filepath.Join(dir, "uploader.ico"), ico(windows), 0o644) //nolint:gosec // the same
}

// draw returns the icon as a PNG of so many pixels in each direction.
func draw(svg []byte, size int) ([]byte, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg))
	if err != nil {
		return nil, err
	}
	icon.SetTarget(0, 0, float64(size), float64(size))
	for i := range icon.SVGPaths { // which stay as thick as they are otherwise
		icon.SVGPaths[i].LineWidth *= float64(size) / icon.ViewBox.W
	}
	picture := image.NewRGBA(image.Rect(0, 0, size, size))
	icon.Draw(rasterx.NewDasher(size, size,
		rasterx.NewScannerGV(size, size, picture, picture.Bounds())), 1)
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return out.Bytes(), err
}

// ico puts PNGs into one file as Windows reads it (learn.microsoft.com, "Icons in Win32"; PNGs are
// taken since Windows Vista).
func ico(pictures [][]byte) []byte {
	var out bytes.Buffer
	number := func(v any) { _ = binary.Write(&out, binary.LittleEndian, v) } // never fails on a buffer
	number([]uint16{0, 1, uint16(len(pictures))})
	at := 6 + 16*len(pictures)
	for _, p := range pictures {
		size := binary.BigEndian.Uint32(p[16:20])       // the width in a PNG's header
		number([]uint8{uint8(size), uint8(size), 0, 0}) // 0 stands for 256
		number([]uint16{1, 32})
		number([]uint32{uint32(len(p)), uint32(at)})
		at += len(p)
	}
	for _, p := range pictures {
		out.Write(p)
	}
	return out.Bytes()
}
