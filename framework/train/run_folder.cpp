#include "train/run_folder.h"

#include "evaluate/evaluation_pictures.h"
#include "model/safetensors.h"
#include "monitor/batch_picture.h"
#include "monitor/labels_plot.h"
#include "monitor/results_plot.h"

namespace cairn {

RunFolder::RunFolder(std::filesystem::path path, FileSystem& files, Logger& log)
    : path_(std::move(path)), files_(files), log_(log) {
  files_.make_folders(path_ / "weights");
  try {
    remove_stale_temporaries(files_, path_);
  } catch (const Error& error) {
    log_.warn(path_.string(), " keeps what a killed process has left: ", error.message());
  }
}

void RunFolder::write_pipeline(const std::string& toml) {
  write_durably(files_, path_ / "pipeline.toml", std::as_bytes(std::span(toml)));
}

template <class Function>
void RunFolder::picture(const std::string& name, const Function& write) {
  try {
    write();
  } catch (const std::exception& error) {
    log_.warn("picture ", (path_ / name).string(), " was not written: ", error.what());
  }
}

void RunFolder::write_labels(const Dataset& dataset) {
  picture("labels.jpg", [&] {
    std::vector<LabelBox> boxes;
    for (int64_t i = 0; i < dataset.size(); ++i) {
      const Record record = dataset.at(i);
      const float w = static_cast<float>(record.width), h = static_cast<float>(record.height);
      for (const Box& box : record.boxes) {
        boxes.push_back(
            {box.class_id, (box.x1 + box.x2) / 2 / w, (box.y1 + box.y2) / 2 / h, box.width() / w, box.height() / h});
      }
    }
    cairn::write_labels(boxes, dataset.classes(), path_ / "labels.jpg");
  });
}

void RunFolder::write_train_batch(int64_t number, const Batch& batch, const ClassNames& names) {
  const std::string name = cat("train_batch", number, ".jpg");
  picture(name, [&] {
    const at::Tensor& images = batch.images_BCHW;
    const auto pictures = planar_to_pictures({images.data_ptr<uint8_t>(), static_cast<size_t>(images.numel())},
                                             images.size(0), images.size(2), images.size(3));
    std::vector<std::vector<DrawnBox>> boxes;
    std::vector<std::string> captions;
    for (const SampleInfo& info : batch.infos) {
      boxes.push_back(drawn(info.boxes));
      captions.push_back(std::filesystem::path(info.name).filename().string());
    }
    write_picture(draw_batch(pictures, boxes, names, captions), path_ / name);
  });
}

void RunFolder::write_evaluation(const EvaluationResult& result, std::span<const SeenBatch> seen) {
  picture("the evaluation's curves", [&] { write_pictures(result, path_); });
  for (size_t i = 0; i < seen.size(); ++i) {
    const std::string name = cat("val_batch", i, "_labels.jpg"), predicted = cat("val_batch", i, "_pred.jpg");
    picture(name, [&] { write_picture(draw_batch(seen[i].pictures, seen[i].labels, result.names), path_ / name); });
    picture(predicted,
            [&] { write_picture(draw_batch(seen[i].pictures, seen[i].predictions, result.names), path_ / predicted); });
  }
}

void RunFolder::write_results(const History& history) {
  picture("results.png", [&] { cairn::write_results(result_columns(history.rows()), path_ / "results.png"); });
}

void RunFolder::write_weights(const std::string& name, const NamedTensors& entries, const RunState& state) {
  std::map<std::string, std::string> about = about_;
  about["iteration"] = std::to_string(state.at.iteration);
  for (const auto& [metric, value] : state.metrics) about["metric/" + metric] = Value(value).to_text();
  const std::filesystem::path file = path_ / "weights" / (name + ".safetensors");
  try {
    write_tensors(files_, file, {entries, about});
  } catch (const Error& error) {
    if (error.code() != Code::ResourceExhausted) throw;
    log_.write(Level::Error, cat(file.string(), " was not written, training goes on: ", error.what()));
  }
}

}  // namespace cairn
