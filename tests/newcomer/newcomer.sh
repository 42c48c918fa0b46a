#!/usr/bin/env bash
# What a person does who has never seen the source: installs cairn, moves it, and for each kind scaffolds a plugin, builds
# it, tests it and trains twenty iterations with it. Source and build trees are hidden meanwhile, where the system allows it.
# usage: newcomer.sh SOURCE_DIR BUILD_DIR TORCH_DIR [KIND...]; no kind: a scheduler and a model. With CAIRN_TEST_ALL all
# kinds, the plugins of examples/, and the commands of docs/plugin-guide.md.
set -euo pipefail
source_dir=$1 build_dir=$2 torch_dir=$3
shift 3
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=(scheduler model)
[ -z "${CAIRN_TEST_ALL:-}" ] || kinds=(dataset augmentation model optimizer scheduler backend monitor)
log() { printf '%s\n' "$*" >&2; }

if [ -z "${CAIRN_NEWCOMER_FOLDER:-}" ]; then
  CAIRN_NEWCOMER_FOLDER=$(mktemp -d)
  export CAIRN_NEWCOMER_FOLDER
  trap 'rm -rf "$CAIRN_NEWCOMER_FOLDER"' EXIT
  cmake --install "$build_dir" --prefix "$CAIRN_NEWCOMER_FOLDER/first" >/dev/null
  mv "$CAIRN_NEWCOMER_FOLDER/first" "$CAIRN_NEWCOMER_FOLDER/cairn here"
  cp "$0" "$CAIRN_NEWCOMER_FOLDER/newcomer.sh"
  again=(bash "$CAIRN_NEWCOMER_FOLDER/newcomer.sh" "$source_dir" "$build_dir" "$torch_dir" "${kinds[@]}")
  if unshare -rm true 2>/dev/null; then
    unshare -rm "${again[@]}"
  else
    log "no user namespaces here: the source and build trees stay visible"
    CAIRN_NEWCOMER_VISIBLE=1 "${again[@]}"
  fi
  exit
fi

# From here on with an installation only.
cd "$CAIRN_NEWCOMER_FOLDER"
prefix="$PWD/cairn here"
export PATH="$prefix/bin:$PATH" CAIRN_TORCH_DIR="$torch_dir"
unset CAIRN_PLUGIN_PATH CAIRN_SITE
if [ -z "${CAIRN_NEWCOMER_VISIBLE:-}" ]; then
  mkdir site # LibTorch may lie inside the source tree
  mount --bind "$(dirname "$torch_dir")" site
  export CAIRN_TORCH_DIR="$PWD/site/$(basename "$torch_dir")"
  mount -t tmpfs none "$build_dir"
  mount -t tmpfs none "$source_dir"
fi

quietly() { # prints what a command said only when it failed
  "$@" >said.txt 2>&1 || {
    log "failed: $*"
    cat said.txt >&2
    exit 1
  }
}

iterations_of() { grep -c '^{"row":"iteration"' "$1/metrics.jsonl"; }

try() { # try NAME: builds, tests and trains in the folder NAME
  local TIMEFORMAT="$1: built, tested and trained in %R s, %U s of them on the cores"
  time (
    cd "$1"
    quietly cmake -B build
    quietly cmake --build build --parallel 2
    ! grep -n "warning:" said.txt || { log "$1 builds with warnings"; exit 1; }
    quietly ctest --test-dir build --output-on-failure
    quietly cairn train pipeline.toml
    [ "$(iterations_of "runs/$1")" = 20 ] || { log "$1: expected 20 iterations, found $(iterations_of "runs/$1")"; exit 1; }
  )
}

for kind in "${kinds[@]}"; do
  quietly cairn new plugin "$kind" "my_$kind"
  [ "$(wc -l <"my_$kind/my_$kind.cpp")" -le 50 ] || { log "my_$kind.cpp has more than 50 lines"; exit 1; }
  [ "$(wc -l <"my_$kind/my_${kind}_test.cpp")" -le 15 ] || { log "my_${kind}_test.cpp has more than 15 lines"; exit 1; }
  try "my_$kind"
done

# A LibTorch that is not there is said, by programs and by CMake.
if CAIRN_TORCH_DIR=/nowhere cairn --version >said.txt 2>&1 || ! grep -q "Set CAIRN_TORCH_DIR" said.txt; then
  log "without LibTorch cairn is to say what to do"
  exit 1
fi
if cmake -S "my_${kinds[0]}" -B no_torch -DCAIRN_TORCH_DIR=/nowhere >said.txt 2>&1 || ! grep -q "is not in '/nowhere'" said.txt; then
  log "without LibTorch find_package(cairn) is to say what to do"
  exit 1
fi

[ -n "${CAIRN_TEST_ALL:-}" ] || exit 0
cp -r "$prefix/share/cairn/examples" examples
for example in wide_yolov8 kitti picture_in_picture key_value web_hook; do
  (cd examples/plugins && try "$example")
done
# Every ```sh block of the guide, one after the other.
mkdir guide
sed -n '/^```sh$/,/^```$/p' "$prefix/share/doc/cairn/plugin-guide.md" | grep -v '^```' >guide/commands.sh
(cd guide && quietly bash -eu commands.sh)
log "the commands of the guide: $(wc -l <guide/commands.sh) lines done"
