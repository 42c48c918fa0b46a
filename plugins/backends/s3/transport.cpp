#include "s3/transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>

#include <cairn/error.h>

#include <cairn/no_sigpipe.h>

namespace cairn::s3 {

namespace {

constexpr uint64_t kSlowestExpected = 1u << 20;  // bytes a second
constexpr size_t kMostHeaders = 100;
constexpr size_t kLongestHeader = 8192;

bool is_loopback(const std::string& url) {
  return url.find("://127.0.0.1") != std::string::npos || url.find("://localhost") != std::string::npos ||
         url.find("://[::1]") != std::string::npos;
}

}  // namespace

struct Transport::Transfer {
  size_t tag = 0;
  HttpRequest request;
  HttpAnswer answer;
  size_t sent = 0;
  bool too_large = false;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;

  static size_t on_read(char* to, size_t size, size_t count, void* self_pointer) {
    auto& self = *static_cast<Transfer*>(self_pointer);
    const size_t part = std::min(size * count, self.request.body.size() - self.sent);
    if (part > 0) std::memcpy(to, self.request.body.data() + self.sent, part);
    self.sent += part;
    return part;
  }
  static int on_seek(void* self_pointer, curl_off_t offset, int origin) {
    auto& self = *static_cast<Transfer*>(self_pointer);
    if (origin != SEEK_SET || offset < 0 || static_cast<uint64_t>(offset) > self.request.body.size()) {
      return CURL_SEEKFUNC_FAIL;
    }
    self.sent = static_cast<size_t>(offset);
    return CURL_SEEKFUNC_OK;
  }
  static size_t on_write(char* from, size_t size, size_t count, void* self_pointer) {
    auto& self = *static_cast<Transfer*>(self_pointer);
    const std::span bytes(reinterpret_cast<const std::byte*>(from), size * count);
    const bool taken = self.is_for_room() ? self.fill(bytes) : self.append(bytes);
    self.too_large = !taken;
    return taken ? bytes.size() : 0;
  }
  uint64_t largest() const { return request.into.empty() ? request.largest_answer : request.into.size(); }
  bool is_for_room() const {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return !request.into.empty() && status == 206;
  }
  bool fill(std::span<const std::byte> bytes) {
    if (bytes.size() > request.into.size() - answer.filled) return false;
    std::memcpy(request.into.data() + answer.filled, bytes.data(), bytes.size());
    answer.filled += bytes.size();
    return true;
  }
  bool append(std::span<const std::byte> bytes) {
    Bytes& body = answer.body;
    if (body.size() + bytes.size() > request.largest_answer) return false;
    if (body.empty()) body.reserve(std::min(request.expected_bytes, request.largest_answer));
    body.insert(body.end(), bytes.begin(), bytes.end());
    return true;
  }
  static size_t on_header(char* from, size_t size, size_t count, void* self_pointer) {
    auto& self = *static_cast<Transfer*>(self_pointer);
    const std::string_view line(from, size * count);
    if (line.starts_with("HTTP/")) self.answer.headers.clear();  // after "100 Continue"
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos && line.size() <= kLongestHeader && self.answer.headers.size() < kMostHeaders) {
      self.answer.headers.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    return size * count;
  }
};

std::string HttpAnswer::header(std::string_view name) const {
  const std::string* value = find(headers, name);
  return value == nullptr ? "" : *value;
}

Transport::Transport(const TransportSettings& settings) : settings_(settings) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_ = ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi_ == nullptr) fail(Code::Internal, "libcurl cannot be initialised");
}

Transport::~Transport() {
  drop_all();
  const NoSigpipe quiet;  // TLS connections say goodbye
  curl_multi_cleanup(multi_);
}

void Transport::drop_all() {
  const NoSigpipe quiet;
  for (auto& [easy, transfer] : transfers_) release(*transfer);
  transfers_.clear();
}

