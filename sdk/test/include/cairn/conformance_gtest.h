// The checks of a library as GoogleTest tests, one each.
#pragma once
#include <gtest/gtest.h>
#include <regex>

#include <cairn/conformance.h>

namespace cairn::conformance {

class CheckTest : public ::testing::Test {
 public:
  CheckTest(Subject subject, std::string check) : subject_(std::move(subject)), check_(std::move(check)) {}
  void TestBody() override {
    const Result result = run(subject_, check_);
    if (result.verdict == Verdict::Failed) GTEST_FAIL() << check_ << ": " << result.message;
    if (result.verdict == Verdict::Skipped) GTEST_SKIP() << result.message;
  }

 private:
  Subject subject_;
  std::string check_;
};

// Registers every check whose name holds a match of `only` under `suite`; before RUN_ALL_TESTS. Returns how many.
inline size_t register_checks(const std::string& suite, const Subject& subject, const std::string& only = "") {
  std::vector<std::string> checks = checks_of(subject);
  std::erase_if(checks, [&](const std::string& check) { return !std::regex_search(check, std::regex(only)); });
  for (const std::string& check : checks) {
    ::testing::RegisterTest(suite.c_str(), check.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                            [subject, check]() -> CheckTest* { return new CheckTest(subject, check); });
  }
  return checks.size();
}

}  // namespace cairn::conformance

// At namespace scope in a test that GTest::gtest_main runs: CAIRN_CONFORMANCE_TESTS(MyCosine, {CAIRN_PLUGIN_FILE, {}})
#define CAIRN_CONFORMANCE_TESTS(suite, ...) \
  static const size_t cairn_checks_of_##suite = ::cairn::conformance::register_checks(#suite, __VA_ARGS__)
