//go:build race

package azure

// raceDetector: with it everything takes several times as long.
const raceDetector = true
