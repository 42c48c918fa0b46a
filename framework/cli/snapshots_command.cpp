#include "cli/snapshots_command.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <iomanip>
#include <map>

#include "base/parallel.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/canonical_json.h"
#include "store/marks.h"

namespace cairn {

namespace {

using Json = nlohmann::json;

std::string local_time(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return text.data();
}

std::string size_text(uint64_t bytes) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / (1 << 20) << " MiB";
  return out.str();
}

std::string metrics_text(const std::map<std::string, double>& metrics) {
  std::ostringstream out;
  out << std::setprecision(4);
  for (const auto& [name, value] : metrics) out << (out.tellp() > 0 ? "  " : "") << name << " " << value;
  return out.str();
}

// The figures that a line has room for; show and --json have all.
std::string short_metrics_text(const SnapshotInfo& info) {
  std::map<std::string, double> metrics = info.cut.metrics;
  std::erase_if(metrics, [](const auto& metric) { return metric.first != "map50" && metric.first != "map50_95"; });
  return metrics_text(metrics);
}

// The manifest's own JSON, with the id that follows from it.
Json manifest_json(const Manifest& manifest) {
  Json json = Json::parse(manifest_text(manifest));
  json["id"] = manifest.info.id;
  return json;
}

// What people, and branches, have written to each snapshot, by its id.
using MarksById = std::map<std::string, std::vector<Mark>>;

MarksById marks_by_id(Store& store) {
  MarksById marks;
  for (Mark& mark : read_marks(store)) {
    if (mark.kind != kCheckedMark) marks[mark.snapshot].push_back(std::move(mark));
  }
  return marks;
}

std::string mark_text(const Mark& mark) {
  return mark.kind == "note" ? mark.kind : cat(mark.kind, " ", mark.name);
}

Json marks_json(const std::vector<Mark>& marks) {
  Json json = Json::array();
  for (const Mark& mark : marks) json.push_back({{"kind", mark.kind}, {"name", mark.name}, {"text", mark.text}});
  return json;
}

void print_line(const SnapshotInfo& info, const std::vector<Mark>& marks, std::ostream& out) {
  out << std::left << std::setw(14) << short_id(info.id) << std::setw(24)
      << cat(info.run, "@", info.cut.iteration, info.cut.evaluation_due ? "-" : "") << "epoch " << std::setw(6)
      << info.cut.epoch + 1 << std::setw(21) << local_time(info.created) << std::setw(12) << info.cut.reason
      << short_metrics_text(info);
  for (const Mark& mark : marks) out << "  " << mark_text(mark);
  out << "\n";
}

// Epochs are counted from 1 for people, as everywhere that a run speaks; from 0 in JSON.
std::string place_text(const CutInfo& cut) {
  return cat("epoch ", cut.epoch + 1, ", ", cut.position, " iterations into it; iteration ", cut.iteration, ", step ",
             cut.step, cut.evaluation_due ? "; evaluation due" : "");
}

Json row_json(const TableRow& row) {
  return {{"path", row.entry.path},
          {"dtype", name_of(row.entry.dtype)},
          {"shape", row.entry.shape},
          {"size", row.entry.size_bytes},
          {"hash", row.content_hash().hex()}};
}

void print_row(const TableRow& row, std::ostream& out) {
  std::ostringstream shape;
  for (const int64_t dimension : row.entry.shape) shape << (shape.tellp() > 0 ? "x" : "") << dimension;
  out << "  " << std::left << std::setw(10) << name_of(row.entry.dtype) << std::setw(18) << shape.str()
      << row.content_hash().hex().substr(0, 12) << "  " << row.entry.path << "\n";
}

}  // namespace

std::string_view name_of(Copy copy) {
  switch (copy) {
    case Copy::Local:
      return "local";
    case Copy::Unknown:
      return "unknown";
    case Copy::Replicating:
      return "replicating";
    case Copy::Replicated:
      return "replicated";
    case Copy::Verified:
      return "verified";
  }
  return "?";
}

namespace {

void print_copies(const std::vector<std::pair<std::string, Copy>>& copies, std::ostream& out) {
  Copy worst = Copy::Verified;
  for (const auto& [name, copy] : copies) worst = std::min(worst, copy);
  out << std::left << std::setw(13) << name_of(worst);
}

Json copies_json(const std::vector<std::pair<std::string, Copy>>& copies) {
  Json json = Json::array();
  for (const auto& [name, copy] : copies) json.push_back({{"store", name}, {"state", name_of(copy)}});
  return json;
}

}  // namespace

