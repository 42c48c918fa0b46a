// 1. Begin, or find the journal of an upload of the same bytes to the same place, and ask the server which parts it
// has.
// 2. Send the others, several at once; each that has arrived goes into the journal.
// 3. Complete. The answer may be lost, or be an error with status 200: then the object itself is asked for.
#include "s3/upload.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <map>
#include <thread>

#include <cairn/error.h>

namespace cairn::s3 {

namespace {

constexpr uint64_t kMostParts = 9000;
constexpr uint64_t kMebibyte = 1u << 20;
constexpr size_t kMostHashers = 4;  // threads
constexpr const char* kContent = "x-amz-meta-cairn-parts-sha256";

uint64_t part_size_for(uint64_t size, uint64_t least) {
  const uint64_t even = (size + kMostParts - 1) / kMostParts;
  return std::max(least, (even + kMebibyte - 1) / kMebibyte * kMebibyte * (even > least ? 1 : 0));
}

// The hash of each part, which its signature needs. Each byte is hashed once: the whole is known by these.
std::vector<std::string> hashes_of(std::span<const std::byte> bytes, uint64_t part_size) {
  std::vector<std::string> hashes((bytes.size() + part_size - 1) / part_size);
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < hashes.size(); i = next++) {
      const uint64_t begin = i * part_size;
      hashes[i] = sha256_hex(bytes.subspan(begin, std::min<uint64_t>(part_size, bytes.size() - begin)));
    }
  };
  const size_t threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostHashers);
  std::vector<std::future<void>> helpers;
  for (size_t i = 1; i < threads; ++i) helpers.push_back(std::async(std::launch::async, work));
  work();
  for (std::future<void>& each : helpers) each.get();
  return hashes;
}

std::string joined(const std::vector<std::string>& hashes) {
  std::string all;
  for (const std::string& hash : hashes) all += hash;
  return all;
}

class Upload {
 public:
  Upload(Client& client, const UploadSettings& settings, FileSystem& files, const std::string& key,
         std::span<const std::byte> bytes)
      : client_(client),
        settings_(settings),
        files_(files),
        key_(key),
        bytes_(bytes),
        part_size_(part_size_for(bytes.size(), settings.part_size)),
        count_(static_cast<int>((bytes.size() + part_size_ - 1) / part_size_)),
        hashes_(hashes_of(bytes, part_size_)),
        content_(sha256_hex(joined(hashes_))),
        path_(settings.journals /
              (sha256_hex(cat(client.address(), "\n", key, "\n", content_, "\n", part_size_)) + ".upload")) {}

  bool run(Condition condition) {
    find_or_begin();
    bool written = true;
    try {
      send_missing();
      written = complete(condition);
    } catch (const Error& error) {
      if (!error.retryable() && error.code() != Code::Cancelled) abandon();
      throw;
    }
    if (!written) abandon();
    journal_.reset();
    files_.remove(path_);
    return written;
  }

 private:
  Call call(const char* action, const char* method, Pairs query) const {
    Call call;
    call.action = action;
    call.method = method;
    call.key = key_;
    call.query = std::move(query);
    return call;
  }

  void find_or_begin() {
    files_.make_folders(settings_.journals);
    std::string last;
    journal_ = std::make_unique<Journal>(files_, path_, [&](std::span<const std::byte> record) {
      last.assign(reinterpret_cast<const char*>(record.data()), record.size());
    });
    id_ = last;
    if (!id_.empty() && ask_for_parts()) return;
    begin();
  }

  // Whether the upload is still there.
  bool ask_for_parts() {
    int after = 0;
    while (true) {
      Call list = call("ListMultipartUploadParts", "GET",
                       {{"uploadId", id_}, {"part-number-marker", std::to_string(after)}, {"max-parts", "1000"}});
      list.expected = {404};
      const Reply reply = client_.send(list);
      if (reply.answer.status == 404) return false;
      const PartList page = parse_parts(reply.answer.body);
      for (const StoredPart& part : page.parts) {
        if (part.number <= count_ && part.size == slice(part.number).size()) parts_[part.number] = part;
      }
      if (!page.truncated || page.next <= after) return true;
      after = page.next;
    }
  }

