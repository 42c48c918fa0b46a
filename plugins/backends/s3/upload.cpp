// 1. Begin, or find the journal of an upload to the same place, and ask the server which parts it has.
// 2. Send the others, several at once, each as soon as its hash is known; each that has arrived goes into the journal.
// 3. Complete. The answer may be lost, or be an error with status 200: then the object itself is asked for.
#include "s3/upload.h"

#include <algorithm>
#include <map>

#include <cairn/error.h>

#include "s3/part_hashes.h"
#include "s3/upload_journal.h"

namespace cairn::s3 {

namespace {

constexpr uint64_t kMostParts = 1000;  // the least limit among servers: OpenStack Swift's; Amazon takes 10,000
constexpr uint64_t kMebibyte = 1u << 20;
constexpr uint64_t kSample = 4096;

uint64_t part_size_for(uint64_t size, uint64_t least) {
  const uint64_t even = (size + kMostParts - 1) / kMostParts;
  return std::max(least, (even + kMebibyte - 1) / kMebibyte * kMebibyte * (even > least ? 1 : 0));
}

std::vector<std::span<const std::byte>> parts_of(std::span<const std::byte> bytes, uint64_t part_size) {
  std::vector<std::span<const std::byte>> parts;
  for (uint64_t at = 0; at < bytes.size(); at += part_size) {
    parts.push_back(bytes.subspan(at, std::min<uint64_t>(part_size, bytes.size() - at)));
  }
  return parts;
}

// Of the beginning of each part and of the end: what two writers send to one place at the same time hardly ever shares
// it, so that neither takes the other's upload for its own. When they do, the server finds that ETags differ.
std::string sample_of(const std::vector<std::span<const std::byte>>& parts) {
  std::string sample;
  const auto add = [&](std::span<const std::byte> some) { sample += text_of(some); };
  for (const auto part : parts) add(part.first(std::min<uint64_t>(kSample, part.size())));
  add(parts.back().last(std::min<uint64_t>(kSample, parts.back().size())));
  return sha256_hex(sample);
}

// Some servers leave out the quotes in a list.
std::string without_quotes(std::string etag) {
  std::erase(etag, '"');
  return etag;
}

class Upload {
 public:
  Upload(Client& client, const UploadSettings& settings, FileSystem& files, const std::string& key,
         std::span<const std::byte> bytes)
      : client_(client),
        settings_(settings),
        key_(key),
        part_size_(part_size_for(bytes.size(), settings.part_size)),
        slices_(parts_of(bytes, part_size_)),
        size_(bytes.size()),
        hashes_(slices_),
        journal_(files,
                 settings.journals / (sha256_hex(cat(client.address(), "\n", key, "\n", bytes.size(), "\n", part_size_,
                                                     "\n", sample_of(slices_))) +
                                      ".upload"),
                 *settings.log) {}

  bool run(Condition condition) {
    hashes_.ask(0);  // is computed while the server is asked
    const bool continued = !journal_.id().empty() && ask_for_parts();
    if (!continued) begin();
    bool written = true;
    try {
      send_missing(continued ? Pace::Careful : Pace::Full);
      written = complete(condition);
    } catch (const Error& error) {
      if (!error.retryable() && error.code() != Code::Cancelled) abandon();
      throw;
    }
    if (!written) abandon();
    journal_.remove();
    return written;
  }

 private:
  Call call(const char* action, const char* method, Pairs query) const {
    Call call = call_of(action, method, key_);
    call.query = std::move(query);
    return call;
  }

  // Whether the upload is still there.
  bool ask_for_parts() {
    int after = 0;
    while (true) {
      Call list =
          call("ListMultipartUploadParts", "GET",
               {{"uploadId", journal_.id()}, {"part-number-marker", std::to_string(after)}, {"max-parts", "1000"}});
      list.expected = {404};
      const Reply reply = client_.send(list);
      if (reply.answer.status == 404) return false;
      const PartList page = parse_parts(reply.answer.body);
      for (const StoredPart& part : page.parts) {
        if (has_arrived(part)) parts_[part.number] = part;
      }
      if (!page.truncated || page.next <= after) return true;
      after = page.next;
    }
  }

  // What another process has sent may have been of other bytes.
  bool has_arrived(const StoredPart& listed) {
    const ArrivedPart* known = journal_.part(listed.number);
    const size_t index = static_cast<size_t>(listed.number) - 1;
    return known != nullptr && index < slices_.size() && listed.size == slices_[index].size() &&
           without_quotes(listed.etag) == without_quotes(known->etag) && hashes_.wait_for(index) == known->sha256;
  }

  void begin() {
    parts_.clear();
    const std::string token = random_token();
    Call start = call("PutObject", "POST", {{"uploads", ""}});
    start.headers = settings_.headers;
    start.headers.emplace_back(kPutToken, token);
    journal_.begin(parse_upload_id(client_.send(start).answer.body), token);
  }

  // Careful: what is under way when a process is killed is lost, and that may happen again soon.
  void send_missing(Pace pace) {
    std::vector<Call> calls;
    std::vector<size_t> indices;
    for (size_t i = 0; i < slices_.size(); ++i) {
      const int number = static_cast<int>(i) + 1;
      if (parts_.contains(number)) continue;
      Call part = call("PutObject", "PUT", {{"partNumber", std::to_string(number)}, {"uploadId", journal_.id()}});
      part.body = slices_[i];
      part.payload_hash = [this, i] { return hashes_.ask(i); };
      part.accepts = [](const HttpAnswer& answer) { return !answer.header("etag").empty(); };
      calls.push_back(std::move(part));
      indices.push_back(i);
    }
    client_.send_all(
        calls, [&](size_t call, const Reply& reply) { keep(indices[call], reply.answer.header("etag")); }, pace,
        [this](std::function<void()> call) { hashes_.when_known(std::move(call)); });
  }

  void keep(size_t index, const std::string& etag) {
    const int number = static_cast<int>(index) + 1;
    journal_.add(number, {hashes_.wait_for(index), etag});
    parts_[number] = {number, slices_[index].size(), etag};
  }

  // False: another object has the name.
  bool complete(Condition condition) {
    std::vector<StoredPart> parts;
    for (const auto& [number, part] : parts_) parts.push_back(part);
    const std::string text = complete_request(parts);
    Call finish = call("PutObject", "POST", {{"uploadId", journal_.id()}});
    finish.body = bytes_of(text);
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
    return reply.answer.status == 200 && reply.answer.header("content-length") == std::to_string(size_) &&
           reply.answer.header(kPutToken) == journal_.token();
  }

  // An error here must not hide the one that ended the upload; the bucket's lifecycle rule removes what stays.
  void abandon() noexcept {
    try {
      Call stop = call("AbortMultipartUpload", "DELETE", {{"uploadId", journal_.id()}});
      stop.expected = {404};
      client_.send(stop);
      journal_.remove();
    } catch (const std::exception&) {
    }
  }

  Client& client_;
  const UploadSettings& settings_;
  const std::string key_;
  const uint64_t part_size_;
  const std::vector<std::span<const std::byte>> slices_;
  const uint64_t size_;
  PartHashes hashes_;
  UploadJournal journal_;
  std::map<int, StoredPart> parts_;  // that have arrived, by number
};

}  // namespace

bool upload(Client& client, const UploadSettings& settings, FileSystem& files, const std::string& key,
            std::span<const std::byte> bytes, Condition condition) {
  return Upload(client, settings, files, key, bytes).run(condition);
}

}  // namespace cairn::s3
