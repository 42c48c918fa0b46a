#include <algorithm>
#include <array>

#include "config/key_builders.h"
#include "config/keys.h"
#include "config/pipeline.h"
#include "config/secrets.h"

namespace cairn {
namespace {

using namespace declare;
constexpr MutableAt kAnyTime = MutableAt::Iteration;

std::string not_a_device(const Value& value) {
  const std::string& text = value.text();
  const bool indexed = text.starts_with("cuda:") && text.size() > 5 && text.size() < 9 &&
                       std::all_of(text.begin() + 5, text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return indexed || text == "cpu" || text == "cuda" || text == "auto" ? "" : "cpu | cuda | cuda:N | auto";
}

std::string not_a_run_name(const Value& value) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  const std::string& text = value.text();
  const bool good = text.size() <= 100 && !text.starts_with('.') && !text.starts_with('-') &&
                    text.find_first_not_of(kAllowed) == std::string::npos;
  return good ? ""
              : "a name of at most 100 letters, digits, '.', '_' and '-' (it becomes a folder), beginning with neither "
                ". nor -";
}

HostTable run() {
  using T = RunTable;
  return {
      "run",
      "The run as a whole.",
      {},
      false,
      false,
      {
          checked(key("name", &T::name, cosmetic, "the run's name and folder; the pipeline file's stem when left out"),
                  not_a_run_name),
          key("seed", &T::seed, at_least(0), "all randomness follows from it"),
          key("epochs", &T::epochs, range(1, 1e9), unit::epochs, "length of the run; schedules run over it"),
          maybe("iterations", &T::iterations, range(1, 1e12), unit::iterations, "length of the run instead of epochs"),
          maybe("time", &T::time_seconds, more_than(0), unit::seconds, cosmetic, kAnyTime,
                "the run stops, resumable, when this much time has passed; never shapes a schedule"),
          checked(key("device", &T::device, cosmetic, "cpu | cuda | cuda:N | auto"), not_a_device),
          choice("precision", &T::precision,
                 "of forward and loss; auto: bf16 or fp16 where the device is faster with it"),
          choice("determinism", &T::determinism, "exact: the same bits on every repetition; fast: any kernel"),
          or_auto("threads", &T::threads, 0, range(1, 4096), cosmetic,
                  "of the compute library; recorded, since results depend on it"),
          path("directory", PathRole::Output, &T::directory, cosmetic,
               "pictures, tables and exported weights go to DIRECTORY/NAME"),
      }};
}

HostTable plugins() {
  return {"plugins",
          "Where plugin libraries are, besides CAIRN_PLUGIN_PATH and the installed folder.",
          {},
          false,
          false,
          {
              paths("path", PathRole::Input, &PluginsTable::path, cosmetic, "folders with plugin libraries"),
          }};
}

HostTable dataset() {
  using T = DatasetTable;
  return {"dataset",
          "The labelled pictures. Other keys are the dataset plugin's.",
          Kind::Dataset,
          false,
          false,
          {
              required(key("type", &T::type, "id of a dataset plugin")),
              key("image_size", &T::image_size, range(32, 16384), unit::pixels, "side length of the network's input"),
              key("batch_size", &T::batch_size, range(1, 65536), unit::images, "pictures per iteration"),
              or_auto("workers", &T::workers, -1, range(0, 1024), cosmetic, kAnyTime,
                      "threads that prepare samples; 0: the training thread does"),
              choice("cache", &T::cache, cosmetic, kAnyTime, "keep decoded pictures in memory, or on disk"),
              key("rect", &T::rect, "rectangular batches of pictures with like proportions; then without shuffling"),
              choice("resize_rule", &T::resize_rule, "how the short side is rounded when a picture is brought to size"),
          }};
}

HostTable augmentation() {
  using T = AugmentationTable;
  return {"augmentation",
          "One step of the chain, in the order of the file. Other keys are the augmentation plugin's.",
          Kind::Augmentation,
          true,
          false,
          {
              required(key("type", &T::type, "id of an augmentation plugin")),
              key("probability", &T::probability, range(0, 1), sweepable, "that it is applied to a sample"),
              key("last_epochs_off", &T::last_epochs_off, at_least(0), unit::epochs,
                  "not applied in the last so many epochs"),
              key("only_after", &T::only_after, "applied only to samples to which this earlier augmentation was"),
          }};
}

HostTable model() {
  using T = ModelTable;
  HostKey weights =
      key("weights", &T::weights, "safetensors or .pt file to start from, or snapshot://RUN[@N]; empty: fresh weights");
  weights.path = PathRole::Input;
  return {
      "model",
      "The detector. Other keys are the model plugin's.",
      Kind::Model,
      false,
      false,
      {
          required(key("type", &T::type, "id of a model plugin")),
          key("preset", &T::preset,
              "of the model: values for whatever the pipeline leaves out; the variant's own where there is one; none: "
              "cairn's defaults"),
          std::move(weights),
          key("freeze", &T::freeze, "beginnings of the names of parameters that stay as they are"),
      }};
}

HostTable optimizer() {
  return {"optimizer",
          "Other keys are the optimizer plugin's.",
          Kind::Optimizer,
          false,
          false,
          {
              required(key("type", &OptimizerTable::type, "id of an optimizer plugin")),
          }};
}

HostTable scheduler() {
  return {"scheduler",
          "Other keys are the scheduler plugin's.",
          Kind::Scheduler,
          false,
          false,
          {
              required(key("type", &SchedulerTable::type, "id of a scheduler plugin")),
          }};
}

HostTable train() {
  using T = TrainTable;
  return {
      "train",
      "One iteration.",
      {},
      false,
      false,
      {
          key("nominal_batch", &T::nominal_batch, range(1, 1e6), unit::images,
              "gradients of several batches are summed towards this many images"),
          key("clip_norm", &T::clip_norm, at_least(0), "largest L2 norm over all gradients; 0: no clipping"),
          key("ema", &T::ema, "evaluate and export an exponential average of the weights"),
          key("ema_decay", &T::ema_decay, range(0, 1), "of the average, once it is warm"),
          key("ema_tau", &T::ema_tau, more_than(0),
              "updates over which the decay grows: decay * (1 - exp(-updates / tau))"),
          key("multi_scale", &T::multi_scale, range(0, 0.9), unit::ratio,
              "each batch is resized by 1 - ratio to 1 + ratio; 0: off"),
          choice("gradients_at_epoch_start", &T::gradients_at_epoch_start,
                 "drop or keep what no step has used when an epoch begins"),
          key("channels_last", &T::channels_last, "memory format of images and weights"),
          choice("nonfinite", &T::nonfinite,
                 "on a loss that is not finite: stop with the last good snapshot, skip the batch, or go back to the "
                 "last good snapshot and try again with lower learning rates"),
          key("max_nonfinite", &T::max_nonfinite, range(1, 1e6),
              "batches skipped in a row before the run stops after all"),
          key("max_rollbacks", &T::max_rollbacks, range(1, 1000), cosmetic, kAnyTime,
              "times that a run goes back before it stops after all"),
          key("rollback_lr", &T::rollback_lr, range(0.001, 1), unit::ratio, cosmetic, kAnyTime,
              "by which every learning rate is multiplied after each rollback"),
      }};
}

HostTable evaluate() {
  using T = EvaluateTable;
  return {"evaluate",
          "Measuring on the validation split.",
          {},
          false,
          false,
          {
              trigger("every", &T::every, "when: epochs, iterations or steps; besides at the end of the run"),
              key("patience", &T::patience, at_least(0),
                  "evaluations without better fitness before the run ends; 0: never"),
              key("conf", &T::conf, range(0, 1), "smallest score of a detection"),
              key("iou", &T::iou, range(0, 1), "overlap above which NMS drops the lesser detection"),
              key("max_det", &T::max_det, range(1, 100000), "detections kept per image"),
              choice("fast_ap", &T::fast_ap, "rule of the AP that is shown beside the COCO figures"),
              key("rect", &T::rect, "rectangular batches"),
              key("pictures", &T::pictures, cosmetic, kAnyTime, "draw labels and predictions of some batches"),
          }};
}

HostTable fitness() {
  using T = FitnessTable;
  return {"evaluate.fitness",
          "What is best: a weighted sum.",
          {},
          false,
          false,
          {
              key("map50", &T::map50, at_least(0), "weight of mAP at IoU 0.5"),
              key("map50_95", &T::map50_95, at_least(0), "weight of mAP over IoU 0.5 to 0.95"),
          }};
}

HostTable checkpoint() {
  using T = CheckpointTable;
  return {"checkpoint",
          "Snapshots of the complete training state.",
          {},
          false,
          false,
          {
              triggers("every", &T::every, cosmetic, kAnyTime,
                       "when; each trigger works on its own; auto measures cost and chooses"),
              key("max_overhead", &T::max_overhead, range(0, 1), unit::ratio, cosmetic, kAnyTime,
                  "share of the run's time that auto may spend"),
              key("drain", &T::drain_seconds, at_least(0), unit::seconds, cosmetic, kAnyTime,
                  "that an interrupted run gives its mirrors to receive the newest snapshot"),
              key("seal", &T::seal, cosmetic, kAnyTime,
                  "stores that are made are sealed, so that they tell nothing without a key; others are refused"),
              path("sign", PathRole::Input, &T::sign, cosmetic, kAnyTime,
                   "a key file of 'cairn key new': snapshots are signed with it"),
              path("trust", PathRole::Input, &T::trust, cosmetic, kAnyTime,
                   "a file of signers, one a line: snapshots that none of them signed are refused"),
          }};
}

std::string not_a_variable(const Value& value) {
  const std::string& text = value.text();
  return text.empty() || is_variable_name(text) ? "" : "the name of an environment variable";
}

HostTable store_key() {
  using T = KeyTable;
  return {"checkpoint.key",
          "What opens sealed stores: one of these sources. Without any, the file that $CAIRN_KEY_FILE names.",
          {},
          false,
          false,
          {
              path("file", PathRole::Input, &T::file, cosmetic, kAnyTime,
                   "of 'cairn key new'; nobody but its owner may read it"),
              key("command", &T::command, cosmetic, kAnyTime,
                  "a program with its arguments; run with 'unwrap' it prints what such a file holds"),
              checked(key("passphrase_env", &T::passphrase_env, cosmetic, kAnyTime,
                          "name of an environment variable that holds a passphrase"),
                      not_a_variable),
              path("passphrase_file", PathRole::Input, &T::passphrase_file, cosmetic, kAnyTime,
                   "a file whose first line is a passphrase"),
          }};
}

HostTable keep(const char* path, const char* help) {
  using T = KeepTable;
  return {path,
          help,
          {},
          false,
          false,
          {
              key("last", &T::last, at_least(1), cosmetic, kAnyTime, "the newest"),
              key("hourly", &T::hourly, at_least(0), cosmetic, kAnyTime, "the newest of each of so many hours"),
              key("daily", &T::daily, at_least(0), cosmetic, kAnyTime, "the newest of each of so many days"),
              key("weekly", &T::weekly, at_least(0), cosmetic, kAnyTime, "the newest of each of so many weeks"),
              key("every_epochs", &T::every_epochs, at_least(0), unit::epochs, cosmetic, kAnyTime,
                  "each one at a multiple; 0: none"),
              key("every_iterations", &T::every_iterations, at_least(0), unit::iterations, cosmetic, kAnyTime,
                  "each one at a multiple; 0: none"),
              key("within", &T::within_seconds, at_least(0), unit::seconds, cosmetic, kAnyTime, "all that are younger"),
              key("tagged", &T::tagged, cosmetic, kAnyTime, "all that carry a tag"),
              key("max_bytes", &T::max_bytes, at_least(0), unit::bytes, cosmetic, kAnyTime,
                  "thins out the rest, never below last; 0: no limit"),
          }};
}

HostTable best(const char* path) {
  using T = BestTable;
  return {path,
          "The best by one metric.",
          {},
          false,
          true,
          {
              required(key("metric", &T::metric, cosmetic, kAnyTime, "name of a metric, such as map50_95")),
              required(choice("mode", &T::mode, cosmetic, kAnyTime, "whether more or less is better")),
              key("count", &T::count, at_least(0), cosmetic, kAnyTime, "how many; 0: none"),
          }};
}

HostTable backend() {
  using T = BackendTable;
  return {"checkpoint.backend",
          "A place for snapshots; the first acknowledges, the others are mirrors. Other keys are the backend plugin's.",
          Kind::Backend,
          true,
          false,
          {
              required(key("type", &T::type, cosmetic, kAnyTime, "id of a backend plugin")),
              key("required", &T::required, cosmetic, kAnyTime,
                  "whether a mirror that is behind holds back forgetting, and makes a finished run end with code 3"),
              key("max_rate", &T::max_rate, at_least(0), unit::bytes, cosmetic, kAnyTime,
                  "bytes a second that a mirror may take; 0: no limit"),
              key("retry", &T::retry_seconds, at_least(0), unit::seconds, cosmetic, kAnyTime,
                  "how long what the store could not answer is tried again; backends of services do so by themselves"),
              path("cache", PathRole::Output, &T::cache, cosmetic, kAnyTime,
                   "a folder on this machine that keeps what was read or written; for stores that are far away"),
              key("cache_bytes", &T::cache_bytes, at_least(0), unit::bytes, cosmetic, kAnyTime,
                  "how large that folder may become"),
          }};
}

HostTable monitor() {
  return {"monitor",
          "Who is told what happens. Other keys are the monitor plugin's.",
          Kind::Monitor,
          true,
          false,
          {
              required(key("type", &MonitorTable::type, cosmetic, kAnyTime, "id of a monitor plugin")),
          }};
}

}  // namespace

const std::vector<HostTable>& host_tables() {
  static const std::vector<HostTable> tables{
      run(),
      plugins(),
      dataset(),
      augmentation(),
      model(),
      optimizer(),
      scheduler(),
      train(),
      evaluate(),
      fitness(),
      checkpoint(),
      store_key(),
      keep("checkpoint.keep", "Which snapshots stay: the union of these."),
      best("checkpoint.keep.best"),
      backend(),
      keep("checkpoint.backend.keep", "Which snapshots this mirror keeps; without this table all that it received."),
      best("checkpoint.backend.keep.best"),
      monitor(),
  };
  return tables;
}

const HostTable& host_table(std::string_view path) {
  const auto& tables = host_tables();
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const HostTable& t) { return t.path == path; });
  if (found == tables.end()) fail(Code::Internal, "no table of the host is called '", path, "'");
  return *found;
}

bool is_host_key(const HostTable& table, std::string_view name) {
  return std::any_of(table.keys.begin(), table.keys.end(), [&](const HostKey& k) { return k.spec.name == name; });
}

std::vector<std::string> tables_inside(std::string_view path) {
  const std::string prefix = path.empty() ? "" : cat(path, ".");
  std::vector<std::string> names;
  for (const HostTable& table : host_tables()) {
    if (!table.path.starts_with(prefix)) continue;
    const std::string rest = table.path.substr(prefix.size());
    if (!rest.empty() && rest.find('.') == std::string::npos) names.push_back(rest);
  }
  return names;
}

bool names_path(std::string_view parameter) {
  constexpr std::array<std::string_view, 6> kWords{"path", "root", "weights", "file", "folder", "directory"};
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view w) {
    return parameter == w || (parameter.ends_with(w) && parameter[parameter.size() - w.size() - 1] == '_');
  });
}

}  // namespace cairn
