// A bucket over loopback: how near the backend comes to curl on the same server, with the same number of connections
// and what the server does for both alike: the same ranges of one object, each kept; parts that it checks and keeps.
// Uploads favour curl: it is told the hash of its part and sends each as an object, while the backend hashes every
// byte, begins an upload and completes it. The server checks the list of parts then, and copies and hashes nothing.
#include <unistd.h>

#include <fstream>

#include <cairn/process.h>

#include "base/sha256.h"
#include "bench/figure.h"
#include "bench/large_state.h"
#include "bench/stopwatch.h"
#include "checkpoint/pipeline/copy.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/keys.h"
#include "support/s3_server.h"

namespace cairn::bench {
namespace {

constexpr size_t kPart = 8u << 20;
constexpr int kParts = 16, kConnections = 4;

// In memory, as what the backend reads.
std::filesystem::path folder_in_memory() {
  const std::filesystem::path shared = "/dev/shm";
  const auto parent = std::filesystem::is_directory(shared) ? shared : std::filesystem::temp_directory_path();
  return parent / cat("cairn-bench-", getpid());
}

// The part as curl sends it, kParts times under as many names; the whole as curl reads it, into as many files.
class Curl {
 public:
  Curl(const test::S3Server& server, const std::string& part) : server_(server) {
    std::filesystem::create_directories(folder_);
    test::write_text(folder_ / "part", part);
    sha256_ = sha256(part).hex();
  }
  ~Curl() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;
  void upload() const {
    run([&](int i) -> std::vector<std::string> {
      return {"-T", (folder_ / "part").string(), "-H", "x-amz-content-sha256: " + sha256_,
              cat(server_.address(), "/bucket/curl/", i)};
    });
  }
  void download() const {
    run([&](int i) -> std::vector<std::string> {
      return {"-o",
              (folder_ / std::to_string(i)).string(),
              "-r",
              cat(i * kPart, "-", (i + 1) * kPart - 1),
              "-H",
              "x-amz-content-sha256: " + sha256("").hex(),
              server_.address() + "/bucket/bench/object"};
    });
  }

 private:
  void run(const std::function<std::vector<std::string>(int)>& each) const {
    Program program;
    program.arguments = {
        "curl", "--fail", "--silent", "--show-error", "-Z", "--parallel-max", std::to_string(kConnections)};
    for (int i = 0; i < kParts; ++i) {
      if (i > 0) program.arguments.emplace_back("--next");
      for (const char* fixed : {"--fail", "--silent", "--show-error", "--aws-sigv4", "aws:amz:eu-test-1:s3", "-u",
                                "TESTKEY:test/secret+key", "-H", "Expect:"}) {
        program.arguments.emplace_back(fixed);
      }
      const std::vector<std::string> own = each(i);
      program.arguments.insert(program.arguments.end(), own.begin(), own.end());
    }
    const Finished done = run_program(program);
    if (done.status != 0) fail(Code::Unavailable, "curl: ", done.errors.substr(0, 300));
  }
  const test::S3Server& server_;
  std::filesystem::path folder_ = folder_in_memory();
  std::string sha256_;
};

Table bucket(const test::S3Server& server) {
  Table params = server.params("bench");
  params["connections"] = int64_t{kConnections};
  params["part_size"] = static_cast<int64_t>(kPart);
  return params;
}

Json transfer(bool up) {
  const test::S3Server server;
  const auto backend = test::s3_backend(bucket(server));
  const std::string part = test::as_text(random_bytes(kPart, 11));
  std::string whole;
  for (int i = 0; i < kParts; ++i) whole += part;
  const Curl curl(server, part);
  const auto put = [&] { backend->put("object", test::as_bytes(whole), PutMode::Replace); };
  put();
  curl.upload();
  std::vector<double> ours, theirs;
  for (int round = 0; round < rounds(); ++round) {
    const Stopwatch first;
    up ? put() : static_cast<void>(backend->get("object"));
    ours.push_back(first.spent().wall);
    const Stopwatch second;
    up ? curl.upload() : curl.download();
    theirs.push_back(second.spent().wall);
  }
  Json json = result(median(theirs) / median(ours), 0.8, Better::Higher);
  json["ratio_of_minima"] = smallest(theirs) / smallest(ours);
  json["megabytes_per_second"] = static_cast<double>(whole.size()) / median(ours) / 1e6;
  json["connections"] = kConnections;
  return json;
}

int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) * 1024;
  }
  return 0;
}

// What encoding, sealing and mirroring 1.1 GB take above the state itself.
Json memory() {
  const test::TempFolder folder;
  const test::S3Server server;
  const auto local = test::local_backend(folder / "store");
  const auto remote = test::s3_backend(bucket(server));
  Store store(*local, OpenStore::CreateIfEmpty, {}, test::sealing_with(test::key_file(folder.path(), "key")));
  Slot slot;
  fill_large(slot);
  const auto leaves = slot.leaves();
  const int64_t before = peak_bytes();
  const ManifestKey key = publish_first(store, leaves);
  const auto mirror = Store::mirror(*remote, store);
  copy_snapshot(store, *mirror, key);
  Json json = result(static_cast<double>(peak_bytes() - before) / (1 << 20), 512, Better::Lower);
  json["of"] = "MiB above a state of 1.1 GB";
  return json;
}

}  // namespace

void add_remote_figures(std::vector<Figure>& figures) {
  figures.push_back(
      {"s3_upload_over_curl", "128 MiB in parts, over curl with as many connections", [] { return transfer(true); }});
  figures.push_back({"s3_restore_over_curl", "the same, read", [] { return transfer(false); }});
  figures.push_back({"store_memory", "memory that encoding, sealing and mirroring 1.1 GB take", memory});
}

}  // namespace cairn::bench
