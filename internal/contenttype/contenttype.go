// Package contenttype says what a file is by the extension of its name: call [Of].
package contenttype

import "strings"

// unknown is the service's own default.
const unknown = "application/octet-stream"

// Of returns the media type for a file's name, by its extension without regard to case;
// application/octet-stream for one that is not in the list. A compressed file counts as its
// compression, whatever is inside: a reader that took x.csv.gz for text would show noise. Text has
// no charset, since the name does not tell it.
//
// The list is our own, so that a file gets the same type from every computer: package mime asks the
// system, where an office program may have changed the answer for .csv. It favours types registered
// with IANA, then those that the format's own project names. It does not allocate for names in
// lower case.
func Of(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || dot < strings.LastIndexByte(name, '/') {
		return unknown
	}
	if t, ok := byExtension[strings.ToLower(name[dot+1:])]; ok {
		return t
	}
	return unknown
}

var byExtension = map[string]string{
	// Tables and text
	"csv": "text/csv", "tsv": "text/tab-separated-values", "tab": "text/tab-separated-values",
	"txt": "text/plain", "log": "text/plain", "md": "text/markdown", "rst": "text/x-rst", "tex": "application/x-tex",
	"bib": "application/x-bibtex", "json": "application/json", "jsonl": "application/jsonl",
	"ndjson": "application/x-ndjson", "geojson": "application/geo+json", "ipynb": "application/x-ipynb+json",
	"xml": "text/xml", "xsd": "text/xml", "yaml": "application/yaml", "yml": "application/yaml",
	"toml": "application/toml", "ini": "text/plain", "cfg": "text/plain", "sql": "application/sql",
	"html": "text/html", "htm": "text/html", "css": "text/css", "rtf": "application/rtf",

	// Programs
	"py": "text/x-python", "r": "text/x-r", "rmd": "text/markdown", "qmd": "text/markdown", "jl": "text/x-julia",
	"m": "text/plain", "do": "text/plain", "sas": "text/plain", "sps": "text/plain", "sh": "application/x-sh",
	"c": "text/x-c", "h": "text/x-c", "cpp": "text/x-c", "java": "text/x-java-source", "go": "text/x-go",
	"js": "text/javascript", "mjs": "text/javascript", "wasm": "application/wasm", "jar": "application/java-archive",

	// Documents
	"pdf": "application/pdf", "ps": "application/postscript", "eps": "application/postscript",
	"doc":  "application/msword",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xls":  "application/vnd.ms-excel",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
	"ppt":  "application/vnd.ms-powerpoint",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"odt":  "application/vnd.oasis.opendocument.text",
	"ods":  "application/vnd.oasis.opendocument.spreadsheet",
	"odp":  "application/vnd.oasis.opendocument.presentation",
	"epub": "application/epub+zip",

	// Pictures, sound, film
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp",
	"tif": "image/tiff", "tiff": "image/tiff", "webp": "image/webp", "svg": "image/svg+xml", "heic": "image/heic",
	"jp2": "image/jp2", "avif": "image/avif", "ico": "image/vnd.microsoft.icon",
	"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "ogg": "audio/ogg", "m4a": "audio/mp4",
	"mp4": "video/mp4", "mov": "video/quicktime", "avi": "video/x-msvideo", "mkv": "video/matroska",
	"webm": "video/webm", "mpg": "video/mpeg", "mpeg": "video/mpeg",

	// Archives
	"zip": "application/zip", "gz": "application/gzip", "tgz": "application/gzip", "bgz": "application/gzip",
	"bz2": "application/x-bzip2", "xz": "application/x-xz", "zst": "application/zstd", "lz4": "application/x-lz4",
	"tar": "application/x-tar", "7z": "application/x-7z-compressed", "rar": "application/vnd.rar",

	// Tables and arrays of numbers
	"parquet": "application/vnd.apache.parquet", "arrow": "application/vnd.apache.arrow.file",
	"feather": "application/vnd.apache.arrow.file", "avro": "application/avro", "orc": "application/vnd.apache.orc",
	"h5": "application/x-hdf5", "hdf5": "application/x-hdf5", "he5": "application/x-hdf5", "h5ad": "application/x-hdf5",
	"loom": "application/x-hdf5", "nwb": "application/x-hdf5", "hdf": "application/x-hdf", "nc": "application/netcdf",
	"mat": "application/x-matlab-data", "sqlite": "application/vnd.sqlite3", "sqlite3": "application/vnd.sqlite3",
	"fits": "application/fits", "grib": "application/wmo-grib", "grb": "application/wmo-grib",
	"grib2": "application/wmo-GRIB2", "grb2": "application/wmo-GRIB2", "sav": "application/x-spss-sav",
	"zsav": "application/x-spss-sav", "dta": "application/x-stata-dta", "sas7bdat": "application/x-sas-data",
	"xpt": "application/x-sas-xport", "rds": "application/x-r-data", "rdata": "application/x-r-data",

	// Genes and proteins
	"fasta": "text/x-fasta", "fa": "text/x-fasta", "fna": "text/x-fasta", "faa": "text/x-fasta",
	"fastq": "text/x-fastq", "fq": "text/x-fastq", "sam": "text/x-sam", "vcf": "text/x-vcf", "bed": "text/x-bed",
	"gff": "text/x-gff3", "gff3": "text/x-gff3", "gtf": "text/x-gtf", "bam": "application/x-bam",
	"cram": "application/x-cram", "bcf": "application/x-bcf", "pdb": "chemical/x-pdb", "cif": "chemical/x-cif",
	"mol": "chemical/x-mdl-molfile", "sdf": "chemical/x-mdl-sdfile", "mzml": "application/x-mzml+xml",

	// Medicine and the earth
	"dcm": "application/dicom", "dicom": "application/dicom", "nii": "application/x-nifti",
	"gii": "application/x-gifti+xml", "mgz": "application/x-mgh", "nrrd": "application/x-nrrd", "edf": "application/x-edf",
	"kml": "application/vnd.google-earth.kml+xml",
	"kmz": "application/vnd.google-earth.kmz", "gpkg": "application/geopackage+sqlite3", "gpx": "application/gpx+xml",
	"shp": "application/vnd.shp", "shx": "application/vnd.shx", "dbf": "application/vnd.dbf",
}
