#!/bin/bash
# desktop: -k -t
# The saved inboxes are reached from the inbox's name, with the keyboard alone: one gets another name, and is removed at last.
. "$(dirname "$0")/person.sh"
inbox --lifetime 150h

# row opens the row's menu: Rename…, Replace its token…, Remove…
row() { keys Tab; sleep 0.3; keys Return; sleep 0.4; }
remove() { row; keys Down; keys Down; keys Down; keys Return; sleep 0.4; }

start
mark; paste "$TOKEN"; want token >/dev/null; sleep 0.3
mark; click use; want kept '"kept":true' >/dev/null; sleep 0.5
click inbox; sleep 0.4; shot 1-menu
keys Down; keys Down; keys Return; sleep 0.4; shot 2-saved
row; shot 3-row; keys Down; keys Return; sleep 0.4
keys ctrl+a; paste "Cardio study"; sleep 0.3
mark; keys Return; want renamed '"done":true' >/dev/null; sleep 0.4; shot 4-renamed
say "an inbox is reached by its name, and gets another one"

remove; shot 5-remove
keys Return; sleep 0.4 # on Cancel, which leads back
remove
mark; click confirm; want forgotten '"done":true' >/dev/null; sleep 0.4; shot 6-removed
say "Enter does not remove it, the red button does"
stop
