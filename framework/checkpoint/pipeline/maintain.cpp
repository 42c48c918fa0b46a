#include "checkpoint/pipeline/maintain.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <cairn/error.h>

#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/marks.h"

namespace cairn {

namespace {

uint16_t depth_of(Store& store, const std::vector<TableRow>& rows) {
  uint16_t depth = 0;
  Closure closure(store);
  for (const TableRow& row : rows) {
    for (const Hash& block : row.blocks) depth = std::max(depth, closure.need(block).entry.header.depth);
  }
  return depth;
}

// Seconds since 1970 of the newest check of each snapshot.
std::map<std::string, int64_t> checks(Store& store) {
  std::map<std::string, int64_t> newest;
  for (const Mark& mark : read_marks(store)) {
    if (mark.kind == kCheckedMark)
      newest[mark.snapshot] = std::max(newest[mark.snapshot], int64_t{std::atoll(mark.name.c_str())});
  }
  return newest;
}

// A store that may not be written, or from which nothing may be removed, is checked all the same.
void remember_check(Store& store, const std::string& id) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(Clock::now().time_since_epoch()).count();
  const std::vector<Mark> before = read_marks(store, id);
  try {
    add_mark(store, {id, std::string(kCheckedMark), std::to_string(now), "", ""});
    for (const Mark& mark : before) {
      if (mark.kind == kCheckedMark) erase_mark(store, mark);
    }
  } catch (const Error& error) {
    if (error.code() != Code::PermissionDenied) throw;
  }
}

template <class T>
void compare(std::span<const std::byte> a, std::span<const std::byte> b, EntryDifference& out) {
  double sum = 0;
  out.elements = a.size() / sizeof(T);
  for (size_t i = 0; i < out.elements; ++i) {
    const std::byte* left = a.data() + i * sizeof(T);
    const std::byte* right = b.data() + i * sizeof(T);
    if (std::memcmp(left, right, sizeof(T)) == 0) continue;
    ++out.different;
    T x, y;
    std::memcpy(&x, left, sizeof(T));
    std::memcpy(&y, right, sizeof(T));
    const double apart = std::abs(static_cast<double>(x) - static_cast<double>(y));
    sum += apart;
    if (!(apart <= out.largest)) out.largest = apart;
  }
  out.mean = out.elements == 0 ? 0 : sum / static_cast<double>(out.elements);
}

void compare(DType dtype, std::span<const std::byte> a, std::span<const std::byte> b, EntryDifference& out) {
  switch (dtype) {
    case DType::Float32:
      return compare<float>(a, b, out);
    case DType::Float64:
    case DType::Real:
      return compare<double>(a, b, out);
    case DType::Int64:
    case DType::Integer:
      return compare<int64_t>(a, b, out);
    case DType::Int32:
      return compare<int32_t>(a, b, out);
    default:
      compare<uint8_t>(a, b, out);
      out.largest = out.mean = 0;  // of bytes that are no numbers
  }
}

}  // namespace

void load_tree(Store& store, const StoredManifest& stored, int threads, std::vector<TableRow>& rows, Slot& slot) {
  rows = read_table(store, stored, threads);
  slot.clear();
  std::vector<std::span<std::byte>> room;
  room.reserve(rows.size());
  for (const TableRow& row : rows) room.push_back(slot.add(row.entry));
  read_rows(
      store, rows, [&](size_t i) { return room[i]; }, threads);
}

VerifyReport verify_snapshots(Store& store, const std::string& run, std::chrono::duration<double> budget, int threads) {
  const auto begin = std::chrono::steady_clock::now();
  VerifyReport report;
  const auto checked = checks(store);
  std::vector<std::pair<int64_t, StoredManifest>> order;
  const std::vector<std::string> runs = run.empty() ? store.runs() : std::vector<std::string>{run};
  for (const std::string& each : runs) {
    for (const ManifestKey& key : store.manifests(each)) {
      try {
        auto stored = store.read_manifest(key);
        if (!stored) continue;
        const auto it = checked.find(stored->manifest.info.id);
        order.emplace_back(it == checked.end() ? 0 : it->second, std::move(*stored));
      } catch (const Error& error) {
        if (error.code() != Code::DataLoss) throw;
        report.damaged.emplace_back(key, error.message());
      }
    }
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Slot slot;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && std::chrono::steady_clock::now() - begin >= budget) {
      report.left = order.size() - i;
      break;
    }
    const StoredManifest& stored = order[i].second;
    try {
      std::vector<TableRow> rows;
      load_tree(store, stored, threads, rows, slot);
      remember_check(store, stored.manifest.info.id);
      report.good.push_back(stored.manifest.info);
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      report.damaged.emplace_back(stored.manifest.key(), error.message());
    }
  }
  return report;
}

Squashed squash_snapshot(Store& store, const ManifestKey& key, int threads, DryRun dry_run) {
  const auto stored = store.read_manifest(key);
  if (!stored) fail(Code::NotFound, key.key(), " is not in the ", store.describe());
  std::vector<TableRow> rows;
  Slot slot;
  Squashed out;
  if (dry_run == DryRun::Yes) {
    out.depth_before = depth_of(store, read_table(store, *stored, threads));
    return out;
  }
  load_tree(store, *stored, threads, rows, slot);
  out.depth_before = depth_of(store, rows);
  if (out.depth_before == 0) return out;
  EncodeSettings settings;
  settings.threads = threads;
  settings.unusable = [](const Store::Place& place) { return place.entry.header.depth > 0; };
  out.written_bytes = write_tree(store, slot.leaves(), settings).stats.stored_bytes;
  return out;
}

std::vector<EntryDifference> diff_snapshots(Store& store, const StoredManifest& first, const StoredManifest& second,
                                            int threads) {
  std::vector<TableRow> rows_a, rows_b;
  Slot slot_a, slot_b;
  load_tree(store, first, threads, rows_a, slot_a);
  load_tree(store, second, threads, rows_b, slot_b);
  const auto a = slot_a.leaves(), b = slot_b.leaves();
  std::vector<EntryDifference> out;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    EntryDifference difference;
    const bool only_a = j == b.size() || (i < a.size() && a[i].entry.path < b[j].entry.path);
    const bool only_b = !only_a && (i == a.size() || b[j].entry.path < a[i].entry.path);
    difference.path = only_b ? b[j].entry.path : a[i].entry.path;
    if (only_a || only_b) {
      difference.kind = only_a ? EntryDifference::Kind::OnlyFirst : EntryDifference::Kind::OnlySecond;
      out.push_back(difference);
    } else if (a[i].entry.dtype != b[j].entry.dtype || a[i].entry.shape != b[j].entry.shape) {
      difference.kind = EntryDifference::Kind::Type;
      out.push_back(difference);
    } else if (!std::ranges::equal(a[i].bytes, b[j].bytes)) {
      compare(a[i].entry.dtype, a[i].bytes, b[j].bytes, difference);
      out.push_back(difference);
    }
    i += only_b ? 0 : 1;
    j += only_a ? 0 : 1;
  }
  return out;
}

}  // namespace cairn
