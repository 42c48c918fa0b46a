// The parameters file of a subject: which values the types of a library get while they are checked.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <cairn/conformance.h>

namespace cairn::conformance {

struct SubjectParams {
  std::map<std::string, Table> tables;  // "scheduler.my_cosine" -> its parameters, ${TEMP} and its siblings unread
  std::filesystem::path data;           // folder that checks get a copy of; empty when the file names none
  std::filesystem::path folder;         // of the file
};

// Empty without a file. InvalidArgument with line and column for what is no such file.
SubjectParams read_params(const Subject& subject);

// The table of a type with its placeholders filled in.
Table params_of(const SubjectParams& all, Kind kind, const std::string& type, const std::filesystem::path& temp);

}  // namespace cairn::conformance
