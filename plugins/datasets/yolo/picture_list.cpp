#include "yolo/picture_list.h"

#include <algorithm>

#include <cairn/error.h>

#include "common/labelled_set.h"
#include "common/text.h"

namespace cairn::datasets {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxListBytes = uint64_t{256} << 20;

template <class Wanted>
std::vector<fs::path> files_below(const fs::path& folder, Wanted&& wanted) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::follow_directory_symlink, error);
  for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    const fs::path& path = entries->path();
    if (entries.depth() > 64)
      fail(Code::InvalidArgument, folder.string(), " has folders nested deeper than 64: a circle of links?");
    if (wanted(path) && !entries->is_directory()) files.push_back(path);
  }
  if (error) fail(Code::Unavailable, "cannot list ", folder.string(), ": ", error.message());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  return files;
}

std::vector<ListedPicture> read_list(const fs::path& list, const fs::path& root) {
  const std::string text = read_text(list, kMaxListBytes);
  std::vector<ListedPicture> pictures;
  for (const Line& line : lines_of(text)) {
    const fs::path base = line.text.starts_with("./") ? list.parent_path() : root;
    pictures.push_back({(base / line.text).lexically_normal(), list, line.number});
  }
  return pictures;
}

fs::path with_labels_folder(const fs::path& path) {
  std::vector<fs::path> parts(path.begin(), path.end());
  const auto last = std::find(parts.rbegin(), parts.rend(), "images");
  if (last != parts.rend()) *last = "labels";
  fs::path out;
  for (const fs::path& part : parts) out /= part;
  return out;
}

}  // namespace

std::vector<ListedPicture> pictures_of(const fs::path& entry, const fs::path& root) {
  std::error_code error;
  const fs::file_status status = fs::status(entry, error);
  if (fs::is_directory(status)) {
    std::vector<ListedPicture> pictures;
    for (fs::path& file : files_below(entry, has_picture_extension)) pictures.push_back({std::move(file), {}, 0});
    return pictures;
  }
  if (fs::is_regular_file(status)) return read_list(entry, root);
  fail(Code::NotFound, "there is no folder or list file ", entry.string());
}

fs::path label_of(const fs::path& picture) {
  return with_labels_folder(picture.parent_path()) / (picture.stem().string() + ".txt");
}

std::vector<fs::path> label_files_of(const fs::path& picture_folder) {
  const fs::path folder = with_labels_folder(picture_folder);
  if (folder == picture_folder || !fs::is_directory(folder)) return {};
  return files_below(
      folder, [](const fs::path& file) { return file.extension() == ".txt" && file.filename() != "classes.txt"; });
}

}  // namespace cairn::datasets
