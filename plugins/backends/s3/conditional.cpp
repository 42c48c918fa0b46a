#include "s3/conditional.h"

#include <array>
#include <random>

#include <cairn/error.h>

namespace cairn::s3 {

namespace {

constexpr size_t kRacers = 8;
constexpr Condition kAll[] = {Condition::IfNoneMatch, Condition::ForbidOverwrite, Condition::None};

}  // namespace

const char* name_of(Condition condition) {
  switch (condition) {
    case Condition::IfNoneMatch:
      return "if-none-match";
    case Condition::ForbidOverwrite:
      return "forbid-overwrite";
    case Condition::None:
      break;
  }
  return "none";
}

void add_condition(Call& call, Condition condition) {
  if (condition == Condition::IfNoneMatch) call.headers.emplace_back("if-none-match", "*");
  if (condition == Condition::ForbidOverwrite) call.headers.emplace_back("x-oss-forbid-overwrite", "true");
  call.expected.push_back(412);
  if (condition == Condition::ForbidOverwrite) call.expected.push_back(409);
}

bool is_refusal(const HttpAnswer& answer, Condition condition) {
  return answer.status == 412 || (condition == Condition::ForbidOverwrite && answer.status == 409);
}

std::string random_token() {
  std::random_device source;
  return cat(std::hex, source(), "-", source(), "-", source());
}

ConditionProbe::ConditionProbe(Client& client, std::string prefix, std::optional<Condition> fixed, Logger& log)
    : client_(client), prefix_(std::move(prefix)), fixed_(fixed), log_(log) {}

Call ConditionProbe::put(const std::string& name, std::string_view text) const {
  Call call = call_of("PutObject", "PUT", prefix_ + "probe/" + name);
  call.body = bytes_of(text);
  return call;
}

// A store whose keys may not delete keeps a few small objects.
void ConditionProbe::remove(const std::string& name) {
  Call call = call_of("DeleteObject", "DELETE", prefix_ + "probe/" + name);
  call.expected = {403, 404};
  client_.send(call);
}

std::optional<Condition> ConditionProbe::recorded() {
  Call call = call_of("GetObject", "GET", prefix_ + kConditionRecord);
  call.expected = {404};
  call.largest_answer = 4096;
  const Reply reply = client_.send(call);
  if (reply.answer.status != 200) return std::nullopt;
  const std::string_view text = text_of(reply.answer.body);
  for (const Condition each : kAll) {
    if (text == name_of(each)) return each;
  }
  return std::nullopt;
}

void ConditionProbe::record(Condition condition) {
  Call call = put("", name_of(condition));
  call.key = prefix_ + kConditionRecord;
  client_.send(call);
}

// Two processes may ask at the same time; neither must find the other's objects.
std::string ConditionProbe::own_name(std::string_view what, Condition condition) {
  return cat(what, "-", name_of(condition), "-", random_token());
}

bool ConditionProbe::works(Condition condition) {
  const std::string name = own_name("create", condition);
  remove(name);
  Call create = put(name, "first");
  add_condition(create, condition);
  create.expected.push_back(501);
  create.expected.push_back(400);
  if (client_.send(create).answer.status / 100 != 2) return false;
  const bool refused = is_refusal(client_.send(create).answer, condition);
  remove(name);
  return refused && only_one_wins(condition);
}

bool ConditionProbe::only_one_wins(Condition condition) {
  const std::string name = own_name("race", condition);
  remove(name);
  std::array<std::string, kRacers> texts;
  std::vector<Call> calls;
  for (size_t i = 0; i < kRacers; ++i) {
    texts[i] = std::to_string(i);
    calls.push_back(put(name, texts[i]));
    add_condition(calls.back(), condition);
  }
  size_t winners = 0, repeated = 0;
  client_.send_all(calls, [&](size_t, const Reply& reply) {
    winners += reply.answer.status / 100 == 2;
    repeated += reply.attempts > 1;
  });
  remove(name);
  return winners == 1 || (winners == 0 && repeated > 0);
}

Condition ConditionProbe::ask() {
  for (const Condition condition : {Condition::IfNoneMatch, Condition::ForbidOverwrite}) {
    if (works(condition)) return condition;
  }
  log_.warn("the S3 server at ", client_.address(), " has no conditional put that can be relied on. The store works ",
            "with a single writer; two processes that train one run at once are found out only afterwards");
  return Condition::None;
}

Condition ConditionProbe::get() {
  if (fixed_) return *fixed_;
  const std::lock_guard lock(mutex_);
  if (!known_) known_ = recorded();
  if (!known_) {
    known_ = ask();
    record(*known_);
  }
  return *known_;
}

Condition ConditionProbe::look_again() {
  if (fixed_) return *fixed_;
  const std::lock_guard lock(mutex_);
  known_ = ask();
  record(*known_);
  return *known_;
}

}  // namespace cairn::s3
