#include "s3/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <random>

#include <cairn/error.h>

namespace cairn::s3 {

namespace {

using SteadyClock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kFirstPause{100}, kThrottledPause{500}, kLongestPause{20000};
constexpr Milliseconds kLook{200};   // for a request to stop
constexpr size_t kCalmCalls = 4;     // that end before one more is under way at once
constexpr int kMostCorrections = 3;  // of clock, region and keys, for one request

bool is_throttling(const HttpAnswer& answer, const ServiceError& error) {
  return answer.status == 429 || answer.status == 503 || error.code == "SlowDown" ||
         error.code.starts_with("Throttling") || error.code == "TooManyRequests";
}

bool is_passing(const HttpAnswer& answer, const ServiceError& error) {
  switch (answer.status) {
    case 0:
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
    case 509:
    case 598:
    case 599:
      return true;
    case 409:
      return error.code == "ConditionalRequestConflict" || error.code == "OperationAborted";
    default:
      return error.code == "RequestTimeout" || error.code == "InternalError" || error.code == "ServiceUnavailable" ||
             is_throttling(answer, error);
  }
}

// Spreads the attempts of many clients; decides nothing about results.
double any_share() {
  thread_local std::minstd_rand source{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.5, 1.0)(source);
}

Milliseconds pause_before(int attempt, bool throttled, const HttpAnswer& answer) {
  if (const std::string asked = answer.header("retry-after"); !asked.empty() && asked.size() < 4) {
    if (const int seconds = std::atoi(asked.c_str()); seconds > 0) {
      return std::min(Milliseconds(seconds * 1000), kLongestPause);
    }
  }
  const Milliseconds first = throttled ? kThrottledPause : kFirstPause;
  const auto whole = std::min(first * (1 << std::min(attempt - 1, 10)), kLongestPause);
  return Milliseconds(static_cast<int64_t>(static_cast<double>(whole.count()) * any_share()));
}

std::string host_of(const std::string& url) {
  const size_t begin = url.find("://");
  if (begin == std::string::npos) return "";
  return url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
}

std::string name_of_host(const std::string& host) {
  return host.starts_with("[") ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
}

bool is_address(const std::string& name) {
  return name.starts_with("[") || name.find_first_not_of("0123456789.") == std::string::npos || name == "localhost";
}

// The last two labels: keys are signed for no host outside of the service that the pipeline names.
std::string domain_of(const std::string& name) {
  if (is_address(name)) return name;
  const size_t last = name.rfind('.');
  const size_t before = last == std::string::npos || last == 0 ? std::string::npos : name.rfind('.', last - 1);
  return before == std::string::npos ? name : name.substr(before + 1);
}

// Wakes a transport that waits, as long as this lives.
class Waker {
 public:
  Waker(const WhenReady& when_ready, Transport& transport) : when_ready_(when_ready) {
    if (when_ready_) when_ready_([&transport] { transport.wake(); });
  }
  ~Waker() {
    if (when_ready_) when_ready_({});
  }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

