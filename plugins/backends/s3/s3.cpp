// Keys as objects of a bucket.
#include <curl/curl.h>

#include <algorithm>

#include <cairn/backend.h>
#include <cairn/file.h>

#include <cairn/key.h>
#include "s3/client.h"
#include "s3/conditional.h"
#include "s3/prover.h"
#include "s3/upload.h"

namespace {

using namespace cairn;
using namespace cairn::s3;

constexpr uint64_t kLargestObject = 1ull << 32;
constexpr uint64_t kLargestError = 1u << 20;
constexpr uint64_t kFirstRead = 4u << 20;  // larger ranges are read on in pieces, several at once
constexpr uint64_t kLeastRead = 4u << 20, kMostRead = 16u << 20;
constexpr int kMostEmptyPages = 1000;  // of a listing, one after the other

struct Params {
  std::string url, endpoint, region;
  std::string addressing = "auto";
  std::string conditional_put = "auto";
  std::string key_id_env, secret_key_env, token_env, profile;
  std::vector<std::string> credential_command;
  bool anonymous = false, insecure = false;
  std::string ca_file, encryption, encryption_key_id, storage_class, uploads_folder;
  int64_t connections = 8;
  int64_t part_size = 8 << 20, multipart_from = 32 << 20;
  double give_up = 60, connect_timeout = 3, stall_timeout = 30;
};

struct Location {
  std::string bucket, prefix;  // the prefix is empty or ends in '/'
};

Location parse_url(const std::string& url) {
  const auto refuse = [&](const char* why) {
    fail(Code::InvalidArgument, "backend 's3': url '", url, "': ", why, "; expected s3://BUCKET or s3://BUCKET/PREFIX");
  };
  if (!url.starts_with("s3://")) refuse("it does not begin with s3://");
  const size_t slash = std::min(url.find('/', 5), url.size());
  Location out{url.substr(5, slash - 5), url.substr(std::min(slash + 1, url.size()))};
  if (out.bucket.size() < 3 || out.bucket.size() > 63 ||
      out.bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
          std::string::npos) {
    refuse("a bucket has 3 to 63 letters, digits, dots and hyphens");
  }
  while (out.prefix.ends_with('/')) out.prefix.pop_back();
  if (!out.prefix.empty()) {
    if (!is_key(out.prefix)) refuse("the prefix holds what no key may hold");
    out.prefix += '/';
  }
  return out;
}

std::string endpoint_of(const Params& params) {
  std::string endpoint = params.endpoint.empty() ? environment("AWS_ENDPOINT_URL_S3") : params.endpoint;
  if (endpoint.empty()) endpoint = environment("AWS_ENDPOINT_URL");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.empty() || endpoint.starts_with("https://")) return endpoint;
  const bool loopback = endpoint.starts_with("http://127.0.0.1") || endpoint.starts_with("http://localhost") ||
                        endpoint.starts_with("http://[::1]");
  if (!endpoint.starts_with("http://")) {
    fail(Code::InvalidArgument, "backend 's3': endpoint '", endpoint, "': expected https://HOST or http://HOST");
  }
  if (!loopback && !params.insecure) {
    fail(Code::InvalidArgument, "backend 's3': endpoint '", endpoint,
         "' is not encrypted; use https, or say insecure = true for a network that you trust");
  }
  return endpoint;
}

std::string region_of(const Params& params) {
  for (const std::string& each : {params.region, environment("AWS_REGION"), environment("AWS_DEFAULT_REGION")}) {
    if (!each.empty() && each != "auto") return each;
  }
  return params.region;
}

ClientSettings client_settings(const Params& params, const std::string& bucket, const Context& context) {
  ClientSettings out;
  out.bucket = bucket;
  out.endpoint = endpoint_of(params);
  out.region = region_of(params);
  out.addressing = params.addressing == "path"      ? Addressing::Path
                   : params.addressing == "virtual" ? Addressing::Virtual
                                                    : Addressing::Auto;
  out.give_up = std::chrono::seconds(static_cast<int64_t>(params.give_up));
  out.connections = static_cast<size_t>(params.connections);
  out.stop = context.stop;
  return out;
}

CredentialSettings credential_settings(const Params& params) {
  const std::string region = region_of(params);
  return {params.anonymous,
          params.key_id_env,
          params.secret_key_env,
          params.token_env,
          params.credential_command,
          params.profile,
          region.empty() ? "us-east-1" : region};
}

TransportSettings transport_settings(const Params& params) {
  return {params.ca_file, std::chrono::milliseconds(static_cast<int64_t>(params.connect_timeout * 1000)),
          std::chrono::seconds(static_cast<int64_t>(params.stall_timeout))};
}

