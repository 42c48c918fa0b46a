#include "plugin/call.h"

#include <new>
#include <string>

#include <cairn/error.h>

namespace cairn {
namespace {

// LibTorch appends a C++ stack trace to its messages; people want the first part.
std::string first_part(const std::string& what) {
  const auto cut = what.find("\nException raised from");
  return cut == std::string::npos ? what : what.substr(0, cut);
}

}  // namespace

void rethrow_plugin_error(std::string_view plugin, std::string_view stage) {
  const std::string where = cat("in ", plugin, ", ", stage);
  try {
    throw;
  } catch (Error& error) {
    error.note(where);
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(Code::ResourceExhausted, "out of memory").note(where);
  } catch (const std::exception& error) {
    throw Error(Code::Internal, first_part(error.what())).note(where);
  } catch (...) {
    throw Error(Code::Internal, "an exception that is no std::exception was thrown").note(where);
  }
}

}  // namespace cairn