 private:
  const WhenReady& when_ready_;
};

}  // namespace

Call call_of(const char* action, const char* method, const std::string& key) {
  Call call;
  call.action = action;
  call.method = method;
  call.key = key;
  return call;
}

struct Client::State {
  enum class Phase { Waiting, Running, Over } phase = Phase::Waiting;
  int attempts = 0, corrections = 0;
  SteadyClock::time_point first, not_before;
  bool fresh = false;  // the last connection broke
  std::string payload_hash;
};

Client::Client(ClientSettings settings, CredentialChain& credentials, TransportPool& transports, Logger& log)
    : settings_(std::move(settings)),
      credentials_(credentials),
      transports_(transports),
      log_(log),
      region_(settings_.region),
      endpoint_(settings_.endpoint) {}

std::string Client::address() const {
  std::string host;
  const std::lock_guard lock(mutex_);
  host_and_path("", host);
  return cat(host, " bucket ", settings_.bucket);
}

// The caller holds the mutex. Returns the path; the host goes into `host`.
std::string Client::host_and_path(const std::string& key, std::string& host) const {
  const std::string base =
      endpoint_.empty() ? cat("https://s3.", region_.empty() ? "us-east-1" : region_, ".amazonaws.com") : endpoint_;
  host = host_of(base);
  bool by_path = settings_.addressing == Addressing::Path;
  if (settings_.addressing == Addressing::Auto) {
    by_path = is_address(name_of_host(host)) || host.find(':') != std::string::npos ||
              settings_.bucket.find('.') != std::string::npos;
  }
  if (!by_path) {
    host = settings_.bucket + "." + host;
    return "/" + key;
  }
  return "/" + settings_.bucket + (key.empty() ? "" : "/" + key);
}

bool Client::knows_hash(const Call& call, State& state) {
  if (!state.payload_hash.empty()) return true;
  if (!call.payload_hash) {
    state.payload_hash = sha256_hex(call.body);
  } else if (const std::optional<std::string> hash = call.payload_hash()) {
    state.payload_hash = *hash;
  }
  return !state.payload_hash.empty();
}

HttpRequest Client::prepare(const Call& call, State& state) {
  const Credentials credentials = credentials_.get();
  ToSign to_sign{call.method, "", call.query, call.headers, ""};
  std::string host, region, scheme;
  auto now = std::chrono::system_clock::now();
  {
    const std::lock_guard lock(mutex_);
    to_sign.path = host_and_path(call.key, host);
    region = region_.empty() ? "us-east-1" : region_;
    scheme = endpoint_.starts_with("http://") ? "http://" : "https://";
    now += clock_offset_;
  }
  to_sign.payload_hash = state.payload_hash;
  to_sign.headers.emplace_back("host", host);
  HttpRequest request;
  request.method = call.method;
  const std::string query = canonical_query(call.query);
  request.url = cat(scheme, host, percent_encode(to_sign.path, Slash::Keep), query.empty() ? "" : "?", query);
  request.headers = to_sign.headers;
  if (!credentials.anonymous()) {
    const Pairs added = sign(to_sign, credentials, region, "s3", now);
    request.headers.insert(request.headers.end(), added.begin(), added.end());
  }
  request.body = call.body;
  if (call.room) request.into = call.room();
  request.largest_answer = call.largest_answer;
  request.expected_bytes = call.expected_bytes;
  if (state.fresh) request.connection = HttpRequest::Connection::Fresh;
  return request;
}

Reply Client::send(const Call& call) {
  Reply out;
  send_all({call}, [&](size_t, Reply reply) { out = std::move(reply); });
  return out;
}

void Client::send_all(const std::vector<Call>& calls, const std::function<void(size_t, Reply)>& done, Pace pace,
                      const WhenReady& when_ready) {
  std::vector<State> states(calls.size());
  for (State& state : states) state.first = state.not_before = SteadyClock::now();
  auto transport = transports_.take();
  std::optional<Waker> waker(std::in_place, when_ready, *transport);
  size_t left = calls.size(), at_once = pace == Pace::Careful ? 1 : settings_.connections;
  while (left > 0) {
    if (settings_.stop != nullptr && *settings_.stop) {
      fail(Code::Cancelled, target(calls[0]), ": ended, since the run is being ended");
    }
    const auto now = SteadyClock::now();
    auto wake = now + kLook;
    for (size_t i = 0; i < calls.size() && transport->running() < at_once; ++i) {
      State& state = states[i];
      if (state.phase != State::Phase::Waiting) continue;
      if (state.not_before > now) {
        wake = std::min(wake, state.not_before);
        continue;
      }
      if (!knows_hash(calls[i], state)) break;
      ++state.attempts;
      state.phase = State::Phase::Running;
      transport->start(i, prepare(calls[i], state));
    }
    for (Transport::Done& each : transport->wait(std::chrono::ceil<Milliseconds>(wake - now))) {
      State& state = states[each.tag];
      if (judge(calls[each.tag], state, each.answer) == Next::Again) {
        state.phase = State::Phase::Waiting;
        continue;
      }
      state.phase = State::Phase::Over;
      --left;
      if ((calls.size() - left) % kCalmCalls == 0) at_once = std::min(at_once + 1, settings_.connections);
      done(each.tag, {std::move(each.answer), state.attempts});
    }
  }
  waker.reset();
  transports_.give_back(std::move(transport));
}

Client::Next Client::judge(const Call& call, State& state, HttpAnswer& answer) {
  state.fresh = answer.status == 0;
  ServiceError error;
  if (answer.status >= 200 && answer.status < 300) {
    if (!call.accepts || call.accepts(answer)) return Next::Done;
    error = parse_error(answer.body);
    if (error.code.empty()) error.code = "InternalError";
  } else if (answer.status != 0) {
    if (std::count(call.expected.begin(), call.expected.end(), answer.status) > 0) return Next::Done;
    error = parse_error(answer.body);
  }
  return retry(call, state, answer, error);
}

Client::Next Client::retry(const Call& call, State& state, const HttpAnswer& answer, const ServiceError& error) {
  if (state.corrections < kMostCorrections) {
    bool corrected = false;
    if (error.code == "RequestTimeTooSkewed" || (answer.status == 403 && call.method == "HEAD")) {
      corrected = adopt_clock(answer);
    }
    if (error.code == "ExpiredToken" || error.code == "TokenRefreshRequired" || error.code == "InvalidToken") {
      credentials_.forget();
      corrected = true;
    }
    const bool elsewhere = answer.status == 301 || answer.status == 307 ||
                           error.code == "AuthorizationHeaderMalformed" || error.code == "PermanentRedirect" ||
                           (answer.status == 400 && call.method == "HEAD");
    if (elsewhere) corrected = adopt_region(answer, error) || corrected;
    if (corrected) {
      ++state.corrections;
      return Next::Again;
    }
  }
  if (!is_passing(answer, error)) refuse(call, state, answer, error);
  const auto now = SteadyClock::now();
  const Milliseconds pause = pause_before(state.attempts, is_throttling(answer, error), answer);
  if (now + pause - state.first > settings_.give_up) refuse(call, state, answer, error);
  state.not_before = now + pause;
  return Next::Again;
}

// A clock that differs by more than a minute is not trusted any more.
bool Client::adopt_clock(const HttpAnswer& answer) {
  const std::time_t theirs = curl_getdate(answer.header("date").c_str(), nullptr);
  if (theirs < 0) return false;
  const auto offset = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::from_time_t(theirs) -
                                                                       std::chrono::system_clock::now());
  const std::lock_guard lock(mutex_);
  if (std::chrono::abs(offset - clock_offset_) < std::chrono::seconds(60)) return false;
  clock_offset_ = offset;
  log_.warn("this machine's clock differs by ", offset.count(), " s from that of ", host_of(endpoint_),
            "; requests carry the server's time");
  return true;
}

