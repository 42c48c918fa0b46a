#!/usr/bin/env bash
# The main job in three acts: train straight; train again, kill -9 at a random moment, run the same line again; compare.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }
home=runs/quickstart # this script's own: run folders and their store
digest_of() { cairn snapshots show "$1" --directory $home --json | sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p' | head -1; }

command -v cairn >/dev/null || PATH="$PWD/build/release/bin:$PATH"
rm -rf $home
train=(cairn train pipelines/quickstart.toml --set run.directory=$home)

say "1/3  A straight run: ${train[*]} --run straight"
"${train[@]}" --run straight

say "2/3  The same run again; it will be killed with SIGKILL at a random moment"
"${train[@]}" --run killed &
pid=$!
rows=$(wc -l <$home/straight/metrics.jsonl)
moment=$((rows / 10 + RANDOM % (rows * 8 / 10))) # so many rows of the journal; the machine may be faster now, or slower
while kill -0 $pid 2>/dev/null && [ "$(cat $home/killed/metrics.jsonl 2>/dev/null | wc -l)" -lt $moment ]; do sleep 0.0$((1 + RANDOM % 9)); done
kill -9 $pid 2>/dev/null && say "killed -9. Now the same command line once more:"
wait $pid 2>/dev/null || true
"${train[@]}" --run killed

say "3/3  Both runs must have ended with the same bits"
straight=$(digest_of straight)
killed=$(digest_of killed)
echo "straight run      $straight"
echo "killed, resumed   $killed"
if [ -n "$straight" ] && [ "$straight" = "$killed" ]; then
  echo "equal: the interruption changed nothing"
else
  echo "NOT equal: please report this" >&2
  exit 1
fi
say "Evaluation of the best weights"
cairn val straight --directory $home
say "Pictures: $home/straight (results.png, val_batch0_pred.jpg, PR_curve.png, confusion_matrix.png, ...)"
