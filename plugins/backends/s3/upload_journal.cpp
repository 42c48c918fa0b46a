#include "s3/upload_journal.h"

#include <cstdlib>
#include <vector>

#include <cairn/error.h>

#include "s3/text.h"

namespace cairn::s3 {

UploadJournal::UploadJournal(FileSystem& files, Path path, Logger& log)
    : files_(files), path_(std::move(path)), log_(log) {
  try {
    journal_ = std::make_unique<Journal>(files_, path_,
                                         [this](std::span<const std::byte> record) { replay(text_of(record)); });
  } catch (const Error& error) {
    do_without(error);
  }
}

void UploadJournal::do_without(const Error& error) {
  journal_.reset();
  log_.warn("the journal of an upload cannot be written: ", error.message(),
            "; if the upload is interrupted it begins anew. Make room, or name another uploads_folder");
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
  try {
    if (journal_ != nullptr) journal_->rewrite(std::span(&record, 1));
  } catch (const Error& error) {
    do_without(error);
  }
  id_ = id;
  token_ = token;
  parts_.clear();
}

void UploadJournal::add(int number, const ArrivedPart& part) {
  try {
    if (journal_ != nullptr) journal_->append(bytes_of(cat("part\n", number, "\n", part.sha256, "\n", part.etag)));
  } catch (const Error& error) {
    do_without(error);
  }
  parts_[number] = part;
}

void UploadJournal::remove() {
  journal_.reset();
  try {
    files_.remove(path_);
  } catch (const Error&) {  // the server does not know its upload any more, which the next one finds out
  }
}

const ArrivedPart* UploadJournal::part(int number) const {
  const auto it = parts_.find(number);
  return it == parts_.end() ? nullptr : &it->second;
}

}  // namespace cairn::s3
