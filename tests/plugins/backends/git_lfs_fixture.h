// A store on a bare repository in a folder, and Git's own view of it.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/process.h>

#include "plugin/registry.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/keeping_log.h"

namespace cairn::test {

inline std::string git(const std::vector<std::string>& arguments, const std::string& folder = "") {
  Program command;
  command.arguments = {"git"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.folder = folder;
  const auto done = run_program(command);
  EXPECT_EQ(done.status, 0) << done.errors;
  return done.output;
}

inline bool has_git_lfs() {
  Program command;
  command.arguments = {"git", "lfs", "version"};
  return run_program(command).status == 0;
}

class GitLfsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_git_lfs()) GTEST_SKIP() << "git-lfs is not installed";
    git({"init", "--quiet", "--bare", "--initial-branch=main", remote()});
  }
  std::string remote() const { return (folder_ / "remote.git").string(); }
  std::unique_ptr<Backend> make(const std::string& name = "mine", bool rewrite = true) {
    Context context;
    context.log = &log_;
    return plugins().create<Backend>(
        "git_lfs", {{"remote", remote()}, {"folder", (folder_ / name).string()}, {"rewrite", rewrite}}, context);
  }
  static std::string put(Backend& backend, const std::string& key, const std::string& text) {
    backend.put(key, as_bytes(text), PutMode::Replace);
    backend.commit(std::span(&key, 1));
    return key;
  }
  static std::string read(Backend& backend, const std::string& key) {
    const auto bytes = backend.get(key);
    return bytes ? as_text(*bytes) : "<absent>";
  }
  // Its manifest and its pack, in one commit.
  static void publish(Backend& backend, int number) {
    backend.put(pack(number), as_bytes(cat("pack ", number)), PutMode::Replace);
    put(backend, manifest(number), cat("manifest ", number));
  }
  static void forget(Backend& backend, int number) {
    for (const std::string& key : {manifest(number), pack(number)}) {
      backend.remove(key);
      backend.commit(std::span(&key, 1));
    }
  }
  static std::string pack(int number) { return cat("packs/ab/", std::string(63, 'a'), number, ".pack"); }
  static std::string manifest(int number) { return cat("snapshots/run/00000000000", number, "-000001.manifest"); }
  static std::string tag(int number, const std::string& name, const std::string& kind = "tag") {
    return cat("marks/", std::string(63, 'c'), number, "/", kind, "-", name, "-00ff");
  }
  std::string on_remote(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--git-dir", remote()});
    return git(arguments);
  }
  std::string subjects(const std::string& of = "main") const { return on_remote({"log", "--format=%s", of}); }
  std::string files(const std::string& of) const { return on_remote({"ls-tree", "-r", "--name-only", of}); }
  std::string tags() const { return on_remote({"tag", "--list"}); }
  // Paths of every commit that something on the remote still names.
  std::string reachable() const { return on_remote({"rev-list", "--objects", "--all"}); }

  TempFolder folder_;
  KeepingLog log_;
};

}  // namespace cairn::test
