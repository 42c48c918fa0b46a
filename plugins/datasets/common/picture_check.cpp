#include "common/picture_check.h"

#include <tbb/parallel_for.h>

#include <cairn/image.h>
#include <cairn/sha256.h>

#include "common/facts_file.h"

namespace cairn::datasets {
namespace {

PictureFacts examine(const std::filesystem::path& file) {
  PictureFacts facts;
  try {
    const std::vector<std::byte> bytes = read_file(file);
    facts.digest = Sha256().add(bytes).hex();
    const cv::Mat image = decode_image(bytes);
    facts.width = image.cols;
    facts.height = image.rows;
  } catch (const Error& error) {
    facts.reason = error.message();
  }
  return facts;
}

void check_stop(const Context& context) {
  if (context.stop != nullptr && context.stop->load()) fail(Code::Cancelled, "opening the dataset was stopped");
}

}  // namespace

std::vector<PictureFacts> check_pictures(const std::vector<std::filesystem::path>& files, const std::string& set,
                                         const Context& context) {
  const std::filesystem::path folder = cache_folder();
  const std::filesystem::path remembered = folder / cat("pictures-", Sha256().text(set).hex().substr(0, 16), ".txt");
  const KnownPictures known = folder.empty() ? KnownPictures() : read_facts(remembered);

  std::vector<PictureFacts> facts(files.size());
  std::vector<FileState> states(files.size());
  std::vector<size_t> unknown;
  for (size_t i = 0; i < files.size(); ++i) {
    states[i] = state_of(files[i]);
    const auto found = known.find(files[i].string());
    if (found != known.end() && states[i].size >= 0 && found->second.state == states[i])
      facts[i] = found->second.facts;
    else
      unknown.push_back(i);
  }
  if (unknown.empty()) return facts;
  if (unknown.size() >= 1000)
    context.log->info("checking ", unknown.size(), " pictures of ", set, "; this is done once");

  tbb::parallel_for(size_t{0}, unknown.size(), [&](size_t i) {
    check_stop(context);
    facts[unknown[i]] = examine(files[unknown[i]]);
  });
  KnownPictures now;
  for (size_t i = 0; i < files.size(); ++i) {
    if (states[i].size >= 0) now[files[i].string()] = {states[i], facts[i]};
  }
  if (!folder.empty()) write_facts(remembered, now);
  return facts;
}

}  // namespace cairn::datasets
