#include "plugin/library.h"

#define BOOST_DLL_USE_STD_FS
#include <cxxabi.h>
#include <openssl/evp.h>
#include <algorithm>
#include <array>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <vector>

#include "plugin/call.h"
#include "plugin/elf_file.h"
#include "plugin/fingerprint.h"

namespace cairn {
namespace {

constexpr std::string_view kEntry = "cairn_plugin_v1", kMarkerPrefix = "cairn_abi_v1_";

// Boost keeps the library open while the object lives; plugins are never unloaded, so the list of them is immortal.
boost::dll::shared_library& keep_for_ever(boost::dll::shared_library library) {
  static std::mutex mutex;
  static auto* const kept = std::make_unique<std::deque<boost::dll::shared_library>>().release();  // guarded by mutex
  const std::lock_guard lock(mutex);
  return kept->emplace_back(std::move(library));
}

void check_descriptor(const PluginDescriptor& plugin) {
  if (plugin.id.empty() || plugin.version.empty())
    fail(Code::FailedPrecondition, "its description has no id or no version");
  if (plugin.factories.empty()) fail(Code::FailedPrecondition, "it describes no factory");
  for (const FactoryDescriptor& factory : plugin.factories) {
    if (factory.type.empty() || !factory.create)
      fail(Code::FailedPrecondition, "a factory of it has no type or no create function");
    if (name_of(factory.kind) == "unknown kind")
      fail(Code::FailedPrecondition, "factory '", factory.type, "' is of a kind that this host does not know");
  }
}

// "undefined symbol: _Z1fv" of the dynamic loader, in words; other messages as they are.
std::string why_not_loaded(const std::string& message) {
  constexpr std::string_view kMark = "undefined symbol: ";
  const size_t at = message.find(kMark);
  if (at == std::string::npos) return message;
  const size_t begin = at + kMark.size();
  const std::string symbol = message.substr(begin, message.find_first_of("): ", begin) - begin);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                         std::free);
  return cat("it needs ", name == nullptr ? symbol.c_str() : name.get(),
             ", which no library has; name the library that does as LIBS of cairn_add_plugin(), which lets the linker ",
             "find this out");
}

boost::dll::shared_library open_shared(const std::filesystem::path& file) {
  try {
    return boost::dll::shared_library(file, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& error) {
    fail(Code::FailedPrecondition, why_not_loaded(error.what()));
  }
}

Library load(const std::filesystem::path& file) {
  auto& library = keep_for_ever(open_shared(file));
  const cairn_plugin_v1_info* info = library.get<const cairn_plugin_v1_info*() noexcept>(std::string(kEntry))();
  if (info == nullptr || info->size < sizeof(cairn_plugin_v1_info)) {
    fail(Code::FailedPrecondition, "its description is ", info == nullptr ? "missing" : "shorter than this host needs",
         "; let CAIRN_PLUGIN() write it");
  }
  if (info->sdk_abi != CAIRN_SDK_ABI)
    fail(Code::FailedPrecondition, "it was built for SDK ABI ", info->sdk_abi, ", this host has ", CAIRN_SDK_ABI,
         info->sdk_abi < CAIRN_SDK_ABI ? "; build it again with this host's headers"
                                       : "; use a newer cairn, or build it again with this host's headers");
  const PluginDescriptor* descriptor = info->describe == nullptr ? nullptr : info->describe();
  if (descriptor == nullptr) fail(Code::FailedPrecondition, "it describes nothing");
  check_descriptor(*descriptor);
  return {file, descriptor, info->fingerprint == nullptr ? "" : info->fingerprint};
}

}  // namespace

std::string inspect_library(const std::filesystem::path& file) {
  std::vector<std::string> symbols;
  try {
    symbols = read_elf(file).exports;
  } catch (const std::exception&) {
    return "not a shared library";
  }
  if (std::find(symbols.begin(), symbols.end(), kEntry) == symbols.end())
    return cat("not a cairn plugin: it does not export ", kEntry);
  const auto marker =
      std::find_if(symbols.begin(), symbols.end(), [](const std::string& s) { return s.starts_with(kMarkerPrefix); });
  if (marker == symbols.end()) return "it carries no build marker; link it with cairn_add_plugin()";
  if (*marker == host_abi_marker()) return "";
  return cat("built differently (", explain_mismatch(file),
             "); rebuild it against this host: cmake --fresh -B build && cmake --build build");
}

Library open_library(const std::filesystem::path& file) {
  if (const std::string reason = inspect_library(file); !reason.empty())
    fail(Code::FailedPrecondition, file.string(), ": ", reason);
  return call_plugin(file.native(), "loading", [&] { return load(file); });
}

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail(Code::NotFound, "cannot read ", file.string());
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  std::array<char, 1 << 16> buffer;
  while (in.read(buffer.data(), buffer.size()), in.gcount() > 0)
    EVP_DigestUpdate(hash.get(), buffer.data(), static_cast<size_t>(in.gcount()));
  std::array<unsigned char, 32> digest;
  EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr);
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : digest) text += {kHex[byte >> 4], kHex[byte & 15]};
  return text;
}

}  // namespace cairn
