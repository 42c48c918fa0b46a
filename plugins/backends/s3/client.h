// Signed requests with everything that goes wrong on the way: lost answers, throttling, a wrong clock, another region,
// expired keys. Each attempt is signed anew.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <cairn/log.h>

#include "s3/answers.h"
#include "s3/credentials.h"
#include "s3/transport.h"

namespace cairn::s3 {

enum class Addressing { Auto, Path, Virtual };

struct ClientSettings {
  std::string bucket;
  std::string endpoint;  // "https://host[:port]"; empty: Amazon's for the region
  std::string region;    // empty: found out
  Addressing addressing = Addressing::Auto;
  std::chrono::seconds give_up{60};  // a request is tried again for so long
  size_t connections = 8;            // of one call that has several requests
  const std::atomic<bool>* stop = nullptr;
};

// One request of S3. `action` is the permission that it needs, without "s3:", for messages.
struct Call {
  std::string action, method, key;  // key: of the bucket, empty for the bucket itself
  Pairs query, headers;
  std::span<const std::byte> body;
  // The body's hash, 64 digits, if it is known by now; the request waits for it. Absent: computed when it begins.
  std::function<std::optional<std::string>()> payload_hash;
  uint64_t largest_answer = 1u << 20;
  uint64_t expected_bytes = 0;
  // Where the bytes of a partial answer (206) go, instead of into its body; asked for when an attempt begins.
  std::function<std::span<std::byte>()> room;
  // Whether an answer of status 200 is what was asked for; if not it is an error of the server.
  std::function<bool(const HttpAnswer&)> accepts;
  std::vector<int> expected;  // statuses besides 2xx that are answers and no errors: 404, 412
};

// One without parameters and body so far.
Call call_of(const char* action, const char* method, const std::string& key = "");

struct Reply {
  HttpAnswer answer;
  int attempts = 1;  // more than one: an earlier one may have been carried out
};

enum class Pace { Full, Careful };

// Takes what is to be called, on any thread, when a request may go on that waited for its hash; empty: nothing any
// more.
using WhenReady = std::function<void(std::function<void()>)>;

// [any thread]
class Client {
 public:
  Client(ClientSettings settings, CredentialChain& credentials, TransportPool& transports, Logger& log);

  // PermissionDenied naming the missing permission; Unavailable when `give_up` is over; Cancelled when `stop` is set.
  Reply send(const Call& call);
  // All of them, several at once, begun in their order. `done` is called in the order in which they end; the first
  // error ends all. Careful: one alone at first, and one more at once for every four that have ended.
  void send_all(const std::vector<Call>& calls, const std::function<void(size_t, Reply)>& done, Pace pace = Pace::Full,
                const WhenReady& when_ready = {});

  std::string address() const;  // "HOST bucket NAME", for messages

 private:
  struct State;
  enum class Next { Done, Again };
  static bool knows_hash(const Call& call, State& state);
  HttpRequest prepare(const Call& call, State& state);
  Next judge(const Call& call, State& state, HttpAnswer& answer);
  Next retry(const Call& call, State& state, const HttpAnswer& answer, const ServiceError& error);
  bool adopt_region(const HttpAnswer& answer, const ServiceError& error);
  bool adopt_clock(const HttpAnswer& answer);
  [[noreturn]] void refuse(const Call& call, const State& state, const HttpAnswer& answer, const ServiceError& error);
  std::string target(const Call& call) const;
  std::string host_and_path(const std::string& key, std::string& host) const;

  ClientSettings settings_;
  CredentialChain& credentials_;
  TransportPool& transports_;
  Logger& log_;
  mutable std::mutex mutex_;  // guards what follows
  std::string region_, endpoint_;
  std::chrono::seconds clock_offset_{0};
};

}  // namespace cairn::s3
