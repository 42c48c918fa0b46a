#include "s3/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include <cairn/error.h>
#include <cairn/sha256.h>

namespace cairn::s3 {

namespace {

using Digest = std::array<unsigned char, 32>;

std::string hex(std::span<const unsigned char> bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) out += {kHex[byte >> 4], kHex[byte & 15]};
  return out;
}

Digest hmac(std::span<const unsigned char> key, std::string_view text) {
  Digest out{};
  unsigned int length = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), out.data(), &length) == nullptr) {
    fail(Code::Internal, "OpenSSL computes no HMAC");
  }
  return out;
}

std::string time_text(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 20> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

std::string collapse_spaces(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c != ' ' || out.empty() || out.back() != ' ') out += c;
  }
  return out;
}

std::map<std::string, std::string> sorted_headers(const Pairs& headers) {
  std::map<std::string, std::string> sorted;
  for (const auto& [name, value] : headers) {
    const auto [it, fresh] = sorted.emplace(lower(name), collapse_spaces(value));
    if (!fresh) it->second += "," + collapse_spaces(value);
  }
  return sorted;
}

std::string signed_names(const Pairs& headers) {
  std::string names;
  for (const auto& [name, value] : sorted_headers(headers)) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string signature(const std::string& to_sign, const Credentials& credentials, const std::string& day,
                      const std::string& region, const std::string& service) {
  std::string first;
  first.reserve(4 + credentials.secret.size());
  first.append("AWS4").append(credentials.secret);
  Digest key = hmac(std::span(reinterpret_cast<const unsigned char*>(first.data()), first.size()), day);
  wipe(first);
  for (const std::string& part : {region, service, std::string("aws4_request")}) key = hmac(key, part);
  return hex(hmac(key, to_sign));
}

}  // namespace

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  return Sha256().add(bytes).hex();
}

std::string sha256_hex(std::string_view text) {
  return sha256_hex(std::as_bytes(std::span(text)));
}

std::string canonical_query(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query) {
    encoded.emplace_back(percent_encode(name, Slash::Encode), percent_encode(value, Slash::Encode));
  }
  std::sort(encoded.begin(), encoded.end());
  std::string out;
  for (const auto& [name, value] : encoded) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::string canonical_request(const ToSign& request) {
  std::string out =
      cat(request.method, "\n", percent_encode(request.path, Slash::Keep), "\n", canonical_query(request.query), "\n");
  for (const auto& [name, value] : sorted_headers(request.headers)) out += name + ":" + value + "\n";
  return cat(out, "\n", signed_names(request.headers), "\n", request.payload_hash);
}

Pairs sign(ToSign request, const Credentials& credentials, const std::string& region, const std::string& service,
           std::chrono::system_clock::time_point now) {
  const std::string time = time_text(now), day = time.substr(0, 8);
  Pairs added{{"x-amz-date", time}};
  if (service == "s3") added.emplace_back("x-amz-content-sha256", request.payload_hash);
  if (!credentials.token.empty()) added.emplace_back("x-amz-security-token", credentials.token);
  request.headers.insert(request.headers.end(), added.begin(), added.end());
  const std::string scope = cat(day, "/", region, "/", service, "/aws4_request");
  const std::string to_sign =
      cat("AWS4-HMAC-SHA256\n", time, "\n", scope, "\n", sha256_hex(canonical_request(request)));
  added.emplace_back("authorization", cat("AWS4-HMAC-SHA256 Credential=", credentials.key_id, "/", scope,
                                          ",SignedHeaders=", signed_names(request.headers),
                                          ",Signature=", signature(to_sign, credentials, day, region, service)));
  return added;
}

}  // namespace cairn::s3
