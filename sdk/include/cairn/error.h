// The one exception type of cairn, for host and plugins alike.
#pragma once
#include <exception>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#define CAIRN_API __attribute__((visibility("default")))

namespace cairn {

// Unavailable and ResourceExhausted may be retried; everything else is final.
enum class Code {
  InvalidArgument,
  NotFound,
  AlreadyExists,
  FailedPrecondition,
  PermissionDenied,
  ResourceExhausted,
  Unavailable,
  DataLoss,
  Cancelled,
  Internal
};

CAIRN_API std::string_view name_of(Code code);

// What failed, on which object, what was expected and found, what to do next. Notes are added on the way up.
class CAIRN_API Error : public std::exception {
 public:
  Error(Code code, std::string message);
  ~Error() override;
  const char* what() const noexcept override { return text_.c_str(); }  // message and notes, one line each
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& notes() const { return notes_; }
  Error& note(std::string text);  // returns *this, for `throw error.note(...)`
  bool retryable() const { return code_ == Code::Unavailable || code_ == Code::ResourceExhausted; }

 private:
  Code code_;
  std::string message_;
  std::vector<std::string> notes_;
  std::string text_;
};

// Joins its arguments as a stream would print them.
template <class... Parts>
std::string cat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

template <class... Parts>
[[noreturn]] void fail(Code code, const Parts&... parts) {
  throw Error(code, cat(parts...));
}

}  // namespace cairn
