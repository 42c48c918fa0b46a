#include "dataset/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <cairn/error.h>

#include "dataset/collate.h"

namespace cairn {
namespace {

// One batch in the making. Its samples are filled by several threads, each its own; the last one puts the rows
// together. Everything below `batch` is guarded by Impl::mutex.
struct Job {
  int64_t epoch = 0, position = 0, first = 0, count = 0;
  Batch batch;
  int64_t taken = 0, unfilled = 0;
  bool done = false;
  int64_t failed_at = 0;
  std::exception_ptr failure;  // of the lowest sample, so that every worker count says the same
};

void check_options(const LoaderOptions& options) {
  if (options.size < 1) fail(Code::InvalidArgument, "a loader needs at least one sample, found ", options.size);
  if (options.batch_size < 1 || options.workers < 0 || options.prefetch_batches < 1) {
    fail(Code::InvalidArgument, "a loader needs batch_size >= 1, workers >= 0 and prefetch_batches >= 1, found ",
         options.batch_size, ", ", options.workers, " and ", options.prefetch_batches);
  }
  if (!options.shape) fail(Code::InvalidArgument, "a loader needs the shape of its batches");
}

}  // namespace

struct Loader::Impl {
  LoaderOptions options;
  Make make;
  ImagePool pool;

  std::mutex mutex;
  std::condition_variable work, ready;
  std::deque<std::shared_ptr<Job>> jobs;  // guarded by mutex; shared with the workers inside, since seek() forgets them
  int64_t next_epoch = 0, next_batch = 0;  // guarded by mutex: the batch after the last in `jobs`
  bool stopping = false;                   // guarded by mutex
  std::vector<std::thread> threads;

  Impl(LoaderOptions given, Make function)
      : options(std::move(given)), make(std::move(function)), pool(options.memory) {}

  int64_t batches() const { return (options.size + options.batch_size - 1) / options.batch_size; }

  // The following batch of the run, or null beyond its end. Called under the mutex; throws nothing.
  std::shared_ptr<Job> begin_job() {
    if (next_batch >= batches()) {
      ++next_epoch;
      next_batch = 0;
    }
    if (next_epoch >= options.epochs) return nullptr;
    auto job = std::make_shared<Job>();
    job->epoch = job->batch.epoch = next_epoch;
    job->position = job->batch.position = next_batch++;
    job->first = job->position * options.batch_size;
    job->count = job->unfilled = std::min(options.batch_size, options.size - job->first);
    try {
      job->batch.infos.resize(static_cast<size_t>(job->count));
      job->batch.images_BCHW = pool.take(job->count, options.shape(job->epoch, job->position));
    } catch (...) {
      job->failure = std::current_exception();
      job->taken = job->count;
      job->done = true;
    }
    return job;
  }

  void fill(Job& job, int64_t slot) {
    const int64_t position = job.first + slot;
    std::optional<int64_t> index;
    try {
      Sample sample = make(job.epoch, position);
      index = sample.index;
      put_image(sample.image, job.batch.images_BCHW, slot);
      SampleInfo& info = job.batch.infos[static_cast<size_t>(slot)];
      info.index = sample.index;
      if (options.name) info.name = options.name(sample.index);
      info.mapping = sample.mapping;
      info.boxes = std::move(sample.boxes);
    } catch (Error& error) {
      throw error.note(where(job.epoch, position, index));
    } catch (const std::exception& error) {
      throw Error(Code::Internal, error.what()).note(where(job.epoch, position, index));
    }
  }

  std::string where(int64_t epoch, int64_t position, std::optional<int64_t> index) const {
    const std::string name = index && options.name ? cat(", ", options.name(*index)) : std::string();
    return cat("while making sample ", position, " of epoch ", epoch, name);
  }

  void fill_and_count(Job& job, int64_t slot) {
    std::exception_ptr failure;
    try {
      fill(job, slot);
    } catch (...) {
      failure = std::current_exception();
    }
    std::unique_lock lock(mutex);
    if (failure && (!job.failure || slot < job.failed_at)) {
      job.failure = failure;
      job.failed_at = slot;
    }
    if (--job.unfilled > 0) return;
    lock.unlock();
    if (!job.failure) job.batch.rows_N6 = rows_of(job.batch.infos, job.batch.images_BCHW);
    lock.lock();
    job.done = true;
    ready.notify_all();
  }

  std::shared_ptr<Job> job_with_work() {
    for (const auto& job : jobs) {
      if (job->taken < job->count) return job;
    }
    if (static_cast<int64_t>(jobs.size()) > options.prefetch_batches) return nullptr;
    auto job = begin_job();
    if (job) jobs.push_back(job);
    if (job && job->done) ready.notify_all();
    return job && job->done ? nullptr : job;
  }

  void run_worker() {
    std::unique_lock lock(mutex);
    while (true) {
      std::shared_ptr<Job> job;
      work.wait(lock, [&] { return stopping || (job = job_with_work()) != nullptr; });
      if (stopping) return;
      const int64_t slot = job->taken++;
      lock.unlock();
      fill_and_count(*job, slot);
      job.reset();
      lock.lock();
    }
  }

  Batch next_inline() {
    std::shared_ptr<Job> job = begin_job();
    require(job.get());
    if (job->failure) std::rethrow_exception(job->failure);
    for (int64_t slot = 0; slot < job->count; ++slot) fill(*job, slot);
    job->batch.rows_N6 = rows_of(job->batch.infos, job->batch.images_BCHW);
    return std::move(job->batch);
  }

  Batch next_threaded() {
    std::unique_lock lock(mutex);
    if (jobs.empty()) {
      auto job = begin_job();
      require(job.get());
      jobs.push_back(job);
      work.notify_all();
    }
    const std::shared_ptr<Job> job = jobs.front();
    ready.wait(lock, [&] { return job->done; });
    jobs.pop_front();
    work.notify_all();
    if (job->failure) std::rethrow_exception(std::exchange(job->failure, nullptr));
    return std::move(job->batch);
  }

  void require(const Job* job) const {
    if (job == nullptr) fail(Code::FailedPrecondition, "no batch is left: the run ends after epoch ", options.epochs);
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    work.notify_all();
    for (std::thread& thread : threads) thread.join();
  }
};

Loader::Loader(LoaderOptions options, Make make) {
  check_options(options);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(make));
  try {
    for (int64_t i = 0; i < impl_->options.workers; ++i)
      impl_->threads.emplace_back([impl = impl_.get()] { impl->run_worker(); });
  } catch (const std::system_error&) {
    // The system gives no more threads; those that there are, or next() itself, make the same batches.
    impl_->options.workers = static_cast<int64_t>(impl_->threads.size());
  }
}

Loader::~Loader() {
  impl_->stop();
}

int64_t Loader::batches_per_epoch() const {
  return impl_->batches();
}

void Loader::seek(int64_t epoch, int64_t batch) {
  if (epoch < 0 || batch < 0 || batch > impl_->batches()) {
    fail(Code::InvalidArgument, "cannot seek to batch ", batch, " of epoch ", epoch, ": an epoch has ",
         impl_->batches(), " batches");
  }
  const std::lock_guard lock(impl_->mutex);
  impl_->jobs.clear();
  impl_->next_epoch = epoch;
  impl_->next_batch = batch;
  impl_->work.notify_all();
}

Batch Loader::next() {
  return impl_->options.workers == 0 ? impl_->next_inline() : impl_->next_threaded();
}

}  // namespace cairn
