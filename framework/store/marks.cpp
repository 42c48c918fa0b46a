#include "store/marks.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/text_bytes.h"
#include "store/random_digits.h"

namespace cairn {

namespace {

constexpr std::string_view kNote = "note";
constexpr std::string_view kGone = "gone.";  // before the kind: a tombstone, with the random part of what it takes back
constexpr uint64_t kLargestNote = 64u << 10;
constexpr size_t kIdDigits = 64;

std::string key_of(const Mark& mark) {
  return cat(kMarkPrefix, mark.snapshot, "/", mark.kind, "-", mark.name, "-", mark.random);
}

void check(const Mark& mark) {
  const bool good = !mark.name.empty() && mark.name.size() <= kIdDigits &&
                    mark.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
                        std::string::npos;
  if (!good) fail(Code::InvalidArgument, mark.kind, " '", mark.name, "': expected 1 to 64 of A-Z a-z 0-9 . _ -");
  if (mark.text.size() > kLargestNote) fail(Code::InvalidArgument, "a note has at most ", kLargestNote, " bytes");
}

void put(Store& store, const Mark& mark) {
  const std::string key = key_of(mark);
  const auto text = bytes_of(mark.text);
  const bool closed = store.sealed() && !text.empty();
  store.backend().put(key, closed ? store.seal()->close(kNote, key, text) : Bytes(text.begin(), text.end()),
                      PutMode::Replace);
  store.backend().commit(std::span(&key, 1));
}

}  // namespace

std::optional<Mark> parse_mark(std::string_view key) {
  if (!key.starts_with(kMarkPrefix)) return std::nullopt;
  key.remove_prefix(kMarkPrefix.size());
  const size_t slash = key.find('/'), first = key.find('-'), last = key.rfind('-');
  if (slash != kIdDigits || first == std::string_view::npos || first == last || first < slash) return std::nullopt;
  Mark mark;
  mark.snapshot = key.substr(0, slash);
  mark.kind = key.substr(slash + 1, first - slash - 1);
  mark.name = key.substr(first + 1, last - first - 1);
  mark.random = key.substr(last + 1);
  return mark;
}

std::vector<Mark> read_marks(Store& store, const std::string& snapshot) {
  std::vector<Mark> live;
  std::set<std::string> gone;
  for (const std::string& key :
       store.keys(snapshot.empty() ? std::string(kMarkPrefix) : cat(kMarkPrefix, snapshot, "/"))) {
    auto mark = parse_mark(key);
    if (!mark) continue;
    if (mark->kind.starts_with(kGone)) {
      mark->kind.erase(0, kGone.size());
      gone.insert(key_of(*mark));
    } else {
      live.push_back(std::move(*mark));
    }
  }
  std::erase_if(live, [&](const Mark& mark) { return gone.contains(key_of(mark)); });
  for (Mark& mark : live) {
    if (mark.kind != kNote || !store.has_key()) continue;
    auto text = store.backend().get(key_of(mark), {0, kLargestNote + Seal::kOverhead});
    if (!text) continue;
    const auto bytes = store.sealed() ? store.seal()->open(kNote, key_of(mark), *text, key_of(mark)) : std::span(*text);
    mark.text = text_of(bytes);
  }
  return live;
}

MarkedSnapshots marked_snapshots(Store& store) {
  MarkedSnapshots found;
  for (const Mark& mark : read_marks(store)) {
    if (mark.kind == "tag" || mark.kind == "pin") found.tagged.insert(mark.snapshot);
    if (mark.kind == "branch" && !store.manifests(mark.name).empty()) found.branched.insert(mark.snapshot);
  }
  return found;
}

MarkedSnapshots joined(MarkedSnapshots some, const MarkedSnapshots& others) {
  some.tagged.insert(others.tagged.begin(), others.tagged.end());
  some.branched.insert(others.branched.begin(), others.branched.end());
  return some;
}

void add_mark(Store& store, Mark mark) {
  check(mark);
  mark.random = random_digits();
  put(store, mark);
}

void erase_mark(Store& store, const Mark& mark) {
  store.backend().remove(key_of(mark));
}

int remove_marks(Store& store, const std::string& snapshot, const std::string& kind, const std::string& name) {
  int removed = 0;
  for (Mark mark : read_marks(store, snapshot)) {
    if (mark.kind != kind || mark.name != name) continue;
    mark.kind = cat(kGone, kind);
    mark.text.clear();
    put(store, mark);
    ++removed;
  }
  return removed;
}

}  // namespace cairn
