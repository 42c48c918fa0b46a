// The XML that S3 answers with. Sizes and depths are bounded; a document type is refused.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <cairn/backend.h>

namespace cairn::s3 {

// All: DataLoss naming what is wrong for anything that is not the expected document.
struct Listing {
  std::vector<std::string> keys;  // decoded
  bool truncated = false;
  std::string token;  // where the next page begins, in the server's own words
};
Listing parse_listing(std::span<const std::byte> xml);

std::string parse_upload_id(std::span<const std::byte> xml);

struct StoredPart {
  int number = 0;
  uint64_t size = 0;
  std::string etag;
};
struct PartList {
  std::vector<StoredPart> parts;
  bool truncated = false;
  int next = 0;
};
PartList parse_parts(std::span<const std::byte> xml);

// An answer of status 200 may still hold an <Error>.
bool is_completed_upload(std::span<const std::byte> xml);

struct ServiceError {
  std::string code, message, region;
};
ServiceError parse_error(std::span<const std::byte> xml);  // all empty when it is no error document

struct AssumedRole {
  std::string key_id, secret, token, expires;
};
AssumedRole parse_assumed_role(std::span<const std::byte> xml);

std::string complete_request(const std::vector<StoredPart>& parts);

}  // namespace cairn::s3
