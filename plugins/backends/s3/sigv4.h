// AWS Signature Version 4 as S3 wants it: each byte of the path encoded once, the payload's hash in a header. Source:
// "Authenticating Requests: Using the Authorization Header" in the Amazon S3 API reference.
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "s3/text.h"

namespace cairn::s3 {

void wipe(std::string& secret);  // zeroes it

// Never printed; zeroed when they go. [value]
struct Credentials {
  ~Credentials() {
    wipe(secret);
    wipe(token);
  }
  std::string key_id, secret, token;
  std::optional<std::chrono::system_clock::time_point> expires;
  bool anonymous() const { return key_id.empty(); }
};

// What is signed. Headers must hold `host`; names in any case.
struct ToSign {
  std::string method;
  std::string path;  // as it is, beginning with '/'; not encoded
  Pairs query;       // as they are; not encoded
  Pairs headers;
  std::string payload_hash;  // 64 hex digits
};

std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);

std::string canonical_query(const Pairs& query);  // encoded, sorted; also what goes onto the wire
std::string canonical_request(const ToSign& request);

// Headers to add to the request: x-amz-date, x-amz-content-sha256, x-amz-security-token and Authorization. `service` is
// "s3" or "sts".
Pairs sign(ToSign request, const Credentials& credentials, const std::string& region, const std::string& service,
           std::chrono::system_clock::time_point now);

}  // namespace cairn::s3
