package ledger

import "context"

// rowsAtOnce is how many jobs [EachRow] reads at a time.
const rowsAtOnce = 4096

// EachRow calls visit for each job that matches a filter, in the order of the list. It blocks on
// the disk. It returns the first error of Rows or visit.
func EachRow(
	ctx context.Context, of interface {
		Rows(ctx context.Context, f Filter, from, n int) ([]Job, error)
	}, f Filter, visit func(Job) error,
) error {
	for from := 0; ; from += rowsAtOnce {
		jobs, err := of.Rows(ctx, f, from, rowsAtOnce)
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if err := visit(j); err != nil {
				return err
			}
		}
		if len(jobs) < rowsAtOnce {
			return nil
		}
	}
}
