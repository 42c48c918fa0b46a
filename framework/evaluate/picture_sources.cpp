#include "evaluate/picture_sources.h"

#include <algorithm>
#include <array>

#include <cairn/error.h>

namespace cairn {
namespace {

constexpr std::array<std::string_view, 8> kEndings = {".bmp", ".jpeg", ".jpg",  ".jpe",
                                                      ".png", ".tif",  ".tiff", ".webp"};

bool has_picture_ending(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(folder, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (has_picture_ending(at->path()) && at->is_regular_file(error)) found.push_back(at->path());
  }
  if (error) fail(Code::PermissionDenied, "cannot list ", folder.string(), ": ", error.message());
  if (found.empty()) fail(Code::InvalidArgument, folder.string(), " holds no picture (.jpg, .png, .bmp, .tiff, .webp)");
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::vector<std::filesystem::path> find_pictures(std::span<const std::string> sources) {
  std::vector<std::filesystem::path> pictures;
  for (const std::string& source : sources) {
    std::error_code error;
    const auto status = std::filesystem::status(source, error);
    if (std::filesystem::is_directory(status)) {
      const auto found = pictures_in(source);
      pictures.insert(pictures.end(), found.begin(), found.end());
    } else if (std::filesystem::exists(status)) {
      pictures.emplace_back(source);
    } else {
      fail(Code::InvalidArgument, source, " does not exist: give pictures, or folders of pictures");
    }
  }
  return pictures;
}

}  // namespace cairn
