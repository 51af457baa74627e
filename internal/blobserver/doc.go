// Package blobserver is a local inbox: a Block Blob endpoint over a folder, for first use, tests
// and benchmarks.
//
// Start with [New], create a container with [Server.CreateContainer], sign a link with
// [Server.Token] and run [Server.Serve]. Delivered blobs are ordinary files,
// Dir/CONTAINER/NAME; everything else the server needs is in Dir/.blobserver.
//
// It speaks path style (http://127.0.0.1:PORT/ACCOUNT/CONTAINER/BLOB) to any client of Azure's Blob
// service that uploads block blobs, verifies SharedKey and SAS signatures with the account's key,
// and answers with the service's codes and bodies. The behaviour follows
// learn.microsoft.com/rest/api/storageservices; if the service's behaviour is not documented, the
// code states its assumption.
//
// It is for practice and tests: if the machine crashes, the last deliveries may be lost, and other
// machines get no answer. If a server is killed, the next one has everything that was acknowledged
// except staged blocks.
package blobserver
