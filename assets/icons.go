package assets

import "embed"

//go:embed icons/*.svg
var icons embed.FS

// Icon returns one of the program's icons, an SVG of 24 by 24, black where it takes the colour of
// its surroundings. The name is the file's below icons without its ending; an icon that does not
// exist is a mistake of the program's, and empty.
func Icon(name string) []byte {
	data, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil
	}
	return data
}
