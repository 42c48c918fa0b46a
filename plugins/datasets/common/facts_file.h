// The file that remembers what check_pictures found. Losing it costs time, never a result: one that is torn, older or
// not writable counts as absent.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

#include "common/picture_check.h"

namespace cairn::datasets {

struct FileState {
  int64_t size = -1;  // -1: absent
  int64_t changed_ns = 0;
  bool operator==(const FileState&) const = default;
};
FileState state_of(const std::filesystem::path& file);

struct KnownPicture {
  FileState state;
  PictureFacts facts;
};
using KnownPictures = std::unordered_map<std::string, KnownPicture>;  // by path

// CAIRN_CACHE_DIR, else XDG_CACHE_HOME/cairn, else ~/.cache/cairn; empty when none is set.
std::filesystem::path cache_folder();

KnownPictures read_facts(const std::filesystem::path& file);
void write_facts(const std::filesystem::path& file, const KnownPictures& pictures);

}  // namespace cairn::datasets
