// What `cairn predict` writes for a picture: itself with boxes, a YOLO label file, and a row of one JSON file.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <cairn/context.h>

#include "evaluate/detection.h"

namespace cairn {

struct PredictOutputs {
  std::filesystem::path folder;  // made when missing
  bool pictures = true;          // <stem>.jpg with boxes, label and confidence
  bool text = false;             // labels/<stem>.txt: class cx cy w h confidence, normalised to the picture
  bool json = false;             // predictions.json, written by finish()
};

// [one thread] Detections in pixels of the picture. Equal stems get "_2", "_3", ... so that no file is overwritten.
class PredictWriter {
 public:
  PredictWriter(PredictOutputs outputs, ClassNames names);
  // `picture`: 8-bit BGR as shown. Returns the stem of the files written.
  std::string add(const std::filesystem::path& source, const cv::Mat& picture, const Detections& detections);
  // {"classes": [...], "images": [{"file", "width", "height", "detections": [{"class", "name", "score", "box": [x1, y1,
  // x2, y2]}]}]}
  std::string json() const;
  void finish();  // writes predictions.json when asked for

 private:
  std::string stem_for(const std::filesystem::path& source);
  PredictOutputs outputs_;
  ClassNames names_;
  std::set<std::string> stems_;
  std::vector<std::string> rows_;
};

// One line per detection, each ending with a line end: class cx cy w h confidence, six significant digits.
std::string yolo_text(const Detections& detections, int width, int height);

}  // namespace cairn
