// Package receipt writes down what was delivered, file by file, with the checksums that the service
// confirmed.
//
// Call [Save] to put a receipt into a file, which replaces an earlier receipt and nothing else;
// [Try] first, to learn before anything is sent whether that can be done. [Write] writes to
// anything else. [Read] reads a receipt again, whoever it comes from. What comes in is told by a
// [Deliveries], which the Queue's Delivered is. [Merge] makes one of several.
package receipt
