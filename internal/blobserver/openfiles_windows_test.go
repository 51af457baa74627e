package blobserver_test

// openFiles is how many files this process may have open at once; Windows has no such limit.
func openFiles() int { return 1 << 20 }