Pairs object_headers(const Params& params) {
  Pairs headers;
  if (!params.encryption.empty()) headers.emplace_back("x-amz-server-side-encryption", params.encryption);
  if (!params.encryption_key_id.empty()) {
    headers.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", params.encryption_key_id);
  }
  if (!params.storage_class.empty()) headers.emplace_back("x-amz-storage-class", params.storage_class);
  return headers;
}

Path journal_folder(const Params& params) {
  if (!params.uploads_folder.empty()) return params.uploads_folder;
  const std::string state = environment("XDG_STATE_HOME"), home = environment("HOME");
  if (!state.empty()) return Path(state) / "cairn" / "uploads";
  return home.empty() ? Path("/var/tmp/cairn-uploads") : Path(home) / ".local/state/cairn/uploads";
}

std::optional<Condition> fixed_condition(const std::string& text) {
  if (text == "auto") return std::nullopt;
  return text == "if-none-match"      ? Condition::IfNoneMatch
         : text == "forbid-overwrite" ? Condition::ForbidOverwrite
                                      : Condition::None;
}

// The greatest text below all keys from `from` on: the service begins after a key, and this listing at one.
std::string just_before(const std::string& from) {
  if (from.empty() || from.ends_with('!')) return from;
  std::string out = from;
  --out.back();
  return out + "~";
}

