// What a link to a bucket carries: an upload that is interrupted over and over, and a restore over a link of 1 Gbit/s.
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <random>

#include "bench/figure.h"
#include "bench/large_state.h"
#include "bench/stopwatch.h"
#include "checkpoint/pipeline/maintain.h"
#include "support/backends.h"
#include "support/child_server.h"
#include "support/s3_server.h"

namespace cairn::bench {
namespace {

constexpr size_t kGibibyte = size_t{1} << 30;
constexpr int kKills = 50;
constexpr double kBytesPerSecond = 1e9 / 8;

uint64_t received(const test::S3Server& server) {
  return Json::parse(server.control("GET", "traffic")).at("received").get<uint64_t>();
}

// The bucket through a link of so many bytes per second, all connections together.
class Link {
 public:
  explicit Link(const test::S3Server& server)
      : proxy_("toxic_proxy.py", {std::to_string(server.port()), cat("link:", static_cast<int64_t>(kBytesPerSecond))}),
        params_(server.params("bench")) {
    params_["endpoint"] = cat("http://127.0.0.1:", proxy_.port());
    params_["give_up"] = 60.0;
  }
  Table& params() { return params_; }

 private:
  test::ChildServer proxy_;
  Table params_;
};

void put_whole(const Table& params, const Bytes& object) {
  test::s3_backend(params)->put("object", object, PutMode::Replace);
}

// True when it was killed before it was done.
bool put_until_killed(const Table& params, const Bytes& object, double seconds) {
  const pid_t child = fork();
  if (child < 0) fail(Code::Internal, "fork failed");
  if (child == 0) {
    try {
      put_whole(params, object);
    } catch (const std::exception&) {
    }
    _exit(0);
  }
  const auto whole = static_cast<time_t>(seconds);
  const timespec time{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  nanosleep(&time, nullptr);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

// 1 GiB in parts of 5 MiB, which is the least that services take. The kills are spread over the upload at random.
Json sent_again() {
  const test::S3Server server;
  Link link(server);
  link.params()["part_size"] = int64_t{5 << 20};
  const Bytes object = random_bytes(kGibibyte, 13);
  std::mt19937 random(1);
  std::exponential_distribution<double> life(kKills / (kGibibyte / kBytesPerSecond));
  int killed = 0;
  while (killed < kKills && put_until_killed(link.params(), object, life(random))) ++killed;
  put_whole(link.params(), object);
  const double again = static_cast<double>(received(server)) / kGibibyte - 1;
  Json json = result(again, 0.1, Better::Lower);
  json["kills"] = killed;
  json["mebibytes_a_kill"] = again * 1024 / killed;
  return json;
}

// From the store's address alone to every tensor in its place.
Json restore() {
  const test::S3Server server;
  ManifestKey key;
  const auto direct = test::s3_backend(server.params("bench"));
  {
    Slot slot;
    fill_large(slot);
    Store store(*direct, OpenStore::CreateIfEmpty);
    key = publish_first(store, slot.leaves());
  }
  uint64_t bytes = 0;
  for (const std::string& pack : direct->list("packs/", "").keys) bytes += direct->stat(pack)->size;
  const double wire = static_cast<double>(bytes) / kBytesPerSecond;
  const auto load = [&](const Table& params) {
    const Stopwatch watch;
    const auto backend = test::s3_backend(params);
    Store store(*backend, OpenStore::MustExist);
    std::vector<TableRow> rows;
    Slot slot;
    load_tree(store, *store.read_manifest(key), 2, rows, slot);
    return watch.spent().wall;
  };
  Link link(server);
  std::vector<double> seconds, unlimited;
  for (int round = 0; round < std::min(rounds(), 3); ++round) {
    seconds.push_back(load(link.params()));
    unlimited.push_back(load(server.params("bench")));
  }
  Json json = result(median(seconds) / wire, 1.4, Better::Lower);
  json["ratio_of_minima"] = smallest(seconds) / wire;
  json["seconds"] = median(seconds);
  json["seconds_without_link"] = median(unlimited);
  json["stored_bytes"] = bytes;
  return json;
}

}  // namespace

void add_link_figures(std::vector<Figure>& figures) {
  figures.push_back(
      {"s3_sent_again_over_kills", "share of 1 GiB that is sent again when 50 kills fall into its upload", sent_again});
  figures.push_back({"s3_restore_over_link", "1.1 GB over a link of 1 Gbit/s, over the time of its bytes", restore});
}

}  // namespace cairn::bench
