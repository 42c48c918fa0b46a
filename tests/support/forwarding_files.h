// Passes everything on to the machine's files; for file systems that differ in one thing.
#pragma once
#include <cairn/file.h>

namespace cairn::test {

class ForwardingFiles : public FileSystem {
 public:
  std::unique_ptr<File> open(const Path& path, Open mode) override { return real_files().open(path, mode); }
  std::optional<FileInfo> stat(const Path& path) override { return real_files().stat(path); }
  std::vector<std::string> list(const Path& folder) override { return real_files().list(folder); }
  void make_folders(const Path& folder) override { real_files().make_folders(folder); }
  void rename(const Path& from, const Path& to) override { real_files().rename(from, to); }
  bool rename_if_absent(const Path& from, const Path& to) override { return real_files().rename_if_absent(from, to); }
  void remove(const Path& path) override { real_files().remove(path); }
  void set_read_only(const Path& path) override { real_files().set_read_only(path); }
  void sync_folder(const Path& folder) override { real_files().sync_folder(folder); }
};

}  // namespace cairn::test
