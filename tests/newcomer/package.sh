#!/usr/bin/env bash
# The Debian package as cpack makes it, unpacked into a folder of its own: what it depends on, and that it works there.
# usage: package.sh BUILD_DIR TORCH_DIR
set -euo pipefail
build_dir=$1 torch_dir=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

(cd "$build_dir" && cpack -G DEB -B "$folder/made") >"$folder/cpack.txt" 2>&1 || fail "$(cat "$folder/cpack.txt")"
package=$(echo "$folder"/made/cairn_*.deb)
depends=$(dpkg-deb --field "$package" Depends)
for library in libc6 libstdc++6 libopencv-core libcurl4 libssl3 libzstd1 libyaml-cpp; do
  [[ $depends == *"$library"* ]] || fail "the package does not depend on $library: $depends"
done
[[ $depends != *torch* ]] || fail "LibTorch belongs to no package: $depends"

dpkg-deb --extract "$package" "$folder/un packed"
prefix="$folder/un packed/usr"
[ -s "$prefix/share/doc/cairn/LICENSE" ] || fail "the licence is not in the package"
[ "$(ls "$prefix/share/doc/cairn/licences" | wc -l)" -ge 4 ] || fail "licence texts of libraries are not in the package"
cd "$folder"
export PATH="$prefix/bin:$PATH" CAIRN_TORCH_DIR="$torch_dir"
unset CAIRN_PLUGIN_PATH CAIRN_SITE
cairn --help >help.txt
cairn plugin list >list.txt 2>refused.txt
[ ! -s refused.txt ] || fail "plugins of the package are refused: $(cat refused.txt)"
[ "$(wc -l <list.txt)" -ge 30 ] || fail "expected 30 types at least, found: $(cat list.txt)"
cairn new plugin scheduler my_scheduler >/dev/null
[ -s my_scheduler/CMakeLists.txt ] || fail "new plugin made nothing"
cairn-plugin-check "$prefix/lib/cairn/plugins/schedulers_cosine.so" >check.txt || fail "$(cat check.txt)"
