#include "support/places.h"

#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <map>

#include <cairn/error.h>

#include "plugin/registry.h"
#include "support/backends.h"
#include "support/child_server.h"
#include "support/files.h"
#include "support/s3_server.h"

namespace cairn::test {

namespace {

// Of all servers of S3: small parts, so that large objects are small.
constexpr int64_t kPartSize = 8192, kMultipartFrom = 16384;

Table with_small_parts(Table params, const Path& own) {
  params["part_size"] = kPartSize;
  params["multipart_from"] = kMultipartFrom;
  params["uploads_folder"] = (own / "uploads").string();
  return params;
}

class Local final : public Place {
 public:
  std::string type() const override { return "local"; }
  Table params(const std::string& store, const Path&) const override { return {{"path", (folder_ / store).string()}}; }
  void fill(const std::string& store, const Path&, const std::vector<std::string>& keys) const override {
    for (const std::string& key : keys) write_text(folder_ / store / key, "");
  }

 private:
  TempFolder folder_;
};

class StrictS3 final : public Place {
 public:
  StrictS3() { server_.control("POST", "settings", R"({"min_part":4096})"); }
  std::string type() const override { return "s3"; }
  Table params(const std::string& store, const Path& own) const override {
    return with_small_parts(server_.params(store), own);
  }
  void fill(const std::string& store, const Path&, const std::vector<std::string>& keys) const override {
    std::string list;
    for (const std::string& key : keys) list += cat(list.empty() ? "\"" : ",\"", store, "/", key, "\"");
    server_.control("POST", "fill", cat("{\"bucket\":\"bucket\",\"keys\":[", list, "]}"));
  }

 private:
  S3Server server_;
};

// moto, Swift: one bucket, one key.
class OtherS3 final : public Place {
 public:
  explicit OtherS3(const std::string& program) : child_(program, {folder_.path().string()}) {
    setenv("CAIRN_TEST_OTHER_KEY_ID", "test:tester", 1);
    setenv("CAIRN_TEST_OTHER_SECRET", "testing", 1);
  }
  std::string type() const override { return "s3"; }
  Table params(const std::string& store, const Path& own) const override {
    return with_small_parts({{"url", "s3://bucket/" + store},
                             {"endpoint", cat("http://127.0.0.1:", child_.port())},
                             {"region", "us-east-1"},
                             {"key_id_env", "CAIRN_TEST_OTHER_KEY_ID"},
                             {"secret_key_env", "CAIRN_TEST_OTHER_SECRET"},
                             {"give_up", 30.0}},
                            own);
  }
  size_t page_size() const override { return 100; }

 private:
  TempFolder folder_;
  ChildServer child_;
};

// A server that was started elsewhere: CAIRN_TEST_S3 names its address and its bucket, "http://127.0.0.1:5000/bucket".
// Keys come from where they usually come. Objects of one process have a prefix of their own.
class GivenS3 final : public Place {
 public:
  explicit GivenS3(const std::string& given) : given_(given) {}
  std::string type() const override { return "s3"; }
  Table params(const std::string& store, const Path& own) const override {
    const size_t slash = given_.rfind('/');
    return {{"url", cat("s3://", given_.substr(slash + 1), "/cairn-test-", getpid(), "/", store)},
            {"endpoint", given_.substr(0, slash)},
            {"uploads_folder", (own / "uploads").string()},
            {"give_up", 10.0}};
  }

 private:
  std::string given_;
};

// A Git repository on a host that speaks Git LFS, or in a folder.
class GitLfs final : public Place {
 public:
  // An empty program: a folder. `user`: "name:password@" or empty.
  GitLfs(const std::string& program, const std::string& user) : user_(user) {
    if (!program.empty()) child_ = std::make_unique<ChildServer>(program, std::vector{folder_.path().string()});
  }
  std::string type() const override { return "git_lfs"; }
  Table params(const std::string& store, const Path& own) const override {
    return {{"remote", remote(store)}, {"folder", (own / "clone.git").string()}};
  }
  void fill(const std::string& store, const Path& own, const std::vector<std::string>& keys) const override {
    const auto backend = open_backend(*this, store, own);
    for (const std::string& key : keys) backend->put(key, {}, PutMode::Replace);
    backend->commit(keys);
  }
  size_t page_size() const override { return 4096; }

 private:
  std::string remote(const std::string& store) const {
    if (child_ != nullptr) return cat("http://", user_, "127.0.0.1:", child_->port(), "/test/", store, ".git");
    const Path path = folder_ / (store + ".git");
    const std::string init = cat("git init --quiet --bare --initial-branch=main '", path.string(), "'");
    if (!std::filesystem::exists(path) && std::system(init.c_str()) != 0) fail(Code::Internal, "no repository");
    return path.string();
  }
  TempFolder folder_;
  std::string user_;
  std::unique_ptr<ChildServer> child_;
};

using Make = std::function<std::unique_ptr<Place>()>;

struct Known {
  std::string name;
  bool always;  // also in the default run
  Make make;
};

const std::vector<Known>& known() {
  static const std::vector<Known> all{
      {"local", true, [] { return std::make_unique<Local>(); }},
      {"s3", true, [] { return std::make_unique<StrictS3>(); }},
      {"git_lfs", true, [] { return std::make_unique<GitLfs>("lfs_server.py", "cairn:pass%2Fword@"); }},
      {"git_lfs_folder", false, [] { return std::make_unique<GitLfs>("", ""); }},
      {"moto", false, [] { return std::make_unique<OtherS3>("moto_server.py"); }},
      {"swift", false, [] { return std::make_unique<OtherS3>("swift_server.py"); }},
      {"giftless", false, [] { return std::make_unique<GitLfs>("giftless_server.py", ""); }}};
  return all;
}

std::unique_ptr<Place> make(const std::string& name) {
  for (const Known& each : known()) {
    if (each.name == name) return each.make();
  }
  return std::make_unique<GivenS3>(std::getenv("CAIRN_TEST_S3"));
}

}  // namespace

void Place::fill(const std::string& store, const Path& own, const std::vector<std::string>& keys) const {
  const auto backend = open_backend(*this, store, own);
  for (const std::string& key : keys) backend->put(key, {}, PutMode::Replace);
}

std::vector<std::string> place_names() {
  std::vector<std::string> names;
  for (const Known& each : known()) {
    if (each.always || std::getenv("CAIRN_TEST_ALL") != nullptr) names.push_back(each.name);
  }
  if (std::getenv("CAIRN_TEST_S3") != nullptr) names.emplace_back("given_s3");
  return names;
}

const Place& place(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Place>> started;
  std::unique_ptr<Place>& found = started[name];
  if (found == nullptr) found = make(name);
  return *found;
}

// Asked once: a server that is not there is not started again for every test.
std::string missing(const std::string& name) {
  static std::map<std::string, std::string> answers;
  const auto [answer, fresh] = answers.emplace(name, "");
  if (!fresh) return answer->second;
  try {
    place(name);
  } catch (const Error& error) {
    if (error.code() != Code::FailedPrecondition) throw;
    answer->second = error.what();
  }
  return answer->second;
}

std::unique_ptr<Backend> open_backend(const Place& place, const std::string& store, const Path& own, Logger* log,
                                      const std::atomic<bool>* stop) {
  Context context;
  if (log != nullptr) context.log = log;
  context.stop = stop;
  return plugins().create<Backend>(place.type(), place.params(store, own), context);
}

}  // namespace cairn::test
