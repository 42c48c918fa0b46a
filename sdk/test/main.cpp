// cairn-plugin-check: the conformance kit for a person or a script.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>

#include <cairn/conformance.h>

namespace {

using namespace cairn;
using namespace cairn::conformance;

constexpr int kAllPassed = 0, kSomeFailed = 1, kUsage = 2;

struct Request {
  Subject subject;
  std::string only;
  int64_t limit_seconds = 60;
  bool json = false, list = false;
};

std::vector<std::string> chosen(const Request& request) {
  std::vector<std::string> checks = checks_of(request.subject);
  if (!request.only.empty()) {
    const std::regex only(request.only);
    std::erase_if(checks, [&](const std::string& check) { return !std::regex_search(check, only); });
    if (checks.empty()) fail(Code::InvalidArgument, "no check matches --only ", request.only, "; --list lists them");
  }
  return checks;
}

void print(const Result& result) {
  constexpr const char* kWords[] = {"ok    ", "FAILED", "skip  "};
  std::cout << kWords[static_cast<int>(result.verdict)] << " " << result.check << ": " << describe(result.check)
            << "\n";
  if (result.verdict == Verdict::Passed) return;
  std::istringstream lines(result.message);
  for (std::string line; std::getline(lines, line);) std::cout << "       " << line << "\n";
}

nlohmann::ordered_json to_json(const Result& result) {
  return {{"check", result.check},
          {"demands", describe(result.check)},
          {"verdict", name_of(result.verdict)},
          {"message", result.message},
          {"seconds", result.seconds}};
}

int check(const Request& request) {
  const Options options{std::chrono::seconds(request.limit_seconds)};
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  int64_t counts[3] = {0, 0, 0};
  for (const std::string& name : chosen(request)) {
    const Result result = run(request.subject, name, options);
    ++counts[static_cast<int>(result.verdict)];
    if (request.json) {
      all.push_back(to_json(result));
    } else {
      print(result);
      std::cout.flush();
    }
  }
  if (request.json) {
    std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  } else {
    std::cout << counts[0] << " passed, " << counts[1] << " failed, " << counts[2] << " skipped\n";
  }
  return counts[1] == 0 ? kAllPassed : kSomeFailed;
}

int list(const Request& request) {
  for (const std::string& name : chosen(request)) std::cout << name << ": " << describe(name) << "\n";
  return kAllPassed;
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  CLI::App app(
      "cairn-plugin-check runs what cairn expects of a plugin, each check in a process of its own.\n"
      "Exit codes: 0 all passed, 1 some failed, 2 wrong usage or no such file");
  app.add_option("library", request.subject.library, "the plugin, a .so file")->required();
  app.add_option("--only", request.only, "run the checks whose name holds a match of this regular expression");
  app.add_option("--params", request.subject.params, "a TOML file with values for required parameters");
  app.add_option("--limit", request.limit_seconds, "seconds that a check may take")->check(CLI::Range(1, 86400));
  app.add_flag("--json", request.json, "report as JSON");
  app.add_flag("--list", request.list, "list the checks, run none");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error, std::cerr, std::cerr);
    return kUsage;
  }
  try {
    return request.list ? list(request) : check(request);
  } catch (const std::exception& error) {
    std::cerr << "cairn-plugin-check: " << error.what() << "\n";
    return kUsage;
  }
}
