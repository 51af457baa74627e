package journal_test

func childMain() {}
