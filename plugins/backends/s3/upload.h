// An object in parts: all of the same size but the last. What is done is written to a journal, so that after a kill -9
// the next process goes on where this one ended. A part counts as sent when the journal knows its hash and the server
// has it.
#pragma once
#include <span>
#include <string>

#include <cairn/file.h>

#include "s3/client.h"
#include "s3/conditional.h"

namespace cairn::s3 {

struct UploadSettings {
  uint64_t threshold = 32u << 20;  // larger objects are sent in parts
  uint64_t part_size = 8u << 20;   // grows, so that no object needs more than 9,000 parts
  Path journals;                   // folder; one file for each upload under way
  Pairs headers;                   // of the object: encryption, storage class
  Logger* log = &null_logger();
};

// Sends an object. `key` is of the bucket. With Condition::IfNoneMatch the last request asks for an absent object,
// where the server knows that (not all do that know it for small ones), and false means that there is another; else
// whatever lies under the key is replaced. Client's errors; with a retryable one the upload stays, and goes on the next
// time.
bool upload(Client& client, const UploadSettings& settings, FileSystem& files, const std::string& key,
            std::span<const std::byte> bytes, Condition condition = Condition::None);

}  // namespace cairn::s3