  void begin() {
    parts_.clear();
    Call start = call("PutObject", "POST", {{"uploads", ""}});
    start.headers = settings_.headers;
    start.headers.emplace_back(kContent, content_);
    id_ = parse_upload_id(client_.send(start).answer.body);
    const Bytes record(reinterpret_cast<const std::byte*>(id_.data()),
                       reinterpret_cast<const std::byte*>(id_.data()) + id_.size());
    journal_->rewrite(std::span(&record, 1));
  }

  std::span<const std::byte> slice(int number) const {
    const uint64_t begin = static_cast<uint64_t>(number - 1) * part_size_;
    return bytes_.subspan(begin, std::min<uint64_t>(part_size_, bytes_.size() - begin));
  }

  void send_missing() {
    std::vector<Call> calls;
    std::vector<int> numbers;
    for (int number = 1; number <= count_; ++number) {
      if (parts_.contains(number)) continue;
      Call part = call("PutObject", "PUT", {{"partNumber", std::to_string(number)}, {"uploadId", id_}});
      part.body = slice(number);
      part.payload_hash = hashes_[static_cast<size_t>(number) - 1];
      part.accepts = [](const HttpAnswer& answer) { return !answer.header("etag").empty(); };
      calls.push_back(std::move(part));
      numbers.push_back(number);
    }
    client_.send_all(calls, [&](size_t i, const Reply& reply) {
      parts_[numbers[i]] = {numbers[i], calls[i].body.size(), reply.answer.header("etag")};
    });
  }

  // False: another object has the name.
  bool complete(Condition condition) {
    std::vector<StoredPart> parts;
    for (const auto& [number, part] : parts_) parts.push_back(part);
    const std::string text = complete_request(parts);
    Call finish = call("PutObject", "POST", {{"uploadId", id_}});
    finish.body = std::as_bytes(std::span(text.data(), text.size()));
    finish.headers = {{"content-type", "application/xml"}};
    finish.accepts = [](const HttpAnswer& answer) { return is_completed_upload(answer.body); };
    finish.expected = {404};
    if (condition == Condition::IfNoneMatch) {
      Call careful = finish;
      add_condition(careful, condition);
      careful.expected.insert(careful.expected.end(), {409, 501});
      const Reply answer = client_.send(careful);
      if (answer.answer.status == 412) return is_there();  // ours, when an answer was lost
      if (answer.answer.status == 409) {
        fail(Code::Unavailable, "somebody else writes s3://", key_, " at this moment; it is tried again");
      }
      if (answer.answer.status != 404 && answer.answer.status != 501) return true;
    }
    const Reply reply = client_.send(finish);
    if (reply.answer.status == 404 && !is_there()) {
      fail(Code::Unavailable, "the upload of s3://", key_, " was ended by somebody else; it begins again");
    }
    return true;
  }

  // After a completion whose answer was lost the upload is gone and the object is there.
  bool is_there() {
    Call head = call("GetObject", "HEAD", {});
    head.expected = {404};
    const Reply reply = client_.send(head);
    return reply.answer.status == 200 && reply.answer.header("content-length") == std::to_string(bytes_.size()) &&
           reply.answer.header(kContent) == content_;
  }

  // An error here must not hide the one that ended the upload; the bucket's lifecycle rule removes what stays.
  void abandon() noexcept {
    try {
      Call stop = call("AbortMultipartUpload", "DELETE", {{"uploadId", id_}});
      stop.expected = {404};
      client_.send(stop);
      journal_.reset();
      files_.remove(path_);
    } catch (const std::exception&) {
    }
  }

  Client& client_;
  const UploadSettings& settings_;
  FileSystem& files_;
  const std::string key_;
  std::span<const std::byte> bytes_;
  uint64_t part_size_;
  int count_;
  std::vector<std::string> hashes_;  // of the parts
  std::string content_;              // the hash of these
  Path path_;
  std::unique_ptr<Journal> journal_;
  std::string id_;
  std::map<int, StoredPart> parts_;
};

}  // namespace

bool upload(Client& client, const UploadSettings& settings, FileSystem& files, const std::string& key,
            std::span<const std::byte> bytes, Condition condition) {
  return Upload(client, settings, files, key, bytes).run(condition);
}

}  // namespace cairn::s3
