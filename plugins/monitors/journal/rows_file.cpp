#include "journal/rows_file.h"

#include <algorithm>

namespace cairn::monitors {
namespace {

constexpr size_t kChunkBytes = 1 << 20;
constexpr size_t kLongestLineBytes = 16 << 20;
constexpr size_t kMostWaitingBytes = 16 << 20;

// Calls `each` with every whole line and its offset until it returns false. Returns whether the file ends within a
// line.
template <class Each>
bool for_each_line(File& file, Each each) {
  std::string pending;
  std::vector<std::byte> chunk(kChunkBytes);
  uint64_t read = 0, line_start = 0;
  while (const size_t got = file.read(read, chunk)) {
    read += got;
    pending.append(reinterpret_cast<const char*>(chunk.data()), got);
    size_t begin = 0;
    for (size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (!each(std::string_view(pending).substr(begin, end - begin), line_start)) return false;
      line_start += end - begin + 1;
    }
    pending.erase(0, begin);
    if (pending.size() > kLongestLineBytes) break;  // no line of ours: as torn
  }
  return !pending.empty();
}

std::optional<MetricRow> row_of(std::string_view line) {
  try {
    return row_from_json_line(line);
  } catch (const Error&) {
    return std::nullopt;  // counted as damaged by the caller
  }
}

}  // namespace

void RowsFile::begin() {
  file_.reset();
  reports_.clear();
  waiting_.clear();
  size_ = 0;
  files_.make_folders(path_.parent_path());
  const auto info = files_.stat(path_);
  if (info && info->size > 0) files_.rename(path_, path_.parent_path() / "metrics.previous.jsonl");
  file_ = files_.open(path_, Open::Append);
}

RowsFile::Recovered RowsFile::recover(int64_t iteration, const std::function<void(MetricRow)>& report) {
  reports_.clear();
  waiting_.clear();
  Recovered found;
  uint64_t keep = 0;
  if (files_.stat(path_)) {
    const auto old = files_.open(path_, Open::Read);
    bool keeping = true;
    found.torn = for_each_line(*old, [&](std::string_view line, uint64_t offset) {
      const auto key = key_of_line(line);
      if (key && key->iteration >= iteration) keeping = false;
      if (!keeping) {
        ++found.cut;
        return true;
      }
      keep = offset + line.size() + 1;
      if (!key) {
        ++found.damaged;
        return true;
      }
      if (key->type == MetricRow::Type::Iteration) {
        found.last_iteration = key->iteration;
      } else if (auto row = row_of(line)) {
        reports_.push_back({*key, offset});
        report(std::move(*row));
      } else {
        ++found.damaged;
        return true;
      }
      ++found.kept;
      return true;
    });
  }
  files_.make_folders(path_.parent_path());
  file_ = files_.open(path_, Open::Append);
  if (file_->size() > keep) file_->truncate(keep);
  size_ = keep;
  return found;
}

void RowsFile::cut_repeated(const RowKey& key) {
  const auto old = std::find_if(reports_.rbegin(), reports_.rend(), [&](const Report& r) { return r.key == key; });
  if (old == reports_.rend()) return;
  if (old->offset < size_) {
    size_ = old->offset;
    file_->truncate(size_);
    waiting_.clear();
  } else {
    waiting_.resize(old->offset - size_);
  }
  reports_.erase(old.base() - 1, reports_.end());
}

bool RowsFile::append(const MetricRow& row) {
  const std::string line = to_json_line(row) + '\n';
  if (row.type != MetricRow::Type::Iteration) {
    const RowKey key{row.type, row.at.iteration};
    cut_repeated(key);
    reports_.push_back({key, size_ + waiting_.size()});
  }
  waiting_ += line;
  return write_waiting();
}

bool RowsFile::write_waiting() {
  try {
    file_->append(std::as_bytes(std::span(waiting_)));
  } catch (const Error& error) {
    if (error.code() != Code::ResourceExhausted || waiting_.size() > kMostWaitingBytes) throw;
    file_->truncate(size_);  // a part may have found room
    return false;
  }
  size_ += waiting_.size();
  waiting_.clear();
  return true;
}

void RowsFile::sync() {
  if (file_) file_->sync();
}

}  // namespace cairn::monitors
