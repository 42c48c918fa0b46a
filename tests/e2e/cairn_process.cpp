#include "e2e/cairn_process.h"
#include "support/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include <cairn/error.h>

namespace cairn::test {
namespace fs = std::filesystem;

namespace {

constexpr int kPollMilliseconds = 2;
constexpr std::chrono::minutes kPatience{2};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

int pipe_without_reader() {
  int ends[2];
  if (pipe(ends) != 0) _exit(126);
  close(ends[0]);
  return ends[1];
}

}  // namespace

CairnProcess::CairnProcess(const fs::path& folder, std::vector<std::string> arguments, const Surroundings& surroundings)
    : folder_(folder) {
  const std::string program = build_dir().string() + "/bin/cairn";
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ < 0) fail(Code::Internal, "fork failed");
  if (pid_ > 0) return;
  if (chdir(folder.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : surroundings.environment) setenv(name.c_str(), value.c_str(), 1);
  if (surroundings.largest_file > 0) {
    const rlimit limit{surroundings.largest_file, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
  }
  const int out = open("stdout.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644),
            err = open("stderr.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(out, STDOUT_FILENO);
  dup2(surroundings.errors == Surroundings::Errors::Unread ? pipe_without_reader() : err, STDERR_FILENO);
  if (surroundings.errors == Surroundings::Errors::Closed) {
    for (const int each : {STDIN_FILENO, STDERR_FILENO, out, err}) close(each);
  }
  execv(program.c_str(), argv.data());
  _exit(127);
}

CairnProcess::~CairnProcess() {
  if (ended()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
}

void CairnProcess::signal(int number) {
  if (!ended()) kill(pid_, number);  // without a process the number would mean all there are
}

void CairnProcess::lift_file_limit() {
  const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  if (prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr) != 0) fail(Code::Internal, "prlimit failed");
}

bool CairnProcess::ended() {
  if (pid_ < 0) return true;
  if (waitpid(pid_, &status_, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

bool CairnProcess::wait_until(const std::function<bool()>& met) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!met()) {
    if (ended()) return false;
    if (std::chrono::steady_clock::now() > deadline) {
      fail(Code::Internal, "what was waited for did not come: ", read_text(folder_ / "stderr.txt"));
    }
    poll(nullptr, 0, kPollMilliseconds);
  }
  return true;
}

Ended CairnProcess::wait() {
  if (pid_ >= 0) waitpid(pid_, &status_, 0);
  pid_ = -1;
  Ended end;
  if (WIFEXITED(status_)) end.exit_code = WEXITSTATUS(status_);
  if (WIFSIGNALED(status_)) end.signal = WTERMSIG(status_);
  end.output = read_text(folder_ / "stdout.txt");
  end.errors = read_text(folder_ / "stderr.txt");
  return end;
}

Ended run_cairn(const fs::path& folder, std::vector<std::string> arguments, const Surroundings& surroundings) {
  CairnProcess process(folder, std::move(arguments), surroundings);
  return process.wait();
}

TinyRun::TinyRun(std::vector<std::string> extra_tables, const std::string& model) {
  const fs::path pictures = source_dir() / "examples/blood_cells";
  for (const char* split : {"train", "val"}) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(pictures / "images" / split)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    files.resize(std::string(split) == "train" ? 12 : 4);
    fs::create_directories(folder_.path() / "images" / split);
    fs::create_directories(folder_.path() / "labels" / split);
    for (const fs::path& file : files) {
      const std::string label = file.stem().string() + ".txt";
      fs::copy_file(file, folder_.path() / "images" / split / file.filename());
      fs::copy_file(pictures / "labels" / split / label, folder_.path() / "labels" / split / label);
    }
  }
  write_text(folder_ / "data.yaml", "train: images/train\nval: images/val\nnames: [Platelets, RBC, WBC]\n");
  std::string pipeline = "[model]\n" + model + R"(
[run]
name = "tiny"
epochs = 3
device = "cpu"
precision = "fp32"
threads = 1
[dataset]
type = "yolo"
path = "data.yaml"
image_size = 96
batch_size = 4
workers = 1
[train]
nominal_batch = 8
[evaluate]
pictures = false
[scheduler]
warmup_epochs = 1.0
[checkpoint]
every = ["1 epoch", "1 iteration"]
keep.last = 100
)";
  for (const std::string& table : extra_tables) pipeline += table + "\n";
  write_text(folder_ / "tiny.toml", pipeline);
}

std::vector<std::string> TinyRun::train(const std::string& run, std::vector<std::string> more) const {
  std::vector<std::string> arguments{"train", "tiny.toml", "--run", run};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> TinyRun::journal(const std::string& run) const {
  std::vector<std::string> rows;
  for (const std::string& line : lines_of(read_text(folder() / "runs" / run / "metrics.jsonl"))) {
    nlohmann::json row = nlohmann::json::parse(line);
    row.erase("measured");
    rows.push_back(row.dump());
  }
  return rows;
}

std::string TinyRun::digest(const std::string& run) const {
  const Ended shown = run_cairn(folder(), {"snapshots", "show", run, "--json"});
  if (shown.exit_code != 0) fail(Code::Internal, "cairn snapshots show ", run, " failed: ", shown.errors);
  return nlohmann::json::parse(shown.output).at("digest").get<std::string>();
}

std::string TinyRun::log(const std::string& run) const {
  const fs::path file = folder() / "runs" / run / "log.txt";
  return fs::exists(file) ? read_text(file) : "";
}

bool TinyRun::has_said(const std::string& run, const std::string& text) const {
  return log(run).find(text) != std::string::npos;
}

int64_t TinyRun::iterations_done(const std::string& run) const {
  // A run that begins anew moves the file away at any moment.
  std::ifstream file(folder() / "runs" / run / "metrics.jsonl");
  int64_t count = 0;
  for (std::string line; std::getline(file, line);) count += line.starts_with("{\"row\":\"iteration\"") ? 1 : 0;
  return count;
}

}  // namespace cairn::test
