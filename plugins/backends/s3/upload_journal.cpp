#include "s3/upload_journal.h"

#include <cstdlib>
#include <vector>

#include <cairn/error.h>

#include "s3/text.h"

namespace cairn::s3 {

UploadJournal::UploadJournal(FileSystem& files, Path path) : files_(files), path_(std::move(path)) {
  journal_ =
      std::make_unique<Journal>(files_, path_, [this](std::span<const std::byte> record) { replay(text_of(record)); });
}

void UploadJournal::replay(std::string_view record) {
  const std::vector<std::string> lines = lines_of(record);
  if (lines.size() == 3 && lines[0] == "upload") {
    token_ = lines[1];
    id_ = lines[2];
  } else if (lines.size() == 4 && lines[0] == "part") {
    parts_[std::atoi(lines[1].c_str())] = {lines[2], lines[3]};
  }
}

void UploadJournal::begin(const std::string& id, const std::string& token) {
  const std::string text = cat("upload\n", token, "\n", id);
  const auto bytes = bytes_of(text);
  const Bytes record(bytes.begin(), bytes.end());
  journal_->rewrite(std::span(&record, 1));
  id_ = id;
  token_ = token;
  parts_.clear();
}

void UploadJournal::add(int number, const ArrivedPart& part) {
  journal_->append(bytes_of(cat("part\n", number, "\n", part.sha256, "\n", part.etag)));
  parts_[number] = part;
}

void UploadJournal::remove() {
  journal_.reset();
  files_.remove(path_);
}

const ArrivedPart* UploadJournal::part(int number) const {
  const auto it = parts_.find(number);
  return it == parts_.end() ? nullptr : &it->second;
}

}  // namespace cairn::s3
