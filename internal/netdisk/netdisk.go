// Package netdisk tells other machines' disks from this computer's own. That matters to code that
// relies on shared memory, which two machines don't share, or compares a file's times with this
// computer's clock. It is a leaf that all packages may import.
package netdisk