bool Client::adopt_region(const HttpAnswer& answer, const ServiceError& error) {
  const std::string region = error.region.empty() ? answer.header("x-amz-bucket-region") : error.region;
  const std::string location = answer.header("location");
  const std::lock_guard lock(mutex_);
  bool changed = false;
  if (!region.empty() && region != region_ &&
      region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos) {
    region_ = region;
    changed = true;
  }
  if (!location.empty() && !endpoint_.empty()) {
    std::string name = name_of_host(host_of(location));
    const bool same_scheme = location.substr(0, location.find(':')) == endpoint_.substr(0, endpoint_.find(':'));
    if (domain_of(name) != domain_of(name_of_host(host_of(endpoint_))) || !same_scheme) {
      fail(Code::FailedPrecondition, "the server at ", endpoint_, " sends requests on to ", host_of(location),
           ", outside of its domain; they are not followed. Set `endpoint` to that address if it is right");
    }
    std::string host = host_of(location);
    if (host.starts_with(settings_.bucket + ".")) host = host.substr(settings_.bucket.size() + 1);
    const std::string moved = cat(location.substr(0, location.find(':')), "://", host);
    changed = changed || moved != endpoint_;
    endpoint_ = moved;
  }
  return changed;
}

std::string Client::target(const Call& call) const {
  return cat(call.action, " of s3://", settings_.bucket, call.key.empty() ? "" : "/", call.key);
}

void Client::refuse(const Call& call, const State& state, const HttpAnswer& answer, const ServiceError& error) {
  const std::string what = cat(target(call), " at ", address(), " failed after ", state.attempts,
                               state.attempts == 1 ? " attempt: " : " attempts: ");
  if (answer.status == 0) fail(Code::Unavailable, what, answer.problem);
  const std::string said = cat("status ", answer.status, error.code.empty() ? "" : " ", error.code.substr(0, 64),
                               error.message.empty() ? "" : ": ", error.message.substr(0, 200));
  if (error.code == "RequestTimeTooSkewed") fail(Code::FailedPrecondition, what, said, "; set this machine's clock");
  if (answer.status == 401 || answer.status == 403) {
    fail(Code::PermissionDenied, what, said, "; the keys (from ", credentials_.source(),
         ") need the permission s3:", call.action, " on it");
  }
  if (answer.status == 404) {
    fail(error.code == "NoSuchBucket" ? Code::FailedPrecondition : Code::NotFound, what, said,
         error.code == "NoSuchBucket" ? "; make the bucket first" : "");
  }
  if (is_passing(answer, error)) fail(Code::Unavailable, what, said);
  fail(answer.status == 507 ? Code::ResourceExhausted : Code::FailedPrecondition, what, said);
}

}  // namespace cairn::s3