void list_snapshots(Store& store, const std::string& run, Form form, std::ostream& out, const Say& say,
                    const CopiesOf& copies) {
  const std::vector<std::string> runs = run.empty() ? store.runs() : std::vector<std::string>{run};
  MarksById marks = marks_by_id(store);
  Json all = Json::array();
  for (const std::string& each : runs) {
    for (const ManifestKey& key : store.manifests(each)) {
      try {
        const auto stored = store.read_manifest(key);
        if (!stored) continue;
        if (form == Form::Json) {
          all.push_back(manifest_json(stored->manifest));
          all.back()["marks"] = marks_json(marks[stored->manifest.info.id]);
          if (copies) all.back()["mirrors"] = copies_json(copies(stored->manifest.info));
        } else {
          if (copies) print_copies(copies(stored->manifest.info), out);
          print_line(stored->manifest.info, marks[stored->manifest.info.id], out);
        }
      } catch (const Error& error) {
        if (error.code() != Code::DataLoss) throw;
        say(error.message());
      }
    }
  }
  if (form == Form::Json) out << all.dump(2) << "\n";
}

void show_snapshot(Store& store, const std::string& name, Form form, std::ostream& out, const Say& say) {
  const SnapshotName parsed = parse_snapshot_name(name);
  const SnapshotInfo info = find_snapshot(read_infos(store, parsed.run, say), parsed);
  const StoredManifest stored = manifest_of(store, info);
  const std::vector<Mark> marks = marks_by_id(store)[info.id];
  const auto rows = form == Form::Text ? std::vector<TableRow>() : read_table(store, stored, machine_threads());
  if (form == Form::Json) {
    Json json = manifest_json(stored.manifest);
    json["marks"] = marks_json(marks);
    json["tree"] = Json::array();
    for (const TableRow& row : rows) json["tree"].push_back(row_json(row));
    out << json.dump(2) << "\n";
    return;
  }
  const CutInfo& cut = info.cut;
  out << "id         " << info.id << "\n"
      << "run        " << info.run << ", snapshot " << info.sequence << " of generation " << info.generation << "\n"
      << "parent     " << (info.parent.empty() ? "none" : info.parent) << "\n"
      << "made       " << local_time(info.created) << " because of " << cut.reason << "\n"
      << "at         " << place_text(cut) << "\n"
      << "metrics    " << (cut.metrics.empty() ? "none" : metrics_text(cut.metrics)) << "\n"
      << "digest     " << info.digest << "\n"
      << "state      " << info.entries << " entries, " << size_text(info.size_bytes)
      << (form == Form::Text ? "; --tree lists them" : "") << "\n";
  for (const Mark& mark : marks)
    out << std::left << std::setw(11) << mark.kind << (mark.kind == "note" ? mark.text : mark.name) << "\n";
  for (const TableRow& row : rows) print_row(row, out);
}

void show_replayed(const SnapshotInfo& from, const CutInfo& cut, const MemoryCut& tree, Form form, std::ostream& out) {
  const std::vector<TableRow> rows = tree.rows();
  if (form == Form::Json) {
    Json json{{"replayed_from", from.id},
              {"run", from.run},
              {"cut",
               {{"epoch", cut.epoch},
                {"position", cut.position},
                {"iteration", cut.iteration},
                {"step", cut.step},
                {"evaluation_due", cut.evaluation_due}}},
              {"digest", tree.digest()},
              {"tree", Json::array()}};
    for (const TableRow& row : rows) json["tree"].push_back(row_json(row));
    out << json.dump(2) << "\n";
    return;
  }
  uint64_t size = 0;
  for (const TableRow& row : rows) size += row.entry.size_bytes;
  out << "id         none: replayed from snapshot " << from.id << " at iteration " << from.cut.iteration << "\n"
      << "run        " << from.run << "\n"
      << "at         " << place_text(cut) << "\n"
      << "digest     " << tree.digest() << "\n"
      << "state      " << rows.size() << " entries, " << size_text(size)
      << (form == Form::Text ? "; --tree lists them" : "") << "\n";
  if (form == Form::Text) return;
  for (const TableRow& row : rows) print_row(row, out);
}

}  // namespace cairn
