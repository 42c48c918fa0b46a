// Whether a server's conditional put can be relied on. Some refuse it, some take it and do nothing.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include <cairn/log.h>

#include "s3/client.h"

namespace cairn::s3 {

// How "only if absent" is asked for. ForbidOverwrite: Aliyun's header.
enum class Condition { IfNoneMatch, ForbidOverwrite, None };

const char* name_of(Condition condition);
void add_condition(Call& call, Condition condition);
bool is_refusal(const HttpAnswer& answer, Condition condition);  // the object exists

// In an object's metadata, tells one put from another of the same bytes: after a lost answer, whose it is.
inline constexpr const char* kPutToken = "x-amz-meta-cairn-put";
std::string random_token();

inline constexpr const char* kConditionRecord = "probe/conditional-put";

// [any thread] Asks once, and writes what it found beside the store, where the next process reads it.
class ConditionProbe {
 public:
  // `prefix`: of the store's keys, empty or ending in '/'. `fixed`: what the pipeline demands; nothing is asked then.
  ConditionProbe(Client& client, std::string prefix, std::optional<Condition> fixed, Logger& log);
  Condition get();
  Condition look_again();  // asks whatever is recorded; records what it finds

 private:
  Condition ask();
  static std::string own_name(std::string_view what, Condition condition);
  bool works(Condition condition);
  bool only_one_wins(Condition condition);
  Call put(const std::string& name, std::string_view text) const;
  void remove(const std::string& name);
  std::optional<Condition> recorded();
  void record(Condition condition);

  Client& client_;
  std::string prefix_;
  std::optional<Condition> fixed_;
  Logger& log_;
  std::mutex mutex_;  // guards known_
  std::optional<Condition> known_;
};

}  // namespace cairn::s3
