//go:build !race

package azure

const raceDetector = false
