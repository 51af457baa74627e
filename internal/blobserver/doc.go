// Package blobserver is a local inbox: a Block Blob endpoint over a folder, for first use, tests
// and benchmarks.
//
// Start with [New], make a container with [Server.CreateContainer], sign a link with [Server.Token]
// and run [Server.Serve]. What is delivered stands under Dir/CONTAINER/NAME as ordinary files;
// everything else the server needs is in Dir/.blobserver.
//
// It speaks path style (http://127.0.0.1:PORT/ACCOUNT/CONTAINER/BLOB) to any client of Azure's Blob
// service that uploads block blobs, verifies SharedKey and SAS signatures with the account's key,
// and answers with the service's codes and bodies. The behaviour follows
// learn.microsoft.com/rest/api/storageservices; where the service's behaviour is not documented the
// code says what was assumed.
//
// It is for practice and tests: a machine that crashes may cost what was delivered last, and other
// machines get no answer. Of a server that is killed the next one has all that was acknowledged but
// staged blocks.
package blobserver