class S3 final : public Backend {
 public:
  S3(const Params& params, const Context& context)
      : place_(parse_url(params.url)),
        files_(context.files != nullptr ? *context.files : real_files()),
        transports_(transport_settings(params)),
        credentials_(credential_settings(params), transports_, *context.log),
        client_(client_settings(params, place_.bucket, context), credentials_, transports_, *context.log),
        probe_(client_, place_.prefix, fixed_condition(params.conditional_put), *context.log),
        upload_{static_cast<uint64_t>(params.multipart_from), static_cast<uint64_t>(params.part_size),
                journal_folder(params), object_headers(params), context.log},
        connections_(static_cast<uint64_t>(params.connections)) {
    if (!params.encryption_key_id.empty() && params.encryption != "aws:kms") {
      fail(Code::InvalidArgument, "backend 's3': encryption_key_id needs encryption = \"aws:kms\"");
    }
  }

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    if (bytes.size() <= upload_.threshold) return put_small(key, bytes, mode);
    // Where the server cannot make sure, two writers do no harm: what is so large is named by its content.
    if (mode == PutMode::IfAbsent && stat(key)) return PutResult::Existed;
    const Condition condition = mode == PutMode::IfAbsent ? probe_.get() : Condition::None;
    const bool written = upload(client_, upload_, files_, object(key), bytes, condition);
    return written ? PutResult::Written : PutResult::Existed;
  }

  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    const uint64_t wanted = range.length.value_or(kLargestObject);
    if (wanted == 0) return stat(key) ? std::optional(Bytes{}) : std::nullopt;
    const Reply first = client_.send(read_call(key, range.offset, std::min(wanted, kFirstRead)));
    const HttpAnswer& answer = first.answer;
    if (answer.status == 404) return std::nullopt;
    if (answer.status == 416) return Bytes{};
    if (answer.status == 200) return cut(std::move(first.answer.body), range.offset, wanted);
    const uint64_t total = total_of(answer, key);
    const uint64_t end = std::min(total, range.offset + std::min(wanted, kLargestObject));
    if (range.offset + answer.body.size() >= end) return std::move(first.answer.body);
    return read_rest(key, range.offset, end, answer);
  }

  Page list(const std::string& prefix, const std::string& from) override {
    Call call = call_of("ListBucket", "GET");
    call.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", "1000"}, {"prefix", object(prefix)}};
    if (!from.empty()) call.query.emplace_back("start-after", object(just_before(from)));
    call.largest_answer = 8u << 20;
    const Listing listing = page_with_keys(std::move(call));
    Page page;
    for (const std::string& each : listing.keys) {
      if (!each.starts_with(place_.prefix)) continue;
      const std::string key = each.substr(place_.prefix.size());
      if (key == kConditionRecord) continue;  // the backend's own
      if (is_key(key) && key.starts_with(prefix) && key >= from) page.keys.push_back(key);
    }
    // '!' comes before everything that a key may hold.
    if (listing.truncated && !listing.keys.empty()) {
      page.next = listing.keys.back().substr(std::min(place_.prefix.size(), listing.keys.back().size())) + "!";
    }
    return page;
  }

  std::optional<ObjectStat> stat(const std::string& key) override {
    Call call = of_object("GetObject", "HEAD", key);
    call.expected = {404};
    const Reply reply = client_.send(call);
    if (reply.answer.status == 404) return std::nullopt;
    ObjectStat out;
    out.size = std::strtoull(reply.answer.header("content-length").c_str(), nullptr, 10);
    const std::time_t modified = curl_getdate(reply.answer.header("last-modified").c_str(), nullptr);
    if (modified >= 0) out.modified = std::chrono::system_clock::from_time_t(modified);
    return out;
  }

  void remove(const std::string& key) override {
    Call call = of_object("DeleteObject", "DELETE", key);
    call.expected = {404};
    client_.send(call);
  }

  Capabilities capabilities() const override {
    const bool conditional = probe_.get() != Condition::None;
    return {.conditional_put = conditional,
            .ranged_get = true,
            .remove = true,
            .leases = conditional,
            .batch_commit = false};
  }

  std::string describe() const override { return cat("S3 store s3://", place_.bucket, "/", place_.prefix); }

  void* extension(std::string_view id) override {
    return id == "cairn.probe/1" ? static_cast<BackendProbe*>(&prover_) : nullptr;
  }

 private:
  std::string object(const std::string& key) const { return place_.prefix + key; }

  // A page may hold nothing and not be the last one. Whoever took it for the end would not see what follows.
  Listing page_with_keys(Call call) {
    const Pairs first = call.query;
    for (int page = 0; page < kMostEmptyPages; ++page) {
      Listing listing = parse_listing(client_.send(call).answer.body);
      if (!listing.keys.empty() || !listing.truncated) return listing;
      if (listing.token.empty()) break;
      call.query = first;
      call.query.emplace_back("continuation-token", listing.token);
    }
    fail(Code::Unavailable, "the server at ", client_.address(), " lists empty pages and says that more follows");
  }

  Call of_object(const char* action, const char* method, const std::string& key) const {
    check_key(key);
    return call_of(action, method, object(key));
  }

  PutResult put_small(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
    Call call = of_object("PutObject", "PUT", key);
    call.body = bytes;
    const std::string hash = sha256_hex(bytes);
    call.payload_hash = [&hash] { return hash; };
    call.headers = upload_.headers;
    call.headers.emplace_back("x-amz-meta-cairn-sha256", hash);
    if (mode == PutMode::Replace) {
      client_.send(call);
      return PutResult::Written;
    }
    const Condition condition = probe_.get();
    if (condition == Condition::None && stat(key)) return PutResult::Existed;
    add_condition(call, condition);
    const std::string token = random_token();
    call.headers.emplace_back(kPutToken, token);
    const Reply reply = client_.send(call);
    if (!is_refusal(reply.answer, condition)) return PutResult::Written;
    // The request may have been carried out before, with its answer lost; libcurl, too, sends some a second time.
    return header_of(key, kPutToken) == token ? PutResult::Written : PutResult::Existed;
  }

  std::string header_of(const std::string& key, const char* name) {
    Call call = of_object("GetObject", "HEAD", key);
    call.expected = {404};
    return client_.send(call).answer.header(name);
  }

  Call read_call(const std::string& key, uint64_t offset, uint64_t length) const {
    Call call = of_object("GetObject", "GET", key);
    call.headers.emplace_back("range", cat("bytes=", offset, "-", offset + length - 1));
    call.expected_bytes = length;
    call.largest_answer = kLargestObject;
    call.expected = {404, 416};
    return call;
  }

  static Bytes cut(Bytes whole, uint64_t offset, uint64_t length) {
    const uint64_t begin = std::min<uint64_t>(offset, whole.size());
    const uint64_t end = begin + std::min<uint64_t>(length, whole.size() - begin);
    return Bytes(whole.begin() + static_cast<std::ptrdiff_t>(begin), whole.begin() + static_cast<std::ptrdiff_t>(end));
  }

  // Of "bytes 0-9/100".
  static uint64_t total_of(const HttpAnswer& answer, const std::string& key) {
    const std::string range = answer.header("content-range");
    const size_t slash = range.find('/');
    const uint64_t total = slash == std::string::npos ? 0 : std::strtoull(range.c_str() + slash + 1, nullptr, 10);
    if (answer.status != 206 || total == 0 || total > kLargestObject) {
      fail(Code::DataLoss, "the server answers a ranged read of ", key, " with status ", answer.status,
           " and the range '", range.substr(0, 64), "'");
    }
    return total;
  }

  // What follows the first piece. The memory of each piece is touched when it begins, while others are on the way.
  Bytes read_rest(const std::string& key, uint64_t begin, uint64_t end, const HttpAnswer& first) {
    Bytes out;
    out.reserve(end - begin);
    out.insert(out.end(), first.body.begin(), first.body.end());
    const uint64_t left = end - begin - out.size();
    const uint64_t share = (left + connections_ - 1) / connections_;
    const uint64_t piece = std::clamp(share, kLeastRead, kMostRead);
    std::vector<Call> calls;
    for (uint64_t at = out.size(); at < end - begin; at += piece) {
      const uint64_t size = std::min(piece, end - begin - at);
      Call& call = calls.emplace_back(read_call(key, begin + at, size));
      if (const std::string etag = first.header("etag"); !etag.empty()) call.headers.emplace_back("if-match", etag);
      call.expected.clear();
      call.accepts = [](const HttpAnswer& answer) { return answer.status == 206; };
      call.largest_answer = kLargestError;
      call.room = [&out, at, size] {
        out.resize(std::max<uint64_t>(out.size(), at + size));
        return std::span(out).subspan(at, size);
      };
    }
    client_.send_all(calls, [&](size_t i, const Reply& reply) {
      if (reply.answer.filled != calls[i].expected_bytes) {
        fail(Code::Unavailable, "a ranged read of ", key, " gave ", reply.answer.filled, " bytes where ",
             calls[i].expected_bytes, " are expected");
      }
    });
    return out;
  }

  Location place_;
  FileSystem& files_;
  TransportPool transports_;
  CredentialChain credentials_;
  Client client_;
  mutable ConditionProbe probe_;
  UploadSettings upload_;
  uint64_t connections_;
  Prover prover_{client_, place_.prefix, probe_, credentials_, upload_.part_size};
};

}  // namespace