void Transport::release(Transfer& transfer) {
  curl_multi_remove_handle(multi_, transfer.easy);
  curl_easy_cleanup(transfer.easy);
  curl_slist_free_all(transfer.headers);
}

std::unique_ptr<Transport::Transfer> Transport::make(size_t tag, const HttpRequest& request) {
  auto transfer = std::make_unique<Transfer>();
  transfer->tag = tag;
  transfer->request = request;
  transfer->easy = curl_easy_init();
  if (transfer->easy == nullptr) fail(Code::ResourceExhausted, "libcurl gives no handle");
  for (const auto& [name, value] : request.headers) {
    // A header without a value must end in ';', else libcurl leaves it out.
    const std::string line = value.empty() ? name + ";" : name + ": " + value;
    transfer->headers = curl_slist_append(transfer->headers, line.c_str());
  }
  for (const char* none : {"Expect:", "Accept:", "Content-Type:"}) {
    if (find(request.headers, lower(std::string_view(none, std::strlen(none) - 1))) == nullptr) {
      transfer->headers = curl_slist_append(transfer->headers, none);
    }
  }
  return transfer;
}

void Transport::start(size_t tag, const HttpRequest& request) {
  auto transfer = make(tag, request);
  CURL* easy = transfer->easy;
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTPHEADER, transfer->headers);
  if (is_loopback(request.url)) set(CURLOPT_PROXY, "");
  if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_limit.count()));
  set(CURLOPT_LOW_SPEED_LIMIT, 1024L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.stall_limit.count()));
  const uint64_t bytes = request.body.size() + request.expected_bytes;
  // Parts that share a slow link may each get a small share of it, so only silence ends a transfer with a body.
  if (bytes < kSlowestExpected) set(CURLOPT_TIMEOUT_MS, static_cast<long>(2 * settings_.stall_limit.count() * 1000));
  if (request.connection == HttpRequest::Connection::Fresh) {
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  }
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_READFUNCTION, &Transfer::on_read);
    set(CURLOPT_READDATA, transfer.get());
    set(CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    set(CURLOPT_SEEKDATA, transfer.get());
    set(CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
  }
  if (request.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  set(CURLOPT_BUFFERSIZE, 256L << 10);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_write);
  set(CURLOPT_WRITEDATA, transfer.get());
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, transfer.get());
  curl_multi_add_handle(multi_, easy);
  transfers_.emplace(easy, std::move(transfer));
}

std::vector<Transport::Done> Transport::wait(std::chrono::milliseconds most) {
  const NoSigpipe quiet;  // OpenSSL writes without MSG_NOSIGNAL
  int active = 0;
  curl_multi_perform(multi_, &active);
  std::vector<Done> done = collect();
  if (done.empty()) curl_multi_poll(multi_, nullptr, 0, static_cast<int>(most.count()), nullptr);
  return done;
}

void Transport::wake() {
  curl_multi_wakeup(multi_);
}

std::vector<Transport::Done> Transport::collect() {
  std::vector<Done> done;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const auto it = transfers_.find(message->easy_handle);
    Transfer& transfer = *it->second;
    const CURLcode result = message->data.result;
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_OK) {
      transfer.answer.status = static_cast<int>(status);
    } else {
      transfer.answer.body.clear();
      transfer.answer.problem = transfer.too_large ? cat("the answer is larger than ", transfer.largest(), " bytes")
                                                   : std::string(curl_easy_strerror(result));
    }
    done.push_back({transfer.tag, std::move(transfer.answer)});
    release(transfer);
    transfers_.erase(it);
  }
  return done;
}

std::unique_ptr<Transport> TransportPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!resting_.empty()) {
      auto transport = std::move(resting_.back());
      resting_.pop_back();
      return transport;
    }
  }
  return std::make_unique<Transport>(settings_);
}

void TransportPool::give_back(std::unique_ptr<Transport> transport) {
  transport->drop_all();
  const std::lock_guard lock(mutex_);
  resting_.push_back(std::move(transport));
}

}  // namespace cairn::s3
