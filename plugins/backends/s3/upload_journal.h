// What this machine knows of an upload under way; it outlives the process. A journal of two kinds of records, each of
// lines of text: "upload", a token, the server's id; and for each part that has arrived "part", its number, its
// SHA-256, its ETag. Records of parts are not synced: a part that is forgotten is only sent again. Where nothing can be
// written (a full disk, no folder) the upload goes on without.
#pragma once
#include <map>
#include <memory>
#include <string>

#include <cairn/file.h>
#include <cairn/log.h>

namespace cairn::s3 {

struct ArrivedPart {
  std::string sha256, etag;
};

// [one thread]
class UploadJournal {
 public:
  UploadJournal(FileSystem& files, Path path, Logger& log);
  void begin(const std::string& id, const std::string& token);  // forgets what was there
  void add(int number, const ArrivedPart& part);
  void remove();  // the file; nothing is added after it

  const std::string& id() const { return id_; }        // empty: there is no upload
  const std::string& token() const { return token_; }  // in the metadata of the object that the upload makes
  const ArrivedPart* part(int number) const;           // nothing: not known to have arrived

 private:
  void replay(std::string_view record);
  void do_without(const Error& error);

  FileSystem& files_;
  Path path_;
  Logger& log_;
  std::string id_, token_;
  std::map<int, ArrivedPart> parts_;
  std::unique_ptr<Journal> journal_;  // null: nothing can be written
};

}  // namespace cairn::s3
