package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"inboxuploader/uploader/problem"
)

// TestNoOldPhraseIsLeft: what was rewritten because it read like a translation does not come back,
// wherever a person reads: in help, in sentences about problems, in the window, and in documents.
func TestNoOldPhraseIsLeft(t *testing.T) {
	text, err := os.ReadFile("testdata/old_phrases.txt")
	check(t, err)
	phrases := strings.Split(strings.TrimSpace(string(text)), "\n")
	texts := helpTexts(t)
	for _, reason := range problem.Reasons() {
		texts["the sentence of "+string(reason)] = explain(problem.New("", "", reason)).String()
	}
	maps.Copy(texts, windowTexts(t))
	documents, err := filepath.Glob("../../docs/*.md")
	check(t, err)
	for _, path := range append(documents, "../../README.md") {
		text, err := os.ReadFile(path)
		check(t, err)
		texts[path] = string(text)
	}
	blanks := regexp.MustCompile(`\s+`)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		line := strings.ToLower(blanks.ReplaceAllString(texts[name], " "))
		for _, p := range phrases {
			if strings.Contains(line, strings.ToLower(p)) {
				t.Errorf("%s: %q", name, p)
			}
		}
	}
}

// windowTexts returns the window's texts: what is translated, and what asks for a translation.
func windowTexts(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, file := range []string{"de", "en"} {
		text, err := os.ReadFile("../../assets/translations/" + file + ".json")
		check(t, err)
		var texts map[string]json.RawMessage
		check(t, json.Unmarshal(text, &texts))
		for key, value := range texts {
			all["the text "+key] = key
			if file == "en" {
				all["the text "+key] += " " + string(value)
			}
		}
	}
	asked := regexp.MustCompile(`\btrn?\("((?:[^"\\]|\\.|" \+\s+")*)"`)
	check(t, filepath.WalkDir("../../ui", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range asked.FindAllSubmatch(text, -1) {
			all[path+": "+string(m[1])] = string(m[1])
		}
		return err
	}))
	if len(all) < 500 {
		t.Errorf("%d texts of the window only", len(all))
	}
	return all
}

// TestTranslationsKeepToTheGlossary in docs/DESIGN.md: of the texts that have a term, at least three
// in four have the language's own for it. The others say it with a verb or a pronoun.
func TestTranslationsKeepToTheGlossary(t *testing.T) {
	page, err := os.ReadFile("../../docs/DESIGN.md")
	check(t, err)
	_, table, _ := strings.Cut(string(page), "| English | German | French | Spanish | Japanese |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(strings.TrimSpace(table), "\n")[1:]
	if len(rows) < 8 {
		t.Errorf("%d terms only", len(rows))
	}
	stem := regexp.MustCompile(`\*\*(.+)\*\*`)
	for column, language := range []string{"de", "fr", "es", "ja"} {
		text, err := os.ReadFile("../../assets/translations/" + language + ".json")
		check(t, err)
		var texts map[string]json.RawMessage
		check(t, json.Unmarshal(text, &texts))
		for _, row := range rows {
			cells := strings.Split(strings.Trim(row, "|"), "|")
			term := regexp.MustCompile(`(?i)(^|[^{.])\b` + strings.TrimSpace(cells[0]) + `\b`)
			want := strings.ToLower(stem.FindStringSubmatch(cells[column+1])[1])
			with, without := 0, []string(nil)
			for english, translated := range texts {
				if !term.MatchString(english) {
					continue
				}
				if with++; !strings.Contains(strings.ToLower(string(translated)), want) {
					without = append(without, english)
				}
			}
			if 4*len(without) > with {
				t.Errorf("%s: %q is in %d of %d texts; not in %q", language, want,
					with-len(without), with, without)
			}
		}
	}
}
