#include "s3/answers.h"

#include <pugixml.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>

#include <cairn/error.h>

#include "s3/text.h"

namespace cairn::s3 {

namespace {

constexpr size_t kLargestDocument = 8u << 20;
constexpr size_t kDeepest = 16;
constexpr size_t kMostEntries = 1000;
constexpr size_t kLongestText = 4096;

// Depth is counted before parsing, since the parser goes as deep as it is led.
bool is_deep(std::string_view text) {
  size_t depth = 0;
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const size_t end = text.find('>', at);
    if (end == std::string_view::npos) return false;
    const char next = text[at + 1];
    if (next == '/') {
      depth -= depth > 0 ? 1 : 0;
    } else if (next != '?' && next != '!' && text[end - 1] != '/') {
      if (++depth > kDeepest) return true;
    }
  }
  return false;
}

class Document {
 public:
  explicit Document(std::span<const std::byte> xml) {
    const std::string_view text = text_of(xml);
    if (xml.size() > kLargestDocument) fail(Code::DataLoss, "the server's XML has ", xml.size(), " bytes");
    if (text.find("<!DOCTYPE") != std::string_view::npos || text.find("<!ENTITY") != std::string_view::npos) {
      fail(Code::DataLoss, "the server's XML has a document type");
    }
    if (is_deep(text)) fail(Code::DataLoss, "the server's XML is nested too deeply");
    const auto result = document_.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!result) fail(Code::DataLoss, "the server's XML cannot be read: ", result.description());
  }
  std::string root_name() const { return local_name(document_.document_element()); }
  pugi::xml_node root(const char* name) const {
    const pugi::xml_node node = document_.document_element();
    if (local_name(node) != name) {
      fail(Code::DataLoss, "the server's XML holds <", local_name(node).substr(0, 64), "> where <", name,
           "> is expected");
    }
    return node;
  }

 private:
  static std::string local_name(const pugi::xml_node& node) {
    const std::string name = node.name();
    const size_t colon = name.rfind(':');
    return colon == std::string::npos ? name : name.substr(colon + 1);
  }
  pugi::xml_document document_;
};

std::string text_of(const pugi::xml_node& node, const char* name) {
  const std::string text = node.child(name).text().get();
  if (text.size() > kLongestText)
    fail(Code::DataLoss, "the server's XML has a <", name, "> of ", text.size(), " bytes");
  return text;
}

uint64_t number_of(const pugi::xml_node& node, const char* name) {
  const std::string text = text_of(node, name);
  uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) {
    fail(Code::DataLoss, "the server's XML has <", name, ">", text.substr(0, 64), " where a number is expected");
  }
  return value;
}

}  // namespace

Listing parse_listing(std::span<const std::byte> xml) {
  const Document document(xml);
  const auto root = document.root("ListBucketResult");
  const bool encoded = text_of(root, "EncodingType") == "url";
  Listing out;
  out.truncated = text_of(root, "IsTruncated") == "true";
  out.token = text_of(root, "NextContinuationToken");
  for (const auto& entry : root.children("Contents")) {
    if (out.keys.size() == kMostEntries) fail(Code::DataLoss, "the server lists more than ", kMostEntries, " keys");
    const std::string key = text_of(entry, "Key");
    const auto decoded = encoded ? percent_decode(key) : std::optional(key);
    if (!decoded) fail(Code::DataLoss, "the server lists a key that is badly encoded");
    out.keys.push_back(*decoded);
  }
  return out;
}

std::string parse_upload_id(std::span<const std::byte> xml) {
  const Document document(xml);
  const std::string id = text_of(document.root("InitiateMultipartUploadResult"), "UploadId");
  if (id.empty()) fail(Code::DataLoss, "the server begins an upload without an id");
  return id;
}

PartList parse_parts(std::span<const std::byte> xml) {
  const Document document(xml);
  const auto root = document.root("ListPartsResult");
  PartList out;
  out.truncated = text_of(root, "IsTruncated") == "true";
  for (const auto& entry : root.children("Part")) {
    if (out.parts.size() == kMostEntries) fail(Code::DataLoss, "the server lists more than ", kMostEntries, " parts");
    const uint64_t number = number_of(entry, "PartNumber");
    if (number < 1 || number > 10000) fail(Code::DataLoss, "the server lists a part with number ", number);
    out.parts.push_back({static_cast<int>(number), number_of(entry, "Size"), text_of(entry, "ETag")});
    out.next = static_cast<int>(number);
  }
  return out;
}

// moto calls it a response.
bool is_completed_upload(std::span<const std::byte> xml) {
  const std::string name = Document(xml).root_name();
  return name == "CompleteMultipartUploadResult" || name == "CompleteMultipartUploadResponse";
}

ServiceError parse_error(std::span<const std::byte> xml) {
  if (xml.empty()) return {};
  try {
    const Document document(xml);
    if (document.root_name() == "ErrorResponse") {
      const auto inner = document.root("ErrorResponse").child("Error");
      return {text_of(inner, "Code"), text_of(inner, "Message"), ""};
    }
    if (document.root_name() != "Error") return {};
    const auto root = document.root("Error");
    return {text_of(root, "Code"), text_of(root, "Message"), text_of(root, "Region")};
  } catch (const Error&) {
    return {};  // a proxy's HTML page, for example; the status says enough
  }
}

AssumedRole parse_assumed_role(std::span<const std::byte> xml) {
  const Document document(xml);
  const auto given =
      document.root("AssumeRoleWithWebIdentityResponse").child("AssumeRoleWithWebIdentityResult").child("Credentials");
  return {text_of(given, "AccessKeyId"), text_of(given, "SecretAccessKey"), text_of(given, "SessionToken"),
          text_of(given, "Expiration")};
}

std::string complete_request(const std::vector<StoredPart>& parts) {
  std::string out = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const StoredPart& part : parts) {
    std::string etag;
    for (const char c : part.etag) {
      etag += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '"' ? "&quot;" : std::string(1, c);
    }
    out += cat("<Part><PartNumber>", part.number, "</PartNumber><ETag>", etag, "</ETag></Part>");
  }
  return out + "</CompleteMultipartUpload>";
}

}  // namespace cairn::s3
