#include <cairn/error.h>

namespace cairn {

std::string_view name_of(Code code) {
  switch (code) {
    case Code::InvalidArgument:
      return "invalid argument";
    case Code::NotFound:
      return "not found";
    case Code::AlreadyExists:
      return "already exists";
    case Code::FailedPrecondition:
      return "failed precondition";
    case Code::PermissionDenied:
      return "permission denied";
    case Code::ResourceExhausted:
      return "resource exhausted";
    case Code::Unavailable:
      return "unavailable";
    case Code::DataLoss:
      return "data loss";
    case Code::Cancelled:
      return "cancelled";
    case Code::Internal:
      return "internal error";
  }
  return "unknown";
}

Error::Error(Code code, std::string message) : code_(code), message_(std::move(message)), text_(message_) {}
Error::~Error() = default;

Error& Error::note(std::string text) {
  text_ += "\n  " + text;
  notes_.push_back(std::move(text));
  return *this;
}

}  // namespace cairn
