// HTTP over libcurl. Several requests at once without threads: whoever waits drives them all.
#pragma once
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <cairn/backend.h>

#include "s3/text.h"

namespace cairn::s3 {

struct HttpRequest {
  std::string method, url;
  Pairs headers;
  std::span<const std::byte> body;  // borrowed until the request has finished
  std::span<std::byte> into = {};   // where the body of a partial answer (206) goes, if anywhere; borrowed as well
  uint64_t largest_answer = 1u << 20;
  uint64_t expected_bytes = 0;  // of the answer; the time limit grows with it
  enum class Connection { Any, Fresh } connection = Connection::Any;
};

// status 0: no answer; `problem` says why.
struct HttpAnswer {
  int status = 0;
  Pairs headers;  // names in lower case
  Bytes body;
  uint64_t filled = 0;  // bytes of the request's `into`, from the front
  std::string problem;
  std::string header(std::string_view name) const;  // empty when absent
};

struct TransportSettings {
  std::string ca_file;  // PEM; empty: the system's
  std::chrono::milliseconds connect_limit{3000};
  std::chrono::seconds stall_limit{30};  // below 1 KiB/s for so long is a broken connection
};

// [one thread] Redirects are not followed, so that no header goes to a host that the caller does not know.
class Transport {
 public:
  explicit Transport(const TransportSettings& settings);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  struct Done {
    size_t tag;
    HttpAnswer answer;
  };
  void start(size_t tag, const HttpRequest& request);
  // Sends and receives what is possible; what has finished. When nothing has, waits until more is possible.
  std::vector<Done> wait(std::chrono::milliseconds most);
  void wake();  // [any thread] ends a wait(), the next one when there is none now
  size_t running() const { return transfers_.size(); }
  void drop_all();  // whatever is under way ends without an answer

 private:
  struct Transfer;
  std::unique_ptr<Transfer> make(size_t tag, const HttpRequest& request);
  std::vector<Done> collect();
  void release(Transfer& transfer);

  TransportSettings settings_;
  void* multi_;
  std::map<void*, std::unique_ptr<Transfer>> transfers_;  // by curl's easy handle
};

// [any thread] Transports at rest keep their connections open for the next who needs one.
class TransportPool {
 public:
  explicit TransportPool(TransportSettings settings) : settings_(std::move(settings)) {}
  std::unique_ptr<Transport> take();
  void give_back(std::unique_ptr<Transport> transport);

 private:
  TransportSettings settings_;
  std::mutex mutex_;  // guards resting_
  std::vector<std::unique_ptr<Transport>> resting_;
};

}  // namespace cairn::s3
