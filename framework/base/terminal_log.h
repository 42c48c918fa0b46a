// The host's logger: warnings and errors to standard error, everything to a file when there is one.
#pragma once
#include <filesystem>
#include <memory>

#include <cairn/log.h>

namespace cairn {

// [any thread]
class TerminalLog final : public Logger {
 public:
  TerminalLog();
  ~TerminalLog() override;
  void write(Level level, std::string_view line) override;
  // From now on also appended, with time and level, to this file.
  void also_to(const std::filesystem::path& file);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn
