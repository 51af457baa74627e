// Package netdisk tells disks of other machines from this computer's own. It matters to who relies
// on shared memory, which two machines don't share, and to who compares a file's times with this
// computer's clock. It is a leaf that all packages may import.
package netdisk