CAIRN_PLUGIN("cairn.s3", "1.0.0",
             cairn::backend<S3, Params>("s3", "a bucket of Amazon S3, or of another server that speaks its protocol")
                 .param("url", &Params::url, "s3://BUCKET/PREFIX")
                 .param("endpoint", &Params::endpoint,
                        "https://HOST[:PORT] of another server; empty: Amazon's, or AWS_ENDPOINT_URL_S3")
                 .param("region", &Params::region, "empty: AWS_REGION, else found out")
                 .param("addressing", &Params::addressing, cairn::one_of({"auto", "path", "virtual"}),
                        "whether the bucket stands in the path or in the host's name")
                 .param("conditional_put", &Params::conditional_put,
                        cairn::one_of({"auto", "if-none-match", "forbid-overwrite", "none"}),
                        "how an object is made only if it is absent; auto: the server is asked, once")
                 .param("key_id_env", &Params::key_id_env, cairn::secret,
                        "variable with the access key's id; empty: the usual sources")
                 .param("secret_key_env", &Params::secret_key_env, cairn::secret, "variable with the secret key")
                 .param("token_env", &Params::token_env, cairn::secret, "variable with the session's token")
                 .param("profile", &Params::profile, "of the shared credentials file; empty: AWS_PROFILE")
                 .param("credential_command", &Params::credential_command,
                        "program and arguments; prints the JSON of credential_process")
                 .param("anonymous", &Params::anonymous, "requests are not signed")
                 .param("insecure", &Params::insecure, "allow http to hosts beyond this machine")
                 .param("ca_file", &Params::ca_file, "PEM file of authorities to trust; empty: the system's")
                 .param("encryption", &Params::encryption, cairn::one_of({"", "AES256", "aws:kms"}),
                        "on the server's side")
                 .param("encryption_key_id", &Params::encryption_key_id, "of the key service")
                 .param("storage_class", &Params::storage_class,
                        cairn::one_of({"", "STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
                                       "REDUCED_REDUNDANCY"}),
                        "classes that must be thawed before reading do not serve")
                 .param("uploads_folder", &Params::uploads_folder,
                        "journals of unfinished uploads; empty: below ~/.local/state/cairn")
                 .param("connections", &Params::connections, cairn::range(1, 64), "of one transfer")
                 .param("part_size", &Params::part_size, cairn::range(1024, 5368709120.0), cairn::unit::bytes,
                        "of large objects")
                 .param("multipart_from", &Params::multipart_from, cairn::range(1024, 5368709120.0), cairn::unit::bytes,
                        "objects larger than this are sent in parts")
                 .param("give_up", &Params::give_up, cairn::range(0, 86400), cairn::unit::seconds,
                        "a request is tried again for so long")
                 .param("connect_timeout", &Params::connect_timeout, cairn::range(0.01, 600), cairn::unit::seconds,
                        "for a connection")
                 .param("stall_timeout", &Params::stall_timeout, cairn::range(1, 3600), cairn::unit::seconds,
                        "a connection slower than 1 KiB/s for so long is given up"))
