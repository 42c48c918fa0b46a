#include "store/lease.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>

#include "base/text_bytes.h"
#include "store/canonical_json.h"

namespace cairn {

std::chrono::system_clock::time_point time_in(Store& store) {
  const std::string key = cat(kProbePrefix, "clock-", getpid());
  std::optional<ObjectStat> written;
  if (!store.backend().capabilities().leases) return std::chrono::system_clock::now();
  try {
    store.backend().put(key, bytes_of("what time is it?"), PutMode::Replace);
    store.backend().commit(std::span(&key, 1));
    written = store.backend().stat(key);
    store.backend().remove(key);
  } catch (const Error& error) {
    if (error.code() != Code::PermissionDenied) throw;
  }
  return written ? written->modified : std::chrono::system_clock::now();
}

namespace {

constexpr uint64_t kLargestLease = 64u << 10;

struct Link {
  int64_t generation = 0;
  int64_t number = 0;
  std::string key;
};

// leases/<run>/<generation>-<number>.json
std::optional<Link> parse_link(const std::string& key, const std::string& prefix) {
  std::string_view rest = std::string_view(key).substr(prefix.size());
  Link link{0, 0, key};
  const size_t dash = rest.find('-');
  if (dash == std::string_view::npos || !rest.ends_with(".json")) return std::nullopt;
  const auto first = std::from_chars(rest.data(), rest.data() + dash, link.generation);
  const auto second = std::from_chars(rest.data() + dash + 1, rest.data() + rest.size(), link.number);
  if (first.ec != std::errc() || second.ec != std::errc()) return std::nullopt;
  return link;
}

// The newest link of the highest generation.
std::optional<Link> newest_link(Store& store, const std::string& run) {
  const std::string prefix = cat("leases/", run, "/");
  std::optional<Link> best;
  for (const std::string& key : store.keys(prefix)) {
    const auto link = parse_link(key, prefix);
    if (link && (!best || std::pair(link->generation, link->number) > std::pair(best->generation, best->number)))
      best = link;
  }
  return best;
}

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// Field 22 of /proc/<pid>/stat; the command in field 2 may hold anything up to the last ')'. 0: there is none, or it
// has ended and nobody has asked for its status yet.
int64_t start_of(int64_t pid) {
  const std::string line = first_line(cat("/proc/", pid, "/stat"));
  const size_t end = line.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(line.substr(end + 1));
  std::string field, state;
  fields >> state;
  if (state == "Z" || state == "X") return 0;
  for (int i = 0; i < 19; ++i) fields >> field;
  return std::atoll(field.c_str());
}

std::string lease_text(const LeaseOwner& owner) {
  return canonical_json({{"format", 1},
                         {"host", owner.host},
                         {"boot", owner.boot},
                         {"space", owner.space},
                         {"pid", owner.pid},
                         {"start", owner.start},
                         {"released", owner.released}});
}

std::optional<LeaseOwner> parse_owner(const Bytes& bytes) {
  try {
    const auto json = nlohmann::json::parse(text_of(bytes));
    LeaseOwner owner;
    owner.host = json.at("host").get<std::string>();
    owner.pid = json.at("pid").get<int64_t>();
    owner.boot = json.value("boot", "");
    owner.space = json.value("space", "");
    owner.start = json.value("start", int64_t{0});
    owner.released = json.value("released", false);
    return owner;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // an unreadable lease expires as one of another machine
  }
}

bool recent(Store& store, const std::string& key) {
  const auto stat = store.backend().stat(key);
  return stat && time_in(store) - stat->modified < kLeaseTime;
}

bool is_alive(Store& store, const LeaseOwner& owner, const std::string& key, const LeaseOwner& self) {
  if (owner.released) return false;
  if (owner.boot == self.boot && owner.space == self.space) {
    if (kill(static_cast<pid_t>(owner.pid), 0) != 0 && errno == ESRCH) return false;
    const int64_t start = start_of(owner.pid);
    return start != 0 && start == owner.start;
  }
  if (owner.host == self.host && owner.boot != self.boot) return false;  // the machine was started anew
  return recent(store, key);
}

bool is_same_process(const LeaseOwner& a, const LeaseOwner& b) {
  return a.boot == b.boot && a.space == b.space && a.pid == b.pid && a.start == b.start;
}

int64_t highest_generation(Store& store, const std::string& run) {
  int64_t highest = 0;
  for (const ManifestKey& key : store.manifests(run)) highest = std::max(highest, key.generation);
  if (const auto link = newest_link(store, run)) highest = std::max(highest, link->generation);
  return highest;
}

struct Holder {
  LeaseOwner owner;
  int64_t generation = 0;
};

std::optional<Holder> live_holder(Store& store, const std::string& run, const LeaseOwner& self) {
  const auto link = newest_link(store, run);
  if (!link) return std::nullopt;
  const auto bytes = store.backend().get(link->key, {0, kLargestLease});
  const auto owner = bytes ? parse_owner(*bytes) : std::nullopt;
  if (!owner || !is_alive(store, *owner, link->key, self)) return std::nullopt;
  return Holder{*owner, link->generation};
}

}  // namespace

LeaseOwner LeaseOwner::self() {
  return of(getpid());
}

LeaseOwner LeaseOwner::of(int64_t pid) {
  char host[256] = {}, space[128] = {};
  gethostname(host, sizeof host - 1);
  if (readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0) space[0] = '\0';
  return {host, first_line("/proc/sys/kernel/random/boot_id"), space, pid, start_of(pid), false};
}

WriterLease::WriterLease(Store& store, std::string run, LeaseOwner self, int64_t generation)
    : store_(&store), run_(std::move(run)), self_(std::move(self)), generation_(generation) {}

std::optional<Error> WriterLease::refusal(Store& store, const std::string& run, const LeaseOwner& self) {
  const auto holder = live_holder(store, run, self);
  if (!holder || is_same_process(holder->owner, self)) return std::nullopt;
  return Error(Code::FailedPrecondition,
               cat("run '", run, "' is being written by process ", holder->owner.pid, " on ", holder->owner.host,
                   " (generation ", holder->generation, " in the ", store.describe(),
                   "); two processes must not train one run. Stop that process, or choose another run name"));
}

int64_t WriterLease::next_generation(Store& store, const std::string& run, const LeaseOwner& self) {
  if (const auto refused = refusal(store, run, self)) throw Error(*refused);
  return highest_generation(store, run) + 1;
}

bool WriterLease::held(Store& store, const std::string& run) {
  return live_holder(store, run, LeaseOwner::self()).has_value();
}

WriterLease WriterLease::claim(Store& store, const std::string& run, const LeaseOwner& self, int64_t above) {
  const PutMode mode = store.backend().capabilities().conditional_put ? PutMode::IfAbsent : PutMode::Replace;
  const std::string text = lease_text(self);
  while (true) {
    const int64_t generation = std::max(next_generation(store, run, self), above + 1);
    const std::string key = lease_key(run, generation, 0);
    if (store.backend().put(key, bytes_of(text), mode) == PutResult::Written) {
      store.backend().commit(std::span(&key, 1));
      return WriterLease(store, run, self, generation);
    }
  }
}

std::optional<Error> WriterLease::overtaken() {
  const auto link = newest_link(*store_, run_);
  if (!link || link->generation <= generation_) return std::nullopt;
  return Error(
      Code::FailedPrecondition,
      cat("run '", run_, "' was taken over by another process (generation ", link->generation,
          ") while this one, of generation ", generation_,
          ", did not run; what it would save now belongs to a branch. Start it again to follow the run's line"));
}

void WriterLease::check() {
  if (const auto why = overtaken()) throw Error(*why);
}

void WriterLease::write(bool released) {
  LeaseOwner owner = self_;
  owner.released = released;
  const std::string text = lease_text(owner);
  const int64_t number = removes_ ? number_ + 1 : number_;
  const std::string key = lease_key(run_, generation_, number);
  store_->backend().put(key, bytes_of(text), PutMode::Replace);
  store_->backend().commit(std::span(&key, 1));
  if (number == number_ || ++number_ < 2) return;
  try {
    store_->backend().remove(lease_key(run_, generation_, number_ - 1));
  } catch (const Error& error) {
    if (error.code() != Code::PermissionDenied) throw;
    removes_ = false;  // these keys may not delete: from now on the newest link is written anew
  }
}

void WriterLease::renew() {
  check();
  write(false);
}

void WriterLease::release() {
  write(true);
}

}  // namespace cairn
