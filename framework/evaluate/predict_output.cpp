#include "evaluate/predict_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include <cairn/file.h>

#include "monitor/batch_picture.h"
#include "monitor/canvas.h"

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;

void write_text(const std::filesystem::path& path, const std::string& text) {
  write_durably(real_files(), path, std::as_bytes(std::span(text)));
}

std::string dumped(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string name_in(const ClassNames& names, int32_t class_id) {
  const bool known = class_id >= 0 && static_cast<size_t>(class_id) < names.size();
  return known ? names[class_id] : std::to_string(class_id);
}

Json row_of(const std::filesystem::path& source, const cv::Mat& picture, const Detections& detections,
            const ClassNames& names) {
  Json list = Json::array();
  for (const Detection& d : detections) {
    list.push_back({{"class", d.class_id},
                    {"name", name_in(names, d.class_id)},
                    {"score", d.score},
                    {"box", {d.x1, d.y1, d.x2, d.y2}}});
  }
  return {
      {"file", source.string()}, {"width", picture.cols}, {"height", picture.rows}, {"detections", std::move(list)}};
}

}  // namespace

PredictWriter::PredictWriter(PredictOutputs outputs, ClassNames names)
    : outputs_(std::move(outputs)), names_(std::move(names)) {
  real_files().make_folders(outputs_.folder);
  if (!std::filesystem::is_directory(outputs_.folder))
    fail(Code::InvalidArgument, outputs_.folder.string(), " is a file; results need a folder");
}

std::string PredictWriter::stem_for(const std::filesystem::path& source) {
  const std::string wanted = source.stem().empty() ? "picture" : source.stem().string();
  std::string stem = wanted;
  for (int64_t i = 2; !stems_.insert(stem).second; ++i) stem = cat(wanted, "_", i);
  return stem;
}

std::string PredictWriter::add(const std::filesystem::path& source, const cv::Mat& picture,
                               const Detections& detections) {
  const std::string stem = stem_for(source);
  if (outputs_.pictures) {
    std::vector<DrawnBox> boxes;
    for (const Detection& d : detections) boxes.push_back({d.x1, d.y1, d.x2, d.y2, d.class_id, d.score});
    write_picture(draw_boxes(picture, boxes, names_), outputs_.folder / (stem + ".jpg"));
  }
  if (outputs_.text) {
    write_text(outputs_.folder / "labels" / (stem + ".txt"), yolo_text(detections, picture.cols, picture.rows));
  }
  rows_.push_back(dumped(row_of(source, picture, detections, names_), -1));
  return stem;
}

std::string PredictWriter::json() const {
  std::string text = "{\"classes\": " + dumped(Json(names_), -1) + ",\n\"images\": [";
  for (size_t i = 0; i < rows_.size(); ++i) text += (i == 0 ? "\n" : ",\n") + rows_[i];
  return text + "\n]}\n";
}

void PredictWriter::finish() {
  if (outputs_.json) write_text(outputs_.folder / "predictions.json", json());
}

std::string yolo_text(const Detections& detections, int width, int height) {
  std::ostringstream text;
  for (const Detection& d : detections) {
    text << d.class_id << ' ' << (d.x1 + d.x2) / 2 / static_cast<float>(width) << ' '
         << (d.y1 + d.y2) / 2 / static_cast<float>(height) << ' ' << d.width() / static_cast<float>(width) << ' '
         << d.height() / static_cast<float>(height) << ' ' << d.score << '\n';
  }
  return text.str();
}

}  // namespace cairn
